import { withMark } from "../../src/host/ending.ts";
import { listedProcess } from "../../src/host/liveness.ts";
import { runProgram } from "../../src/host/process.ts";
import { runScript } from "./script.ts";
import { assert, assertEquals } from "@std/assert";

/** Whether a machine has what these tests start; `/proc` tells orc the rest. */
async function canRun(...command: string[]): Promise<boolean> {
  const bounds = { workingDirectory: ".", timeoutMs: 20_000 };
  const { exitCode } = await runProgram({ command, ...bounds });
  return exitCode === 0;
}

const HAS_SESSIONS = Deno.build.os === "linux" &&
  await canRun("setsid", "true");
const HAS_JOBS = HAS_SESSIONS && await canRun("bash", "-c", "set -m");

interface Run {
  readonly shell: string;
  readonly timeoutMs: number;
}

/** Runs shell texts one after the other in an orc with all permissions; returns what they printed. */
async function outputsOf(...runs: readonly Run[]): Promise<string[]> {
  const { stdout, stderr } = await runScript(
    `import { runProgram } from "./src/host/process.ts";
     for (const { shell, timeoutMs } of ${JSON.stringify(runs)}) {
       const command = { shell };
       const ended = await runProgram({ command, workingDirectory: ".", timeoutMs });
       console.log(ended.stdout.trim());
     }`,
    { flags: ["-A"] },
  );
  assertEquals(stderr, "");
  return stdout.trim().split("\n");
}

function runs(pid: string | undefined): boolean {
  assert(pid && /^\d+$/.test(pid), `"${pid}" is no process id`);
  const process = listedProcess(Number(pid));
  return process !== undefined && !process.isDefunct;
}

function assertEnded(pid: string | undefined): void {
  // A killed process is listed for a moment more.
  for (let look = 0; look < 50; look++) if (!runs(pid)) return;
  throw new Error(`Process ${pid} still runs`);
}

/** Asserts that a process lives, and ends it. */
function assertAlive(pid: string | undefined): void {
  assert(runs(pid), `Process ${pid} was ended`);
  Deno.kill(Number(pid), "SIGKILL");
}

const SERVICE = "setsid sleep 60 >/dev/null 2>&1 & echo $!";

Deno.test({
  name: "runProgram() ends what made a session of its own at the time limit",
  ignore: !HAS_SESSIONS,
  fn: async () => {
    const escapes = [
      "setsid sleep 60 & echo $!; wait",
      `${SERVICE}; sleep 60`,
      `setsid sh -c '${SERVICE}' ; sleep 60`,
      `setsid sh -c 'trap "" TERM; echo $$; sleep 60; sleep 60' & sleep 60`,
    ];
    for (const shell of escapes) {
      const [pid] = await outputsOf({ shell, timeoutMs: 1000 });
      assertEnded(pid);
    }
  },
});

Deno.test({
  name:
    "runProgram() ends what left the group and the mark, but not the session",
  ignore: !HAS_JOBS,
  fn: async () => {
    const shell = "env -i bash -c 'set -m; sleep 60 & echo $!; wait'";
    const [pid] = await outputsOf({ shell, timeoutMs: 1000 });
    assertEnded(pid);
  },
});

Deno.test({
  name: "runProgram() ends what holds the output from a session of its own",
  ignore: !HAS_SESSIONS,
  fn: async () => {
    const shell = "setsid sleep 60 & echo $!";
    const [pid] = await outputsOf({ shell, timeoutMs: 20_000 });
    assertEnded(pid);
  },
});

Deno.test({
  name:
    "runProgram() ends no service, no process of another run and none of its caller",
  ignore: !HAS_SESSIONS,
  fn: async () => {
    const bounds = { workingDirectory: ".", timeoutMs: 20_000 };
    const ours = await runProgram({ command: { shell: SERVICE }, ...bounds });
    const [service, behindOutput, ended] = await outputsOf(
      { shell: SERVICE, timeoutMs: 20_000 },
      { shell: `${SERVICE}; sleep 60 &`, timeoutMs: 20_000 },
      { shell: `${SERVICE}; sleep 60`, timeoutMs: 1000 },
    );
    assertEnded(ended);
    assertAlive(service);
    assertAlive(behindOutput);
    assertAlive(ours.stdout.trim());
  },
});

Deno.test("withMark() keeps the marks of the runs around", () => {
  const outer = withMark({ A: "b" }, "one");
  assertEquals(outer, { A: "b", ORCHESTRATOR_RUN: "one" });
  assertEquals(withMark(outer, "two").ORCHESTRATOR_RUN, "one two");
});
