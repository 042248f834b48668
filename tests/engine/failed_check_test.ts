import { failedCheck, leadsOutOfTree } from "../../src/engine/failed_check.ts";
import {
  COMMAND,
  commandResult,
  FILE,
  fileResult,
  itemOf,
} from "./fixtures.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

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

Deno.test("failedCheck() says what keeps a program from running, not that it should succeed", () => {
  const item = itemOf("a", { verification: COMMAND, notes: ["Mend it"] });
  const problem = "Working directory web does not exist";
  const result = { ...commandResult(false), exitCode: -1, problem };
  assertEquals(
    failedCheck(item, result, 1).hint,
    "mend this first: working directory web does not exist, then run: orc complete a",
  );
});

Deno.test("failedCheck() has nobody write a file outside of the tree", () => {
  const item = itemOf("a", { verification: FILE });
  const hintFor = (name: string, problem: string) => {
    const result = { type: "file_exists", passed: false, path: name } as const;
    return failedCheck(item, { ...result, name, problem }, 1).hint ?? "";
  };
  for (const name of ["/etc/passwd", "../plan.md", "docs/../../plan.md"]) {
    assertMatch(
      hintFor(name, `${name} does not exist`),
      /^the workflow is wrong: a path must be relative to the working tree/,
    );
  }
  assertEquals(
    hintFor("plan.md", leadsOutOfTree("plan.md")),
    "put a file of the working tree in the place of plan.md, then run: orc complete a",
  );
});

Deno.test("failedCheck() tells programs both ends of a long output", () => {
  const item = itemOf("a", { verification: COMMAND });
  const output = `begin${"x".repeat(300_000)}end`;
  const result = { ...commandResult(false), stdout: output, stderr: output };
  const { details } = failedCheck(item, result, 1);
  assert(JSON.stringify(details).length < 11_000);
  assertEquals(details?.result, {
    ...result,
    stdout: cut(output),
    stderr: cut(output),
  });
});

function cut(output: string): string {
  return `${output.slice(0, 1024)}\n… left out …\n${output.slice(-4082)}`;
}
