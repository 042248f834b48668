import { startSession } from "../../src/work/start.ts";
import {
  type Validated,
  validateWorkflow,
} from "../../src/work/validate_workflow.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
  WORKFLOW,
} from "./fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

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
    });
  }));

Deno.test("validateWorkflow() looks at the bundled workflow where there is no file", () =>
  withRoot({}, async (root) => {
    const { path, phases, problems } = await validate(root);
    assertEquals([path, phases, problems], [null, 5, []]);
  }));

Deno.test("validateWorkflow() looks at another file", () =>
  withRoot({
    "workflow.yaml": "broken",
    "other.yaml": EASY_WORKFLOW,
  }, async (root) => {
    assertEquals((await validate(root, "other.yaml")).name, "Easy");
  }));

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

Deno.test("validateWorkflow() refuses a file that cannot be used, with all problems", () =>
  withRoot({
    "workflow.yaml": "name: 1\nphases:\n  - id: plan\n    name: Plan\n",
  }, async (root) => {
    const error = await refusalWithoutTrace(root, () => validate(root));
    assertEquals([error.kind, error.code], ["config", "invalid_workflow"]);
    assertEquals(error.message.split("\n").length, 2);
    assertEquals(error.path, `${root}/workflow.yaml`);
  }));

Deno.test("validateWorkflow() refuses checks and gates that can verify nothing, which start accepts", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW.replace(
      "name: It}",
      "name: It, step_type: gate}",
    ),
  }, async (root) => {
    const error = await refusalWithoutTrace(root, () => validate(root));
    assertEquals([error.kind, error.code], ["config", "invalid_workflow"]);
    const { problems } = await startSession(fixedHost(), {
      root,
      task: "Task",
    });
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

Deno.test("validateWorkflow() refuses values that no setting can have, wherever they stand", () =>
  withRoot({
    "workflow.yaml": EASY_WORKFLOW.replace(
      "phases:",
      "settings:\n  approval_timeout_minutes: soon\nphases:",
    ),
  }, async (root) => {
    const error = await refusalWithoutTrace(root, () => validate(root));
    assertEquals(
      error.message,
      `${root}/workflow.yaml:3:3: settings.approval_timeout_minutes: Expected a number of minutes above 0, at most 525600, found the string "soon"`,
    );
    writeTree(root, {
      "workflow.yaml": EASY_WORKFLOW,
      ".orchestrator.yaml": "approval_timeout_minutes: 0\n",
    });
    const other = await refusalWithoutTrace(root, () => validate(root));
    assertEquals(other.code, "invalid_overrides");
    assertStringIncludes(other.message, "found the number 0");
  }));

Deno.test("validateWorkflow() says which file is missing", () =>
  withRoot({}, async (root) => {
    const error = await refusalWithoutTrace(
      root,
      () => validate(root, "none.yaml"),
    );
    assertEquals([error.kind, error.path], ["not_found", `${root}/none.yaml`]);
  }));
