/** What was done last is taken back by a further update: the log keeps both. */
import { refused } from "../base/error.ts";
import { asObject } from "../base/json.ts";
import { countOf } from "../base/text.ts";
import { forHuman } from "../workflow/supervision.ts";
import type { Decision, SessionState, Workflow } from "../workflow/types.ts";
import type { ActionOf } from "./action.ts";
import {
  changesText,
  encodeChange,
  goBack,
  planRestore,
  type RestoreChange,
} from "./restore.ts";
import { assertNotesFit, type Situation } from "./situation.ts";
import { assertSameSize } from "./size.ts";
import { isClosed } from "./state.ts";

/** So many updates can be taken back at once: a replay keeps as many states. */
export const MAX_UNDONE = 100;

export function undo(
  situation: Situation,
  { updates, stored, reason, force }: ActionOf<"undo">,
): Decision {
  const { workflow, state } = situation;
  assertNotesFit(reason);
  const why = reason?.trim() ?? "";
  // An end is taken back for itself: whoever goes on from there sees first where that is.
  if (updates > 1 && isClosed(state.status)) throw hasEnded(workflow, state);
  if (isClosed(stored.status)) throw hadEnded(updates, stored);
  const act = `undo ${countOf(updates, "update")}`;
  assertSameSize(state, stored.phases, workflow, act);
  const plan = planRestore(workflow, state, stored, { isReplayed: true });
  const approvals = plan.changes.filter((change) => isYes(state, change));
  return goBack(situation, plan, {
    force,
    act: `${act} by force`,
    holdsMore: (forward) => bringsBack(workflow, updates, forward),
    text: () => ({
      message: undoneText(updates, approvals),
      details: {
        undone: updates,
        ...why === "" ? {} : { reason: why },
        ...approvals.length === 0 ? {} : {
          approvals_taken_back: approvals.map(({ itemId, phaseId }) =>
            itemId ?? phaseId
          ),
        },
        changes: plan.changes.map(encodeChange),
      },
    }),
  });
}

function undoneText(
  updates: number,
  approvals: readonly RestoreChange[],
): string {
  const count = approvals.length;
  const given = count === 0 ? "" : ` and ${countOf(count, "approval")}`;
  return `Undid ${countOf(updates, "update")}${given}`;
}

/** Whether a change takes a yes back: to leaving a phase, or to an item. */
function isYes(
  { phases }: SessionState,
  { what, phaseId, itemId, from, forward }: RestoreChange,
): boolean {
  if (forward) return false;
  if (what === "approval") return true;
  if (what !== "item" || from !== "completed") return false;
  const item = phases.find(({ id }) => id === phaseId)?.items
    .find(({ id }) => id === itemId);
  return asObject(item?.verificationResult ?? null)?.get("approved") === true;
}

function hasEnded(workflow: Workflow, { status }: SessionState): Error {
  const force = forHuman(workflow, "orc undo --force");
  return refused(
    "session_closed",
    `The session is ${status}; of that only its end can be taken back, and first`,
    `a human runs, in a terminal: ${force}`,
  );
}

function hadEnded(updates: number, { status }: SessionState): Error {
  return refused(
    "cannot_undo",
    `Cannot undo ${
      countOf(updates, "update")
    }: the session was ${status} before, and it ends only by its rules`,
    "orc finish",
  );
}

function bringsBack(
  workflow: Workflow,
  updates: number,
  changes: readonly RestoreChange[],
): Error {
  const force = forHuman(workflow, `orc undo ${updates} --force`);
  const isEnd = changes.some(({ what }) => what === "session");
  const act = isEnd
    ? "open the session again"
    : `bring back what ${updates === 1 ? "it" : "they"} took back`;
  const further = isEnd || updates >= MAX_UNDONE
    ? ""
    : `; to go further back: orc undo ${updates + 1}`;
  return refused(
    "undo_forward",
    `Cannot undo ${countOf(updates, "update")}: only a human may ${act}: ${
      changesText(changes)
    }`,
    {
      hint: `a human runs, in a terminal: ${force}${further}`,
      details: { updates, changes },
    },
  );
}
