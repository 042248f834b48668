import { plainOf } from "../../src/base/json.ts";
import {
  describeResult,
  encodeGateResult,
  encodeVerificationResult,
  requiredCheck,
} from "../../src/engine/check.ts";
import type { CheckResult } from "../../src/workflow/types.ts";
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
import { assert, assertEquals, assertMatch } from "@std/assert";

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

Deno.test("encodeGateResult() keeps both ends of long output, in 1000 code points", () => {
  const stdout = `start${"🚀".repeat(1500)}end`;
  const encoded = encodeGateResult({ ...commandResult(false), stdout });
  const stored = String(encoded.get("stdout"));
  assert(Array.from(stored).length <= 1000);
  assertMatch(
    stored,
    /^start🚀{195}\n… left out …\n🚀{783}end$/u,
  );
  const whole = "x".repeat(1000);
  const fits = encodeGateResult({ ...commandResult(false), stdout: whole });
  assertEquals(fits.get("stdout"), whole);
});
