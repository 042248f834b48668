import { jsonObject, type JsonValue } from "../../src/base/json.ts";
import { plainOf } from "../../src/base/plain.ts";
import { VERSION } from "../../src/base/version.ts";
import { pendingItem, pendingPhase } from "../../src/engine/state.ts";
import {
  anonymised,
  buildFeedback,
  decodeFeedbackLine,
  DEFAULT_SALT,
  type FeedbackFacts,
  type FeedbackLine,
  type FeedbackReport,
  hashOfWorkflow,
  newReview,
  reportOn,
  repoTypeOf,
  type SessionFeedback,
  suggestionsFor,
  tallyEvents,
  textIn,
  textsIn,
} from "../../src/feedback/rules.ts";
import type {
  ItemState,
  PhaseState,
  SessionState,
} from "../../src/workflow/types.ts";
import {
  itemOf,
  phaseOf,
  sessionOf,
  workflowWith,
} from "../engine/fixtures.ts";
import { recorded } from "../history/log_events.ts";
import { assertEquals, assertNotEquals } from "@std/assert";

const STARTED = {
  ...sessionOf(workflowWith(itemOf("a"))),
  createdAt: "2026-03-01T10:00:00Z",
};

const NO_TALLY = await tallyEvents([]);

const SILENT = {
  learnings: null,
  challenges: null,
  wentWell: null,
  improvements: null,
};

/** Half an hour of planning, then ten minutes of a phase that has a telling name. */
const PHASES: readonly PhaseState[] = [
  {
    ...pendingPhase(phaseOf("PLAN", [])),
    startedAt: "2026-03-01T10:00:00Z",
    completedAt: "2026-03-01T10:30:00Z",
    items: [
      { ...pendingItem("a"), status: "completed" },
      { ...pendingItem("b"), status: "skipped", skipReason: "no screens" },
    ],
  },
  {
    ...pendingPhase(phaseOf("SECRET_PRODUCT", [])),
    startedAt: "2026-03-01T10:30:00Z",
  },
];

function phasesWith(item: Partial<ItemState> & { id: string }) {
  const items = [{ ...pendingItem(item.id), ...item }];
  return PHASES.map((phase) => ({ ...phase, items }));
}

function facts(
  fields: Partial<FeedbackFacts> = {},
  state: Partial<SessionState> = {},
): FeedbackFacts {
  return {
    state: { ...STARTED, phases: PHASES, ...state },
    tally: { ...NO_TALLY, errors: 3, errorTexts: ["a: failed"] },
    texts: SILENT,
    clock: { now: "2026-03-01T10:40:00Z", localNow: "2026-03-01T10:40:00" },
    repoType: "python",
    repo: "https://example.org/shop",
    salt: DEFAULT_SALT,
    ...fields,
  };
}

// deno-lint-ignore no-explicit-any
async function feedbackOn(given: FeedbackFacts): Promise<any> {
  const { tool, process } = await buildFeedback(given);
  return { tool: plainOf(tool), process: plainOf(process) };
}

/** Also in the same order. */
function assertSame(actual: unknown, expected: unknown): void {
  assertEquals(JSON.stringify(actual), JSON.stringify(expected));
}

Deno.test("buildFeedback() tells about the tool without any name", async () => {
  const { tool } = await feedbackOn(facts());
  assertSame(tool, {
    timestamp: "2026-03-01T10:40:00+00:00",
    workflow_id_hash: "943b0eadeb467887",
    mode: "auto",
    orchestrator_version: VERSION,
    repo_type: "python",
    duration_seconds: 2400,
    phases: { PLAN: 1800 },
    parallel_agents_used: false,
    reviews_performed: false,
    errors_count: 3,
    items_skipped_count: 1,
  });
});

Deno.test("buildFeedback() tells about the work with the keys of the Python tool", async () => {
  const texts = { ...SILENT, learnings: "Ask first", wentWell: "Tests" };
  const { process } = await feedbackOn(facts({ texts }));
  assertSame(process, {
    timestamp: "2026-03-01T10:40:00+00:00",
    workflow_id: "wf_00c0ffee",
    task: "Add login",
    repo: "https://example.org/shop",
    mode: "interactive",
    parallel_agents_used: false,
    errors_summary: ["a: failed"],
    items_skipped_reasons: ["b: no screens"],
    learnings: "Ask first",
    challenges: null,
    what_went_well: "Tests",
    improvements: null,
  });
});

Deno.test("buildFeedback() stops the clock when the session ends", async () => {
  const ends: readonly [Partial<SessionState>, number][] = [
    [{ status: "completed", completedAt: "2026-03-01T10:35:00Z" }, 2100],
    [{ status: "abandoned", updatedAt: "2026-03-01T10:31:00Z" }, 1860],
    [{ status: "active", updatedAt: "2026-03-01T10:31:00Z" }, 2400],
    [{ createdAt: "" }, 0],
    [{ createdAt: "2027-01-01T00:00:00Z" }, 0],
  ];
  for (const [state, seconds] of ends) {
    const { tool } = await feedbackOn(facts({}, state));
    assertEquals(tool.duration_seconds, seconds);
  }
});

Deno.test("buildFeedback() sees reviews and several agents", async () => {
  const phases = phasesWith({ id: "security_review", status: "completed" });
  const tally = { ...NO_TALLY, agents: 2 };
  const { tool, process } = await feedbackOn(facts({ tally }, { phases }));
  const { reviews_performed, parallel_agents_used } = tool;
  assertEquals([reviews_performed, parallel_agents_used], [true, true]);
  assertEquals(process.parallel_agents_used, true);
});

Deno.test("buildFeedback() takes learnings that were noted where nobody says any", async () => {
  const phases = phasesWith({ id: "document_learnings", notes: "Ask first" });
  const { process } = await feedbackOn(facts({}, { phases }));
  assertEquals(process.learnings, "Ask first");
});

Deno.test("repoTypeOf() tells kinds as the Python tool does", () => {
  const table: readonly [readonly string[], string][] = [
    [[], "unknown"],
    [["README.md", "setup.py"], "python"],
    [["package.json", "pyproject.toml"], "python"],
    [["go.mod", "package.json"], "javascript"],
    [["go.mod"], "go"],
    [["Cargo.toml"], "rust"],
  ];
  for (const [files, type] of table) {
    assertEquals(repoTypeOf(new Set(files)), type);
  }
});

Deno.test("hashOfWorkflow() hashes as the Python tool does, and depends on the salt", async () => {
  const hash = await hashOfWorkflow("unknown", DEFAULT_SALT);
  assertEquals(hash, "b0aaee280a5599b2");
  assertNotEquals(await hashOfWorkflow("unknown", "pepper"), hash);
});

Deno.test("anonymised() keeps only keys and phases that are known to be harmless", () => {
  const feedback = jsonObject({
    task: "Secret",
    repo: "https://example.org/secret",
    workflow_id: "wf_00c0ffee",
    errors_summary: ["secret.ts"],
    errors_count: 2,
    timestamp: "2026-03-01T10:00:00+00:00",
    a_key_of_tomorrow: "secret",
    phases: jsonObject({ SECRET: 5, LEARN: 2, PLAN: 1, EXECUTE: "secret" }),
  });
  assertSame(plainOf(anonymised(feedback)), {
    timestamp: "2026-03-01T10:00:00+00:00",
    phases: { PLAN: 1, LEARN: 2 },
    errors_count: 2,
  });
});

Deno.test("decodeFeedbackLine() decodes objects and nothing else", () => {
  assertEquals(decodeFeedbackLine('{"a": 1}'), jsonObject({ a: 1 }));
  for (const text of ["", "not json", "[1]", "1", '{"a": 1', "null"]) {
    assertEquals(decodeFeedbackLine(text), undefined, text);
  }
  assertEquals(decodeFeedbackLine("[".repeat(100_000)), undefined);
});

Deno.test("textIn() and textsIn() pass over what is no text", () => {
  const entry = jsonObject({ a: "x", b: " ", c: 1, d: ["y", 2, "z"], e: null });
  const texts = [..."abcdef"].map((key) => textIn(entry, key));
  assertEquals(texts, ["x", null, null, null, null, null]);
  assertEquals(textsIn(entry, "d"), ["y", "z"]);
  assertEquals(textsIn(entry, "a"), []);
});

type Fields = Readonly<Record<string, JsonValue>>;

function feedback(atMs: number, tool: Fields, work: Fields): SessionFeedback {
  const dated = (fields: Fields) => ({ entry: jsonObject(fields), atMs });
  return { tool: dated(tool), process: dated(work) };
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
      { phaseId: "PLAN", averageSeconds: 200, sessions: 2 },
      { phaseId: "EXECUTE", averageSeconds: 500, sessions: 1 },
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
    { itemId: "screens", sessions: 2 },
    { itemId: "mail", sessions: 1 },
  ]);
  assertEquals(process.learnings, [
    { task: "New", text: "Read the log" },
    { task: "Old", text: "Ask first" },
  ]);
});

Deno.test("reportOn() makes do with nothing, and with feedback that holds nothing it knows", () => {
  const nothing = reportOn([]);
  assertEquals([nothing.sessions, nothing.tool.averageSeconds], [0, null]);
  assertEquals(suggestionsFor(nothing), []);
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
  const unreviewed = feedback(1, { reviews_performed: false }, {});
  assertEquals(suggestionsFor(reportOn([unreviewed, unreviewed])), [
    "2 of 2 sessions had no review",
  ]);
});

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
  const clock = { now: "2026-03-31T12:00:00Z", localNow: "2026-03-31T12:00" };
  const all = newReview(days, clock, UNKNOWN);
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
  const errors = (count: number) => {
    const timestamp = `2026-03-31T0${count}:00:00Z`;
    const entry = jsonObject({ timestamp, errors_count: count });
    return line({ session: "s1", entry });
  };
  assertEquals(review([errors(2), errors(5), errors(3)]).tool.errors, 5);
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

Deno.test("tallyEvents() counts what went wrong and says each thing once", async () => {
  const tally = await tallyEvents([[
    recorded("item_completed", { itemId: "a" }),
    recorded("verification_failed", { itemId: "b" }),
    recorded("verification_failed", { itemId: "b" }),
    recorded("gate_failed", { itemId: "c" }),
    recorded("error"),
  ]]);
  const errorTexts = ["b: verification_failed", "c: gate_failed", "error"];
  assertEquals(tally, { ...NO_TALLY, errors: 4, errorTexts });
});

Deno.test("tallyEvents() keeps some of the texts of a long log, and counts all", async () => {
  const many = Array.from(
    { length: 1000 },
    (_, number) => recorded("gate_failed", { itemId: `item_${number}` }),
  );
  const { errors, errorTexts } = await tallyEvents([many]);
  assertEquals([errors, errorTexts.length], [1000, 20]);
});

Deno.test("tallyEvents() tells agents apart and sees reviews", async () => {
  const one = recorded("item_completed", { details: { agent: "claude:1" } });
  const other = { details: { agent: "codex:2" } };
  const reviewed = recorded("review_completed", other);
  const tally = await tallyEvents([[one, one], [reviewed]]);
  assertEquals([tally.agents, tally.hasReviews], [2, true]);
});
