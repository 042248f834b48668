/** What a human says to an item. */
import { refused } from "../base/error.ts";
import {
  asObject,
  isJsonList,
  jsonObject,
  type JsonValue,
  numberOf,
  textAt,
} from "../base/json.ts";
import { canonicalJson } from "../base/json_print.ts";
import { withOffset } from "../base/time.ts";
import { approvalCommand, isManual } from "../workflow/supervision.ts";
import type {
  Decision,
  ItemState,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import type { ActionOf } from "./action.ts";
import { assertNotSkipped, itemChanged, noted, refusal } from "./item.ts";
import { hintOf, stepFor } from "./next.ts";
import {
  assertInOrder,
  assertNotesFit,
  findItem,
  humanEvent,
  openBefore,
  requireYes,
  type Situation,
  subjectOf,
  unchanged,
} from "./situation.ts";
import { itemStateOf, type OpenItem, phaseStateOf } from "./state.ts";

/** A file as a human was shown it. */
export interface ShownFile {
  /** As the workflow names it, with settings filled in. */
  readonly path: string;
  /** How large it is. */
  readonly bytes: number;
  /** Of all of it, in 64 hexadecimal digits. */
  readonly sha256: string;
}

export function approveItem(
  situation: Situation,
  { itemId, notes, early }: ActionOf<"approve_item">,
): Decision {
  const { workflow, state, caller } = situation;
  assertNotesFit(notes);
  const shown = caller.sight?.get("shown");
  const before = shown !== undefined &&
    approvedItems(workflow, state).find(({ item }) => item.id === itemId);
  if (before) {
    // Approved by these very files, in whatever phase, it stays so.
    return canonicalJson(shownThen(before.itemState)) === canonicalJson(shown)
      ? unchanged(state)
      : approved(situation, noted(before, notes), { notes, renewed: true });
  }
  const open = noted(findItem(workflow, state, itemId), notes);
  if (!isManual(open.item)) {
    const because = "it is not a manual gate";
    throw refusal("approve", itemId, because, `orc complete ${itemId}`);
  }
  if (open.itemState.status === "completed") return unchanged(state);
  assertNotSkipped("approve", open);
  assertInOrder("approve", situation, open);
  const isEarly = openBefore(state, open) !== undefined;
  if (isEarly && !early) throw tooEarly(situation, open);
  return approved(situation, open, {
    notes,
    ...(isEarly ? { early: true } : {}),
  });
}

function approved(
  situation: Situation,
  open: OpenItem,
  details: Readonly<Record<string, JsonValue>>,
): Decision {
  const { at, caller } = situation;
  const { id, verification } = open.item;
  requireYes(situation, `approve item "${id}"`);
  const gate = verification.type === "manual_gate"
    ? "manual gate"
    : "gate without verification";
  const shown = caller.sight?.get("shown");
  return itemChanged(situation, open, {
    status: "completed",
    completedAt: at,
    verificationResult: jsonObject({
      approved: true,
      approved_at: withOffset(at),
      type: "manual_gate",
      ...(shown === undefined ? {} : { shown }),
    }),
  }, [
    humanEvent("item_completed", subjectOf(open), {
      message: `Approved ${gate}: ${id}`,
      details: { ...details, approved: true },
    }, caller),
  ]);
}

/** What a human approved, in the order of the workflow. */
export function approvedItems(
  { phases }: Pick<Workflow, "phases">,
  state: SessionState,
): readonly OpenItem[] {
  return phases.flatMap((phase) => {
    const phaseState = phaseStateOf(state, phase);
    return phase.items.map((item) => ({
      phase,
      item,
      itemState: itemStateOf(phaseState, item.id),
    }));
  }).filter(({ item, itemState }) =>
    isManual(item) && itemState.status === "completed"
  );
}

/** The files that a human was shown when they approved an item; null where none were. */
export function shownThen({ verificationResult }: ItemState): JsonValue {
  return asObject(verificationResult)?.get("shown") ?? null;
}

/** Reads what an event or an item keeps of the files that were shown; what is none of them is left out. */
export function parseShown(value: JsonValue): readonly ShownFile[] {
  if (!isJsonList(value)) return [];
  return value.flatMap((member) => {
    const object = asObject(member);
    const path = object && textAt(object, "path");
    const sha256 = object && textAt(object, "sha256");
    const bytes = numberOf(object?.get("bytes"));
    return path && sha256 && bytes !== undefined
      ? [{ path, bytes, sha256 }]
      : [];
  });
}

/** What is approved is the work before it, and some of that is still to be done. */
function tooEarly({ workflow, state }: Situation, open: OpenItem): Error {
  const { id } = open.item;
  const first = openBefore(state, open) ?? open.item;
  return refused(
    "too_early",
    `Cannot approve item "${id}" yet: item "${first.id}" before it is open`,
    {
      hint: `${hintOf(stepFor(workflow, first))}; a human may all the same: ${
        approvalCommand(workflow, id)
      } --early`,
      details: { itemId: id, firstItemId: first.id },
    },
  );
}
