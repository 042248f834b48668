import {
  type Initialized,
  type InitOptions,
  initRepository,
} from "../../src/work/init.ts";
import { validateWorkflow } from "../../src/work/validate_workflow.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  agent,
  APPROVING,
  EASY_WORKFLOW,
  type FixedHost,
  fixedHost,
  type Machine,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
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
      workflow: "written",
      kept: null,
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

Deno.test("initRepository() may be repeated, and then changes no byte", () =>
  withRoot({}, async (root) => {
    await init(root);
    const again = await withoutTrace(root, () => init(root));
    assertEquals([again.workflow, again.kept], ["kept", null]);
  }));

Deno.test("initRepository() keeps the workflow.yaml that is there, valid or not", () =>
  withRoot({ "workflow.yaml": "broken: [" }, async (root) => {
    assertEquals((await init(root)).workflow, "kept");
    assertEquals(readTree(root)["workflow.yaml"], "broken: [");
  }));

Deno.test("initRepository() lets git track a portable repository", () =>
  withRoot({}, async (root) => {
    await init(root, { portable: true });
    const tree = readTree(root);
    assertEquals(".orchestrator/.gitignore" in tree, false);
    const meta = JSON.parse(tree[".orchestrator/meta.json"] ?? "");
    assertEquals(meta.portable, true);
  }));

Deno.test("initRepository() replaces workflow.yaml for a human who types the word, and keeps the old one", () =>
  withRoot({ "workflow.yaml": "old" }, async (root) => {
    const host = fixedHost({ answers: ["replace"] });
    const done = await initRepository(host, { root, force: true });
    assertEquals(host.questions, [
      "To replace workflow.yaml, type replace: ",
    ]);
    assertEquals([done.workflow, done.kept], [
      "written",
      "workflow.yaml.1.bak",
    ]);
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

for (
  const [who, machine, code] of [
    ["an agent", { environment: agent("1") }, "approval_required"],
    ["a script", {}, "approval_required"],
    ["a human who says no", { answers: ["no"] }, "approval_declined"],
  ] as const
) {
  Deno.test(`initRepository() replaces nothing for ${who}`, () =>
    withRoot({ "workflow.yaml": "old" }, async (root) => {
      const error = await refusalWithoutTrace(
        root,
        () => init(root, { force: true }, machine),
      );
      assertEquals([error.kind, error.code], ["denied", code]);
    }));
}

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
