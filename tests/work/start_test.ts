import type { OrcError } from "../../src/base/error.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { type StartOptions, startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  agent,
  codeWithoutTrace,
  EASY_WORKFLOW,
  edit,
  eventsOf,
  type Files,
  fixedHost,
  idOf,
  legacyState,
  loggedTypes,
  type Machine,
  NOW,
  refusalOf,
  refusalWithoutTrace,
  sessionsIn,
  stateOf,
  withRoot,
  WORKFLOW,
  WORKTREES,
} from "./fixtures.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";

const ONE: Machine = { environment: agent("1") };
const TWO: Machine = { environment: agent("2") };

function currentOf(root: string): string {
  return Deno.readTextFileSync(`${root}/.orchestrator/current`);
}

Deno.test("startSession() stores a session, makes it current and writes nothing elsewhere", () =>
  withRoot({ "workflow.yaml": WORKFLOW }, async (root) => {
    const started = await startSession(fixedHost(), {
      root,
      task: "Add login",
      project: "shop",
      constraints: ["No new packages", "Ada decides"],
    });
    const id = idOf(0, 0);
    assertEquals(started.place, { root, rootSource: "flag", session: id });
    assertEquals(started.workflowPath, `${root}/workflow.yaml`);
    assertEquals(started.summary.next?.item?.id, "idea");
    assertEquals(Object.keys(readTree(root)).sort(), [
      ".orchestrator/",
      ".orchestrator/.gitignore",
      ".orchestrator/current",
      ".orchestrator/meta.json",
      ".orchestrator/sessions/",
      `.orchestrator/sessions/${id}/`,
      `.orchestrator/sessions/${id}/log.jsonl`,
      `.orchestrator/sessions/${id}/meta.json`,
      `.orchestrator/sessions/${id}/state.json`,
      "workflow.yaml",
    ]);
    assertEquals(currentOf(root), id);
    const state = stateOf(root);
    assertEquals(
      [state.task_description, state.project, state.constraints],
      ["Add login", "shop", ["No new packages", "Ada decides"]],
    );
    assertMatch(state.workflow_id, /^wf_[0-9a-f]{8}$/);
    assertEquals(state.created_at, NOW);
    assertEquals(loggedTypes(root), ["workflow_started", "phase_started"]);
  }));

Deno.test("startSession() takes the bundled workflow where there is none, and needs no init", () =>
  withRoot({}, async (root) => {
    const what = { root, task: "Add login" };
    const { workflowPath, summary } = await startSession(fixedHost(), what);
    assertEquals([workflowPath, summary.phases.length], [null, 5]);
    assertEquals("workflow.yaml" in readTree(root), false);
  }));

Deno.test("startSession() binds an agent to its session", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    await startSession(fixedHost(ONE), { root, task: "Add login" });
    const bindings = Object.entries(readTree(`${root}/.orchestrator/bindings`));
    assertEquals(
      bindings.map(([, text]) => JSON.parse(text)),
      [{ kind: "agent", name: "claude-code:1", session: idOf(0, 0), at: NOW }],
    );
    assertEquals(currentOf(root), idOf(0, 0));
    const [started] = eventsOf(root);
    assertEquals(started?.details.get("agent"), "claude-code:1");
  }));

Deno.test("startSession() keeps the state of a linked worktree in the main one", () =>
  withRoot(WORKTREES, async (root) => {
    const host = fixedHost({ workingDirectory: `${root}/wt` });
    const { place, workflowPath } = await startSession(host, { task: "Task" });
    assertEquals([place.root, place.rootSource], [`${root}/main`, "worktree"]);
    assertEquals(workflowPath, `${root}/wt/workflow.yaml`);
    assertEquals(sessionsIn(`${root}/main`), [idOf(0, 0)]);
    assertEquals(".orchestrator/" in readTree(`${root}/wt`), false);
  }));

Deno.test("startSession() refuses a second session of the same caller, and says how to go on", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    await startSession(fixedHost({ ...ONE, number: 1 }), { root, task: "One" });
    const again = () =>
      startSession(fixedHost({ ...ONE, number: 2 }), { root, task: "Two" });
    const error = await refusalWithoutTrace(root, again);
    assertEquals([error.kind, error.code], ["refused", "session_active"]);
    assertEquals(error.details, { session: idOf(1, 0) });
    await abandonSession(fixedHost({ ...ONE, number: 3 }), {
      root,
      reason: "No longer wanted",
    });
    assertEquals((await again()).place.session, idOf(2, 0));
  }));

Deno.test("startSession() starts a session beside the caller's own, which stays open", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    await startSession(fixedHost({ number: 1 }), { root, task: "One" });
    const beside = { root, task: "Two", beside: true };
    await startSession(fixedHost({ number: 2 }), beside);
    assertEquals(currentOf(root), idOf(2, 0));
    const first = await readStatus(fixedHost(), { root, session: idOf(1, 0) });
    assertEquals([first.task, first.status], ["One", "active"]);
  }));

/** Two starts at once, by these machines; those that were refused are undefined. */
async function startBoth(
  root: string,
  machines: readonly [Machine, Machine],
): Promise<readonly (string | null | undefined)[]> {
  const first = 2 * sessionsIn(root).length + 1;
  const ended = await Promise.allSettled(
    machines.map((machine, index) => {
      const host = fixedHost({ ...machine, number: first + index });
      return startSession(host, { root, task: `Task ${index + 1}` });
    }),
  );
  return ended.map((end) => {
    if (end.status === "fulfilled") return end.value.place.session;
    assertEquals((end.reason as OrcError).code, "session_active");
    return undefined;
  });
}

Deno.test("startSession() lets only one of two starts of one caller through", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    writeTree(root, { ".orchestrator/sessions/": "" });
    for (const machine of [{}, ONE]) {
      const started = await startBoth(root, [machine, machine]);
      const id = currentOf(root);
      assertEquals(started.filter((each) => each !== undefined), [id]);
      const { session } = await readStatus(fixedHost(machine), { root });
      assertEquals(session, id);
    }
    assertEquals(sessionsIn(root).length, 2);
  }));

Deno.test("startSession() lets two agents start at once, each into a session of its own", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    writeTree(root, { ".orchestrator/sessions/": "" });
    const started = await startBoth(root, [ONE, TWO]);
    for (const [index, machine] of [ONE, TWO].entries()) {
      const status = await readStatus(fixedHost(machine), { root });
      assertEquals(status.session, started[index]);
      assertEquals(status.task, `Task ${index + 1}`);
      assertEquals(status.sessionSource, "agent");
    }
    assert(started.includes(currentOf(root)));
  }));

Deno.test("startSession() goes on where current names a session that is gone", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW,
    ".orchestrator/current": "01kk0000000000000000000009",
  }, async (root) => {
    await startSession(fixedHost(), { root, task: "Add login" });
    assertEquals(currentOf(root), idOf(0, 0));
  }));

/** Starts that must fail: why, with what, and where it is not the default, in which repository. */
const FAILING: readonly (readonly [
  string,
  string,
  { files?: Files; options?: Partial<StartOptions>; machine?: Machine },
])[] = [
  ["an empty task", "usage invalid_task", { options: { task: "" } }],
  ["a task of blanks", "usage invalid_task", { options: { task: " \n\t" } }],
  ["a task that is too long", "usage invalid_task", {
    options: { task: "ä".repeat(10_001) },
  }],
  ["an empty constraint among good ones", "usage invalid_constraint", {
    options: { constraints: ["good", " "] },
  }],
  ["a constraint that is too long", "usage invalid_constraint", {
    options: { constraints: ["x".repeat(1001)] },
  }],
  ["an invalid workflow", "config invalid_workflow", {
    files: { "workflow.yaml": "name: Broken\nphases: nothing\n" },
  }],
  ["a workflow that is no YAML", "config invalid_yaml", {
    files: { "workflow.yaml": "name:\n\t- x\n" },
  }],
  ["a workflow that is a directory", "config not_a_regular_file", {
    files: { "workflow.yaml/": "" },
  }],
  ["a workflow file that is missing", "not_found no_such_workflow", {
    options: { file: "missing.yaml" },
  }],
  ["overrides that are no settings", "config invalid_overrides", {
    files: { ".orchestrator.yaml": "- test_command: a\n" },
  }],
  ["an own session that is active", "refused session_active", {
    files: { ".workflow_state.json": legacyState() },
  }],
  ["a legacy state that cannot be read", "corrupt invalid_json", {
    files: { ".workflow_state.json": "{" },
  }],
  ["bindings that are a file", "corrupt not_a_directory", {
    files: { ".orchestrator/bindings": "" },
    options: { beside: true },
    machine: ONE,
  }],
  ["an .orchestrator that is a file", "corrupt not_a_directory", {
    files: { ".orchestrator": "" },
  }],
  ["a bad time limit", "usage invalid_lock_timeout", {
    options: { lockTimeout: "soon" },
  }],
];

for (const [because, expected, { files, options, machine }] of FAILING) {
  Deno.test(`startSession() changes no byte when it fails for ${because}`, () =>
    withRoot({ ...files }, async (root) => {
      const host = fixedHost({ ...machine, workingDirectory: root });
      const what = { root, task: "Task", ...options };
      const start = () => startSession(host, what);
      assertEquals(await codeWithoutTrace(root, start), expected);
    }));
}

Deno.test("startSession() says so where a session is stored, but nobody could be put into it", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const host = fixedHost(ONE);
    const idSource = () => {
      // Somebody else's file, after all was looked at.
      writeTree(root, { ".orchestrator/bindings": "" });
      return host.idSource();
    };
    const error = await refusalOf(() =>
      startSession({ ...host, idSource }, { root, task: "Add login" })
    );
    const id = idOf(0, 0);
    assertEquals([error.kind, error.code], ["corrupt", "session_not_chosen"]);
    assertStringIncludes(error.message, `"${id}" is stored, but not chosen: `);
    assertEquals(error.hint, `orc session switch ${id}`);
    assertEquals(sessionsIn(root), [id]);
  }));

Deno.test("startSession() counts characters of tasks and constraints as people do", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const task = "😀".repeat(10_000);
    const constraints = ["😀".repeat(1000)];
    await startSession(fixedHost(), { root, task, constraints });
    assertEquals(stateOf(root).task_description, task);
  }));

Deno.test("startSession() pins the workflow: what is edited later changes nothing that runs", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    await startSession(fixedHost(), { root, task: "Add login" });
    edit(`${root}/workflow.yaml`, "id: it,", "id: another,");
    const { items, next } = await readStatus(fixedHost(), { root });
    assertEquals(items.map(({ id }) => id), ["it"]);
    assertEquals(next?.item?.id, "it");
    writeTree(root, { "workflow.yaml": "phases: broken" });
    assertEquals((await readStatus(fixedHost(), { root })).phaseId, "DO");
  }));

Deno.test("startSession() passes on what is doubtful in the workflow, and starts", () =>
  withRoot(
    { "workflow.yaml": `${EASY_WORKFLOW}colour: blue\n` },
    async (root) => {
      const { problems } = await startSession(fixedHost(), {
        root,
        task: "Task",
      });
      assertEquals(problems.map(({ code }) => code), ["unknown_key"]);
    },
  ));
