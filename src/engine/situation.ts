import {
  denied,
  notFound,
  type OrcError,
  refused,
  usage,
} from "../base/error.ts";
import { jsonObject, type JsonValue } from "../base/json.ts";
import { MAX_NOTES_LENGTH } from "../base/limits.ts";
import { assertIsText, lengthOf, nearest, quoted } from "../base/text.ts";
import { sameCommand } from "../workflow/supervision.ts";
import type {
  Caller,
  Decision,
  Event,
  EventType,
  Item,
  ItemState,
  Phase,
  PhaseState,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import { hintOf, nextStep } from "./next.ts";
import {
  currentPhase,
  isClosed,
  isDone,
  itemStateOf,
  type OpenItem,
  phaseStateOf,
} from "./state.ts";

/** When an action is taken, and by whom. */
export interface Circumstances {
  /** Now: an instant in UTC, as the host returns it. */
  readonly at: string;
  /** Who asks. Acts of a human are refused without an approval in it. */
  readonly caller: Caller;
}

/** All that a rule may look at. */
export interface Situation extends Circumstances {
  readonly workflow: Workflow;
  readonly state: SessionState;
}

export function assertOpen(state: SessionState): void {
  if (!isClosed(state.status)) return;
  throw refused(
    "session_closed",
    `The session is ${state.status}; nothing in it can change any more`,
    'start a new one: orc start "TASK"',
  );
}

/** Refuses an act of a human to everybody who is not known to be one. */
export function requireHuman(
  { caller, workflow }: Pick<Situation, "caller" | "workflow">,
  act: string,
): void {
  if (caller.approval !== null) return;
  throw denied(
    "approval_required",
    `Cannot ${act}: only a human may, at a terminal`,
    `ask a human to run ${sameCommand(workflow)} in a terminal`,
  );
}

/** Whether a yes counts only with the signature of an approver: the setting `approvals: signed`. */
export function isSigned({ settings }: Pick<Workflow, "settings">): boolean {
  return settings.get("approvals") === "signed";
}

/** As {@linkcode requireHuman}, for a yes: where its workflow says so, it has to be signed. */
export function requireYes(
  situation: Pick<Situation, "caller" | "workflow">,
  act: string,
): void {
  requireHuman(situation, act);
  const { caller, workflow } = situation;
  if (!isSigned(workflow)) return;
  if (caller.signature !== undefined && caller.approval !== "setting") return;
  throw denied(
    "signature_required",
    `Cannot ${act}: its workflow asks for a yes that an approver signed`,
    `ask one of the approvers to run ${sameCommand(workflow)} in a terminal`,
  );
}

/** Refuses notes the Python tool would refuse, and a "-". */
export function assertNotesFit(notes: string | null): void {
  assertIsText(notes);
  const length = lengthOf(notes ?? "");
  if (length <= MAX_NOTES_LENGTH) return;
  throw usage(
    "notes_too_long",
    `The notes have ${length} characters; at most ${MAX_NOTES_LENGTH} are kept`,
    "say it shorter, or write it into a file and name the file",
  );
}

/** Finds an item of the current phase; an item of another phase is refused. */
export function findItem(
  workflow: Workflow,
  state: SessionState,
  itemId: string,
): OpenItem {
  const phase = currentPhase(workflow, state);
  const item = phase.items.find(({ id }) => id === itemId);
  if (item) {
    const itemState = itemStateOf(phaseStateOf(state, phase), itemId);
    return { phase, item, itemState };
  }
  const home = workflow.phases.find(({ items }) =>
    items.some(({ id }) => id === itemId)
  );
  throw home
    ? refused(
      "item_in_other_phase",
      `Item "${itemId}" belongs to phase "${home.id}"; the session is in phase "${phase.id}"`,
      "orc status",
    )
    : unknownItem(workflow, phase, itemId);
}

/**
 * Finds an item to be checked: one of the current phase, or of an earlier one whose check orc runs itself,
 * since what that saw may have changed by now.
 */
export function findChecked(
  workflow: Workflow,
  state: SessionState,
  itemId: string,
): OpenItem {
  for (const phase of workflow.phases) {
    if (phase.id === state.currentPhaseId) break;
    const item = phase.items.find(({ id }) => id === itemId);
    const type = item?.verification.type;
    if (!item || type !== "command" && type !== "file_exists") continue;
    return {
      phase,
      item,
      itemState: itemStateOf(phaseStateOf(state, phase), itemId),
    };
  }
  return findItem(workflow, state, itemId);
}

function unknownItem(
  workflow: Workflow,
  phase: Phase,
  itemId: string,
): OrcError {
  const ids = workflow.phases.flatMap(({ items }) => items.map(({ id }) => id));
  const guess = nearest(itemId, ids);
  return notFound(
    "no_such_item",
    `No item ${quoted(itemId)} in this workflow` +
      (guess ? `; the nearest is "${guess}"` : ""),
    {
      hint: "orc status",
      details: { phaseId: phase.id, itemIds: phase.items.map(({ id }) => id) },
    },
  );
}

export function unknownPhase({ phases }: Workflow, phaseId: string): OrcError {
  return notFound("no_such_phase", `No phase "${phaseId}" in this workflow`, {
    hint: "orc status",
    details: { phaseIds: phases.map(({ id }) => id) },
  });
}

type ItemPlace = Pick<OpenItem, "phase" | "item">;

/** The required item whose turn it is before another one; optional ones may be left for later. */
export function itemBefore(
  state: SessionState,
  place: ItemPlace,
): Item | undefined {
  if (place.phase.phaseType !== "strict") return undefined;
  return openBefore(state, place);
}

/** The first required item before another one that is not done. */
export function openBefore(
  state: SessionState,
  place: ItemPlace,
): Item | undefined {
  return openItemsBefore(state, place)[0];
}

export function openItemsBefore(
  state: SessionState,
  { phase, item }: ItemPlace,
): readonly Item[] {
  const phaseState = phaseStateOf(state, phase);
  const index = phase.items.findIndex(({ id }) => id === item.id);
  return phase.items.slice(0, index).filter(({ id, required }) =>
    required && !isDone(itemStateOf(phaseState, id))
  );
}

export function assertInOrder(
  verb: string,
  { workflow, state }: Pick<Situation, "workflow" | "state">,
  open: OpenItem,
): void {
  const { phase, item } = open;
  const first = itemBefore(state, open);
  if (first === undefined) return;
  throw refused(
    "out_of_order",
    `Cannot ${verb} item "${item.id}": in phase "${phase.id}" item "${first.id}" comes first`,
    {
      hint: hintOf(nextStep(workflow, state)),
      details: { itemId: item.id, firstItemId: first.id },
    },
  );
}

/** The answer to a repeated action: it is done already. */
export function unchanged(state: SessionState): Decision {
  return { state, events: [] };
}

export function withItem(
  state: SessionState,
  phase: Phase,
  item: ItemState,
): SessionState {
  const phaseState = phaseStateOf(state, phase);
  return withPhase(state, {
    ...phaseState,
    items: replaced(phaseState.items, item),
  });
}

export function withPhase(
  state: SessionState,
  phase: PhaseState,
): SessionState {
  return { ...state, phases: replaced(state.phases, phase) };
}

/** One that was not there comes last. */
function replaced<Part extends { readonly id: string }>(
  parts: readonly Part[],
  part: Part,
): readonly Part[] {
  return parts.some(({ id }) => id === part.id)
    ? parts.map((other) => other.id === part.id ? part : other)
    : [...parts, part];
}

interface Subject {
  readonly phaseId: string | null;
  readonly itemId?: string | null;
}

export function subjectOf({ phase, item }: OpenItem): Subject {
  return { phaseId: phase.id, itemId: item.id };
}

export interface EventText {
  readonly message: string;
  readonly details?: Readonly<Record<string, JsonValue>>;
}

/** An event that orc itself stands for; names the agent that asked, if there was one. */
export function systemEvent(
  type: EventType,
  { phaseId, itemId = null }: Subject,
  { message, details }: EventText,
  caller?: Caller,
): Event {
  return {
    type,
    phaseId,
    itemId,
    message,
    details: jsonObject({
      ...details,
      ...(caller?.agent ? { agent: caller.agent } : {}),
    }),
    actor: "system",
  };
}

/**
 * An event that a human stands for; names how the human's presence was established. Where a setting
 * let it pass, nobody was asked, and orc stands for it.
 */
export function humanEvent(
  type: EventType,
  subject: Subject,
  text: EventText,
  caller: Caller,
): Event {
  const { approval: origin, presence, sight = [], signature } = caller;
  const details = {
    ...text.details,
    origin,
    ...Object.fromEntries(sight),
    ...presence && { presence },
    ...signature && { signature },
  };
  const event = systemEvent(type, subject, { ...text, details }, caller);
  return origin === "setting" ? event : { ...event, actor: "human" };
}
