import { jsonObject } from "../../src/base/json.ts";
import type { FeedbackReport } from "../../src/feedback/feedback_report.ts";
import {
  type FeedbackLine,
  newReview,
} from "../../src/feedback/feedback_review.ts";
import { assertEquals } from "@std/assert";

const UNKNOWN = "b0aaee280a5599b2";

function line(fields: Partial<FeedbackLine>, timestamp?: string): FeedbackLine {
  return {
    kind: "tool",
    session: null,
    workflowHash: "aaaa",
    entry: jsonObject({
      ...timestamp === undefined ? {} : { timestamp },
      errors_count: 1,
    }),
    ...fields,
  };
}

function review(
  lines: readonly FeedbackLine[],
  days: number | null = 7,
): FeedbackReport {
  const clock = {
    now: "2026-03-31T12:00:00Z",
    localNow: "2026-03-31T12:00:00.000000",
  };
  const all = newReview({ days, clock, unknownHash: UNKNOWN });
  for (const each of lines) all.add(each);
  return all.report();
}

const TODAY = "2026-03-31T10:00:00+00:00";
const LAST_MONTH = "2026-02-01T10:00:00+00:00";

Deno.test("newReview() counts a session once, whatever it left where", () => {
  const { sessions, tool } = review([
    line({ session: "s1" }, TODAY),
    line({ session: "s1", kind: "process" }, TODAY),
    line({ session: "s1" }, TODAY),
    // The same workflow, in the files of the older tool.
    line({}, TODAY),
    line({ kind: "both" }, TODAY),
    line({ workflowHash: "bbbb" }, TODAY),
  ]);
  assertEquals([sessions, tool.sessions, tool.errors], [2, 2, 2]);
});

Deno.test("newReview() keeps the latest feedback of a session", () => {
  const errors = (count: number) =>
    jsonObject({
      timestamp: `2026-03-31T0${count}:00:00Z`,
      errors_count: count,
    });
  const { tool } = review([
    line({ session: "s1", entry: errors(2) }),
    line({ session: "s1", entry: errors(5) }),
    line({ session: "s1", entry: errors(3) }),
  ]);
  assertEquals(tool.errors, 5);
});

Deno.test("newReview() leaves out what is older, and what does not say when it was", () => {
  const lines = [
    line({ workflowHash: "aaaa" }, TODAY),
    line({ workflowHash: "bbbb" }, LAST_MONTH),
    line({ workflowHash: "cccc" }),
  ];
  assertEquals(review(lines, 7).sessions, 1);
  assertEquals(review(lines, 90).sessions, 2);
  assertEquals(review(lines, null).sessions, 3);
});

Deno.test("newReview() tells workflows that nobody knew apart by their instant", () => {
  const lines = [
    line({ workflowHash: UNKNOWN }, TODAY),
    line({ workflowHash: UNKNOWN, kind: "process" }, TODAY),
    line({ workflowHash: UNKNOWN }, "2026-03-30T10:00:00+00:00"),
  ];
  assertEquals(review(lines).sessions, 2);
});
