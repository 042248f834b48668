import { pendingItem } from "../../src/engine/state.ts";
import {
  hasLearnings,
  learningsOf,
  learningsSection,
} from "../../src/history/learnings.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import { recorded } from "./log_events.ts";
import { assert, assertEquals } from "@std/assert";

const STATE: SessionState = {
  workflowId: "wf_00c0ffee",
  workflowType: "Tiny",
  workflowVersion: "1.0",
  task: "Add <login>\n# and more",
  project: null,
  status: "active",
  currentPhaseId: "PLAN",
  phases: [{
    id: "PLAN",
    status: "active",
    startedAt: "2026-03-01T10:00:00Z",
    completedAt: null,
    items: [{
      ...pendingItem("sketch"),
      status: "skipped",
      skipReason: "Nothing to\n# draw",
    }, pendingItem("plan")],
    source: new Map(),
  }, {
    id: "BUILD",
    status: "pending",
    startedAt: null,
    completedAt: null,
    items: [],
    source: new Map(),
  }],
  createdAt: "2026-03-01T10:00:00Z",
  updatedAt: "2026-03-01T10:35:10Z",
  completedAt: null,
  constraints: [],
  notes: [{ at: "2026-03-01T10:01:00Z", text: "Ada knows", itemId: null }],
  metadata: new Map(),
  definition: null,
  source: new Map(),
};

const EVENTS = [
  recorded("verification_failed", { itemId: "plan", message: "First" }),
  recorded("gate_failed", { itemId: "tests", message: "Gate failed: tests" }),
  recorded("verification_failed", { itemId: "plan", message: "Second" }),
  recorded("item_skipped", {
    itemId: "tests",
    message: "Force-skipped item: tests",
    details: { force_skipped: true },
    actor: "human",
  }),
  recorded("item_completed", {
    message: "Approved manual gate: consent",
    details: { approved: true },
    actor: "human",
  }),
];

Deno.test("learningsOf() takes skips, notes and times from the state, the rest from the log", () => {
  assertEquals(learningsOf(STATE, EVENTS), {
    task: STATE.task,
    workflow: "Tiny",
    status: "active",
    updatedAt: "2026-03-01T10:35:10Z",
    skipped: [{ item: "sketch", reason: "Nothing to\n# draw" }],
    failures: [
      { item: "plan", count: 2, last: "Second" },
      { item: "tests", count: 1, last: "Gate failed: tests" },
    ],
    overrides: [{
      at: "2026-03-01T10:00:00Z",
      message: "Force-skipped item: tests",
    }],
    notes: ["Ada knows"],
    phases: [{ phase: "PLAN", minutes: 35 }],
  });
});

Deno.test("learningsSection() writes each text in one line that Markdown leaves alone", () => {
  const section = learningsSection(learningsOf(STATE, EVENTS), {
    sessionId: "1a2b3c4d",
  });
  assertEquals(
    section,
    `## 2026-03-01 Add \\<login\\> \\# and more

Session 1a2b3c4d, workflow Tiny, active

### Skipped

- sketch: Nothing to \\# draw

### Failed checks

- plan: 2 times, last: Second
- tests: once: Gate failed: tests

### Rules set aside by a human

- 2026-03-01 Force-skipped item: tests

### Notes

- Ada knows

### Time

- PLAN: 35 min`,
  );
});

Deno.test("hasLearnings() does not take how long it took for a lesson", () => {
  const dull = { ...STATE, phases: STATE.phases.slice(1), notes: [] };
  assert(!hasLearnings(learningsOf(dull, [])));
  assert(hasLearnings(learningsOf(dull, EVENTS.slice(0, 1))));
  assert(hasLearnings(learningsOf(STATE, [])));
});

Deno.test("learningsOf() keeps only the first overrides of a session that has many", () => {
  const forced = recorded("phase_completed", { details: { forced: true } });
  const { overrides } = learningsOf(STATE, Array(1000).fill(forced));
  assertEquals(overrides.length, 50);
});
