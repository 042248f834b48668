import { openRepository } from "../../src/repository/open.ts";
import {
  type PinnedWorkflow,
  pinWorkflow,
  type WorkflowChoice,
} from "../../src/repository/pin_workflow.ts";
import { decodeDefinition } from "../../src/workflow/definition.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
  WORKTREES,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

function pin(
  root: string,
  choice: WorkflowChoice = {},
): Promise<PinnedWorkflow> {
  const host = fixedHost({ workingDirectory: root });
  return pinWorkflow(
    host,
    openRepository(host, { root }),
    choice,
    "add-login-0001",
  );
}

async function settingsOf(
  root: string,
  choice: WorkflowChoice = {},
): Promise<Record<string, unknown>> {
  return Object.fromEntries((await pin(root, choice)).workflow.settings);
}

/** The command that an item of the pinned workflow is checked by. */
function commandOf({ workflow }: PinnedWorkflow, id: string): unknown {
  const items = workflow.phases.flatMap((phase) => phase.items);
  const verification = items.find((item) => item.id === id)?.verification;
  return verification?.type === "command" ? verification.command : undefined;
}

Deno.test("pinWorkflow() keeps the workflow whole, and where it came from in the Python tool's keys", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const pinned = await withoutTrace(root, () => pin(root));
    assertEquals(decodeDefinition(pinned.definition), pinned.workflow);
    assertEquals(Object.fromEntries(pinned.metadata), {
      workflow_yaml_path: `${root}/workflow.yaml`,
      workflow_yaml_checksum: pinned.sha256.slice(0, 16),
    });
  }));

Deno.test("pinWorkflow() puts flags above .orchestrator.yaml, and that above the workflow", () =>
  withRoot({
    "workflow.yaml":
      `${EASY_WORKFLOW}settings: {test_command: file, build_command: file, docs: file}\n`,
    ".orchestrator.yaml":
      "test_command: overrides\nbuild_command: overrides\nsupervision_mode: zero_human\n",
  }, async (root) => {
    assertEquals(await settingsOf(root, { testCommand: "flag" }), {
      test_command: "flag",
      build_command: "overrides",
      docs: "file",
      supervision_mode: "zero_human",
    });
    assertEquals(await settingsOf(root, { buildCommand: "flag" }), {
      test_command: "overrides",
      build_command: "flag",
      docs: "file",
      supervision_mode: "zero_human",
    });
  }));

Deno.test("pinWorkflow() takes overrides for a named file too", () =>
  withRoot({
    "other.yaml": EASY_WORKFLOW,
    ".orchestrator.yaml": "docs: overrides\n",
  }, async (root) => {
    assertEquals(await settingsOf(root, { file: "other.yaml" }), {
      docs: "overrides",
    });
  }));

Deno.test("pinWorkflow() takes an empty file of overrides, or one of comments, for none", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    for (const text of ["", "# nothing\n", "---\n", "{}\n", "null\n"]) {
      Deno.writeTextFileSync(`${root}/.orchestrator.yaml`, text);
      assertEquals(await settingsOf(root), {}, text);
    }
  }));

Deno.test("pinWorkflow() takes overrides from the working tree", () =>
  withRoot({
    ...WORKTREES,
    "wt/.orchestrator.yaml": "docs: linked\n",
    "main/.orchestrator.yaml": "docs: main\n",
  }, async (root) => {
    const host = fixedHost({ workingDirectory: `${root}/wt` });
    const { workflow } = await pinWorkflow(
      host,
      openRepository(host),
      {},
      "add-login-0001",
    );
    assertEquals(workflow.settings.get("docs"), "linked");
  }));

for (
  const [what, text, code] of [
    ["a list", "- a\n", "invalid_overrides"],
    ["a text", "test_command\n", "invalid_overrides"],
    ["keys that are no strings", "1: a\n", "invalid_overrides"],
    ["no YAML", "a: [\n", "invalid_yaml"],
  ] as const
) {
  Deno.test(`pinWorkflow() refuses overrides that are ${what}`, () =>
    withRoot({
      "workflow.yaml": EASY_WORKFLOW,
      ".orchestrator.yaml": text,
    }, async (root) => {
      const error = await refusalWithoutTrace(root, () => pin(root));
      assertEquals([error.kind, error.code], ["config", code]);
      assertEquals(error.path, `${root}/.orchestrator.yaml`);
    }));
}

Deno.test("pinWorkflow() refuses overrides that are no text", () =>
  withRoot({}, async (root) => {
    Deno.writeFileSync(`${root}/.orchestrator.yaml`, new Uint8Array([0xff]));
    const error = await refusalOf(() => pin(root));
    assertEquals([error.kind, error.hint], [
      "config",
      "save the file as UTF-8",
    ]);
  }));

Deno.test("pinWorkflow() takes a named test command where none is found", () =>
  withRoot({}, async (root) => {
    assertEquals("test_command" in await settingsOf(root), false);
    const pinned = await pin(root, { testCommand: "./check all" });
    assertEquals(commandOf(pinned, "tests_pass"), "{{test_command}}");
    assertEquals(pinned.workflow.settings.get("test_command"), "./check all");
  }));

Deno.test("pinWorkflow() takes a named test command instead of the one that is found", () =>
  withRoot({ "package.json": '{"scripts":{"test":"x"}}' }, async (root) => {
    const pinned = await pin(root, { testCommand: "make check" });
    assertEquals(pinned.workflow.settings.get("test_command"), "make check");
  }));

Deno.test("pinWorkflow() lets a command for the shell be named where the workflow is the bundled one", () =>
  withRoot({}, async (root) => {
    const testCommand = "cd web && npm test";
    const pinned = await pin(root, { testCommand });
    assertEquals(commandOf(pinned, "tests_pass"), testCommand);
  }));
