import { captureFeedback } from "../../src/feedback/capture_feedback.ts";
import {
  type Reviewed,
  reviewFeedback,
  type ReviewOptions,
} from "../../src/feedback/review_feedback.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  refusalOf,
  stateOf,
  withoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

function review(root: string, options: ReviewOptions = {}): Promise<Reviewed> {
  const host = fixedHost({ at: "2026-03-05T10:00:00Z" });
  return withoutTrace(root, () => reviewFeedback(host, { root, ...options }));
}

/** Two sessions with feedback; the first was given some twice. */
function withFeedback(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    for (const number of [1, 2]) {
      const host = fixedHost({ number });
      await startSession(host, { root, task: `Task ${number}`, beside: true });
    }
    for (const [count, number] of [1, 1, 2].entries()) {
      const at = `2026-03-01T1${count}:00:00Z`;
      await captureFeedback(fixedHost({ number: 10 + count, at }), {
        root,
        session: idOf(number, 0),
        learnings: `Lesson ${count}`,
      });
    }
    await test(root);
  });
}

Deno.test("reviewFeedback() counts each session once, with its latest feedback", () =>
  withFeedback(async (root) => {
    const { sessions, tool, process, days, damagedLines } = await review(root);
    assertEquals([sessions, days, damagedLines], [2, 7, 0]);
    assertEquals([tool.sessions, process.sessions], [2, 2]);
    assertEquals(process.learnings, [
      { task: "Task 2", text: "Lesson 2" },
      { task: "Task 1", text: "Lesson 1" },
    ]);
  }));

Deno.test("reviewFeedback() looks back as far as it is told", () =>
  withFeedback(async (root) => {
    assertEquals((await review(root, { days: "3" })).sessions, 0);
    const all = await review(root, { all: true });
    assertEquals([all.sessions, all.days], [2, null]);
    const error = await refusalOf(() => review(root, { days: "week" }));
    assertEquals(error.code, "invalid_number");
  }));

const LEGACY_ENTRY = {
  timestamp: "2026-03-04T00:00:00+00:00",
  workflow_id: "wf_1",
  task: "Old task",
  mode: "auto",
  errors_count: 2,
  errors_summary: ["e1"],
  items_skipped_reasons: ["a: b"],
  learnings: "Old lesson",
  phases: { PLAN: 5 },
  duration_seconds: 60,
};

Deno.test("reviewFeedback() reads what the older tool left, and moves nothing", () =>
  withFeedback(async (root) => {
    const line = `${JSON.stringify(LEGACY_ENTRY)}\n`;
    const { workflow_id } = stateOf(root, idOf(1, 0));
    const same = `${JSON.stringify({ ...LEGACY_ENTRY, workflow_id })}\n`;
    writeTree(root, {
      ".workflow_feedback.jsonl": line,
      ".workflow_process_feedback.jsonl": line + same,
      ".workflow_tool_feedback.jsonl": "not json\n{\n[]\n",
      ".workflow_migration_in_progress": "",
    });
    const { sessions, tool, damagedLines } = await review(root);
    assertEquals([sessions, tool.errors, damagedLines], [3, 2, 3]);
  }));

Deno.test("reviewFeedback() names a file that cannot be read, and reads the others", () =>
  withFeedback(async (root) => {
    const path = `.orchestrator/sessions/${idOf(1, 0)}/feedback`;
    Deno.removeSync(`${root}/${path}`, { recursive: true });
    writeTree(root, { [`${path}/tool.jsonl/`]: "" });
    const { sessions, warnings } = await review(root);
    assertEquals([sessions, warnings.length], [1, 1]);
    assertStringIncludes(warnings[0] ?? "", "tool.jsonl");
  }));

Deno.test("reviewFeedback() of a repository without feedback is empty", () =>
  withRoot({}, async (root) => {
    const { sessions, suggestions } = await review(root);
    assertEquals([sessions, suggestions], [0, []]);
  }));
