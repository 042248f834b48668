import { jsonObject } from "../../src/base/json.ts";
import {
  awaitsApproval,
  currentPhase,
  isPhaseApproved,
  missingReviews,
  phaseBlockers,
  sessionBlockers,
} from "../../src/engine/state.ts";
import type { ItemStatus } from "../../src/workflow/types.ts";
import { deepFreeze, orcErrorOf } from "./act.ts";
import {
  itemOf,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
} from "./fixtures.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";

const PLAN = phaseOf("PLAN", [itemOf("scope"), itemOf("plan")]);
const LEARN = phaseOf("LEARN", [itemOf("lessons")]);
const workflow = workflowOf([PLAN, LEARN]);
const started = deepFreeze(sessionOf(workflow));

Deno.test("currentPhase() finds no phase the workflow does not define", () => {
  assertStrictEquals(currentPhase(workflow, started), PLAN);
  const lost = { ...started, currentPhaseId: "plan" };
  const error = orcErrorOf(() => currentPhase(workflow, lost));
  assertEquals([error.kind, error.code], ["corrupt", "unknown_phase"]);
  assertEquals(error.details, { phaseIds: ["PLAN", "LEARN"] });
});

const STATUSES: readonly ItemStatus[] = [
  "pending",
  "in_progress",
  "completed",
  "skipped",
  "blocked",
  "failed",
];

const HUMAN_GATE = { exitGate: "human_approval" };

Deno.test("phaseBlockers() lists required items that are neither completed nor skipped", () => {
  const items = STATUSES.flatMap((status) => [
    itemOf(status),
    itemOf(`optional_${status}`, { required: false }),
  ]);
  const phase = phaseOf("PLAN", items);
  const workflow = workflowOf([phase]);
  const state = items.reduce((state, { id }, index) => {
    const status = STATUSES[Math.floor(index / 2)] ?? "pending";
    return withItemFields(workflow, state, id, { status });
  }, sessionOf(workflow));
  assertEquals(phaseBlockers(state, phase).map(({ message }) => message), [
    'Item "pending" is pending',
    'Item "in_progress" is in progress',
    'Item "blocked" is blocked',
    'Item "failed" is failed',
  ]);
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
    const state = sessionOf(workflowOf([phase]));
    assertEquals(awaitsApproval(state, phase), false, `${exitGate}`);
  }
});

Deno.test("sessionBlockers() lists a required review where it can be made", () => {
  const workflow = workflowOf([
    phaseOf("REVIEW", [itemOf("quality", { required: false })], {
      requiredReviews: ["security", "quality"],
    }),
  ]);
  const common = { code: "review_missing", phaseId: "REVIEW" } as const;
  assertEquals(sessionBlockers(workflow, sessionOf(workflow)), [
    {
      ...common,
      itemId: null,
      message: 'Required review "security" is not completed',
    },
    {
      ...common,
      itemId: "quality",
      message: 'Required review "quality" is not completed',
    },
  ]);
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

const reviewed = workflowOf([
  phaseOf("PLAN", [itemOf("security_review")], {
    requiredReviews: ["security", "security"],
  }),
  phaseOf("LEARN", [itemOf("lessons")], {
    requiredReviews: ["security", "quality"],
  }),
]);
const unreviewed = sessionOf(reviewed);

/** The reviews that are missing. */
function missing(state = unreviewed): readonly string[] {
  return missingReviews(reviewed, state).map(({ review }) => review);
}

Deno.test("missingReviews() names a review once, and where it can be made", () => {
  assertEquals(missingReviews(reviewed, unreviewed), [
    {
      review: "security",
      requiredBy: "PLAN",
      phaseId: "PLAN",
      itemId: "security_review",
    },
    { review: "quality", requiredBy: "LEARN", phaseId: "LEARN", itemId: null },
  ]);
});

Deno.test("missingReviews() counts an item that is completed, not one that is skipped", () => {
  const both = ["security", "quality"];
  for (const status of STATUSES) {
    const fields = { status };
    const state = withItemFields(
      reviewed,
      unreviewed,
      "security_review",
      fields,
    );
    const left = status === "completed" ? ["quality"] : both;
    assertEquals(missing(state), left, status);
  }
});

Deno.test("missingReviews() counts a review that is made in another phase, under its bare name too", () => {
  const elsewhere = workflowOf([
    phaseOf("PLAN", [], { requiredReviews: ["quality"] }),
    phaseOf("LEARN", [itemOf("quality")]),
  ]);
  const fields = { status: "completed" } as const;
  const session = sessionOf(elsewhere);
  const made = withItemFields(elsewhere, session, "quality", fields);
  assertEquals(missingReviews(elsewhere, made), []);
  const [review] = missingReviews(elsewhere, session);
  assertEquals([review?.requiredBy, review?.phaseId], ["PLAN", "LEARN"]);
});

Deno.test("missingReviews() counts what the Python tool recorded of a model", () => {
  const recorded = (review: Readonly<Record<string, string | boolean>>) => ({
    ...unreviewed,
    metadata: jsonObject({
      review_models: jsonObject({
        REVIEW: jsonObject({ gemini: jsonObject(review) }),
      }),
    }),
  });
  const good = { review_type: "quality", success: true };
  assertEquals(missing(recorded(good)), ["security"]);
  const others = [
    { ...good, success: false },
    { ...good, success: "true" },
    { ...good, review_type: "Quality" },
    { success: true },
  ];
  for (const other of others) {
    assertEquals(missing(recorded(other as typeof good)), missing());
  }
});

Deno.test("missingReviews() is not led astray by anything else in that place", () => {
  for (const review_models of ["quality", 1, null, ["quality"], true]) {
    const metadata = jsonObject({ review_models });
    assertEquals(missing({ ...unreviewed, metadata }), missing());
  }
});
