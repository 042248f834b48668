import { OrcError } from "../base/error.ts";
import { MAX_NOTES_LENGTH } from "../base/limits.ts";
import { lengthOf } from "../base/text.ts";
import { assertOpen } from "../engine/situation.ts";
import type { Host } from "../host/host.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import type { Place } from "../repository/place.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { assertWritable } from "../session/read.ts";
import { changedFiles } from "./changed_files.ts";
import { writeCheckpoint } from "./checkpoint_write.ts";

/** What whoever returns to a checkpoint should know. */
export interface CheckpointOptions extends SessionOptions {
  /** What it is for; at most 2000 characters. */
  readonly message?: string;
  /** What was decided; each at most 2000 characters. */
  readonly decisions?: readonly string[];
  /**
   * Files that are being worked on; up to 10 that git sees as changed are added.
   */
  readonly files?: readonly string[];
}

/** A checkpoint that is stored. */
export interface SavedCheckpoint {
  /** Of which session, and where it is. */
  readonly place: Place;
  /** What `orc resume` takes. */
  readonly id: string;
  /** The file that holds it. */
  readonly path: string;
  /** Id of the phase the session is in. */
  readonly phase: string;
  /** Id of the item that is being worked on; null when none is. */
  readonly item: string | null;
  /** What it is for; null without any. */
  readonly message: string | null;
  /** What was decided. */
  readonly decisions: readonly string[];
  /** The files given, and those that git sees as changed. */
  readonly files: readonly string[];
  /** What went wrong after it was stored, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Keeps a copy of a session's state to return to, in the format of the Python
 * tool, with what an agent has to know that lost its memory. The session itself
 * does not change.
 *
 * Requires `--allow-read` and `--allow-write`, and `--allow-run` to ask git for
 * files; without it none are added.
 *
 * @throws {OrcError} `session_closed` (refused) if the session has ended
 * @throws {OrcError} `text_too_long` (usage) if a text is
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { denoHost, saveCheckpoint, startSession } from "@orc/cli";
 *
 * const host = { ...denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await startSession(host, { root, task: "Add login" });
 * const decisions = ["Tokens live an hour"];
 * const { phase } = await saveCheckpoint(host, { root, decisions });
 * assertEquals(phase, "PLAN");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function saveCheckpoint(
  host: Host,
  options: CheckpointOptions = {},
): Promise<SavedCheckpoint> {
  const texts = textsOf(options);
  const opened = await openSession(host, options);
  const { mask } = await sessionMasker(host, opened);
  const { message, decisions, files } = maskTexts(texts, mask);
  const { repository, session, place } = opened;
  assertOpen(session.state);
  const { workingTree } = repository.found;
  // Before the lock is taken: git may take its time.
  const changed = await changedFiles(host, workingTree);
  await adoptIfLegacy(host, opened);
  const { layout, context } = repository;
  const { checkpoint, path, warnings } = await writeCheckpoint(
    { layout, context, sessionId: session.id },
    { message, decisions, files: [...new Set([...files, ...changed])] },
  );
  return {
    place,
    id: checkpoint.id,
    path,
    phase: checkpoint.phaseId,
    item: checkpoint.itemId,
    message,
    decisions,
    files: checkpoint.files,
    warnings,
  };
}

/** What is said with a checkpoint. */
interface Texts {
  readonly message: string | null;
  readonly decisions: readonly string[];
  readonly files: readonly string[];
}

function maskTexts(
  { message, decisions, files }: Texts,
  mask: (text: string) => string,
): Texts {
  return {
    message: message === null ? null : mask(message),
    decisions: decisions.map(mask),
    files: files.map(mask),
  };
}

/** Blank texts say nothing, and are left out. */
function textsOf(
  { message = "", decisions = [], files = [] }: CheckpointOptions,
): Texts {
  return {
    message: fitting("message", [message])[0] ?? null,
    decisions: fitting("decision", decisions),
    files: fitting("file name", files),
  };
}

function fitting(name: string, texts: readonly string[]): readonly string[] {
  const trimmed = texts.map((text) => text.trim());
  const tooLong = trimmed.find((text) => lengthOf(text) > MAX_NOTES_LENGTH);
  if (tooLong === undefined) return trimmed.filter((text) => text !== "");
  throw new OrcError(
    "usage",
    "text_too_long",
    `The ${name} has ${
      lengthOf(tooLong)
    } characters; at most ${MAX_NOTES_LENGTH} are kept`,
    { hint: "say it shorter, or write it into a file and name the file" },
  );
}

async function adoptIfLegacy(
  host: Host,
  { repository, session }: OpenedSession,
): Promise<void> {
  if (session.legacyPath === null) return;
  assertWritable(session, session.legacyPath);
  const { adoptLegacySession } = await import("../work/legacy.ts");
  await adoptLegacySession(host, repository, session.id);
}
