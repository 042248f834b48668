import { OrcError } from "./error.ts";
import { legacySessionId } from "./ids.ts";
import { MAX_CANDIDATES } from "./limits.ts";
import { listOf, quoted } from "./text.ts";

/** Begins every id; the Python tool lists only files that are named so. */
const CHECKPOINT_ID = /^cp_[A-Za-z0-9_-]{1,64}$/;

/** Shortest part of an id that selects a checkpoint: shorter ones match by accident. */
const MIN_PART_LENGTH = 4;

const WORKFLOW_DIGITS = 4;

/** Whether a text is the id of a checkpoint, and so a plain name on every file system. */
export function isCheckpointId(text: string): boolean {
  return CHECKPOINT_ID.test(text);
}

/**
 * Makes the id of a checkpoint: the instant to the microsecond, four digits by
 * chance, and four that are the same in all checkpoints of a session. The last
 * four are a part of an MD5 in the Python tool, but nothing ever reads them.
 */
export function checkpointId(
  workflowId: string,
  at: string,
  token: string,
): string {
  const [date = "", time = "", fraction = ""] = at
    .replaceAll(/[-:Z]/g, "").split(/[T.]/);
  const chance = BigInt(`0x${token}`) % 10_000n;
  const digits = legacySessionId(workflowId).slice(-WORKFLOW_DIGITS);
  return [
    "cp",
    date,
    time,
    fraction.padEnd(6, "0"),
    String(chance).padStart(4, "0"),
    digits,
  ].join("_");
}

/**
 * Finds the one checkpoint that a text stands for: its id, or a part of at
 * least 4 characters that no other id has.
 *
 * @throws {OrcError} `no_such_checkpoint` (not_found) or
 *   `ambiguous_checkpoint_id` (usage)
 */
export function matchCheckpointId(
  text: string,
  ids: readonly string[],
): string {
  if (ids.includes(text)) return text;
  const matches = text.length < MIN_PART_LENGTH
    ? []
    : ids.filter((id) => id.includes(text));
  const [only, ...others] = matches;
  if (only !== undefined && others.length === 0) return only;
  throw only === undefined ? noSuchCheckpoint(text) : ambiguous(text, matches);
}

function noSuchCheckpoint(text: string): OrcError {
  return new OrcError(
    "not_found",
    "no_such_checkpoint",
    `Cannot find checkpoint ${quoted(text)} in this session`,
    { hint: "orc checkpoints" },
  );
}

function ambiguous(text: string, ids: readonly string[]): OrcError {
  return new OrcError(
    "usage",
    "ambiguous_checkpoint_id",
    `Cannot tell which of ${ids.length} checkpoints ${quoted(text)} means: ${
      listOf(ids, MAX_CANDIDATES)
    }`,
    {
      hint: "give more of the id; all are listed by: orc checkpoints",
      details: { candidates: ids.slice(0, MAX_CANDIDATES) },
    },
  );
}
