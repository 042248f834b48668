/** Whether what a human approved is still what they were shown. */
import { refused } from "../base/error.ts";
import { countOf, listOf, quoted } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import { approvedItems, parseShown, shownThen } from "../engine/approval.ts";
import type { OpenedSession } from "../repository/select.ts";
import { isDone, itemStateOf, phaseStateOf } from "../engine/state.ts";
import { approvalCommand, needsHuman } from "../workflow/supervision.ts";
import { fillTemplate } from "../workflow/template.ts";
import { changedShown, lookAtShown } from "./shown.ts";

/** An item that a human approved by other files than there are now. */
export interface StaleApproval {
  readonly itemId: string;
  /** The files that changed, as the workflow names them. */
  readonly paths: readonly string[];
  /** One sentence without its period. */
  readonly message: string;
}

const MAX_NAMES = 5;

/**
 * Finds the approvals whose files are not as they were shown: those of some phases, or of all. A file
 * that several approvals showed is judged by the last of them.
 */
export async function staleApprovals(
  { workflow, session: { state }, repository: { found } }: Pick<
    OpenedSession,
    "workflow" | "session" | "repository"
  >,
  phaseIds?: readonly string[],
): Promise<readonly StaleApproval[]> {
  const approvals = approvedItems(workflow, state).flatMap((open) => {
    const shown = parseShown(shownThen(open.itemState));
    return shown.length === 0 ? [] : [{ ...open, shown }];
  });
  const instantOf = (instant: string | null) => epochMsOf(instant) ?? 0;
  const inOrder = approvals.toSorted((a, b) =>
    instantOf(a.itemState.completedAt) - instantOf(b.itemState.completedAt)
  );
  const lastOf = new Map(
    inOrder.flatMap(({ item, shown }) =>
      shown.map(({ path }) => [path, item.id] as const)
    ),
  );
  const stale: StaleApproval[] = [];
  for (const { phase, item, shown } of approvals) {
    if (phaseIds && !phaseIds.includes(phase.id)) continue;
    const own = shown.filter(({ path }) => lastOf.get(path) === item.id);
    const shows = own.map(({ path }) => path);
    // Each path was filled in when it was shown.
    const now = await lookAtShown(
      found.workingTree,
      { settings: new Map() },
      { shows },
    );
    const paths = changedShown(own, now);
    if (paths.length > 0) stale.push(staleApproval(item.id, paths));
  }
  return stale;
}

/**
 * What is worth knowing of a stale approval: the way on, or that nobody has to do anything since a gate that
 * is still to come shows the same files.
 */
export function staleApprovalWarning(
  { workflow, session: { state } }: Pick<OpenedSession, "workflow" | "session">,
  { itemId, paths, message }: StaleApproval,
): string {
  const { phases, settings } = workflow;
  const now = phases.findIndex(({ id }) => id === state.currentPhaseId);
  // Its own phase is not left before: there no later one can ask.
  const isHere = phases[now]?.items.some(({ id }) => id === itemId);
  const ahead = phases.slice(now, isHere ? now + 1 : undefined);
  const later = ahead.flatMap((phase) =>
    phase.items.filter((item) =>
      needsHuman(workflow, item) && item.required &&
      !isDone(itemStateOf(phaseStateOf(state, phase), item.id))
    )
  ).find(({ shows }) => {
    const shown = shows.map((path) => fillTemplate(path, settings));
    return paths.every((path) => shown.includes(path));
  });
  return later === undefined
    ? `${message}; a human looks again: ${approvalCommand(workflow, itemId)}`
    : `${message}; item ${quoted(later.id)} asks about it again`;
}

function staleApproval(
  itemId: string,
  paths: readonly string[],
): StaleApproval {
  const message = `Item ${quoted(itemId)} was approved by other files: ${
    countOf(paths.length, "file")
  } changed since: ${listOf(paths.map(quoted), MAX_NAMES)}`;
  return { itemId, paths, message };
}

/**
 * Refuses to go on from what nobody approved as it is now.
 *
 * @throws {OrcError} `approval_stale` (refused) if a file changed since a human was shown it
 */
export async function assertApprovalsFresh(
  opened: OpenedSession,
  verb: string,
  phaseIds?: readonly string[],
): Promise<void> {
  const [stale] = await staleApprovals(opened, phaseIds);
  if (stale === undefined) return;
  const { itemId, paths } = stale;
  const files = listOf(paths.map(quoted), MAX_NAMES);
  throw refused(
    "approval_stale",
    `Cannot ${verb}: item "${itemId}" was approved before ${files} changed`,
    {
      hint: `a human looks at it again, and runs, in a terminal: ${
        approvalCommand(opened.workflow, itemId)
      }`,
      details: { itemId, paths },
    },
  );
}
