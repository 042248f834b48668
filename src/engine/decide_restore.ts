import { OrcError } from "../base/error.ts";
import { jsonObject, type JsonValue } from "../base/json.ts";
import { listOf } from "../base/text.ts";
import type { Decision } from "../workflow/types.ts";
import { planRestore } from "./restore.ts";
import { changeSentence, type RestoreChange } from "./restore_change.ts";
import {
  type ActionOf,
  humanEvent,
  requireHuman,
  type Situation,
  systemEvent,
  unchanged,
} from "./situation.ts";

/** Things named in one message; the details hold all. */
const MAX_NAMED = 5;

/** Puts items and phases back to where a checkpoint has them. */
export function restore(
  { workflow, state, caller }: Situation,
  { checkpointId, stored, force }: ActionOf<"restore">,
): Decision {
  const { next, changes } = planRestore(workflow, state, stored);
  if (changes.length === 0) return unchanged(state);
  const forward = changes.filter((change) => change.forward);
  if (forward.length > 0) {
    if (!force) throw restoreForward(checkpointId, forward);
    requireHuman(caller, `restore what checkpoint "${checkpointId}" says`);
  }
  const eventOf = forward.length > 0 ? humanEvent : systemEvent;
  return {
    state: next,
    events: [
      // The Python tool leaves out events of types that it does not know.
      eventOf("note_added", { phaseId: next.currentPhaseId }, {
        message: `Restored checkpoint ${checkpointId}`,
        details: {
          checkpoint_id: checkpointId,
          changes: changes.map(encodeChange),
        },
      }, caller),
    ],
  };
}

function encodeChange(change: RestoreChange): JsonValue {
  const { what, phaseId, itemId, from, to } = change;
  return jsonObject({ what, phase_id: phaseId, item_id: itemId, from, to });
}

function restoreForward(
  checkpointId: string,
  changes: readonly RestoreChange[],
): OrcError {
  return new OrcError(
    "refused",
    "restore_forward",
    `Cannot restore checkpoint "${checkpointId}": it holds more than was done since: ${
      listOf(changes.map(changeSentence), MAX_NAMED)
    }`,
    {
      hint: `a human runs, in a terminal: orc resume ${checkpointId} --force`,
      details: { checkpoint: checkpointId, changes },
    },
  );
}
