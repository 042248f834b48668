/** Which files a phase lets be changed. */
import { listOf } from "../base/text.ts";
import { matcherOf } from "../checks/tree_rules.ts";
import type { Workflow } from "../workflow/types.ts";

/** The phase in which files are changed where the workflow does not say in which. */
const WRITING_PHASE = "EXECUTE";

/** More of them say no more. */
const MAX_PATTERNS = 5;

/** What is known of a session by whoever wants to change a file. */
export interface Position {
  /** Null where the session carries none, as those of the older tool may. */
  readonly workflow: Pick<Workflow, "phases"> | null;
  readonly phaseId: string;
}

/** Whether the workflow says of any phase which files may be changed in it. */
export function namesWrites({ workflow }: Position): boolean {
  return workflow?.phases.some(({ allowWrite }) => allowWrite) ?? false;
}

/**
 * Why a file may not be changed now, as the second half of a sentence; undefined where it may. Without a
 * path it is about any file: a phase that lets some be changed does not let all.
 */
export function whyNotWritable(
  position: Position,
  path?: string,
): string | undefined {
  const { workflow, phaseId } = position;
  if (!namesWrites(position)) {
    return phaseId === WRITING_PHASE
      ? undefined
      : `the session is in phase "${phaseId}", not in ${WRITING_PHASE}`;
  }
  const patterns = workflow?.phases.find(({ id }) => id === phaseId)
    ?.allowWrite;
  if (patterns === undefined) return undefined;
  // Without any pattern the matcher means all files, and here it means none.
  if (patterns.length === 0) {
    return `phase "${phaseId}" lets no file be changed`;
  }
  if (path !== undefined && matcherOf(patterns)(path)) return undefined;
  const shown = listOf(patterns, MAX_PATTERNS);
  return `phase "${phaseId}" lets only ${shown} be changed`;
}
