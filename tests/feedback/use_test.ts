import {
  captureFeedback,
  type CaptureOptions,
  type Reviewed,
  reviewFeedback,
  type ReviewOptions,
} from "../../src/feedback/use.ts";
import { completeItem } from "../../src/work/complete.ts";
import { skipItem } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  agent,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  LEGACY_ID,
  legacyState,
  type Machine,
  refusalOf,
  stateOf,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertRefused, assertRefusedWithoutTrace } from "../work/refused.ts";
import {
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";

/** A quarter of an hour after the start. */
const LATER = "2026-03-01T10:15:00Z";

async function capture(
  root: string,
  options: CaptureOptions = {},
  machine: Machine = {},
): Promise<void> {
  const host = fixedHost({ number: 9, at: LATER, ...machine });
  await captureFeedback(host, { root, ...options });
}

/** The feedback in a file of the session. */
// deno-lint-ignore no-explicit-any
function linesIn(root: string, name: string, id = idOf(0, 0)): any[] {
  const path = `${root}/.orchestrator/sessions/${id}/feedback/${name}.jsonl`;
  return Deno.readTextFileSync(path).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
}

/** Work of two agents in which something fails and something is skipped. */
async function workABit(root: string): Promise<void> {
  const programs = { "make test": { exitCode: 2, stderr: "1 of 3 failed" } };
  const host = (number: number) =>
    fixedHost({ number, programs, environment: agent(String(number)) });
  const session = idOf(0, 0);
  for (const number of [1, 2]) {
    const item = { root, session, itemId: "tests" };
    await refusalOf(() => completeItem(host(number), item));
  }
  const reason = "Nothing that could be drawn";
  await skipItem(host(3), { root, session, itemId: "sketch", reason });
}

Deno.test("captureFeedback() keeps what the session and its log tell", () =>
  withSession(async (root) => {
    await workABit(root);
    const state = JSON.stringify(stateOf(root));
    Deno.writeTextFileSync(`${root}/package.json`, "{}");
    await capture(root, { auto: true });
    const [tool] = linesIn(root, "tool");
    assertEquals(tool.duration_seconds, 900);
    assertEquals(tool.phases, { PLAN: 900 });
    assertEquals([tool.errors_count, tool.items_skipped_count], [2, 1]);
    assertEquals([tool.mode, tool.repo_type], ["auto", "javascript"]);
    assertEquals(tool.parallel_agents_used, true);
    const [about] = linesIn(root, "process");
    assertEquals(about.items_skipped_reasons.length, 1);
    assertEquals(about.errors_summary.length, 1);
    assertEquals(about.repo, root.split("/").at(-1));
    assertEquals(JSON.stringify(stateOf(root)), state);
  }));

Deno.test("captureFeedback() keeps no secret that somebody says", () =>
  withSession(async (root) => {
    const token = `ghp_${"a1".repeat(18)}`;
    await capture(root, { learnings: `It needs ${token}` });
    const kept = JSON.stringify(linesIn(root, "process"));
    assertStringIncludes(kept, "It needs");
    assertEquals(kept.includes(token), false);
  }));

Deno.test("captureFeedback() takes the salt from the environment", () =>
  withSession(async (root) => {
    await capture(root, { auto: true });
    const machine = { environment: { WORKFLOW_SALT: "pepper" } };
    await capture(root, { auto: true }, machine);
    const [one, other] = linesIn(root, "tool");
    assertNotEquals(one.workflow_id_hash, other.workflow_id_hash);
  }));

Deno.test("captureFeedback() asks a person who has said nothing", () =>
  withSession(async (root) => {
    const answers = ["Ask first", "", " ", undefined];
    const host = fixedHost({ number: 9, at: LATER, answers });
    await captureFeedback(host, { root });
    assertEquals(host.questions.length, 4);
    const [about] = linesIn(root, "process");
    assertEquals(about.mode, "interactive");
    const { learnings, challenges, what_went_well } = about;
    assertEquals([learnings, challenges], ["Ask first", null]);
    assertEquals(what_went_well, null);
    const silent = fixedHost({ number: 10, at: LATER, answers: [] });
    await captureFeedback(silent, { root, auto: true });
    await captureFeedback(silent, { root, improvements: "More tea" });
    assertEquals(silent.questions, []);
  }));

Deno.test("captureFeedback() keeps nothing for whoever does not want it", () =>
  withSession(async (root) => {
    const environment = { ORCHESTRATOR_SKIP_FEEDBACK: "1" };
    await withoutTrace(root, () => capture(root, {}, { environment }));
  }));

Deno.test("captureFeedback() takes feedback on a closed session", () =>
  withSession(async (root) => {
    const host = fixedHost({ number: 1, at: "2026-03-01T10:10:00Z" });
    await abandonSession(host, { root, reason: "Dropped" });
    await capture(root, { learnings: "Ask first" });
    assertEquals(linesIn(root, "tool")[0].duration_seconds, 600);
  }));

Deno.test("captureFeedback() adopts a legacy session first", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    await capture(root, { auto: true });
    assertEquals(linesIn(root, "process", LEGACY_ID)[0].task, "Old task");
    assertEquals(Deno.lstatSync(`${root}/.workflow_state.json`).isFile, true);
  }));

Deno.test("captureFeedback() refuses what is too long, and keeps nothing", () =>
  withSession(async (root) => {
    const run = () => capture(root, { learnings: "a".repeat(2001) });
    await assertRefusedWithoutTrace(root, "usage notes_too_long", run);
  }));

Deno.test("captureFeedback() keeps nothing where there is no session", () =>
  withRoot({}, async (root) => {
    const run = () => capture(root);
    await assertRefusedWithoutTrace(root, "not_found no_session", run);
  }));

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
      const machine = { number: 10 + count, at: `2026-03-01T1${count}:00:00Z` };
      const session = idOf(number, 0);
      await capture(root, { session, learnings: `Lesson ${count}` }, machine);
    }
    await test(root);
  });
}

Deno.test("reviewFeedback() looks back as far as it is told, and takes the latest of each session", () =>
  withFeedback(async (root) => {
    assertEquals((await review(root, { days: "3" })).sessions, 0);
    const { process, days } = await review(root);
    assertEquals([process.sessions, days], [2, 7]);
    assertEquals(process.learnings[1], { task: "Task 1", text: "Lesson 1" });
    const all = await review(root, { all: true });
    assertEquals([all.sessions, all.days], [2, null]);
    const week = () => review(root, { days: "week" });
    await assertRefused("usage invalid_number", week);
  }));

const LEGACY_ENTRY = {
  timestamp: "2026-03-04T00:00:00+00:00",
  workflow_id: "wf_1",
  errors_count: 2,
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
