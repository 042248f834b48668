import type { OrcError } from "../../src/base/error.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { type StartOptions, startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  agent,
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
  refusalWithoutTrace,
  sessionsIn,
  stateOf,
  withRoot,
  WORKFLOW,
  WORKTREES,
} from "./fixtures.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

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
    const started = await startSession(fixedHost(), {
      root,
      task: "Add login",
    });
    assertEquals(started.workflowPath, null);
    assertEquals(
      started.summary.phases.map(({ id }) => id),
      ["PLAN", "EXECUTE", "REVIEW", "VERIFY", "LEARN"],
    );
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

Deno.test("startSession() lets only one of two starts of one caller through", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    for (const machine of [{}, ONE]) {
      const number = machine === ONE ? 5 : 1;
      const ended = await Promise.allSettled(
        [number, number + 1].map((each) =>
          startSession(fixedHost({ ...machine, number: each }), {
            root,
            task: `Task ${each}`,
          })
        ),
      );
      const refused = ended.filter((end) => end.status === "rejected");
      assertEquals(
        refused.map(({ reason }) => (reason as OrcError).code),
        ["session_active"],
      );
      const id = currentOf(root);
      assertEquals(
        (await readStatus(fixedHost(machine), { root })).session,
        id,
      );
    }
    assertEquals(sessionsIn(root).length, 2);
  }));

Deno.test("startSession() lets two agents start at once, each into a session of its own", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    await Promise.all(
      [ONE, TWO].map((machine, index) =>
        startSession(fixedHost({ ...machine, number: index + 1 }), {
          root,
          task: `Task ${index + 1}`,
        })
      ),
    );
    for (const [machine, task] of [[ONE, "Task 1"], [TWO, "Task 2"]] as const) {
      const status = await readStatus(fixedHost(machine), { root });
      assertEquals([status.task, status.sessionSource], [task, "agent"]);
    }
    assertEquals(sessionsIn(root), [idOf(1, 0), idOf(2, 0)]);
    assert(sessionsIn(root).includes(currentOf(root)));
  }));

Deno.test("startSession() goes on where current names a session that is gone", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW,
    ".orchestrator/current": "34aa3244",
  }, async (root) => {
    await startSession(fixedHost(), { root, task: "Add login" });
    assertEquals(currentOf(root), idOf(0, 0));
  }));

/** A start that must fail, in a repository with these files. */
interface FailingStart {
  readonly because: string;
  readonly files?: Files;
  readonly options?: Partial<StartOptions>;
  readonly machine?: Machine;
  readonly kind: string;
  readonly code: string;
}

const FAILING: readonly FailingStart[] = [
  {
    because: "an empty task",
    options: { task: "" },
    kind: "usage",
    code: "invalid_task",
  },
  {
    because: "a task of blanks",
    options: { task: " \n\t" },
    kind: "usage",
    code: "invalid_task",
  },
  {
    because: "a task that is too long",
    options: { task: "ä".repeat(10_001) },
    kind: "usage",
    code: "invalid_task",
  },
  {
    because: "an empty constraint among good ones",
    options: { constraints: ["good", " "] },
    kind: "usage",
    code: "invalid_constraint",
  },
  {
    because: "a constraint that is too long",
    options: { constraints: ["x".repeat(1001)] },
    kind: "usage",
    code: "invalid_constraint",
  },
  {
    because: "an invalid workflow",
    files: { "workflow.yaml": "name: Broken\nphases: nothing\n" },
    kind: "config",
    code: "invalid_workflow",
  },
  {
    because: "a workflow that is no YAML",
    files: { "workflow.yaml": "name:\n\t- x\n" },
    kind: "config",
    code: "invalid_yaml",
  },
  {
    because: "a workflow that is a directory",
    files: { "workflow.yaml/": "" },
    kind: "config",
    code: "not_a_regular_file",
  },
  {
    because: "a workflow file that is missing",
    options: { file: "missing.yaml" },
    kind: "not_found",
    code: "no_such_workflow",
  },
  {
    because: "overrides that are no settings",
    files: { ".orchestrator.yaml": "- a\n" },
    kind: "config",
    code: "invalid_overrides",
  },
  {
    because: "an own session that is active",
    files: { ".workflow_state.json": legacyState() },
    kind: "refused",
    code: "session_active",
  },
  {
    because: "a legacy state that cannot be read",
    files: { ".workflow_state.json": "{" },
    kind: "corrupt",
    code: "invalid_json",
  },
  {
    because: "a current that is no session id",
    files: { ".orchestrator/current": "../x" },
    kind: "corrupt",
    code: "invalid_current",
  },
  {
    because: "a current that is a directory",
    files: { ".orchestrator/current/": "" },
    options: { beside: true },
    kind: "corrupt",
    code: "not_a_regular_file",
  },
  {
    because: "bindings that are a file",
    files: { ".orchestrator/bindings": "" },
    options: { beside: true },
    machine: ONE,
    kind: "corrupt",
    code: "not_a_directory",
  },
  {
    because: "an .orchestrator that is a file",
    files: { ".orchestrator": "" },
    kind: "corrupt",
    code: "not_a_directory",
  },
  {
    because: "a bad time limit",
    options: { lockTimeout: "soon" },
    kind: "usage",
    code: "invalid_lock_timeout",
  },
];

for (const { because, files, options, machine, kind, code } of FAILING) {
  Deno.test(`startSession() changes no byte when it fails for ${because}`, () =>
    withRoot({ ...files }, async (root) => {
      const error = await refusalWithoutTrace(
        root,
        () =>
          startSession(fixedHost({ ...machine, workingDirectory: root }), {
            root,
            task: "Task",
            ...options,
          }),
      );
      assertEquals([error.kind, error.code], [kind, code]);
    }));
}

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
    assertEquals((await readStatus(fixedHost(), { root })).phase, "DO");
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
