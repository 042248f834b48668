import { idOf, stateOf, withRoot, WORKFLOW } from "../work/fixtures.ts";
import { inEmptyDirectory, orc, testOutput, testText } from "./orc.ts";
import { assertEquals } from "@std/assert";

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
! Try: end it (orc finish), or work on both: orc start --beside "TASK"`,
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
