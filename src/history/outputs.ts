import { notFound, usage } from "../base/error.ts";
import { textAt } from "../base/json.ts";
import { quoted } from "../base/text.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { parseReceipt } from "../engine/receipt.ts";
import type { Host } from "../host/host.ts";
import type { SessionPlace } from "../repository/open.ts";
import { openSession, type SessionOptions } from "../repository/select.ts";
import type { Outputs } from "../session/store.ts";
import { streamsText } from "../work/complete.ts";
import { assertInWorkflow, CHECKED } from "./rules.ts";
import { readEvents } from "./use.ts";

/** Whose output is wanted. */
export interface OutputOptions extends SessionOptions {
  /** The item whose check printed it. */
  readonly itemId: string;
  /** Of how many runs, the last ones: 1 to 100; 1 without it. */
  readonly last?: number;
}

/** What a run of a check printed. */
export interface CheckOutput {
  /** The update that tells of the run; 0 for one of the Python tool. */
  readonly serial: number;
  /** When it ended. */
  readonly at: string;
  /** Whether the check passed. */
  readonly passed: boolean;
  /** What the log says of it. */
  readonly message: string;
  /** As it ran, with secrets masked; null for a check that runs no program. */
  readonly command: string | null;
  /** Both streams, secrets masked, each with its name above it; empty where nothing was printed. */
  readonly text: string;
  /** Whether that is all that orc keeps; false where only what the log itself holds is left. */
  readonly whole: boolean;
}

/** What the last runs of a check printed. */
export interface ItemOutputs {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** The item whose check it is. */
  readonly itemId: string;
  /** The last runs, oldest first. */
  readonly outputs: readonly CheckOutput[];
  /** Whether the check ran before that, too. */
  readonly hasEarlier: boolean;
  /** That the log was read around what is damaged in it. */
  readonly warnings: readonly string[];
}

/** What one document holds: each may have forty kilobytes. */
export const MAX_OUTPUTS = 100;

/**
 * Reads what the last runs of an item's check printed: of each stream its beginning and its end, as
 * they were kept. Takes no lock, writes nothing, and reads no more of a long log than it needs.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `invalid_limit` (usage) for a `last` that is none
 * @throws {OrcError} `no_such_item` (not_found) if the workflow does not have it, `no_output`
 *   (not_found) if its check never ran
 */
export async function readOutputs(
  host: Host,
  options: OutputOptions,
): Promise<ItemOutputs> {
  const { itemId, last = 1 } = options;
  if (!Number.isInteger(last) || last < 1 || last > MAX_OUTPUTS) {
    throw usage(
      "invalid_limit",
      `The number of runs must be a whole number from 1 to ${MAX_OUTPUTS}`,
      "for the last run: orc output ITEM",
    );
  }
  const opened = await openSession(host, options, { itemId: true, last: true });
  const { repository, session, workflow, place } = opened;
  assertInWorkflow(workflow, { itemId });
  const runs: RecordedEvent[] = [];
  let warnings: readonly string[] = [];
  const backwards = { backwards: true };
  for await (const batch of readEvents(repository, session, backwards)) {
    ({ warnings } = batch);
    runs.push(
      ...batch.events.filter((event) =>
        event.itemId === itemId && Object.hasOwn(CHECKED, event.type)
      ),
    );
    if (runs.length > last) break;
  }
  if (runs.length === 0) {
    const message = `No check of item ${quoted(itemId)} has run`;
    throw notFound("no_output", message, "orc history");
  }
  const kept = await repository.store.outputs(session);
  const outputs: CheckOutput[] = [];
  for (const event of runs.slice(0, last).reverse()) {
    outputs.push(await outputOf(event, kept));
  }
  const hasEarlier = runs.length > last;
  return { place, itemId, outputs, hasEarlier, warnings };
}

async function outputOf(
  { serial, at, type, message, details }: RecordedEvent,
  kept: Outputs,
): Promise<CheckOutput> {
  const receipt = parseReceipt(details.get("receipt"));
  const name = receipt?.output ?? null;
  const text = name === null ? undefined : await kept.read(name);
  const stdout = textAt(details, "stdout") ?? "";
  const stderr = textAt(details, "stderr") ?? "";
  return {
    ...{ serial, at, passed: CHECKED[type] === true, message },
    command: receipt?.command ?? textAt(details, "command"),
    text: text ?? streamsText({ stdout, stderr }),
    // A receipt without a name is that of a check that printed nothing.
    whole: text !== undefined || receipt !== undefined && name === null,
  };
}
