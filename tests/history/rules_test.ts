import type { RecordedEvent } from "../../src/engine/event.ts";
import {
  type Analysis,
  type Analyzer,
  assertInWorkflow,
  endsHistory,
  hasLearnings,
  type HistoryQuery,
  learningsOf,
  matchesHistory,
  newAnalyzer,
  parseHistoryQuery,
} from "../../src/history/rules.ts";
import { orcErrorOf } from "../engine/act.ts";
import {
  itemOf,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
  workflowWith,
} from "../engine/fixtures.ts";
import { recorded } from "./log_events.ts";
import { assert, assertEquals } from "@std/assert";

const NOW = "2026-03-10T12:00:00Z";

function sentenceOf(run: () => unknown): string {
  const { kind, code, message } = orcErrorOf(run);
  return `${kind} ${code}: ${message}`;
}

function refusal(query: HistoryQuery): string {
  return sentenceOf(() => parseHistoryQuery(query, NOW));
}

Deno.test("parseHistoryQuery() reads instants, dates and how long ago", () => {
  const moments: Readonly<Record<string, string>> = {
    "2026-03-01T10:00:00Z": "2026-03-01T10:00:00.000Z",
    "2026-03-01T10:00:00.123456Z": "2026-03-01T10:00:00.123Z",
    "2026-03-01T10:00+02:00": "2026-03-01T08:00:00.000Z",
    "2026-03-01T10:00:00": "2026-03-01T10:00:00.000Z",
    "2026-03-01": "2026-03-01T00:00:00.000Z",
    "90s": "2026-03-10T11:58:30.000Z",
    "30m": "2026-03-10T11:30:00.000Z",
    "2h": "2026-03-10T10:00:00.000Z",
    "3d": "2026-03-07T12:00:00.000Z",
    "1w": "2026-03-03T12:00:00.000Z",
  };
  for (const [since, instant] of Object.entries(moments)) {
    const { sinceMs = NaN } = parseHistoryQuery({ since }, NOW);
    assertEquals(new Date(sinceMs).toISOString(), instant, since);
  }
});

Deno.test("parseHistoryQuery() refuses what is no time", () => {
  const texts = ["", "soon", "2026-02-31", "2026-13-01", "2", "-2h", "2 h"];
  for (const since of [...texts, "2026-02-31T10:00:00Z", "1e3d", "12:00"]) {
    const text = `Cannot use "${since}" as a time for --since`;
    assertEquals(refusal({ since }), `usage invalid_time: ${text}`);
  }
});

Deno.test("parseHistoryQuery() refuses a type that no event has", () => {
  const nearest = '"item_complete"; the nearest is "item_completed"';
  for (const [type, text] of [["item_complete", nearest], ["x", '"x"']]) {
    const sentence = `No event has the type ${text}`;
    assertEquals(refusal({ type }), `usage unknown_event_type: ${sentence}`);
  }
  for (const type of ["error", "review_completed"]) {
    assertEquals(parseHistoryQuery({ type }, NOW).type, type);
  }
});

Deno.test("parseHistoryQuery() refuses an end before the beginning", () => {
  const dates = { since: "2026-03-02", until: "2026-03-01" };
  for (const query of [{ since: "1h", until: "2h" }, dates]) {
    assert(refusal(query).startsWith("usage empty_range: "));
  }
  // A date ends at midnight.
  const day = { since: "2026-03-02T10:00:00Z", until: "2026-03-02" };
  parseHistoryQuery(day, NOW);
  parseHistoryQuery({ since: "2h", until: "2h" }, NOW);
});

function matches(
  query: HistoryQuery,
  event: Parameters<typeof recorded>[1],
): boolean {
  const filter = parseHistoryQuery(query, NOW);
  return matchesHistory(filter, recorded("item_completed", event));
}

Deno.test("matchesHistory() compares item, phase and type", () => {
  const event = { itemId: "plan", phaseId: "PLAN" };
  assertEquals(matches({}, event), true);
  assertEquals(matches({ itemId: "plan", phaseId: "PLAN" }, event), true);
  assertEquals(matches({ itemId: "plans" }, event), false);
  assertEquals(matches({ phaseId: "BUILD" }, event), false);
  assertEquals(matches({ type: "item_completed" }, event), true);
  assertEquals(matches({ type: "item_skipped" }, event), false);
});

Deno.test("matchesHistory() takes a date for a whole day", () => {
  const day = { since: "2026-03-01", until: "2026-03-01" };
  const verdicts: Readonly<Record<string, boolean>> = {
    "2026-02-28T23:59:59.999000Z": false,
    "2026-03-01T00:00:00Z": true,
    "2026-03-01T23:59:59.999000Z": true,
    "2026-03-02T00:00:00Z": false,
    "2026-03-02T01:00:00+02:00": true,
    "": false,
    "yesterday": false,
  };
  for (const [at, verdict] of Object.entries(verdicts)) {
    assertEquals(matches(day, { at }), verdict, at);
  }
  assertEquals(matches({}, { at: "" }), true);
});

Deno.test("endsHistory() waits for an event well before the time asked for", () => {
  const filter = parseHistoryQuery({ since: "2h" }, NOW);
  const ends = (at: string) => endsHistory(filter, recorded("x", { at }));
  assertEquals(ends("2026-03-10T09:30:00Z"), false);
  assertEquals(ends("2026-03-10T08:30:00Z"), true);
  assertEquals(ends(""), false);
  const all = parseHistoryQuery({}, NOW);
  assertEquals(endsHistory(all, recorded("x")), false);
});

Deno.test("assertInWorkflow() names what was probably meant", () => {
  const workflow = workflowWith(itemOf("idea"));
  const refused = (query: HistoryQuery) =>
    sentenceOf(() => assertInWorkflow(workflow, query));
  assertInWorkflow(workflow, { itemId: "idea", phaseId: "PLAN" });
  const item = 'No item "idee" in this workflow; the nearest is "idea"';
  assertEquals(refused({ itemId: "idee" }), `not_found no_such_item: ${item}`);
  const phase = 'No phase "BUILD" in this workflow';
  const code = "not_found no_such_phase";
  assertEquals(refused({ phaseId: "BUILD" }), `${code}: ${phase}`);
  const run = () => assertInWorkflow(workflow, { phaseId: "BUILD" });
  assertEquals(orcErrorOf(run).details, { phaseIds: ["PLAN"] });
});

function analysisOf(
  events: readonly RecordedEvent[],
  add: (analyzer: Analyzer) => void = () => {},
): Analysis {
  const analyzer = newAnalyzer();
  add(analyzer);
  for (const event of events) analyzer.addEvent(event);
  return analyzer.analysis();
}

Deno.test("newAnalyzer() counts sessions by their states, and workflows without one by their events", () => {
  const event = (type: string, workflowId: string) =>
    recorded(type, { workflowId });
  const { total, completed, abandoned, active } = analysisOf([
    // Of a session that is known.
    event("workflow_started", "wf_a"),
    event("workflow_completed", "wf_a"),
    // Of none.
    event("workflow_started", "wf_b"),
    event("workflow_started", "wf_c"),
    event("workflow_completed", "wf_c"),
    event("workflow_completed", "wf_c"),
    event("workflow_abandoned", "wf_of_a_cut_log"),
    event("conflict_resolved", ""),
  ], (analyzer) => {
    analyzer.addSession("wf_a", "abandoned");
    analyzer.addSession("wf_d", "completed");
    analyzer.addSession("wf_e", "paused");
  });
  assertEquals([total, completed, abandoned, active], [6, 2, 2, 2]);
});

Deno.test("newAnalyzer() lists skipped items with a few different reasons", () => {
  const skip = (itemId: string, reason: string | null) =>
    recorded("item_skipped", { itemId, details: { reason } });
  const { skippedItems } = analysisOf([
    skip("sketch", "No picture"),
    ...["a", "b", "c", "d", "e", "f", "a", "x".repeat(300)]
      .map((reason) => skip("tests", reason)),
    skip("tests", null),
  ]);
  assertEquals(Object.entries(skippedItems), [
    ["tests", { count: 9, reasons: ["a", "b", "c", "d", "e"] }],
    ["sketch", { count: 1, reasons: ["No picture"] }],
  ]);
  const long = analysisOf([skip("it", ` ${"x".repeat(300)}`)]);
  assertEquals(long.skippedItems.it?.reasons, ["x".repeat(200)]);
});

Deno.test("newAnalyzer() counts failed checks and gates, most first", () => {
  const { checkFailures, events } = analysisOf([
    recorded("verification_failed", { itemId: "plan" }),
    recorded("gate_failed", { itemId: "tests" }),
    recorded("gate_failed", { itemId: "tests" }),
    recorded("gate_passed", { itemId: "tests" }),
    recorded("review_failed", { itemId: "tests" }),
    recorded("verification_failed"),
  ]);
  assertEquals(Object.entries(checkFailures), [["tests", 2], ["plan", 1]]);
  assertEquals(events, 6);
});

Deno.test("newAnalyzer() tells how often checks ran and failed, most first", () => {
  const run = (type: string, itemId: string | null) =>
    recorded(type, { itemId });
  const { checkRuns } = analysisOf([
    run("verification_passed", "plan"),
    run("verification_failed", "tests"),
    run("gate_failed", "tests"),
    run("gate_passed", "tests"),
    run("verification_failed", null),
    run("item_completed", "tests"),
  ]);
  assertEquals(Object.entries(checkRuns), [
    ["tests", { runs: 3, failures: 2 }],
    ["plan", { runs: 1, failures: 0 }],
  ]);
});

Deno.test("newAnalyzer() tells how long humans were waited for, each workflow for itself", () => {
  const at = (minute: number) => `2026-03-01T10:${minute}:00Z`;
  const yes = (workflowId: string, minute: number) =>
    recorded("item_completed", {
      ...{ workflowId, itemId: "consent", at: at(minute) },
      details: { approved: true, origin: "terminal" },
    });
  const work = (workflowId: string, minute: number) =>
    recorded("item_completed", {
      ...{ workflowId, itemId: "plan", at: at(minute) },
    });
  const { humanWaits } = analysisOf([
    work("wf_a", 10),
    work("wf_b", 20),
    yes("wf_a", 30),
    yes("wf_b", 30),
    yes("wf_c", 40),
  ]);
  assertEquals(humanWaits, { consent: { averageMinutes: 15, count: 2 } });
});

Deno.test("newAnalyzer() averages how long phases took, each workflow for itself", () => {
  const event = (type: string, workflowId: string, at: string) =>
    recorded(type, { workflowId, at: `2026-03-01T10:${at}:00Z` });
  const { phaseDurations } = analysisOf([
    event("phase_started", "wf_a", "00"),
    event("phase_started", "wf_b", "10"),
    event("phase_completed", "wf_a", "30"),
    event("phase_completed", "wf_b", "20"),
    event("phase_completed", "wf_b", "25"),
    event("phase_completed", "wf_c", "25"),
    recorded("phase_started", { phaseId: "BUILD", at: "" }),
    recorded("phase_completed", { phaseId: "BUILD" }),
  ]);
  assertEquals(Object.entries(phaseDurations), [
    ["PLAN", { averageMinutes: 20, count: 2 }],
  ]);
});

Deno.test("newAnalyzer() says so when there is too much to keep apart", () => {
  const events = Array.from(
    { length: 10_001 },
    (_, number) => recorded("gate_failed", { itemId: `item${number}` }),
  );
  const { checkFailures, isCut } = analysisOf(events);
  assertEquals([Object.keys(checkFailures).length, isCut], [10_000, true]);
  assert(!analysisOf(events.slice(1)).isCut);
});

const workflow = workflowOf([
  phaseOf("PLAN", [itemOf("sketch"), itemOf("plan")]),
  phaseOf("BUILD", []),
]);

const STATE = {
  ...withItemFields(workflow, sessionOf(workflow), "sketch", {
    status: "skipped",
    skipReason: "Nothing to draw",
  }),
  updatedAt: "2026-03-04T05:41:17Z",
  notes: [{ at: "2026-03-04T05:10:00Z", text: "Ada knows", itemId: null }],
};

const FORCED = recorded("item_skipped", {
  itemId: "tests",
  message: "Force-skipped item: tests",
  details: { force_skipped: true },
});

const EVENTS = [
  recorded("verification_failed", { itemId: "plan", message: "First" }),
  recorded("gate_failed", { itemId: "tests", message: "Gate failed: tests" }),
  recorded("verification_failed", { itemId: "plan", message: "Second" }),
  FORCED,
  recorded("item_completed", { details: { approved: true }, actor: "human" }),
];

Deno.test("learningsOf() takes skips, notes and times from the state, the rest from the log", async () => {
  assertEquals(await learningsOf(STATE, [EVENTS]), {
    task: STATE.task,
    workflow: "Tiny",
    status: "active",
    updatedAt: STATE.updatedAt,
    skipped: [{ itemId: "sketch", reason: "Nothing to draw" }],
    failures: [
      { itemId: "plan", count: 2, last: "Second" },
      { itemId: "tests", count: 1, last: "Gate failed: tests" },
    ],
    overrides: [{ at: FORCED.at, message: FORCED.message }],
    notes: ["Ada knows"],
    phases: [{ phaseId: "PLAN", durationMinutes: 35 }],
  });
});

Deno.test("hasLearnings() does not take how long it took for a lesson", async () => {
  const dull = { ...STATE, phases: STATE.phases.slice(1), notes: [] };
  assert(!hasLearnings(await learningsOf(dull, [])));
  assert(hasLearnings(await learningsOf(dull, [EVENTS.slice(0, 1)])));
  assert(hasLearnings(await learningsOf(STATE, [])));
});

Deno.test("learningsOf() keeps only the first overrides of a session that has many", async () => {
  const forced = recorded("phase_completed", { details: { forced: true } });
  const { overrides } = await learningsOf(STATE, [Array(1000).fill(forced)]);
  assertEquals(overrides.length, 50);
});
