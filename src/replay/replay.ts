/**
 * What a session's events lead to. Events of orc are run through the rules again: each update must
 * be what {@linkcode decide} makes of it. Those of the older tool, which knows other rules, are
 * believed as far as they go, and what they touched is remembered.
 */
import { OrcError } from "../base/error.ts";
import {
  asObject,
  isJsonList,
  type JsonObject,
  type JsonValue,
  numberOf,
  textAt,
} from "../base/json.ts";
import { canonicalJson } from "../base/json_print.ts";
import type { Action } from "../engine/action.ts";
import { decide } from "../engine/decide.ts";
import { agentIn, type RecordedEvent } from "../engine/event.ts";
import { decodePhases, decodeProgress } from "../engine/progress.ts";
import { decodeDefinition } from "../workflow/definition.ts";
import { atSize, sizingIn } from "../workflow/sizes.ts";
import { fillTexts } from "../workflow/template.ts";
import type {
  Caller,
  Decision,
  Event,
  ItemStatus,
  PhaseStatus,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import { originIn } from "./account.ts";
import { believe } from "./believed.ts";
import { isCheck, isOtherCheck, resultOf } from "./checked.ts";
import { EarlierStates } from "./earlier.ts";
import { claimIn, type Elsewhere, keyOf, unseenIn } from "./elsewhere.ts";

/** What in an update the rules do not lead to. */
export interface ReplayProblem {
  /** The update. */
  readonly serial: number;
  /** One sentence without its period. */
  readonly message: string;
}

/** What events lead to. */
export interface Replayed {
  /** Undefined when no event said where it begins. */
  readonly state: SessionState | undefined;
  /** The first 20. */
  readonly problems: readonly ReplayProblem[];
  /** What another tool says it did, as far as it counts: each may have had any of these statuses. */
  readonly touched: ReadonlyMap<string, ReadonlySet<ItemStatus>>;
  /** The same of phases: the older tool logs the end of the last one, and keeps it active. */
  readonly touchedPhases: ReadonlyMap<string, ReadonlySet<PhaseStatus>>;
  /** What counts, and orc did not see; by a key of its own. */
  readonly elsewhere: ReadonlyMap<string, Elsewhere>;
  /** Whether another tool wrote anything. */
  readonly isShared: boolean;
  /**
   * The states after the last updates, by their serials, and after the one that was asked for. What
   * another tool did since counts to the update before it, and none from before that is kept.
   */
  readonly earlier: ReadonlyMap<number, SessionState>;
}

export interface Replayer {
  /** Takes the next event of the session, each once, in the order of the log. */
  take(event: RecordedEvent): void;
  /** What all of them lead to. */
  result(): Replayed;
}

const MAX_PROBLEMS = 20;

/**
 * Begins to replay a session. Of `known` only that is taken which no event says: the pinned workflow
 * and what the state was read from. The state after the update `asked` is kept, however many follow.
 */
export function newReplayer(
  pinned: Workflow,
  known: SessionState,
  asked?: number,
): Replayer {
  let workflow = pinned;
  let state: SessionState | undefined;
  const earlier = new EarlierStates(asked);
  let update: RecordedEvent[] = [];
  let isShared = false;
  const problems: ReplayProblem[] = [];
  const touched = new Map<string, Set<ItemStatus>>();
  const touchedPhases = new Map<string, Set<PhaseStatus>>();
  const elsewhere = new Map<string, Elsewhere>();

  function settle(): void {
    const events = update;
    update = [];
    const [first] = events;
    if (first === undefined) return;
    const { serial, link } = first;
    if (link?.base) {
      const before = state;
      state = decodeProgress(link.base, known);
      const size = textAt(link.base, "size") ?? "";
      state = { ...state, definition: pinnedAt(known, size) };
      workflow = followedIn(pinned, known, state);
      earlier.forget();
      earlier.keep(state, elsewhere, serial - 1);
      touched.clear();
      touchedPhases.clear();
      for (const claim of unseenIn(state, before)) {
        elsewhere.set(keyOf(claim), claim);
      }
      // A human vouched for it, whatever was before.
      if (first.details.has("repair")) problems.length = 0;
    }
    const problem = replayUpdate(events);
    for (const event of events) elsewhere.delete(keyOf(claimIn(event)));
    // What counts again by this update is seen no better than it was then.
    const then = earlier.before(events);
    for (const [key, claim] of then?.elsewhere ?? []) elsewhere.set(key, claim);
    earlier.keep(state, elsewhere, serial);
    workflow = followedIn(pinned, known, state);
    if (problem === undefined || problems.length === MAX_PROBLEMS) return;
    problems.push({ serial, message: problem });
  }

  /** Returns why the rules do not lead there; the state goes on as the events say in any case. */
  function replayUpdate(events: readonly RecordedEvent[]): string | undefined {
    const before = state;
    const then = earlier.before(events)?.state;
    if (before === undefined && events[0] && !events[0].link?.base) {
      const size = textAt(events[0].details, "size") ?? "";
      const definition = pinnedAt(known, size);
      workflow = followedIn(pinned, known, { ...known, definition });
    }
    const decided = decideAgain(workflow, before, events, { known, then });
    if (typeof decided !== "string") {
      state = decided.state;
      return undefined;
    }
    // Where no workflow is pinned, the rules of then are not known: workflow.yaml may be edited.
    if (known.definition === null && before !== undefined) {
      isShared = true;
      events.forEach(takeAtItsWord);
      return undefined;
    }
    for (const event of events) state &&= believe(workflow, state, event);
    return decided;
  }

  function takeOthers(event: RecordedEvent): void {
    settle();
    isShared = true;
    if (state === undefined) return;
    const claim = claimIn(event, state);
    if (claim !== undefined) elsewhere.set(keyOf(claim), claim);
    takeAtItsWord(event);
    earlier.forget();
    earlier.keep(state, elsewhere);
  }

  function takeAtItsWord(event: RecordedEvent): void {
    if (state === undefined) return;
    const before = state;
    state = believe(workflow, before, event);
    const { itemId, phaseId } = event;
    // Whether a failed try leaves an item failed depends on the tool, and on the kind of item.
    const isFailed = /_failed$/.test(event.type);
    if (itemId !== null && isFailed) note(touched, itemId, "failed");
    for (const one of [before, state]) {
      if (itemId !== null) note(touched, itemId, statusIn(one, itemId));
      const phase = one.phases.find(({ id }) => id === phaseId);
      if (itemId === null && phase !== undefined) {
        note(touchedPhases, phase.id, phase.status);
      }
    }
  }

  return {
    take: (event) => {
      if (event.link === undefined) return takeOthers(event);
      if (update[0] && update[0].serial !== event.serial) settle();
      update.push(event);
    },
    result: () => {
      settle();
      return {
        state,
        problems,
        touched,
        touchedPhases,
        elsewhere,
        isShared,
        earlier: earlier.states(),
      };
    },
  };
}

/** The workflow as it was pinned for a size that a session had: it may have grown since, or been edited. */
function pinnedAt({ definition }: SessionState, size: string): JsonValue {
  const isKnown = sizingIn(definition)?.sizes.includes(size) ?? false;
  return isKnown ? atSize(definition, size) : definition;
}

/** The workflow by which a session goes on: another one after it has grown. */
function followedIn(
  pinned: Workflow,
  known: SessionState,
  state: SessionState | undefined,
): Workflow {
  if (!state || state.definition === known.definition) return pinned;
  const { session } = pinned;
  const workflow = fillTexts(decodeDefinition(state.definition));
  return { ...workflow, ...session && { session } };
}

function note<Status>(
  seen: Map<string, Set<Status>>,
  id: string,
  status: Status,
): void {
  seen.set(id, (seen.get(id) ?? new Set<Status>()).add(status));
}

function statusIn({ phases }: SessionState, itemId: string): ItemStatus {
  const items = phases.flatMap(({ items }) => items);
  return items.find(({ id }) => id === itemId)?.status ?? "pending";
}

/** The decision that made these events; a sentence where the rules make none, or another. */
function decideAgain(
  workflow: Workflow,
  state: SessionState | undefined,
  events: readonly RecordedEvent[],
  { known, then }: Sources,
): Decision | string {
  const [first] = events;
  const unlike = events.find((event) => isOtherCheck(workflow, event));
  if (unlike !== undefined) {
    const { itemId } = unlike;
    return `the check of item "${itemId}" is not the one in its workflow`;
  }
  const action = actionOf(workflow, state, events, { known, then });
  if (first === undefined || action === undefined) {
    return "nothing that orc does leaves these events";
  }
  // A human vouched for a damaged state: that changes nothing in it.
  if (action === "repair") {
    return state ? { state, events: [] } : "it begins nowhere";
  }
  if (state === undefined && action.type !== "start") {
    return "it begins nowhere";
  }
  const before = action.type === "start" ? undefined : state;
  const circumstances = { at: first.at, caller: callerOf(events) };
  try {
    const decision = decide(workflow, before, action, circumstances);
    return isSame(decision, events)
      ? { ...decision, state: { ...decision.state, updatedAt: first.at } }
      : "the rules lead to other events";
  } catch (error) {
    // A plain error says that no host could have asked for this.
    return error instanceof OrcError
      ? `the rules refuse it: ${error.message}`
      : `it cannot be: ${(error as Error).message}`;
  }
}

function isSame(
  decision: Decision,
  events: readonly RecordedEvent[],
): boolean {
  return decision.events.length === events.length &&
    decision.events.every((made, index) => {
      const { type, phaseId, itemId, message, actor, details } = asMadeNow(
        events[index] ?? made,
      );
      return made.type === type && made.phaseId === phaseId &&
        made.itemId === itemId && made.message === message &&
        made.actor === actor &&
        canonicalJson(made.details) === canonicalJson(details);
    });
}

/** An orc of before called it a human's act when a setting had let something pass. */
function asMadeNow(event: Event | RecordedEvent): Event | RecordedEvent {
  if (textAt(event.details, "origin") !== "setting") return event;
  const message = event.message.replace(/^Human approved/, "Approved");
  return { ...event, message, actor: "system" };
}

function callerOf(events: readonly RecordedEvent[]): Caller {
  const human = events.find(({ details }) => details.has("origin"));
  const presence = human && asObject(human.details.get("presence"));
  const signature = human && asObject(human.details.get("signature"));
  const approval = human ? originIn(human.details) : null;
  const sight = new Map(
    [...human?.details ?? []].filter(([key]) => SIGHT_KEYS.includes(key)),
  );
  return {
    agent: agentIn(events),
    approval,
    ...presence && { presence },
    ...sight.size > 0 && { sight },
    ...signature && { signature },
  };
}

/** Where an action takes from what its events do not say. */
interface Sources {
  readonly known: SessionState;
  /** The state that an undo goes back to; undefined where there is none. */
  readonly then: SessionState | undefined;
}

/** What an approval tells of what the human saw. */
const SIGHT_KEYS: readonly string[] = ["shown", "tree", "tree_reason"];

/** What was asked for, from what it led to; undefined where no action leads to such events. */
function actionOf(
  workflow: Workflow,
  state: SessionState | undefined,
  events: readonly RecordedEvent[],
  { known, then }: Sources,
): Action | "repair" | undefined {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const { details, message } = last;
  const notes = textAt(details, "notes");
  const reason = textAt(details, "reason") ?? "";
  switch (last.type) {
    case "phase_started":
      return first.type === "workflow_started"
        ? startAction(first, known)
        : { type: "advance", force: first.details.get("forced") === true };
    case "item_started":
    case "item_completed":
    case "item_skipped":
    case "verification_failed":
    case "verification_passed":
    case "gate_failed":
    case "gate_passed":
      return itemAction(workflow, events, last);
    case "human_override":
      if (details.has("repair")) return "repair";
      return details.has("reopened")
        ? { type: "reopen_phase", phaseId: last.phaseId ?? "", reason }
        : { type: "approve_phase", phaseId: last.phaseId };
    case "workflow_completed":
      return {
        type: "finish",
        notes,
        force: details.get("forced") === true,
        measured: asObject(details.get("measured")),
      };
    case "workflow_abandoned":
      return { type: "abandon", reason: behind(message, ABANDONED), notes };
    case "note_added":
      if (details.has("reopened")) {
        return { type: "reopen_item", itemId: last.itemId ?? "", reason };
      }
      if (details.has("undone")) return then && undoAction(then, details);
      if (details.has("grown")) {
        return { type: "grow", size: textAt(details, "grown") ?? "", reason };
      }
      return details.has("checkpoint_id")
        ? state && restoreAction(state, details)
        : {
          type: "note",
          text: textAt(details, "note") ?? "",
          itemId: last.itemId,
        };
    case "error":
      return {
        type: "refuse_approval",
        request: textAt(details, "request") ?? "",
        itemId: last.itemId,
      };
    default:
      return undefined;
  }
}

const STARTED = "Started workflow: ";
const ABANDONED = "Workflow abandoned: ";

function behind(message: string, beginning: string): string {
  return message.startsWith(beginning) ? message.slice(beginning.length) : "";
}

function startAction(
  { workflowId, message, details }: RecordedEvent,
  known: SessionState,
): Action {
  const size = textAt(details, "size") ?? "";
  const constraints = details.get("constraints") ?? null;
  return {
    type: "start",
    workflowId,
    task: behind(message, STARTED),
    project: textAt(details, "project"),
    constraints: isJsonList(constraints) ? constraints.map(String) : [],
    metadata: asObject(details.get("metadata")) ?? new Map(),
    definition: pinnedAt(known, size),
    facts: new Map([...details].filter(([key]) => !START_KEYS.includes(key))),
  };
}

/** What an event of a start says that no other fact may. */
const START_KEYS: readonly string[] = [
  "project",
  "workflow_type",
  "constraints",
  "metadata",
  "agent",
];

function restoreAction(state: SessionState, details: JsonObject): Action {
  const stored = asObject(details.get("stored")) ?? new Map();
  return {
    type: "restore",
    checkpointId: textAt(details, "checkpoint_id") ?? "",
    stored: {
      ...state,
      currentPhaseId: textAt(stored, "current_phase_id") ?? "",
      phases: decodePhases(asObject(stored.get("phases")) ?? new Map()),
      metadata: asObject(stored.get("metadata")) ?? new Map(),
    },
    force: details.has("origin"),
  };
}

function undoAction(stored: SessionState, details: JsonObject): Action {
  return {
    type: "undo",
    updates: numberOf(details.get("undone")) ?? 0,
    stored,
    reason: textAt(details, "reason"),
    force: details.has("origin"),
  };
}

function itemAction(
  workflow: Workflow,
  events: readonly RecordedEvent[],
  last: RecordedEvent,
): Action | undefined {
  const { details, type } = last;
  if (details.get("rejected") === true) {
    const reason = textAt(details, "reason") ?? "";
    return { type: "reject", itemId: last.itemId ?? "", reason };
  }
  const itemId = last.itemId ?? "";
  const evidence = asObject(events[0]?.details.get("evidence"));
  const notes = textAt(details, "notes");
  if (type === "item_started" && evidence === undefined && notes === null) {
    return { type: "start_item", itemId };
  }
  if (type === "item_skipped" && !details.has("gate_name")) {
    const reason = textAt(details, "reason") ?? "";
    const force = details.get("force_skipped") === true;
    return { type: "skip", itemId, reason, force };
  }
  if (details.get("approved") === true) {
    const early = details.get("early") === true;
    return { type: "approve_item", itemId, notes, early };
  }
  const item = workflow.phases.flatMap(({ items }) => items)
    .find(({ id }) => id === itemId);
  const checked = events.find(isCheck);
  if (item === undefined) return undefined;
  const result = checked && resultOf(item, checked);
  if (checked !== undefined && result === undefined) return undefined;
  const receipt = asObject(checked?.details.get("receipt"));
  return {
    type: "complete",
    itemId,
    notes,
    ...(evidence ? { evidence } : {}),
    ...(receipt ? { receipt } : {}),
    result,
    skipVerify: details.get("verification_skipped") === true,
    ...(checked?.details.get("renewed") === true ? { renews: true } : {}),
  };
}
