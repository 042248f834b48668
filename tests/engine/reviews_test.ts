import { jsonObject } from "../../src/base/json.ts";
import { missingReviews } from "../../src/engine/reviews.ts";
import {
  itemOf,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const workflow = workflowOf([
  phaseOf("PLAN", [itemOf("security_review")], {
    requiredReviews: ["security", "security"],
  }),
  phaseOf("LEARN", [], { requiredReviews: ["security", "quality"] }),
]);
const started = sessionOf(workflow);

/** The reviews that are missing. */
function missing(state = started): readonly string[] {
  return missingReviews(workflow, state).map(({ review }) => review);
}

Deno.test("missingReviews() names a review once, however often it is required", () => {
  assertEquals(missing(), ["security", "quality"]);
  assertEquals(
    missingReviews(workflow, started).map(({ requiredBy }) => requiredBy),
    ["PLAN", "LEARN"],
  );
});

Deno.test("missingReviews() tells where a review can be made", () => {
  const [plan, learn] = missingReviews(workflow, started);
  assertEquals([plan?.phaseId, plan?.itemId], ["PLAN", "security_review"]);
  assertEquals([learn?.phaseId, learn?.itemId], ["LEARN", null]);
});

Deno.test("missingReviews() counts an item that is completed, not one that is skipped", () => {
  const verdicts = (["completed", "skipped", "in_progress"] as const).map(
    (status) =>
      missing(withItemFields(workflow, started, "security_review", { status })),
  );
  const both = ["security", "quality"];
  assertEquals(verdicts, [["quality"], both, both]);
});

Deno.test("missingReviews() counts what the Python tool recorded of a model", () => {
  const recorded = (review: Readonly<Record<string, string | boolean>>) => ({
    ...started,
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
    assertEquals(missing({ ...started, metadata }), missing());
  }
});
