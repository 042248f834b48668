import { readTree } from "../files/temporary.ts";
import { EASY_WORKFLOW, legacyState, withRoot } from "../work/fixtures.ts";
import { expectExit, resultOf, shellIn } from "./shell.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

Deno.test("files of other programs in .orchestrator are neither read nor changed", () => {
  const foreign = {
    ".orchestrator/state.json": '{"tasks": [], "dependencies": {}}',
    ".orchestrator/audit.jsonl": '{"tool": "call"}\n',
  };
  return withRoot({
    ...foreign,
    "workflow.yaml": EASY_WORKFLOW,
  }, async (root) => {
    const shell = shellIn(root);
    await expectExit(4, shell, ["status", "--root", root]);
    await expectExit(0, shell, ["start", "Task", "--root", root]);
    await expectExit(0, shell, ["complete", "it"]);
    await expectExit(0, shell, ["finish"]);
    const after = readTree(root);
    for (const [path, text] of Object.entries(foreign)) {
      assertEquals(after[path], text);
    }
  });
});

Deno.test("a session that began at a time without a zone can be finished", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW,
    ".workflow_state.json": legacyState({
      created_at: "2026-01-02T03:04:05",
      updated_at: "2026-01-02T03:04:05.123456",
    }),
  }, async (root) => {
    const shell = shellIn(root);
    await expectExit(0, shell, ["complete", "it", "--root", root]);
    await expectExit(0, shell, ["finish"]);
    await expectExit(0, shell, ["session", "list"]);
    assertEquals((await resultOf(shell, ["status"])).status, "completed");
  }));

Deno.test("start in a sub-directory makes no second .orchestrator and takes the workflow above", () =>
  withRoot({
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/objects/": "",
    ".git/refs/": "",
    "workflow.yaml": EASY_WORKFLOW,
    "src/deep/": "",
  }, async (root) => {
    const shell = shellIn(`${root}/src/deep`);
    const { out } = await expectExit(0, shell, ["start", "Task"]);
    assertStringIncludes(out, "workflow.yaml");
    const paths = Object.keys(readTree(root));
    assert(paths.includes(".orchestrator/current"));
    assert(!paths.some((path) => path.startsWith("src/deep/.")));
    const { root: found } = JSON.parse(
      (await shell(["status", "--full"])).out,
    );
    assertEquals(found, root);
  }));

Deno.test("a root that does not exist is not made", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const before = readTree(root);
    const shell = shellIn(root);
    await expectExit(4, shell, ["start", "Task", "-d", `${root}/missing`]);
    assertEquals(readTree(root), before);
  }));
