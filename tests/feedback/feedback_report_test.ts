import { jsonObject, type JsonValue } from "../../src/base/json.ts";
import {
  reportOn,
  type SessionFeedback,
  suggestionsFor,
} from "../../src/feedback/feedback_report.ts";
import { assertEquals } from "@std/assert";

type Fields = Readonly<Record<string, JsonValue>>;

function feedback(
  atMs: number,
  tool: Fields,
  process: Fields,
): SessionFeedback {
  return {
    tool: { entry: jsonObject(tool), atMs },
    process: { entry: jsonObject(process), atMs },
  };
}

const TWO = [
  feedback(1, {
    duration_seconds: 600,
    phases: jsonObject({ PLAN: 100, EXECUTE: 500 }),
    errors_count: 2,
    items_skipped_count: 1,
    reviews_performed: true,
    parallel_agents_used: true,
  }, {
    task: "Old",
    errors_summary: ["tests: exit code 1", "tests: exit code 1"],
    items_skipped_reasons: ["screens: none", "mail: none"],
    learnings: "Ask first",
    improvements: "Shorter plans",
  }),
  feedback(2, {
    duration_seconds: 1200,
    phases: jsonObject({ PLAN: 300 }),
    errors_count: 1,
    items_skipped_count: 1,
    reviews_performed: false,
  }, {
    task: "New",
    errors_summary: ["tests: exit code 1"],
    items_skipped_reasons: ["screens: still none"],
    learnings: "Read the log",
  }),
];

Deno.test("reportOn() adds up what is about the tool", () => {
  assertEquals(reportOn(TWO).tool, {
    sessions: 2,
    averageSeconds: 900,
    phases: [
      { phase: "PLAN", averageSeconds: 200, sessions: 2 },
      { phase: "EXECUTE", averageSeconds: 500, sessions: 1 },
    ],
    errors: 3,
    itemsSkipped: 2,
    withReviews: 1,
    withSeveralAgents: 1,
  });
});

Deno.test("reportOn() counts sessions and lists the newest words first", () => {
  const { process } = reportOn(TWO);
  assertEquals(process.errors, [{ text: "tests: exit code 1", sessions: 2 }]);
  assertEquals(process.skippedItems, [
    { text: "screens", sessions: 2 },
    { text: "mail", sessions: 1 },
  ]);
  assertEquals(process.learnings, [
    { task: "New", text: "Read the log" },
    { task: "Old", text: "Ask first" },
  ]);
});

Deno.test("reportOn() of nothing is a report too", () => {
  const report = reportOn([]);
  assertEquals([report.sessions, report.tool.averageSeconds], [0, null]);
  assertEquals(suggestionsFor(report), []);
});

Deno.test("reportOn() makes do with feedback that holds nothing it knows", () => {
  const strange = feedback(0, { phases: 7, errors_count: "x" }, { task: 1 });
  const { tool, process } = reportOn([strange]);
  assertEquals([tool.sessions, tool.errors, tool.phases], [1, 0, []]);
  assertEquals([process.sessions, process.learnings], [1, []]);
});

Deno.test("suggestionsFor() proposes what came up twice, and what was asked for", () => {
  assertEquals(suggestionsFor(reportOn(TWO)), [
    'Item "screens" was skipped in 2 of 2 sessions: say when it is needed, or drop it',
    "In 2 of 2 sessions the same failed: tests: exit code 1",
    "Shorter plans",
  ]);
});
