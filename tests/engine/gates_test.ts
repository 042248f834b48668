import { openGates } from "../../src/engine/gates.ts";
import { decide } from "../../src/engine/decide.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import { START } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const { workflow } = parseWorkflow({
  name: "Gated",
  phases: [
    {
      id: "PLAN",
      name: "Plan",
      exit_gate: "human_approval",
      items: [
        { id: "idea", name: "Idea" },
        {
          id: "consent",
          name: "Consent",
          verification: { type: "manual_gate" },
        },
      ],
    },
    {
      id: "BUILD",
      name: "Build",
      items: [{
        id: "tests",
        name: "Tests pass",
        step_type: "gate",
        verification: { type: "command", command: "make test" },
      }],
    },
  ],
});

const circumstances = {
  at: "2026-03-01T10:00:00Z",
  caller: { agent: null, approval: "terminal" },
} as const;

Deno.test("openGates() names those of all phases, in their order, and what gets them out of the way", () => {
  const { state } = decide(workflow, undefined, START, circumstances);
  const gates = openGates(workflow, state).map((
    { phaseId, itemId, isCurrent, approval },
  ) => [phaseId, itemId, isCurrent, approval]);
  assertEquals(gates, [
    ["PLAN", "consent", true, "human"],
    ["PLAN", null, true, "human"],
    ["BUILD", "tests", false, null],
  ]);
});

Deno.test("openGates() leaves out what is passed, and all after the end", () => {
  const { state: begun } = decide(workflow, undefined, START, circumstances);
  const act = (state: typeof begun, action: Parameters<typeof decide>[2]) =>
    decide(workflow, state, action, circumstances).state;
  const yes = act(begun, {
    type: "approve_item",
    itemId: "consent",
    notes: null,
    early: true,
  });
  const both = act(yes, { type: "approve_phase", phaseId: "PLAN" });
  assertEquals(openGates(workflow, both).map(({ itemId }) => itemId), [
    "tests",
  ]);
  const reason = "Nobody wants it any more";
  const closed = act(both, { type: "abandon", reason, notes: null });
  assertEquals(openGates(workflow, closed), []);
});
