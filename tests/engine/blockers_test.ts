import { jsonObject } from "../../src/base/json.ts";
import {
  awaitsApproval,
  blocked,
  type Blocker,
  isPhaseApproved,
  phaseBlockers,
  sessionBlockers,
} from "../../src/engine/blockers.ts";
import type { ItemStatus } from "../../src/workflow/types.ts";
import {
  itemOf,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const HUMAN_GATE = { exitGate: "human_approval" };

Deno.test("phaseBlockers() lists required items that are neither completed nor skipped", () => {
  const statuses: readonly ItemStatus[] = [
    "pending",
    "in_progress",
    "completed",
    "skipped",
    "blocked",
    "failed",
  ];
  const phase = phaseOf(
    "PLAN",
    statuses.flatMap((status) => [
      itemOf(status),
      itemOf(`optional_${status}`, { required: false }),
    ]),
  );
  const workflow = workflowOf([phase]);
  const state = statuses.reduce(
    (state, status) =>
      [status, `optional_${status}`].reduce(
        (state, id) => withItemFields(workflow, state, id, { status }),
        state,
      ),
    sessionOf(workflow),
  );
  assertEquals(
    phaseBlockers(state, phase).map(({ message }) => message),
    [
      'Item "pending" is pending',
      'Item "in_progress" is in progress',
      'Item "blocked" is blocked',
      'Item "failed" is failed',
    ],
  );
});

Deno.test("phaseBlockers() names a missing approval after the items", () => {
  const phase = phaseOf("PLAN", [itemOf("a")], HUMAN_GATE);
  assertEquals(phaseBlockers(sessionOf(workflowOf([phase])), phase), [
    {
      code: "item_open",
      phaseId: "PLAN",
      itemId: "a",
      message: 'Item "a" is pending',
    },
    {
      code: "approval_missing",
      phaseId: "PLAN",
      itemId: null,
      message: 'Phase "PLAN" awaits a human\'s approval',
    },
  ]);
});

Deno.test("phaseBlockers() counts an item the state does not know as open", () => {
  const phase = phaseOf("PLAN", [itemOf("a")]);
  const state = { ...sessionOf(workflowOf([phase])), phases: [] };
  assertEquals(phaseBlockers(state, phase).length, 1);
});

Deno.test("awaitsApproval() is over once a human approved, and not by a look-alike", () => {
  const phase = phaseOf("PLAN", [], HUMAN_GATE);
  const state = sessionOf(workflowOf([phase]));
  const approvals = [true, "true", 1, false, null].map((value) => {
    const metadata = jsonObject({ phase_PLAN_approved: value });
    return awaitsApproval({ ...state, metadata }, phase);
  });
  assertEquals(approvals, [false, true, true, true, true]);
  const other = jsonObject({ phase_PLANS_approved: true });
  assertEquals(isPhaseApproved({ ...state, metadata: other }, "PLAN"), false);
});

Deno.test("awaitsApproval() knows no other exit gate", () => {
  for (const exitGate of [null, "", "Human_Approval", "tests"]) {
    const phase = phaseOf("PLAN", [], { exitGate });
    assertEquals(
      awaitsApproval(sessionOf(workflowOf([phase])), phase),
      false,
      `${exitGate}`,
    );
  }
});

/** Blockers of a session whose REVIEW phase requires two reviews. */
function reviewBlockersOf(
  statuses: Readonly<Record<string, ItemStatus>>,
  phaseId = "REVIEW",
): readonly Blocker[] {
  const workflow = workflowOf([
    phaseOf(phaseId, [
      itemOf("security_review", { required: false }),
      itemOf("quality", { required: false }),
    ], { requiredReviews: ["security", "quality"] }),
    phaseOf("LEARN", [itemOf("quality_review", { required: false })]),
  ]);
  const state = Object.entries(statuses).reduce(
    (state, [id, status]) => withItemFields(workflow, state, id, { status }),
    sessionOf(workflow),
  );
  return sessionBlockers(workflow, state);
}

Deno.test("sessionBlockers() lists required reviews whose item is not completed", () => {
  assertEquals(reviewBlockersOf({}), [
    {
      code: "review_missing",
      phaseId: "REVIEW",
      itemId: "security_review",
      message: 'Required review "security" is not completed',
    },
    {
      code: "review_missing",
      phaseId: "REVIEW",
      itemId: "quality",
      message: 'Required review "quality" is not completed',
    },
  ]);
  const skipped = { security_review: "skipped", quality: "failed" } as const;
  assertEquals(reviewBlockersOf(skipped).length, 2);
});

Deno.test("sessionBlockers() counts a review that is completed in any phase", () => {
  assertEquals(
    reviewBlockersOf({
      security_review: "completed",
      quality_review: "completed",
    }),
    [],
  );
});

Deno.test("sessionBlockers() looks at required reviews of every phase", () => {
  assertEquals(
    reviewBlockersOf({}, "CHECK").map(({ code, phaseId }) => [code, phaseId]),
    [["review_missing", "CHECK"], ["review_missing", "CHECK"]],
  );
});

Deno.test("sessionBlockers() lists a required review that no item can give", () => {
  const workflow = workflowOf([
    phaseOf("REVIEW", [], { requiredReviews: ["security"] }),
  ]);
  const [blocker] = sessionBlockers(workflow, sessionOf(workflow));
  assertEquals([blocker?.phaseId, blocker?.itemId], ["REVIEW", null]);
});

Deno.test("sessionBlockers() looks at all phases, in their order", () => {
  const workflow = workflowOf([
    phaseOf("PLAN", [itemOf("a")], HUMAN_GATE),
    phaseOf("LEARN", [itemOf("b")]),
  ]);
  assertEquals(
    sessionBlockers(workflow, sessionOf(workflow))
      .map(({ phaseId, itemId }) => [phaseId, itemId]),
    [["PLAN", "a"], ["PLAN", null], ["LEARN", "b"]],
  );
});

Deno.test("blocked() names five of many, and all in its details", () => {
  const blockers = ["a", "b", "c", "d", "e", "f", "g"].map((id): Blocker => ({
    code: "item_open",
    phaseId: "PLAN",
    itemId: id,
    message: `Item "${id}" is pending`,
  }));
  const error = blocked("Cannot go on", blockers, "orc next");
  assertEquals(
    error.message,
    "Cannot go on: " +
      ["a", "b", "c", "d", "e"].map((id) => `Item "${id}" is pending`)
        .join(", ") +
      " and 2 more",
  );
  assertEquals(error.details, { blockers });
  assertEquals(
    [error.kind, error.code, error.hint],
    ["refused", "blocked", "orc next"],
  );
});
