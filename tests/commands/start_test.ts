import { idOf, stateOf, withRoot, WORKFLOW } from "../work/fixtures.ts";
import { inEmptyDirectory, orc, testOutput, testText } from "./orc.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

testOutput({
  name: "orc start starts a session and shows its first step",
  argv: ["start", "Add login", "-c", "No new packages", "-p", "shop"],
  within: (test) => withRoot({ "workflow.yaml": WORKFLOW }, test),
  result: {
    workflowPath: "/shop/workflow.yaml",
    problems: [],
    session: "01kk0100000000000000000000",
    root: "/shop",
    workingTree: "/shop",
    summary: { project: "shop", constraints: ["No new packages"] },
  },
});

testText({
  name: "orc start warns of what is doubtful in the workflow",
  argv: ["start", "Add login"],
  within: (test) =>
    withRoot(
      {
        "workflow.yaml": WORKFLOW.replace(
          ', command: "{{test_command}}"',
          ', command: "true"',
        ),
      },
      test,
    ),
});

testText({
  name: "orc start refuses while the caller's own session is active",
  argv: ["start", "Add logout"],
  exitCode: 3,
  text: `! Session 01kk…0000 ("Add login") is still active
! Try: go on with it (orc next), give it up (orc finish --abandon --reason "WHY"), or work on both (orc start --beside "TASK")`,
});

testOutput({
  name: "orc start refuses a workflow that is invalid",
  argv: ["start", "Add login"],
  within: (test) => withRoot({ "workflow.yaml": "name: Tiny\n" }, test),
  exitCode: 78,
  code: "invalid_workflow",
  path: "/shop/workflow.yaml",
  details: {
    problems: [{
      code: "missing_key",
      message: "Missing",
      severity: "error",
      path: "phases",
      line: 1,
      column: 1,
    }],
  },
  text: `! /shop/workflow.yaml:1:1: phases: Missing
! Try: correct the file, then run orc validate`,
});

testText({
  name: "orc start needs a task",
  argv: ["start"],
  within: inEmptyDirectory,
  exitCode: 2,
  text: `! Command "start" needs TASK
! Try: orc help start`,
});

testText({
  name: "orc start --beside starts a session beside the caller's own",
  argv: ["start", "Add logout", "--beside", "--no-archive"],
});

Deno.test("orc start lets nobody count on tests that will not run: it names those that will, and a command without effect", () =>
  withRoot(
    {
      "web/package.json": '{"scripts": {"test": "vitest"}}',
      "api/go.mod": "module a",
      "api/a_test.go": "",
      "other.yaml":
        "name: A\nphases: [{id: P, name: P, items: [{id: i, name: I}]}]",
    },
    async (root) => {
      const found = await orc(root, ["start", "Task"]);
      assertStringIncludes(
        found.out,
        "(the built-in workflow, 5 phases, 15 items; tests: go test ./... in api, npm test in web)",
      );
      // No program runs here, and git is one.
      assertStringIncludes(found.err, "Warning: What changes is not measured");
      assertEquals(found.err.trim().split("\n").length, 1);
      const named = ["start", "Task", "--beside", "--test-command", "make a"];
      const { out } = await orc(root, named, { number: 2 });
      assertStringIncludes(out, "; tests: make a)");
      const unused = await orc(root, [...named, "-w", "other.yaml"], {
        number: 3,
      });
      assertStringIncludes(unused.out, "(/shop/other.yaml, 1 phase, 1 item)");
      assertEquals(
        unused.err,
        'Warning: workflow is "other.yaml" instead of "the built-in workflow", by --workflow\n' +
          'Warning: "test_command" has no effect: no check in /shop/other.yaml runs {{test_command}}\n',
      );
    },
  ));

Deno.test("orc start hands on the workflow file and the commands", () =>
  withRoot({ "other.yaml": WORKFLOW }, async (root) => {
    const commands = ["--test-command", "make a", "--build-command", "make b"];
    await orc(root, ["start", "Task", "-w", "other.yaml", ...commands]);
    const { name, settings } = stateOf(root, idOf(1, 0)).workflow_definition;
    assertEquals([name, settings], [
      "Tiny",
      { test_command: "make a", build_command: "make b" },
    ]);
  }));
