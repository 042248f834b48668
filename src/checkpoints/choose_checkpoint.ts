import { matchCheckpointId } from "../base/checkpoint_id.ts";
import { OrcError } from "../base/error.ts";
import { parentDirectory } from "../base/path.ts";
import { uncapitalised } from "../base/text.ts";
import { planRestore } from "../engine/restore.ts";
import type { RestoreChange } from "../engine/restore_change.ts";
import type { ActionOf } from "../engine/situation.ts";
import type { OpenedSession } from "../repository/open_session.ts";
import { readCheckpoint } from "./files.ts";
import { stateIn } from "./rules.ts";
import type { CheckpointLine } from "./session_checkpoints.ts";

/** A checkpoint that can be returned to. */
export interface Choice {
  readonly line: CheckpointLine;
  readonly action: ActionOf<"restore">;
  readonly changes: readonly RestoreChange[];
  /** Why newer ones were not taken, as sentences for people. */
  readonly passedOver: readonly string[];
}

/** What somebody asked for. */
export interface Wish {
  /** A part of an id; `latest` for the newest that can be read. */
  readonly named: string;
  readonly force: boolean;
}

/**
 * Chooses the checkpoint to return to. A damaged one does not stand in the way
 * of older ones, unless it is asked for by its name.
 */
export function chooseCheckpoint(
  opened: OpenedSession,
  checkpoints: readonly CheckpointLine[],
  { named, force }: Wish,
): Choice {
  if (named !== "latest") {
    const id = matchCheckpointId(named, checkpoints.map(({ id }) => id));
    const line = checkpoints.find((line) => line.id === id);
    if (line === undefined) throw new Error(`no checkpoint "${id}"`);
    return { ...choiceOf(opened, line, force), passedOver: [] };
  }
  const failures: Failure[] = [];
  for (const line of checkpoints.toReversed()) {
    try {
      const choice = choiceOf(opened, line, force);
      return { ...choice, passedOver: failures.map(failureSentence) };
    } catch (error) {
      if (!isUnusable(error)) throw error;
      failures.push({ id: line.id, error });
    }
  }
  throw failures[0]?.error ?? noCheckpoint();
}

interface Failure {
  readonly id: string;
  readonly error: OrcError;
}

/** Whether it is about one checkpoint: it is damaged, another session's, or gone by now. */
function isUnusable(error: unknown): error is OrcError {
  return error instanceof OrcError &&
    (error.kind === "corrupt" || error.code === "foreign_checkpoint" ||
      error.code === "no_such_checkpoint");
}

function failureSentence({ id, error }: Failure): string {
  const reason = uncapitalised(error.message);
  return `Passed over checkpoint "${id}": ${reason}; all are listed by: orc checkpoints`;
}

function choiceOf(
  { repository, session, workflow }: OpenedSession,
  line: CheckpointLine,
  force: boolean,
): Omit<Choice, "passedOver"> {
  const { id, path } = line;
  const directory = parentDirectory(path) ?? path;
  const checkpoint = readCheckpoint(repository.layout, directory, id);
  const stored = stateIn(checkpoint);
  const { changes } = planRestore(workflow, session.state, stored);
  const action = { type: "restore", checkpointId: id, stored, force } as const;
  return { line, action, changes };
}

function noCheckpoint(): OrcError {
  return new OrcError(
    "not_found",
    "no_checkpoint",
    "The session has no checkpoint",
    { hint: "make one: orc checkpoint; where the session stands: orc status" },
  );
}
