import {
  type Initialized,
  type InitOptions,
  initRepository,
  type Validated,
  validateWorkflow,
} from "../../src/work/init.ts";
import { startSession } from "../../src/work/start.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  agent,
  APPROVING,
  codeWithoutTrace,
  EASY_WORKFLOW,
  type FixedHost,
  fixedHost,
  type Machine,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
  WORKFLOW,
  WORKTREES,
} from "./fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

function init(
  root: string,
  options: InitOptions = {},
  machine: Machine = {},
): Promise<Initialized> {
  return initRepository(fixedHost(machine), { root, ...options });
}

Deno.test("initRepository() makes .orchestrator and a workflow.yaml for the project, and nothing else", () =>
  withRoot({ "go.mod": "" }, async (root) => {
    assertEquals(await init(root), {
      place: { root, rootSource: "flag", session: null },
      root,
      workingTree: root,
      workflow: "written",
      kept: null,
      activeSession: null,
      dryRun: false,
      warnings: [],
    });
    const tree = readTree(root);
    assertEquals(Object.keys(tree).sort(), [
      ".orchestrator/",
      ".orchestrator/.gitignore",
      ".orchestrator/meta.json",
      ".orchestrator/sessions/",
      ".orchestrator/workflow.schema.json",
      "go.mod",
      "workflow.yaml",
    ]);
    assertStringIncludes(tree["workflow.yaml"] ?? "", "go test ./...");
    assertEquals((await validateWorkflow(fixedHost(), { root })).phases, 5);
  }));

Deno.test("initRepository() keeps the workflow.yaml that is there, valid or not, and then changes no byte", () =>
  withRoot({ "workflow.yaml": "broken: [" }, async (root) => {
    const { workflow, kept } = await init(root);
    assertEquals([workflow, kept], ["kept", null]);
    assertEquals(readTree(root)["workflow.yaml"], "broken: [");
    const again = await withoutTrace(root, () => init(root));
    assertEquals(again.workflow, "kept");
  }));

Deno.test("initRepository() lets git track a portable repository", () =>
  withRoot({}, async (root) => {
    await init(root, { portable: true });
    const tree = readTree(root);
    assertEquals(".orchestrator/.gitignore" in tree, false);
    const meta = JSON.parse(tree[".orchestrator/meta.json"] ?? "");
    assertEquals(meta.portable, true);
  }));

Deno.test("a --portable that comes too late says what helps, and that helps", () =>
  withRoot({}, async (root) => {
    await init(root);
    const path = `${root}/.orchestrator/.gitignore`;
    const late = await init(root, { portable: true });
    assertEquals(late.warnings, [
      `--portable changes nothing any more: empty "${path}" to let git track what lies beside it`,
    ]);
    Deno.writeTextFileSync(path, "");
    assertEquals((await init(root, { portable: true })).warnings, []);
    assertEquals(Deno.readTextFileSync(path), "");
  }));

Deno.test("initRepository() replaces workflow.yaml for a human who types the word, and keeps the old one", () =>
  withRoot({ "workflow.yaml": "old" }, async (root) => {
    const host = fixedHost({ answers: ["replace"] });
    const done = await initRepository(host, { root, force: true });
    const question = "To replace workflow.yaml, type replace: ";
    assertEquals(host.questions, [question]);
    assertEquals(done.workflow, "written");
    assertEquals(done.kept, "workflow.yaml.1.bak");
    const tree = readTree(root);
    assertEquals(tree["workflow.yaml.1.bak"], "old");
    assertStringIncludes(tree["workflow.yaml"] ?? "", "name: Software change");
  }));

Deno.test("initRepository() takes a new name for each old workflow.yaml", () =>
  withRoot({
    "workflow.yaml": "third",
    "workflow.yaml.1.bak": "first",
    "workflow.yaml.2.bak/": "",
  }, async (root) => {
    const machine = { environment: APPROVING };
    const { kept } = await init(root, { force: true }, machine);
    assertEquals(kept, "workflow.yaml.3.bak");
    assertEquals(readTree(root)["workflow.yaml.3.bak"], "third");
    assertEquals(readTree(root)["workflow.yaml.1.bak"], "first");
  }));

Deno.test("initRepository() asks nobody where force has nothing to replace", () =>
  withRoot({}, async (root) => {
    const machine = { environment: agent("1"), answers: [] };
    const { workflow } = await init(root, { force: true }, machine);
    assertEquals(workflow, "written");
  }));

Deno.test("initRepository() replaces nothing for an agent, a script, or a human who says no", () =>
  withRoot({ "workflow.yaml": "old" }, async (root) => {
    const machines: readonly (readonly [Machine, string])[] = [
      [{ environment: agent("1") }, "denied approval_required"],
      [{}, "denied approval_required"],
      [{ answers: ["no"] }, "denied approval_declined"],
    ];
    for (const [machine, expected] of machines) {
      const attempt = () => init(root, { force: true }, machine);
      assertEquals(await codeWithoutTrace(root, attempt), expected);
    }
  }));

Deno.test("initRepository() keeps a workflow.yaml that another process wrote meanwhile", () =>
  withRoot({}, async (root) => {
    let tokens = 0;
    const base = fixedHost();
    const host: FixedHost = {
      ...base,
      // The first token is for the lock, when all has been looked at.
      newToken: () => {
        if (tokens++ === 0) writeTree(root, { "workflow.yaml": EASY_WORKFLOW });
        return base.newToken();
      },
    };
    const { workflow, kept } = await initRepository(host, { root });
    assertEquals([workflow, kept], ["kept", null]);
    assertEquals(readTree(root)["workflow.yaml"], EASY_WORKFLOW);
  }));

Deno.test("initRepository() writes workflow.yaml into the linked worktree it is called in", () =>
  withRoot(WORKTREES, async (root) => {
    Deno.removeSync(`${root}/wt/workflow.yaml`);
    const host = fixedHost({ workingDirectory: `${root}/wt` });
    const done = await initRepository(host);
    assertEquals([done.root, done.workflow], [`${root}/main`, "written"]);
    assertEquals(".orchestrator/" in readTree(`${root}/wt`), false);
    assertEquals("workflow.yaml" in readTree(`${root}/wt`), true);
  }));

Deno.test("initRepository() writes nothing while another process holds the repository's lock", () =>
  withRoot(
    { ".orchestrator/lock": lockText(foreignRecord()) },
    async (root) => {
      const error = await refusalWithoutTrace(
        root,
        () => init(root, { lockTimeout: "0" }),
      );
      assertEquals(error.code, "lock_held");
    },
  ));

function validate(root: string, file?: string): Promise<Validated> {
  const host = fixedHost({ workingDirectory: root });
  return validateWorkflow(host, { root, file });
}

Deno.test("validateWorkflow() tells what a good file holds, and writes nothing", () =>
  withRoot({ "workflow.yaml": WORKFLOW }, async (root) => {
    assertEquals(await withoutTrace(root, () => validate(root)), {
      place: { root, rootSource: "flag", session: null },
      path: `${root}/workflow.yaml`,
      name: "Tiny",
      version: "1.0",
      phases: 2,
      items: 6,
      problems: [],
      warnings: [],
    });
  }));

Deno.test("validateWorkflow() looks at another file, and without any at the bundled workflow", async () => {
  await withRoot({}, async (root) => {
    const { path, phases, problems } = await validate(root);
    assertEquals([path, phases, problems], [null, 5, []]);
  });
  const files = { "workflow.yaml": "broken", "other.yaml": EASY_WORKFLOW };
  await withRoot(files, async (root) => {
    assertEquals((await validate(root, "other.yaml")).name, "Easy");
  });
});

Deno.test("validateWorkflow() tells what is doubtful in a file that can be used", () =>
  withRoot(
    { "workflow.yaml": `${EASY_WORKFLOW}colour: blue\n` },
    async (root) => {
      const { problems } = await validate(root);
      assertEquals(
        problems.map(({ code, severity, line }) => [code, severity, line]),
        [["unknown_key", "warning", 7]],
      );
    },
  ));

Deno.test("validateWorkflow() refuses checks that can verify nothing, which start accepts", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW.replace(
      "name: It}",
      'name: It, verification: {type: command, command: "true"}}',
    ),
  }, async (root) => {
    assertEquals(
      await codeWithoutTrace(root, () => validate(root)),
      "config invalid_workflow",
    );
    const what = { root, task: "Task" };
    const { problems } = await startSession(fixedHost(), what);
    assertEquals(problems.map(({ severity }) => severity), ["error"]);
  }));

Deno.test("validateWorkflow() judges with the settings that a start would use", () =>
  withRoot({
    "workflow.yaml": WORKFLOW,
    ".orchestrator.yaml": "test_command: 'true'\n",
  }, async (root) => {
    const error = await refusalWithoutTrace(root, () => validate(root));
    assertStringIncludes(error.message, "passes whatever was done");
  }));

Deno.test("validateWorkflow() refuses values that no setting can have, in the overrides too", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW,
    ".orchestrator.yaml": "approval_timeout_minutes: 0\n",
  }, async (root) => {
    const error = await refusalWithoutTrace(root, () => validate(root));
    assertEquals(error.code, "invalid_overrides");
    assertStringIncludes(error.message, "found the number 0");
  }));
