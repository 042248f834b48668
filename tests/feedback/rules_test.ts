import { plainOf } from "../../src/base/json.ts";
import { VERSION } from "../../src/base/version.ts";
import { pendingItem } from "../../src/engine/state.ts";
import { DEFAULT_SALT } from "../../src/feedback/feedback_anonymity.ts";
import {
  buildFeedback,
  type FeedbackFacts,
  repoTypeOf,
} from "../../src/feedback/rules.ts";
import type { PhaseState, SessionState } from "../../src/workflow/types.ts";
import { itemOf, sessionOf, workflowWith } from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

const STARTED = {
  ...sessionOf(workflowWith(itemOf("a"))),
  createdAt: "2026-03-01T10:00:00Z",
};

const SILENT = {
  learnings: null,
  challenges: null,
  wentWell: null,
  improvements: null,
};

/** Half an hour of planning, then ten minutes of a phase that has a telling name. */
const PHASES: readonly PhaseState[] = [
  {
    id: "PLAN",
    status: "completed",
    startedAt: "2026-03-01T10:00:00Z",
    completedAt: "2026-03-01T10:30:00Z",
    items: [
      { ...pendingItem("a"), status: "completed" },
      { ...pendingItem("b"), status: "skipped", skipReason: "no screens" },
    ],
    source: new Map(),
  },
  {
    id: "SECRET_PRODUCT",
    status: "active",
    startedAt: "2026-03-01T10:30:00Z",
    completedAt: null,
    items: [],
    source: new Map(),
  },
];

function facts(
  fields: Partial<FeedbackFacts> = {},
  state: Partial<SessionState> = {},
): FeedbackFacts {
  return {
    state: { ...STARTED, phases: PHASES, ...state },
    tally: {
      errors: 3,
      errorTexts: ["a: failed"],
      hasReviews: false,
      agents: 1,
    },
    texts: SILENT,
    mode: "auto",
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

Deno.test("buildFeedback() tells about the tool without any name", async () => {
  const { tool } = await feedbackOn(facts());
  assertEquals(
    JSON.stringify(tool),
    JSON.stringify({
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
    }),
  );
});

Deno.test("buildFeedback() tells about the work with the keys of the Python tool", async () => {
  const texts = { ...SILENT, learnings: "Ask first", wentWell: "Tests" };
  const { process } = await feedbackOn(facts({ texts, mode: "interactive" }));
  assertEquals(
    JSON.stringify(process),
    JSON.stringify({
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
    }),
  );
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
  const items = [{
    ...pendingItem("security_review"),
    status: "completed" as const,
  }];
  const phases = PHASES.map((phase) => ({ ...phase, items }));
  const tally = { errors: 0, errorTexts: [], hasReviews: false, agents: 2 };
  const { tool, process } = await feedbackOn(facts({ tally }, { phases }));
  assertEquals(tool.reviews_performed, true);
  assertEquals(tool.parallel_agents_used, true);
  assertEquals(process.parallel_agents_used, true);
});

Deno.test("buildFeedback() takes learnings that were noted where nobody says any", async () => {
  const items = [{ ...pendingItem("document_learnings"), notes: "Ask first" }];
  const phases = PHASES.map((phase) => ({ ...phase, items }));
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
