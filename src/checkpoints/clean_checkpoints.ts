import { OrcError } from "../base/error.ts";
import { sizeText } from "../base/size_text.ts";
import { epochMsOf } from "../base/time.ts";
import { parseWholeNumber } from "../base/whole_number.ts";
import type { Host } from "../host/host.ts";
import {
  openSession,
  type SessionOptions,
} from "../repository/open_session.ts";
import type { Place } from "../repository/place.ts";
import { isConfirmed } from "../work/confirm.ts";
import { removeCheckpoints } from "./checkpoint_write.ts";
import { type CheckpointLine, checkpointsOf } from "./session_checkpoints.ts";

/** Which checkpoints of a session to remove, and how sure that is. */
export interface CheckpointCleanupOptions extends SessionOptions {
  /** How many of the newest stay in any case, as typed; 5 without it. */
  readonly keep?: string;
  /**
   * Whole days after which the others go, as typed. Without it 30, or at once if
   * `keep` is given.
   */
  readonly maxAge?: string;
  /** Removes nothing. */
  readonly dryRun?: boolean;
  /** Asks nobody. */
  readonly yes?: boolean;
}

/** What a cleanup of checkpoints did, or would do. */
export interface CheckpointCleanup {
  /** Of which session, and where it is. */
  readonly place: Place;
  /** Whether nothing was removed because only the plan was asked for. */
  readonly dryRun: boolean;
  /** What was removed, newest first; in a dry run, what would be. */
  readonly checkpoints: readonly CheckpointLine[];
  /** Bytes of all of them. */
  readonly sizeBytes: number;
  /** How many others the session has. */
  readonly kept: number;
  /** Why others cannot be read; those stay. */
  readonly warnings: readonly string[];
}

const KEPT = 5;
const MAX_AGE_DAYS = 30;
const MAX_NUMBER = 100_000;
const DAY_MS = 86_400_000;

/**
 * Removes old checkpoints of a session. Those of other sessions, those in the
 * older tool's directory and those that cannot be read stay.
 *
 * Requires `--allow-read`, and `--allow-write` to remove.
 *
 * @throws {OrcError} `invalid_number` (usage) if a number is none
 * @throws {OrcError} `not_confirmed` (refused) if nobody says yes
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as orc from "@orc/cli";
 *
 * const host = { ...orc.denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await orc.startSession(host, { root, task: "Add login" });
 * for (const message of ["one", "two"]) {
 *   await orc.saveCheckpoint(host, { root, message });
 * }
 * const options = { root, keep: "1", yes: true };
 * const { kept } = await orc.cleanCheckpoints(host, options);
 * assertEquals(kept, 1);
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function cleanCheckpoints(
  host: Host,
  options: CheckpointCleanupOptions = {},
): Promise<CheckpointCleanup> {
  const rule = ruleOf(options);
  const { repository, session, place } = await openSession(host, options);
  const found = checkpointsOf(repository, session);
  const newestFirst = found.checkpoints.toReversed();
  const nowMs = epochMsOf(host.now()) ?? 0;
  const checkpoints = newestFirst.slice(rule.keep)
    .filter((line) => !line.legacy && isOlder(line, nowMs, rule.maxAgeDays));
  const isWanted = options.dryRun !== true && checkpoints.length > 0;
  if (isWanted) {
    if (options.yes !== true) assertConfirmed(host, checkpoints);
    const { layout, context } = repository;
    const target = { layout, context, sessionId: session.id };
    await removeCheckpoints(target, checkpoints.map(({ id }) => id));
  }
  return {
    place,
    dryRun: options.dryRun === true,
    checkpoints,
    sizeBytes: sizeOf(checkpoints),
    kept: newestFirst.length - checkpoints.length,
    warnings: found.problems,
  };
}

function sizeOf(checkpoints: readonly CheckpointLine[]): number {
  return checkpoints.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** The question shows all that will be gone. */
function assertConfirmed(
  host: Host,
  checkpoints: readonly CheckpointLine[],
): void {
  const count = checkpoints.length === 1
    ? "1 checkpoint"
    : `${checkpoints.length} checkpoints`;
  const amount = `${count} (${sizeText(sizeOf(checkpoints))})`;
  const lines = checkpoints.map(({ id }) => `  ${id}\n`).join("");
  if (isConfirmed(host, `${lines}Remove ${amount} for good?`)) return;
  throw new OrcError(
    "refused",
    "not_confirmed",
    `Nothing was removed: ${amount} would be, but nobody said yes`,
    {
      hint:
        "look at them with --dry-run first; --yes is the yes where nobody can be asked",
      details: { checkpoints: checkpoints.map(({ id }) => id) },
    },
  );
}

interface Rule {
  readonly keep: number;
  readonly maxAgeDays: number;
}

function ruleOf({ keep, maxAge }: CheckpointCleanupOptions): Rule {
  const usualAge = keep === undefined ? MAX_AGE_DAYS : 0;
  return {
    keep: numberIn("--keep", keep) ?? KEPT,
    maxAgeDays: numberIn("--max-age", maxAge) ?? usualAge,
  };
}

function numberIn(
  flag: string,
  text: string | undefined,
): number | undefined {
  return text === undefined
    ? undefined
    : parseWholeNumber(text, { flag, max: MAX_NUMBER });
}

/** What does not say when it was made is as young as can be. */
function isOlder(
  { at }: CheckpointLine,
  nowMs: number,
  days: number,
): boolean {
  return days === 0 || (epochMsOf(at) ?? nowMs) < nowMs - days * DAY_MS;
}
