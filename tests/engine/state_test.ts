import { jsonObject } from "../../src/base/json.ts";
import {
  awaitsApproval,
  type Blocker,
  currentPhase,
  isDone,
  isPhaseApproved,
  itemStateOf,
  missingReviews,
  nextPhase,
  pendingItem,
  pendingPhase,
  phaseBlockers,
  sessionBlockers,
} from "../../src/engine/state.ts";
import { isRemovable, restingDays } from "../../src/sessions/cleanup.ts";
import type { ItemStatus, SessionState } from "../../src/workflow/types.ts";
import { deepFreeze, orcErrorOf } from "./act.ts";
import {
  inPhase,
  itemOf,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
  workflowWith,
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
  assertEquals(error.details, { phases: ["PLAN", "LEARN"] });
});

Deno.test("nextPhase() is the phase behind the current one", () => {
  assertStrictEquals(nextPhase(workflow, started), LEARN);
  const learning = inPhase(workflow, started, "LEARN");
  assertEquals(nextPhase(workflow, learning), undefined);
});

Deno.test("itemStateOf() keeps what is known of an item", () => {
  const known = { ...pendingItem("plan"), retryCount: 3 };
  const phase = { ...pendingPhase(PLAN), items: [known] };
  assertStrictEquals(itemStateOf(phase, "plan"), known);
});

Deno.test("isDone() holds for completed and skipped items", () => {
  const statuses: readonly ItemStatus[] = [
    "pending",
    "in_progress",
    "completed",
    "skipped",
    "blocked",
    "failed",
  ];
  assertEquals(
    statuses.filter((status) => isDone({ ...pendingItem("a"), status })),
    ["completed", "skipped"],
  );
});

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

const STARTED = {
  ...sessionOf(workflowWith(itemOf("a"))),
  createdAt: "2026-03-01T10:00:00Z",
};

const CLOCK = {
  now: "2026-03-31T12:00:00Z",
  localNow: "2026-03-31T05:00:00.000000",
};

function state(fields: Partial<SessionState>): SessionState {
  return { ...STARTED, status: "completed", ...fields };
}

Deno.test("restingDays() counts whole days since the last change", () => {
  const table: readonly [Partial<SessionState>, number | undefined][] = [
    [{ updatedAt: "2026-03-31T12:00:00Z" }, 0],
    [{ updatedAt: "2026-03-30T12:00:01Z" }, 0],
    [{ updatedAt: "2026-03-30T12:00:00Z" }, 1],
    [{ updatedAt: "2026-03-01T12:00:00+00:00" }, 30],
    // Local time, seven hours behind.
    [{ updatedAt: "2026-03-30T05:00:00.000000" }, 1],
    [{ updatedAt: "2026-03-30T05:00:01.000000" }, 0],
    [{
      updatedAt: "2026-03-01T12:00:00Z",
      completedAt: "2026-03-21T12:00:00Z",
    }, 10],
    [{ updatedAt: "", createdAt: "2026-03-29T12:00:00Z" }, 2],
    // Somebody's clock was wrong.
    [{ updatedAt: "2031-01-01T00:00:00Z" }, 0],
    [{ updatedAt: "", createdAt: "", completedAt: "some day" }, undefined],
  ];
  for (const [fields, days] of table) {
    assertEquals(
      restingDays(state(fields), CLOCK),
      days,
      JSON.stringify(fields),
    );
  }
});

Deno.test("isRemovable() lets no session go that can still change", () => {
  const rule = { olderThanDays: 0, status: "all" } as const;
  const updatedAt = "2020-01-01T00:00:00Z";
  const verdicts = (["active", "paused", "completed", "abandoned"] as const)
    .map((status) => isRemovable(state({ status, updatedAt }), rule, CLOCK));
  assertEquals(verdicts, [false, false, true, true]);
});

Deno.test("isRemovable() asks for the age and the status that were named", () => {
  const old = state({ updatedAt: "2026-03-01T12:00:00Z" });
  const may = (olderThanDays: number, status: "completed" | "abandoned") =>
    isRemovable(old, { olderThanDays, status }, CLOCK);
  assertEquals(may(30, "completed"), true);
  assertEquals(may(31, "completed"), false);
  assertEquals(may(30, "abandoned"), false);
});

Deno.test("isRemovable() keeps a session whose age nobody can tell", () => {
  const dateless = state({ updatedAt: "", createdAt: "" });
  const rule = { olderThanDays: 0, status: "all" } as const;
  assertEquals(isRemovable(dateless, rule, CLOCK), false);
});

const reviewedWorkflow = workflowOf([
  phaseOf("PLAN", [itemOf("security_review")], {
    requiredReviews: ["security", "security"],
  }),
  phaseOf("LEARN", [], { requiredReviews: ["security", "quality"] }),
]);
const startedReview = sessionOf(reviewedWorkflow);

/** The reviews that are missing. */
function missing(state = startedReview): readonly string[] {
  return missingReviews(reviewedWorkflow, state).map(({ review }) => review);
}

Deno.test("missingReviews() names a review once, however often it is required", () => {
  assertEquals(missing(), ["security", "quality"]);
  assertEquals(
    missingReviews(reviewedWorkflow, startedReview).map(({ requiredBy }) =>
      requiredBy
    ),
    ["PLAN", "LEARN"],
  );
});

Deno.test("missingReviews() tells where a review can be made", () => {
  const [plan, learn] = missingReviews(reviewedWorkflow, startedReview);
  assertEquals([plan?.phaseId, plan?.itemId], ["PLAN", "security_review"]);
  assertEquals([learn?.phaseId, learn?.itemId], ["LEARN", null]);
});

Deno.test("missingReviews() counts an item that is completed, not one that is skipped", () => {
  const verdicts = (["completed", "skipped", "in_progress"] as const).map(
    (status) =>
      missing(
        withItemFields(reviewedWorkflow, startedReview, "security_review", {
          status,
        }),
      ),
  );
  const both = ["security", "quality"];
  assertEquals(verdicts, [["quality"], both, both]);
});

Deno.test("missingReviews() counts what the Python tool recorded of a model", () => {
  const recorded = (review: Readonly<Record<string, string | boolean>>) => ({
    ...startedReview,
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
    assertEquals(missing({ ...startedReview, metadata }), missing());
  }
});
