import { sha256Hex } from "../../src/base/checksum.ts";
import { VERSION } from "../../src/base/version.ts";
import {
  assertOrcFits,
  type LoadedWorkflow,
  type LoadOptions,
  loadWorkflow,
  type PinnedWorkflow,
  pinWorkflow,
  readWorkflow,
  type WorkflowChoice,
} from "../../src/repository/load.ts";
import { openRepository } from "../../src/repository/open.ts";
import { validateWorkflow } from "../../src/work/init.ts";
import { startSession } from "../../src/work/start.ts";
import { decodeDefinition } from "../../src/workflow/definition.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withoutTrace,
  withRoot,
  WORKTREES,
} from "../work/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

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
      const { workflow } = await loadWorkflow(
        host,
        openRepository(host, {}),
        {},
      );
      assertEquals(workflow.name, "Linked");
    },
  ));

Deno.test("loadWorkflow() refuses a named file that is missing, and names it whole", () =>
  withRoot({}, async (root) => {
    const error = await refusalOf(() => load(root, { file: "a.yaml" }));
    assertEquals([error.kind, error.code], ["not_found", "no_such_workflow"]);
    assertEquals(error.message, `No workflow file "${root}/a.yaml"`);
    assertEquals(error.path, `${root}/a.yaml`);
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

Deno.test("assertOrcFits() names the range and the version", async () => {
  const refuse = () => assertOrcFits({ orc: ">=99" }, "/shop/workflow.yaml");
  const error = await refusalOf(refuse);
  assertEquals(
    error.message,
    `The workflow asks for orc ">=99", and this is orc ${VERSION}`,
  );
  assertEquals([error.kind, error.path], ["config", "/shop/workflow.yaml"]);
  assertEquals(error.details, { range: ">=99", version: VERSION });
});

/** A workflow for other versions; what it says else may mean nothing to this one. */
const FOREIGN = {
  "a workflow": `orc: ">=99"\n${EASY_WORKFLOW}`,
  "what this orc takes for mistakes": `orc: ">=99"
name: New
phases: [{id: DO, name: Do, phase_type: dreamy}]
`,
};

for (const [name, text] of Object.entries(FOREIGN)) {
  Deno.test(`startSession() and validateWorkflow() leave ${name} to the version it asks for`, () =>
    withRoot({ "workflow.yaml": text }, async (root) => {
      const host = fixedHost({ workingDirectory: root });
      const uses = [
        () => startSession(host, { root, task: "Task" }),
        () => validateWorkflow(host, { root }),
      ];
      for (const use of uses) {
        const error = await refusalWithoutTrace(root, use);
        assertEquals(
          [error.kind, error.code, error.path],
          ["config", "orc_version", `${root}/workflow.yaml`],
        );
      }
    }));
}

Deno.test("validateWorkflow() shows where a range is none", () =>
  withRoot({
    "workflow.yaml": `orc: newest\n${EASY_WORKFLOW}`,
  }, async (root) => {
    const error = await refusalWithoutTrace(
      root,
      () => validateWorkflow(fixedHost(), { root }),
    );
    assertEquals(error.code, "invalid_workflow");
    assertEquals(
      error.message,
      `${root}/workflow.yaml:1:1: orc: Expected a range of versions such as ">=0.1", found "newest"`,
    );
  }));

Deno.test("startSession() pins the range with the workflow", () =>
  withRoot({
    "workflow.yaml": `orc: "0.x || ^1"\n${EASY_WORKFLOW}`,
  }, async (root) => {
    await startSession(fixedHost(), { root, task: "Task" });
    assertEquals(stateOf(root).workflow_definition.orc, "0.x || ^1");
  }));

const PINNING = {
  sessionName: "add-login-0001",
  readCommitted: () => Promise.resolve(undefined),
};

function pin(
  root: string,
  choice: WorkflowChoice = {},
): Promise<PinnedWorkflow> {
  const host = fixedHost({ workingDirectory: root });
  return pinWorkflow(
    host,
    openRepository(host, { root }),
    choice,
    PINNING,
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
      openRepository(host, {}),
      {},
      PINNING,
    );
    assertEquals(workflow.settings.get("docs"), "linked");
  }));

for (
  const [what, text, code] of [
    ["a list", "- test_command: a\n", "invalid_overrides"],
    [
      "keys that are no strings",
      "1: a\ntest_command: a\n",
      "invalid_overrides",
    ],
    ["no YAML", "test_command: [\n", "invalid_yaml"],
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
    const text = new TextEncoder().encode("test_command: a ");
    Deno.writeFileSync(`${root}/.orchestrator.yaml`, text.fill(0xff, -1));
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

Deno.test("pinWorkflow() lets a command for the shell be named where the workflow is the bundled one", () =>
  withRoot({}, async (root) => {
    const testCommand = "cd web && npm test";
    const pinned = await pin(root, { testCommand });
    assertEquals(commandOf(pinned, "tests_pass"), testCommand);
  }));
