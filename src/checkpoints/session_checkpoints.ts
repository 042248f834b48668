import { OrcError } from "../base/error.ts";
import { legacySessionId } from "../base/ids.ts";
import { sessionLayout } from "../base/layout.ts";
import type { Repository } from "../repository/open.ts";
import type { Session } from "../session/session_store.ts";
import { type CheckpointEntry, readCheckpoints } from "./files.ts";

/** A checkpoint in one line. */
export interface CheckpointLine {
  /** What `orc resume` takes; begins with the instant it was made at. */
  readonly id: string;
  /** Id of the session it belongs to. */
  readonly session: string;
  /** `wf_` and eight hex digits, part of every line of that session's log. */
  readonly workflowId: string;
  /** Id of the phase the session was in. */
  readonly phaseId: string;
  /** The item that was being worked on; null when none was. */
  readonly itemId: string | null;
  /** When it was made, as its writer spells it; empty when its file does not say. */
  readonly at: string;
  /** What it is for, in the words of whoever made it; null without any. */
  readonly message: string | null;
  /** Task, phase and progress in one line; null in old files. */
  readonly summary: string | null;
  /** What was decided. */
  readonly decisions: readonly string[];
  /** Files that were being worked on. */
  readonly files: readonly string[];
  /** The file that holds it. */
  readonly path: string;
  /** Size of that file. */
  readonly sizeBytes: number;
  /** Whether it lies in the older tool's directory, which orc only reads. */
  readonly legacy: boolean;
}

/** Checkpoints that were found. */
export interface FoundCheckpoints {
  /** Oldest first. */
  readonly checkpoints: readonly CheckpointLine[];
  /** Why others cannot be read, as sentences for people. */
  readonly problems: readonly string[];
}

/**
 * Finds the checkpoints of a session, also those it had before it was adopted.
 * What was copied there from other sessions does not count.
 */
export function checkpointsOf(
  repository: Repository,
  { id, state }: Pick<Session, "id" | "state">,
): FoundCheckpoints {
  const own = ownCheckpoints(repository, id);
  const legacy = legacyCheckpoints(repository);
  const names = new Set(own.checkpoints.map((line) => line.id));
  const lines = [
    ...legacy.checkpoints.filter((line) => !names.has(line.id)),
    ...own.checkpoints,
  ];
  return {
    checkpoints: lines
      .filter(({ workflowId }) => workflowId === state.workflowId)
      .map((line) => ({ ...line, session: id }))
      .sort(oldestFirst),
    problems: [...legacy.problems, ...own.problems],
  };
}

/** Finds the checkpoints of all sessions, whatever lies among them. */
export function allCheckpoints(repository: Repository): FoundCheckpoints {
  const found = [
    legacyCheckpoints(repository),
    ...repository.store.ids().map((id) => unlessRefused(repository, id)),
  ];
  return {
    checkpoints: found.flatMap(({ checkpoints }) => checkpoints)
      .sort(oldestFirst),
    problems: found.flatMap(({ problems }) => problems),
  };
}

/** The directory of one session must not hide the others. */
function unlessRefused(repository: Repository, id: string): FoundCheckpoints {
  try {
    return ownCheckpoints(repository, id);
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { checkpoints: [], problems: [error.message] };
  }
}

function ownCheckpoints(
  { layout }: Repository,
  session: string,
): FoundCheckpoints {
  const { checkpoints } = sessionLayout(layout.root, session);
  const { entries, problems } = readCheckpoints(layout, checkpoints);
  return {
    checkpoints: entries.map((entry) => lineOf(entry, session, false)),
    problems,
  };
}

function legacyCheckpoints({ layout }: Repository): FoundCheckpoints {
  const { entries, problems } = readCheckpoints(
    layout,
    layout.legacyCheckpoints,
  );
  return {
    checkpoints: entries.map((entry) =>
      lineOf(entry, legacySessionId(entry.workflowId), true)
    ),
    problems,
  };
}

function lineOf(
  { parentId: _parentId, ...entry }: CheckpointEntry,
  session: string,
  legacy: boolean,
): CheckpointLine {
  return { ...entry, session, legacy };
}

/** By the instant, as far as it was written down; ids begin with it too. */
function oldestFirst(one: CheckpointLine, other: CheckpointLine): number {
  const [a, b] = one.at === other.at ? [one.id, other.id] : [one.at, other.at];
  return a < b ? -1 : a > b ? 1 : 0;
}
