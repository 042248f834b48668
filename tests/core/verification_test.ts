import { assertEquals, assertMatch } from "@std/assert";
import { plainOf } from "../../src/core/json.ts";
import type { CheckResult } from "../../src/core/types.ts";
import {
  describeResult,
  encodeGateResult,
  encodeVerificationResult,
  failedCheck,
  requiredCheck,
} from "../../src/core/verification.ts";
import {
  AT,
  COMMAND,
  commandResult,
  FILE,
  fileResult,
  itemOf,
  MANUAL,
  NONE,
  workflowOf,
} from "./fixtures.ts";

const workflow = workflowOf([], { docs: "docs", test: "make test" });

Deno.test("requiredCheck() fills in the settings", () => {
  const file = { ...FILE, path: "{{docs}}/{{name}}.md" };
  assertEquals(requiredCheck(workflow, itemOf("a", { verification: file })), {
    type: "file_exists",
    path: "docs/{{name}}.md",
  });
  const command = { ...COMMAND, command: "{{test}} -k", expectExitCode: 1 };
  const item = itemOf("a", { verification: command, timeoutSeconds: 1.5 });
  assertEquals(requiredCheck(workflow, item), {
    type: "command",
    originalCommand: "{{test}} -k",
    plan: {
      kind: "words",
      words: ["make", "test", "-k"],
      filled: "make test -k",
    },
    expectExitCode: 1,
    timeoutMs: 1500,
    workingDir: null,
  });
});

Deno.test("requiredCheck() bounds the time of every command", () => {
  const check = requiredCheck(workflow, itemOf("a", { verification: COMMAND }));
  assertEquals(check.type === "command" && check.timeoutMs, 300_000);
});

Deno.test("requiredCheck() tells nothing to do from a human's yes", () => {
  const types = [NONE, MANUAL].map((verification) =>
    requiredCheck(workflow, itemOf("a", { verification })).type
  );
  assertEquals(types, ["none", "approval"]);
});

Deno.test("requiredCheck() does not depend on the step type", () => {
  for (const verification of [NONE, MANUAL, FILE, COMMAND]) {
    const [flexible, gate] = (["flexible", "gate"] as const).map((stepType) =>
      requiredCheck(workflow, itemOf("a", { verification, stepType }))
    );
    assertEquals(gate, flexible);
  }
});

Deno.test("describeResult() says how a check ended", () => {
  const timedOut = {
    ...commandResult(false),
    problem: "Ended after the time limit of 300 s",
  };
  const results: readonly CheckResult[] = [
    fileResult(true),
    fileResult(false),
    commandResult(true),
    commandResult(false),
    timedOut,
  ];
  assertEquals(results.map(describeResult), [
    "File found: /repo/docs/plan.md",
    "docs/plan.md does not exist",
    "Command passed (exit code 0, expected 0)",
    "Command failed (exit code 2, expected 0)",
    "Ended after the time limit of 300 s",
  ]);
});

Deno.test("encodeVerificationResult() writes a command's result as the Python tool does", () => {
  const expected = {
    type: "command",
    timestamp: "2026-03-04T05:06:07+00:00",
    command: "make test",
    command_args: ["make", "test"],
    original_command: "{{test_command}}",
    exit_code: 2,
    stdout: "out",
    stderr: "err",
    duration_seconds: 0.25,
  };
  const result = commandResult(false);
  const encoded = encodeVerificationResult(result, AT);
  assertEquals(plainOf(encoded), expected);
  assertEquals([...encoded.keys()], Object.keys(expected));
  const problem = "Command not found: make";
  assertEquals(
    plainOf(encodeVerificationResult({ ...result, problem }, AT)),
    { ...expected, error: problem },
  );
});

Deno.test("encodeGateResult() writes the fields of the Python tool in its order", () => {
  const expected = {
    success: true,
    exit_code: 0,
    stdout: "out",
    stderr: "err",
    command: "make test",
    duration_seconds: 0.25,
    error: null,
  };
  const encoded = encodeGateResult(commandResult(true));
  assertEquals(plainOf(encoded), expected);
  assertEquals([...encoded.keys()], Object.keys(expected));
});

Deno.test("encodeGateResult() keeps the end of long output, in code points", () => {
  const stdout = `start${"🚀".repeat(1500)}`;
  const encoded = encodeGateResult({ ...commandResult(false), stdout });
  assertEquals(encoded.get("stdout"), `…${"🚀".repeat(999)}`);
});

Deno.test("failedCheck() says what to do, and keeps the capitals of a file's name", () => {
  const item = itemOf("a", { verification: { ...FILE, path: "README.md" } });
  const result = {
    ...fileResult(false),
    type: "file_exists",
    name: "README.md",
    path: "/repo/README.md",
    problem: "README.md does not exist",
  } as const;
  const error = failedCheck(item, result, 2);
  assertEquals([error.kind, error.code], ["refused", "check_failed"]);
  assertEquals(
    error.message,
    'Cannot complete item "a": README.md does not exist',
  );
  assertEquals(
    error.hint,
    "write README.md, then run: orc complete a",
  );
  assertEquals(error.details, { item: "a", tries: 2, result });
});

Deno.test("failedCheck() asks for the exit code that was expected", () => {
  const item = itemOf("a", { verification: COMMAND });
  const failed = commandResult(false);
  const hints = [failed, { ...failed, exitCode: 0, expectExitCode: 1 }]
    .map((result) => failedCheck(item, result, 1).hint);
  assertEquals(hints, [
    "make `make test` succeed, then run: orc complete a",
    "make `make test` end with exit code 1, then run: orc complete a",
  ]);
});

Deno.test("failedCheck() shows the last words of a program", () => {
  const item = itemOf("a", { verification: COMMAND });
  const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`);
  const outputs = [
    { stdout: "out\n", stderr: "first\nlast\n" },
    { stdout: "out\n", stderr: " \n" },
    { stdout: "", stderr: "" },
    { stdout: "", stderr: lines.join("\n") },
    { stdout: "caf\ufffd", stderr: "", notUtf8: ["stdout"] as const },
  ];
  const messages = outputs.map((output) =>
    failedCheck(item, { ...commandResult(false), ...output }, 1).message
  );
  const failed =
    'Cannot complete item "a": command failed (exit code 2, expected 0)';
  assertEquals(messages, [
    `${failed}\n  first\n  last`,
    `${failed}\n  out`,
    failed,
    [failed, ...lines.slice(2)].join("\n  "),
    `${failed}\n  caf\ufffd\n  (stdout not valid UTF-8: \ufffd stands for it)`,
  ]);
});

Deno.test("failedCheck() speaks in the words of the workflow", () => {
  const description = "all tests pass";
  const item = itemOf("a", {
    verification: { ...COMMAND, description },
    notes: ["Mend the first failing test"],
  });
  const quiet = { ...commandResult(false), stdout: "", stderr: "" };
  const error = failedCheck(item, quiet, 1);
  assertMatch(error.message, /^Cannot complete item "a": .*all tests pass$/);
  assertEquals(
    error.hint,
    "Mend the first failing test, then run: orc complete a",
  );
  const problem = "Command not found: make";
  assertEquals(
    failedCheck(item, { ...quiet, problem }, 1).message,
    'Cannot complete item "a": command not found: make',
  );
});
