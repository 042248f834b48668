import { asObject } from "../../src/base/json.ts";
import { OrcError } from "../../src/base/error.ts";
import type { Action } from "../../src/engine/action.ts";
import { decide } from "../../src/engine/decide.ts";
import {
  type Change,
  limitsOf,
  outgrown,
  riskSizeOf,
} from "../../src/engine/size.ts";
import { itemStateOf, phaseStateOf } from "../../src/engine/state.ts";
import { decodeDefinition } from "../../src/workflow/definition.ts";
import { encodeDefinition } from "../../src/workflow/encode.ts";
import {
  atSize,
  type PinnedSizing,
  sizingIn,
} from "../../src/workflow/sizes.ts";
import type { SessionState, Workflow } from "../../src/workflow/types.ts";
import { act } from "./act.ts";
import { AGENT, AT, itemOf, phaseOf, START, workflowOf } from "./fixtures.ts";
import { assertTable } from "../base/table.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const SIZING: PinnedSizing = {
  size: "xs",
  sizes: ["xs", "s", "m", "l"],
  limits: new Map(),
  riskPaths: [],
  measuredPaths: [],
};

const change = (fields: Partial<Change>): Change => ({
  files: 1,
  lines: 1,
  risky: [],
  ...fields,
});

Deno.test("outgrown() finds the smallest size that a change fits in", () => {
  const sizeFor = (fields: Partial<Change>, size = "xs") =>
    outgrown({ ...SIZING, size }, change(fields))?.size ?? null;
  assertTable<readonly [Partial<Change>, string?], string | null>(
    ([fields, size]) => sizeFor(fields, size),
    [
      [[{ files: 3, lines: 60 }], null],
      [[{ files: 4 }], "s"],
      [[{ lines: 61 }], "s"],
      [[{ files: 9 }], "m"],
      [[{ lines: 301 }], "m"],
      [[{ files: 31 }], "l"],
      [[{ lines: 1501 }], "l"],
      [[{ files: 1e6, lines: 1e9 }, "l"], null],
      [[{ lines: null, files: 2 }], null],
      [[{ risky: ["a.sql"] }], "m"],
      [[{ risky: ["a.sql"] }, "m"], null],
      [[{ risky: ["a.sql"], files: 31 }, "s"], "l"],
      // Nothing shrinks by itself.
      [[{ files: 0, lines: 0 }, "l"], null],
    ],
  );
});

Deno.test("outgrown() says each reason, with what was found and what is allowed", () => {
  const risky = ["a.sql", "b.sql"];
  assertEquals(outgrown(SIZING, change({ files: 5, lines: 99, risky })), {
    size: "m",
    reason:
      "5 files changed, at most 3 in xs; 99 lines changed, at most 60 in xs; risky: a.sql, b.sql",
  });
});

Deno.test("limitsOf() takes what the workflow says, and the place of a size for the rest", () => {
  const limits = new Map([["small", { files: 5 }]]);
  const own = { ...SIZING, sizes: ["small", "big"], limits };
  assertEquals(limitsOf(own, "small"), { files: 5, lines: 1500 });
  assertEquals(limitsOf(own, "big"), { files: null, lines: null });
  const many = { ...SIZING, sizes: ["a", "b", "c", "d", "e"] };
  assertEquals(limitsOf(many, "a"), limitsOf(many, "b"));
});

Deno.test("riskSizeOf() is the largest size but one, of two the larger", () => {
  const sizeOf = (...sizes: readonly string[]) => riskSizeOf({ sizes });
  assertEquals(sizeOf("xs", "s", "m", "l"), "m");
  assertEquals([sizeOf("s", "m"), sizeOf("s")], ["m", "s"]);
});

const WHOLE: Workflow = {
  ...workflowOf([
    phaseOf("PLAN", [itemOf("plan")], { from: "m" }),
    phaseOf("DO", [
      itemOf("do"),
      itemOf("prove", { from: "s", to: "s" }),
      itemOf("test", { from: "s" }),
    ], { exitGate: "human_approval" }),
    phaseOf("END", [itemOf("accept", { from: "s" })]),
  ]),
  sizing: { ...SIZING, sizes: ["xs", "s", "m"] },
};

interface Place {
  readonly workflow: Workflow;
  readonly state: SessionState;
}

function begun(size: string): Place {
  const definition = atSize(encodeDefinition(WHOLE), size);
  const workflow = decodeDefinition(definition);
  const start = { ...START, definition };
  return {
    workflow,
    state: act(workflow, undefined, start, AGENT).state,
  };
}

function then({ workflow, state }: Place, action: Action): Place {
  const decision = decide(workflow, state, action, { at: AT, caller: AGENT });
  const { definition } = decision.state;
  return { state: decision.state, workflow: decodeDefinition(definition) };
}

const complete = (itemId: string): Action => ({
  type: "complete",
  itemId,
  notes: null,
  result: undefined,
  skipVerify: false,
});

const grow = (size: string): Action => ({ type: "grow", size, reason: "why" });

function standingOf({ workflow, state }: Place): readonly string[] {
  return workflow.phases.map((phase) => {
    const known = phaseStateOf(state, phase);
    const items = phase.items.map(({ id }) =>
      `${id}:${itemStateOf(known, id).status}`
    );
    return [phase.id, known.status, ...items].join(" ");
  });
}

Deno.test("decide() opens what a larger size needs, and keeps what is done", () => {
  const grown = then(then(begun("xs"), complete("do")), grow("s"));
  assertEquals(standingOf(grown), [
    "DO active do:completed prove:pending test:pending",
    "END pending accept:pending",
  ]);
  assertEquals(grown.state.currentPhaseId, "DO");
  assertEquals(sizingIn(grown.state.definition)?.size, "s");
  assertEquals(grown.state.phases.map(({ id }) => id), ["DO", "END"]);
});

Deno.test("decide() goes back to the first phase in which something opened, and takes approvals back", () => {
  const small = then(then(begun("xs"), complete("do")), grow("s"));
  const approved = {
    ...small,
    state: {
      ...small.state,
      metadata: new Map([["phase_DO_approved", true], ["kept", true]]),
    },
  };
  const grown = then(approved, grow("m"));
  assertEquals(standingOf(grown), [
    "PLAN active plan:pending",
    "DO pending do:completed test:pending",
    "END pending accept:pending",
  ]);
  assertEquals(grown.state.currentPhaseId, "PLAN");
  assertEquals([...grown.state.metadata.keys()], ["kept"]);
});

Deno.test("decide() says why a session grew in its event, and where its agent reads it", () => {
  const { workflow, state } = begun("xs");
  const { events, state: next } = act(workflow, state, grow("m"), AGENT);
  assertEquals(events.map(({ type, message }) => [type, message]), [
    ["note_added", "Grown from xs to m: why"],
  ]);
  const details = events[0]?.details;
  assertEquals([details?.get("grown"), details?.get("from")], ["m", "xs"]);
  const [plan] = decodeDefinition(next.definition).phases;
  assertEquals(plan?.items[0]?.notes, ["[important] Grown from xs to m: why"]);
  assert(asObject(next.definition)?.has("sizing"));
});

Deno.test("decide() lets no session shrink, or grow to what is no size of it", () => {
  for (const size of ["xs", "s", "huge", ""]) {
    const { workflow, state } = begun("s");
    const error = assertThrows(
      () => act(workflow, state, grow(size), AGENT),
      OrcError,
    );
    assertEquals(error.code, "cannot_grow", size);
  }
  const plain = workflowOf([phaseOf("A", [itemOf("a")])]);
  const start = { ...START, definition: encodeDefinition(plain) };
  const { state } = act(plain, undefined, start, AGENT);
  assertThrows(() => act(plain, state, grow("m"), AGENT), OrcError, "no size");
});

Deno.test("decide() takes back nothing from before a session grew", () => {
  const before = then(begun("xs"), complete("do"));
  const grown = then(before, grow("m"));
  const actions: readonly Action[] = [
    {
      type: "undo",
      updates: 2,
      stored: before.state,
      reason: null,
      force: true,
    },
    { type: "restore", checkpointId: "c", stored: before.state, force: true },
  ];
  for (const action of actions) {
    const error = assertThrows(
      () => act(grown.workflow, grown.state, action, AGENT),
      OrcError,
    );
    assertEquals(error.code, "grown_since");
  }
  const later = then(grown, complete("plan"));
  const undo: Action = {
    type: "undo",
    updates: 1,
    stored: grown.state,
    reason: null,
    force: false,
  };
  assertEquals(standingOf(then(later, undo)), standingOf(grown));
});
