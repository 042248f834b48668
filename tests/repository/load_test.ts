import { sha256Hex } from "../../src/base/checksum.ts";
import { OrcError } from "../../src/base/error.ts";
import {
  decodeWorkflowBytes,
  type LoadedWorkflow,
  type LoadOptions,
  loadWorkflow,
  readWorkflow,
} from "../../src/repository/load.ts";
import { openRepository } from "../../src/repository/open.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  refusalOf,
  withRoot,
  WORKTREES,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

/** Loads a workflow as somebody in a directory of the repository would. */
function load(
  root: string,
  options: LoadOptions = {},
  directory = "",
): Promise<LoadedWorkflow> {
  const host = fixedHost({ workingDirectory: `${root}${directory}` });
  return loadWorkflow(host, openRepository(host, { root }), options);
}

function named(name: string): string {
  return EASY_WORKFLOW.replace("Easy", name);
}

Deno.test("loadWorkflow() takes workflow.yaml, with the hash of its bytes", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const { workflow, path, sha256, warnings } = await load(root);
    assertEquals([workflow.name, path], ["Easy", `${root}/workflow.yaml`]);
    const bytes = new TextEncoder().encode(EASY_WORKFLOW);
    assertEquals(sha256, await sha256Hex(bytes));
    assertEquals(warnings, []);
  }));

Deno.test("loadWorkflow() takes the bundled one where there is none, which is no file", () =>
  withRoot({ "package.json": '{"scripts":{"test":"x"}}' }, async (root) => {
    const { workflow, path, sha256 } = await load(root);
    assertEquals([workflow.name, path], ["Software change", null]);
    assertEquals(workflow.settings.get("test_command"), "npm test");
    assertEquals(sha256.length, 64);
  }));

Deno.test("loadWorkflow() looks for a named file where the caller is, then in the repository", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW,
    "a/both.yaml": named("Here"),
    "both.yaml": named("There"),
    "only.yaml": named("Only"),
  }, async (root) => {
    const nameOf = async (file: string): Promise<string> =>
      (await load(root, { file }, "/a")).workflow.name;
    assertEquals(await nameOf("both.yaml"), "Here");
    assertEquals(await nameOf("only.yaml"), "Only");
    assertEquals(await nameOf("../both.yaml"), "There");
    assertEquals(await nameOf(`${root}/both.yaml`), "There");
  }));

Deno.test("loadWorkflow() takes the workflow of the linked worktree it is called in", () =>
  withRoot(
    { ...WORKTREES, "wt/workflow.yaml": named("Linked") },
    async (root) => {
      const host = fixedHost({ workingDirectory: `${root}/wt` });
      const { workflow } = await loadWorkflow(host, openRepository(host), {});
      assertEquals(workflow.name, "Linked");
    },
  ));

Deno.test("loadWorkflow() refuses a named file that is missing, and names it whole", () =>
  withRoot({}, async (root) => {
    const error = await refusalOf(() => load(root, { file: "a.yaml" }));
    assertEquals([error.kind, error.code], ["not_found", "no_such_workflow"]);
    assertEquals(error.message, `No workflow file "${root}/a.yaml"`);
  }));

Deno.test("loadWorkflow() puts overrides above the file's own settings", () =>
  withRoot({
    "workflow.yaml": `${EASY_WORKFLOW}settings: {a: file, b: file}\n`,
  }, async (root) => {
    const overrides = new Map([["a", "named"], ["c", "named"]]);
    const { workflow } = await load(root, { overrides });
    assertEquals(Object.fromEntries(workflow.settings), {
      a: "named",
      b: "file",
      c: "named",
    });
  }));

Deno.test("readWorkflow() names all problems of a file with their places", () =>
  withRoot({ "a.yaml": "name: 1\nphases:\n  - id: plan\n" }, async (root) => {
    const path = `${root}/a.yaml`;
    const error = await refusalOf(() => readWorkflow(path));
    assertEquals([error.kind, error.code, error.path], [
      "config",
      "invalid_workflow",
      path,
    ]);
    const lines = error.message.split("\n");
    assertEquals(lines.length, 3);
    assert(lines.every((line) => line.startsWith(`${path}:`)), error.message);
  }));

Deno.test("decodeWorkflowBytes() takes UTF-8 and calls all else a mistake of the file", () => {
  const bytes = new TextEncoder().encode("name: größer");
  assertEquals(decodeWorkflowBytes(bytes, "a.yaml"), "name: größer");
  const error = assertThrows(
    () => decodeWorkflowBytes(new Uint8Array([0x6e, 0xe4, 0x6e]), "a.yaml"),
    OrcError,
  );
  assertEquals([error.kind, error.hint], ["config", "save the file as UTF-8"]);
});
