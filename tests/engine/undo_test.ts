import { plainOf } from "../../src/base/plain.ts";
import type { Action } from "../../src/engine/action.ts";
import type { Caller, SessionState } from "../../src/workflow/types.ts";
import { act, actAll, assertRefused, codeOf } from "./act.ts";
import {
  AGENT,
  complete,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  NOBODY,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
} from "./fixtures.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";

const WORKFLOW = workflowOf([
  phaseOf(
    "PLAN",
    [itemOf("idea"), itemOf("consent", { verification: MANUAL })],
    {
      exitGate: "human_approval",
    },
  ),
  phaseOf("BUILD", [itemOf("code")]),
]);

const STARTED = sessionOf(WORKFLOW);
const WHY = "It was the wrong one";
const CONSENT = {
  type: "approve_item",
  itemId: "consent",
  notes: null,
} as const;
const ADVANCE = { type: "advance", force: false } as const;
const REOPEN = { type: "reopen_item", itemId: "idea", reason: WHY } as const;
const REJECT = { type: "reject", itemId: "idea", reason: WHY } as const;

/** Everything in PLAN done and approved. */
const DONE: readonly Action[] = [
  complete("idea", { notes: "Done" }),
  CONSENT,
  { type: "approve_phase", phaseId: "PLAN" },
];

function after(...actions: readonly Action[]): SessionState {
  return actAll(WORKFLOW, STARTED, actions, HUMAN).state;
}

function undo(
  stored: SessionState,
  { updates = 1, force = false, reason = null as string | null } = {},
): Action {
  return { type: "undo", updates, stored, reason, force };
}

function asked(
  now: SessionState,
  action: Action,
  caller: Caller = AGENT,
) {
  return act(WORKFLOW, now, action, caller);
}

Deno.test("decide() takes updates back for an agent: all is as it was before, and the event tells what", () => {
  const now = after(...DONE, ADVANCE);
  const action = undo(STARTED, { updates: 4, reason: ` ${WHY} ` });
  const { state, events: [event] } = asked(now, action);
  assertEquals({ ...state, updatedAt: "" }, { ...STARTED, updatedAt: "" });
  assertEquals(
    [event?.type, event?.actor, event?.phaseId, event?.message],
    ["note_added", "system", "PLAN", "Undid 4 updates and 2 approvals"],
  );
  const { changes, ...details } = Object(plainOf(event?.details ?? null));
  assertEquals(details, {
    undone: 4,
    reason: WHY,
    approvals_taken_back: ["PLAN", "consent"],
    agent: AGENT.agent,
  });
  assertEquals(changes.length, 6);
});

Deno.test("decide() leaves notes as they are, and says that there is nothing to undo but them", () => {
  const before = after(...DONE);
  const note = { type: "note", text: "Mind the gap", itemId: null } as const;
  const now = asked(before, note).state;
  assertStrictEquals(asked(now, undo(before)).state, now);
  const { state } = asked(now, undo(STARTED, { updates: 4 }));
  assertEquals(state.notes.map(({ text }) => text), ["Mind the gap"]);
});

Deno.test("decide() brings back only for a human what was taken back", () => {
  const done = after(...DONE);
  for (
    const [now, stored] of [
      [after(...DONE, REOPEN), done],
      [after(...DONE, REJECT), done],
      [
        after(complete("idea"), REJECT, complete("idea")),
        after(complete("idea")),
      ],
      [asked(done, undo(STARTED, { updates: 3 })).state, done],
      [
        after(...DONE, ADVANCE, {
          type: "reopen_phase",
          phaseId: "PLAN",
          reason: WHY,
        }),
        after(...DONE, ADVANCE),
      ],
    ] as const
  ) {
    const changed = withItemFields(WORKFLOW, now, "idea", {
      completedAt: itemIn(now, "idea").completedAt && "2026-07-01T00:00:00Z",
    });
    const plain = undo(stored);
    for (const caller of [AGENT, NOBODY, HUMAN]) {
      assertEquals(
        codeOf(() => asked(changed, plain, caller)),
        "refused undo_forward",
      );
    }
    const forced = undo(stored, { force: true });
    assertEquals(
      codeOf(() => asked(changed, forced)),
      "denied approval_required",
    );
    const { state, events: [event] } = asked(changed, forced, HUMAN);
    assertEquals(event?.actor, "human");
    assertEquals(state.currentPhaseId, stored.currentPhaseId);
    assertEquals(itemIn(state, "idea").status, itemIn(stored, "idea").status);
  }
});

Deno.test("decide() undoes a human's no to a gate that waits only for a human", () => {
  const no = { type: "reject", itemId: "consent", reason: WHY } as const;
  const now = after(no);
  assertRefused(() => asked(now, undo(STARTED)), "refused undo_forward", {
    message:
      "Cannot undo 1 update: only a human may bring back what it took back: item consent: failed -> pending",
    hint:
      "a human runs, in a terminal: orc undo 1 --force; to go further back: orc undo 2",
  });
  const { state } = asked(now, undo(STARTED, { force: true }), HUMAN);
  assertEquals(itemIn(state, "consent").verificationResult, null);
  // The tries that failed have failed all the same.
  assertEquals(itemIn(state, "consent").retryCount, 1);
});

Deno.test("decide() opens a session again whose last update ended it, for a human, and nothing else in it", () => {
  const before = after(...DONE, ADVANCE, complete("code"));
  for (
    const end of [
      { type: "finish", notes: "Done", force: false },
      { type: "abandon", reason: "Dropped", notes: "Too late" },
    ] as const
  ) {
    const ended = asked(before, end).state;
    assertEquals(
      codeOf(() => asked(ended, undo(before))),
      "refused undo_forward",
    );
    assertEquals(
      codeOf(() => asked(ended, undo(STARTED, { updates: 6, force: true }))),
      "refused session_closed",
    );
    const { state } = asked(ended, undo(before, { force: true }), HUMAN);
    assertEquals({ ...state, updatedAt: "" }, { ...before, updatedAt: "" });
    assertRefused(
      () => asked(state, undo(ended, { force: true }), HUMAN),
      "refused cannot_undo",
      { hint: "orc finish" },
    );
  }
});
