import type { Host } from "../host/host.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import { applyAction, type Changed } from "./change.ts";

/** A note, and the session it is for. */
export interface NoteOptions extends SessionOptions {
  /** 1 to 2000 characters; the blanks around them are not kept. */
  readonly text: string;
  /** The item of the current phase it is about; without it the session. */
  readonly itemId?: string;
}

/**
 * Keeps a note in the session, for whoever goes on with it. Every call adds
 * one.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `note_empty` or `notes_too_long` (usage) if the text has
 *   the wrong length
 * @throws {OrcError} `no_such_item` (not_found) or `item_in_other_phase`
 *   (refused) if the item is not in the current phase
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addNote, denoHost, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const { summary } = await addNote(host, { root, text: "Ada knows the API" });
 * assertEquals(summary.notes, ["Ada knows the API"]);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function addNote(
  host: Host,
  options: NoteOptions,
): Promise<Changed> {
  const opened = await openSession(host, options);
  return await applyAction(host, opened, {
    type: "note",
    text: options.text,
    itemId: options.itemId ?? null,
  });
}
