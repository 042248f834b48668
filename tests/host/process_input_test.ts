import { runProgram } from "../../src/host/process.ts";
import { assert, assertEquals } from "@std/assert";

function runWithInput(shell: string, input: string) {
  return runProgram({
    command: { shell },
    workingDirectory: ".",
    timeoutMs: 20_000,
    input,
  });
}

Deno.test("runProgram() hands on the input and its end", async () => {
  const { exitCode, stdout } = await runWithInput("cat; echo over", "é\n\0x");
  assertEquals([exitCode, stdout], [0, "é\n\0xover\n"]);
});

Deno.test("runProgram() tells no input from an empty one", async () => {
  const { exitCode, stdout } = await runWithInput("cat; echo over", "");
  assertEquals([exitCode, stdout], [0, "over\n"]);
});

Deno.test("runProgram() hands on more than a pipe holds", async () => {
  const { stdout } = await runWithInput("wc -c", "x".repeat(3_000_000));
  assertEquals(stdout.trim(), "3000000");
});

Deno.test("runProgram() lets a program end without reading its input", async () => {
  const input = "x".repeat(3_000_000);
  const { exitCode, stdout } = await runWithInput("echo no; exit 3", input);
  assertEquals([exitCode, stdout], [3, "no\n"]);
});

Deno.test("runProgram() does not wait for a program that never reads its input", async () => {
  const result = await runProgram({
    command: ["sleep", "30"],
    workingDirectory: ".",
    timeoutMs: 200,
    input: "x".repeat(3_000_000),
  });
  assertEquals(result.problem, "Ended after the time limit of 0.2 s");
  assert(result.durationSeconds < 10);
});

Deno.test("runProgram() says that a program with input is missing", async () => {
  const { exitCode, problem } = await runProgram({
    command: ["no-such-program"],
    workingDirectory: ".",
    timeoutMs: 20_000,
    input: "x",
  });
  assertEquals([exitCode, problem], [
    -1,
    'Program "no-such-program" was not found',
  ]);
});
