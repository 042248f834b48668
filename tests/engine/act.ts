import { OrcError } from "../../src/base/error.ts";
import { decide } from "../../src/engine/decide.ts";
import type { Action } from "../../src/engine/action.ts";
import type {
  Caller,
  Decision,
  Event,
  Item,
  ItemState,
  SessionState,
  Workflow,
} from "../../src/workflow/types.ts";
import {
  AGENT,
  AT,
  itemOf,
  sessionOf,
  withItemFields,
  workflowWith,
} from "./fixtures.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";

/** The event types the Python tool reads; it warns of every other one. */
const PYTHON_EVENT_TYPES: ReadonlySet<string> = new Set([
  "workflow_started",
  "phase_started",
  "phase_completed",
  "item_started",
  "item_completed",
  "item_skipped",
  "verification_passed",
  "verification_failed",
  "gate_passed",
  "gate_failed",
  "evidence_validated",
  "skip_validated",
  "human_override",
  "workflow_completed",
  "workflow_abandoned",
  "note_added",
  "error",
]);

/** Decides on frozen arguments, and checks what holds for every decision. */
export function act(
  workflow: Workflow,
  state: SessionState | undefined,
  action: Action,
  caller: Caller,
): Decision {
  const circumstances = { at: AT, caller };
  [workflow, state, action, circumstances].forEach(deepFreeze);
  const decision = decide(workflow, state, action, circumstances);
  assertEquals(decide(workflow, state, action, circumstances), decision);
  for (const { type } of decision.events) {
    assert(PYTHON_EVENT_TYPES.has(type), `the Python tool reads no ${type}`);
  }
  if (decision.events.length === 0) assertStrictEquals(decision.state, state);
  return decision;
}

/** Decides one action after the other, all by the same caller. */
export function actAll(
  workflow: Workflow,
  state: SessionState,
  actions: readonly Action[],
  caller: Caller,
): Decision {
  return actions.reduce<Decision>((before, action) => {
    const after = act(workflow, before.state, action, caller);
    return { ...after, events: [...before.events, ...after.events] };
  }, { state, events: [] });
}

/** Takes an action on the one item "x" of a workflow, as an agent unless it is said otherwise. */
export function actOn(
  fields: Partial<Item>,
  action: Action,
  { caller = AGENT, before = {}, settings = {} }: {
    readonly caller?: Caller;
    /** Progress of the item until then. */
    readonly before?: Partial<ItemState>;
    readonly settings?: Parameters<typeof workflowWith>[1];
  } = {},
): Decision {
  const workflow = workflowWith(itemOf("x", fields), settings);
  const state = withItemFields(workflow, sessionOf(workflow), "x", before);
  return act(workflow, state, action, caller);
}

/** Kind and code of the OrcError that a function throws. */
export function codeOf(run: () => unknown): string {
  const { kind, code } = orcErrorOf(run);
  return `${kind} ${code}`;
}

/** The OrcError that a function throws. */
export function orcErrorOf(run: () => unknown): OrcError {
  const error = assertThrows(run);
  assertInstanceOf(error, OrcError);
  return error;
}

/** Asserts that a call is refused like `refused blocked`, and what else is named of its error. */
export function assertRefused(
  run: () => unknown,
  expected: string,
  fields: Partial<Pick<OrcError, "message" | "hint" | "details">> = {},
): void {
  const error = orcErrorOf(run);
  assertEquals(`${error.kind} ${error.code}`, expected);
  assertEquals({ ...told(error), ...fields }, told(error));
}

function told({ message, hint, details }: OrcError) {
  return { message, hint, details };
}

export function typesOf(events: readonly Event[]): readonly string[] {
  return events.map(({ type }) => type);
}

/** Makes every change of a value throw; a Map keeps its content elsewhere, so it is guarded too. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const [key, member] of value) deepFreeze([key, member]);
    const refuse = () => {
      throw new TypeError("Cannot change a frozen Map");
    };
    for (const name of ["set", "delete", "clear"]) {
      Object.defineProperty(value, name, { value: refuse });
    }
  }
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
