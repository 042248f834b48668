import { jsonObject } from "../../src/base/json.ts";
import { summarize } from "../../src/engine/summary.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import { act, actAll } from "./act.ts";
import {
  AGENT,
  AT,
  COMMAND,
  commandResult,
  complete,
  FILE,
  fileResult,
  GOOD_REASON,
  HUMAN,
  inPhase,
  itemOf,
  MANUAL,
  phaseOf,
  sessionOf,
  skip,
  withItemFields,
  workflowOf,
  workflowWith,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const workflow = workflowOf([
  phaseOf("PLAN", [
    itemOf("scope", { description: "Say what", notes: ["Be brief"] }),
    itemOf("plan", { verification: FILE }),
    itemOf("tests", { verification: COMMAND, stepType: "gate" }),
    itemOf("look", { verification: MANUAL, required: false }),
  ], { notes: ["Think first"] }),
  phaseOf("LEARN", [itemOf("lessons")]),
]);
const started: SessionState = {
  ...sessionOf(workflow),
  project: "shop",
  constraints: ["No new packages"],
};

Deno.test("summarize() tells where a session stands", () => {
  const { state } = actAll(workflow, started, [
    complete("scope"),
    skip("plan"),
    { type: "note", text: "Ask Ada", itemId: null },
  ], AGENT);
  const { items, blockers, next, ...rest } = summarize(workflow, state);
  assertEquals(rest, {
    rejections: [],
    active: true,
    status: "active",
    task: "Add login",
    project: "shop",
    workflowId: "wf_00c0ffee",
    workflow: "Tiny",
    phaseId: "PLAN",
    phases: [
      {
        id: "PLAN",
        name: "Name of PLAN",
        status: "active",
        completed: 1,
        skipped: 1,
        total: 4,
      },
      {
        id: "LEARN",
        name: "Name of LEARN",
        status: "pending",
        completed: 0,
        skipped: 0,
        total: 1,
      },
    ],
    progress: { completed: 1, skipped: 1, total: 5 },
    phaseNotes: ["Think first"],
    constraints: ["No new packages"],
    notes: ["Ask Ada"],
  });
  assertEquals(items.map(({ id, skipReason }) => [id, skipReason]), [
    ["scope", null],
    ["plan", GOOD_REASON],
    ["tests", null],
    ["look", null],
  ]);
  assertEquals(blockers.map(({ itemId }) => itemId), ["tests"]);
  assertEquals(next?.item, items[2]);
  assertEquals(
    [next?.command, next?.human],
    ['orc complete tests --notes "<what you did>"', false],
  );
});

Deno.test("summarize() tells what is known of an item", () => {
  const { items } = summarize(
    workflow,
    act(workflow, started, { type: "start_item", itemId: "scope" }, AGENT)
      .state,
  );
  assertEquals(items[0], {
    id: "scope",
    name: "Name of scope",
    status: "in_progress",
    required: true,
    stepType: "flexible",
    verification: "none",
    description: "Say what",
    check: null,
    notes: ["Be brief"],
    skipConditions: [],
    approval: null,
    passesAt: null,
    evidence: null,
    startedAt: AT,
    tries: 0,
    skipReason: null,
    failure: null,
  });
  assertEquals(
    items.map(({ check }) => check),
    [null, "docs/plan.md", "make test", null],
  );
});

Deno.test("summarize() says why the last try of an item failed", () => {
  const { state } = actAll(workflow, started, [
    complete("plan", { result: fileResult(false) }),
    complete("tests", { result: commandResult(false) }),
  ], AGENT);
  const failures = ({ items }: ReturnType<typeof summarize>) =>
    items.map(({ tries, failure }) => [tries, failure]);
  assertEquals(failures(summarize(workflow, state)), [
    [0, null],
    [1, "docs/plan.md does not exist"],
    [1, "exit code 2"],
    [0, null],
  ]);
  const passed = act(
    workflow,
    state,
    complete("plan", { result: fileResult(true) }),
    AGENT,
  );
  const [, plan] = failures(summarize(workflow, passed.state));
  assertEquals(plan, [1, null]);
});

Deno.test("summarize() reads failures as the Python tool wrote them", () => {
  const results: readonly Parameters<typeof jsonObject>[0][] = [
    { type: "file_exists", path: "/repo/docs/plan.md", exists: false },
    { error: "Command not found: make" },
    { exit_code: 1, error: "" },
    {},
  ];
  const failures = results.map((result) => {
    const state = withItemFields(workflow, started, "plan", {
      status: "failed",
      retryCount: 1,
      verificationResult: jsonObject(result),
    });
    return summarize(workflow, state).items[1]?.failure;
  });
  assertEquals(failures, [
    "/repo/docs/plan.md not found",
    "Command not found: make",
    "exit code 1",
    null,
  ]);
});

Deno.test("summarize() shows in the last phase what was left open anywhere", () => {
  const state = inPhase(workflow, started, "LEARN");
  const { blockers, next } = summarize(workflow, state);
  assertEquals(
    blockers.map(({ itemId }) => itemId),
    ["scope", "plan", "tests", "lessons"],
  );
  assertEquals(next?.item?.id, "lessons");
});

Deno.test("summarize() asks nothing more of a session that has ended", () => {
  const ends = [
    { type: "abandon", reason: "Dropped", notes: null },
    { type: "finish", notes: null, force: true },
  ] as const;
  const summaries = ends.map((action) =>
    summarize(workflow, act(workflow, started, action, HUMAN).state)
  );
  assertEquals(
    summaries.map((
      { active, status, blockers, next },
    ) => [active, status, blockers, next]),
    [[false, "abandoned", [], null], [false, "completed", [], null]],
  );
});

Deno.test("summarize() shows a session whose phase its workflow does not define", () => {
  const lost = { ...started, currentPhaseId: "GONE" };
  const { phaseId, items, blockers, next, progress } = summarize(
    workflow,
    lost,
  );
  assertEquals([phaseId, items, blockers, next], ["GONE", [], [], null]);
  assertEquals(progress.total, 5);
});

Deno.test("summarize() counts what the state does not know as untouched", () => {
  const { progress, items } = summarize(workflow, { ...started, phases: [] });
  assertEquals(progress, { completed: 0, skipped: 0, total: 5 });
  assertEquals(items.map(({ status }) => status), Array(4).fill("pending"));
});

Deno.test("summarize() leads to the end of a phase without items", () => {
  const empty = workflowOf([phaseOf("PLAN", [])]);
  const { next, progress } = summarize(empty, sessionOf(empty));
  assertEquals(next, {
    command: "orc finish",
    item: null,
    human: false,
    action: "finish",
  });
  assertEquals(progress.total, 0);
});

Deno.test("summarize() sends to a human only for what an agent cannot do", () => {
  const manual = workflowWith(itemOf("look", { verification: MANUAL }));
  const { next } = summarize(manual, sessionOf(manual));
  assertEquals(
    [next?.command, next?.item?.id, next?.human],
    ["orc approve-item look", "look", true],
  );
});
