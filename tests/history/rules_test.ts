import { OrcError } from "../../src/base/error.ts";
import type { RecordedEvent } from "../../src/engine/event.ts";
import { pendingItem } from "../../src/engine/state.ts";
import {
  isWorkflowPage,
  learningsSection,
  type PageSource,
  workflowPage,
} from "../../src/history/page_rules.ts";
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
import { parseWorkflow } from "../../src/workflow/parse.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import { actAll } from "../engine/act.ts";
import {
  AGENT,
  COMMAND,
  commandResult,
  complete,
  FILE,
  GOOD_REASON,
  itemOf,
  phaseOf,
  sessionOf,
  skip,
  workflowOf,
} from "../engine/fixtures.ts";
import { recorded } from "./log_events.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const NOW = "2026-03-10T12:00:00Z";

function since(text: string): string | undefined {
  const { sinceMs } = parseHistoryQuery({ since: text }, NOW);
  return sinceMs === undefined ? undefined : new Date(sinceMs).toISOString();
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
  for (const [text, instant] of Object.entries(moments)) {
    assertEquals(since(text), instant, text);
  }
});

Deno.test("parseHistoryQuery() refuses what is no time", () => {
  const texts = ["", "soon", "2026-02-31", "2026-13-01", "2", "-2h", "2 h"];
  for (const text of [...texts, "2026-02-31T10:00:00Z", "1e3d", "12:00"]) {
    const error = assertThrows(() => since(text), OrcError);
    assertEquals([error.kind, error.code], ["usage", "invalid_time"], text);
  }
});

Deno.test("parseHistoryQuery() refuses a type that no event has", () => {
  const error = assertThrows(
    () => parseHistoryQuery({ type: "item_complete" }, NOW),
    OrcError,
    'No event has the type "item_complete"; the nearest is "item_completed"',
  );
  assertEquals([error.kind, error.code], ["usage", "unknown_event_type"]);
  const bogus = assertThrows(
    () => parseHistoryQuery({ type: "bogus" }, NOW),
    OrcError,
  );
  assertEquals(bogus.message, 'No event has the type "bogus"');
  for (const type of ["error", "review_completed"]) {
    assertEquals(parseHistoryQuery({ type }, NOW).type, type);
  }
});

Deno.test("parseHistoryQuery() refuses an end before the beginning", () => {
  const range = (since: string, until: string) =>
    parseHistoryQuery({ since, until }, NOW);
  const error = assertThrows(() => range("1h", "2h"), OrcError);
  assertEquals([error.kind, error.code], ["usage", "empty_range"]);
  assertThrows(() => range("2026-03-02", "2026-03-01"), OrcError);
  // A date ends at midnight.
  range("2026-03-02T10:00:00Z", "2026-03-02");
  range("2h", "2h");
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
  const { workflow } = parseWorkflow({
    name: "Tiny",
    phases: [{ id: "PLAN", name: "Plan", items: [{ id: "idea", name: "I" }] }],
  });
  assertInWorkflow(workflow, { itemId: "idea", phaseId: "PLAN" });
  const item = assertThrows(
    () => assertInWorkflow(workflow, { itemId: "idee" }),
    OrcError,
    'No item "idee" in this workflow; the nearest is "idea"',
  );
  assertEquals([item.kind, item.code], ["not_found", "no_such_item"]);
  const phase = assertThrows(
    () => assertInWorkflow(workflow, { phaseId: "BUILD" }),
    OrcError,
    'No phase "BUILD" in this workflow',
  );
  assertEquals(phase.details, { phases: ["PLAN"] });
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

Deno.test("newAnalyzer() counts nothing before anything was added", () => {
  const { total, events, isCut, skippedItems } = newAnalyzer().analysis();
  assertEquals([total, events, isCut, skippedItems.size], [0, 0, false, 0]);
});

Deno.test("newAnalyzer() counts sessions by their states, not by their events", () => {
  const closing = recorded("workflow_completed", { workflowId: "wf_a" });
  const { total, completed, abandoned, active } = analysisOf(
    [recorded("workflow_started", { workflowId: "wf_a" }), closing, closing],
    (analyzer) => {
      analyzer.addSession("wf_a", "completed");
      analyzer.addSession("wf_b", "abandoned");
      analyzer.addSession("wf_c", "paused");
    },
  );
  assertEquals([total, completed, abandoned, active], [3, 1, 1, 1]);
});

Deno.test("newAnalyzer() counts workflows without a session by their events", () => {
  const { total, completed, abandoned, active } = analysisOf([
    recorded("workflow_started", { workflowId: "wf_a" }),
    recorded("workflow_started", { workflowId: "wf_b" }),
    recorded("workflow_completed", { workflowId: "wf_a" }),
    recorded("workflow_abandoned", { workflowId: "wf_of_a_cut_log" }),
    recorded("conflict_resolved", { workflowId: "" }),
  ]);
  assertEquals([total, completed, abandoned, active], [3, 1, 1, 1]);
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
  assertEquals([...skippedItems], [
    ["tests", { count: 9, reasons: ["a", "b", "c", "d", "e"] }],
    ["sketch", { count: 1, reasons: ["No picture"] }],
  ]);
  const long = analysisOf([skip("it", ` ${"x".repeat(300)}`)]);
  assertEquals(long.skippedItems.get("it")?.reasons, ["x".repeat(200)]);
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
  assertEquals([...checkFailures], [["tests", 2], ["plan", 1]]);
  assertEquals(events, 6);
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
  assertEquals([...phaseDurations], [
    ["PLAN", { averageMinutes: 20, count: 2 }],
  ]);
});

Deno.test("newAnalyzer() says so when there is too much to keep apart", () => {
  const events = Array.from(
    { length: 10_001 },
    (_, number) => recorded("gate_failed", { itemId: `item${number}` }),
  );
  const { checkFailures, isCut } = analysisOf(events);
  assertEquals([checkFailures.size, isCut], [10_000, true]);
  assert(!analysisOf(events.slice(1)).isCut);
});

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
  const section = learningsSection(learningsOf(STATE, EVENTS), "1a2b3c4d");
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

const workflow = workflowOf([
  phaseOf("PLAN", [
    itemOf("scope"),
    itemOf("plan", { verification: FILE }),
    itemOf("tests", { verification: COMMAND }),
    itemOf("begun"),
    itemOf("extra", { required: false }),
  ]),
  phaseOf("LEARN", []),
]);

const { state } = actAll(workflow, sessionOf(workflow), [
  complete("scope", { notes: "Two pages" }),
  skip("plan"),
  complete("tests", { result: commandResult(false) }),
  { type: "start_item", itemId: "begun" },
], AGENT);

function eventOf(message: string, at = "2026-03-04T05:06:07Z"): RecordedEvent {
  return {
    id: "",
    serial: 0,
    at,
    type: "item_completed",
    workflowId: "wf_00c0ffee",
    phaseId: null,
    itemId: null,
    message,
    details: new Map(),
    actor: "system",
  };
}

function pageOf(fields: Partial<PageSource> = {}): string {
  return workflowPage({
    workflow,
    state,
    sessionId: "34aa3244",
    events: [],
    ...fields,
  });
}

function withTask(task: string): SessionState {
  return { ...state, task };
}

Deno.test("workflowPage() shows each item by its status", () => {
  const lines = pageOf().split("\n").filter((line) => /^- \[/.test(line));
  assertEquals(lines, [
    "- [x] `scope` Name of scope (Two pages)",
    `- [-] \`plan\` Name of plan (skipped: ${GOOD_REASON})`,
    "- [ ] `tests` Name of tests (failed, checks failed so far: 1)",
    "- [~] `begun` Name of begun",
    "- [ ] `extra` Name of extra (optional)",
  ]);
});

Deno.test("workflowPage() shows state, blockers, phases and workflow id", () => {
  const page = pageOf();
  for (
    const part of [
      "# Add login\n",
      "| Status | active |\n| Phase | PLAN |\n",
      "| Items | 1 completed, 1 skipped, 5 in all |",
      "| Session | 34aa3244 |",
      '- Item "tests" is failed\n- Item "begun" is in progress\n',
      "### PLAN: Name of PLAN (2/5)",
      "### LEARN: Name of LEARN (0/0)",
      "Workflow id: `wf_00c0ffee`\n",
    ]
  ) assert(page.includes(part), `${part} in ${page}`);
});

Deno.test("workflowPage() shows the last 20 events in their own offset", () => {
  const events = Array.from(
    { length: 30 },
    (_, index) => eventOf(`No. ${index}`, "2026-03-04T23:59:07.5+05:30"),
  );
  const rows = pageOf({ events }).split("\n")
    .filter((line) => line.includes("item\\_completed"));
  assertEquals(rows.length, 20);
  assertEquals(rows[0], "| 2026-03-04 23:59 | item\\_completed | No. 10 |");
});

Deno.test("workflowPage() bears events without a time", () => {
  const page = pageOf({ events: [eventOf("a", ""), eventOf("b", "soon")] });
  assert(page.includes("|  | item\\_completed | a |"), page);
  assert(page.includes("|  | item\\_completed | b |"), page);
});

Deno.test("workflowPage() shows what others wrote as it is written", () => {
  const text = "<!-- x --> | [y](z)\n# w";
  const shown = String.raw`\<\!-- x --\> \| \[y\](z) \# w`;
  const events = [eventOf(text)];
  const page = pageOf({ events, state: withTask(text) });
  assert(page.includes(`# ${shown}\n`), page);
  assert(page.includes(`| ${shown} |`), page);
});

Deno.test("workflowPage() cuts a task of a whole page and bears an empty one", () => {
  const page = pageOf({ state: withTask("word ".repeat(1000)) });
  assert(page.split("\n")[2]?.length === 122, page);
  assert(pageOf({ state: withTask("") }).includes("\n# Session\n"));
});

Deno.test("workflowPage() is the same for the same session", () => {
  assertEquals(pageOf(), pageOf());
});

Deno.test("isWorkflowPage() knows a page from what others wrote", () => {
  const page = pageOf();
  assert(isWorkflowPage(page));
  assert(isWorkflowPage(`\ufeff${page.replaceAll("\n", "\r\n")}`));
  assert(isWorkflowPage(`\n\n${page}`));
  assert(!isWorkflowPage(`\n\n\n${page}`));
  assert(!isWorkflowPage("# Workflow\n"));
  assert(!isWorkflowPage(""));
});
