/** Real processes: killed ones, many at once, and one that plays a human at a terminal. */
import { assert, assertStringIncludes } from "@std/assert";
import { orcCommand } from "../orc_command.ts";
import { AGENT, assertHonest, onStage, plan, type Stage } from "./stage.ts";

function spawned(
  { root }: Stage,
  argv: readonly string[],
): Deno.ChildProcess {
  const [program, ...first] = orcCommand();
  return new Deno.Command(program, {
    args: [...first, ...argv],
    cwd: root,
    env: AGENT,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** It may have ended just now. */
function kill(process: Deno.ChildProcess | undefined): void {
  try {
    process?.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

Deno.test("honest: many processes at once, and some of them are killed", () =>
  onStage(async (stage) => {
    for (const round of [1, 2, 3]) {
      const processes = ["a", "b", "c", "d"].map((name) =>
        spawned(stage, ["note", `${name} ${round} ${"x".repeat(1000)}`])
      );
      const [one, other] = processes;
      await one?.status;
      kill(other);
      const ended = await Promise.all(processes.map(({ status }) => status));
      assert(ended.some(({ success }) => success));
      await assertHonest(stage);
    }
    assert((await spawned(stage, ["note", "The last one"]).status).success);
    await assertHonest(stage);
  }, { before: plan }));

Deno.test("honest: a process is killed as soon as its state counts", () =>
  onStage(async (stage) => {
    for (let round = 0; round < 6; round++) {
      const { ino } = Deno.statSync(stage.state);
      const process = spawned(stage, ["note", `Round ${round}`]);
      let isRunning = true;
      const ended = process.status.then(() => isRunning = false);
      while (isRunning && Deno.statSync(stage.state).ino === ino) {
        await new Promise((resolve) => setTimeout(resolve));
      }
      kill(process);
      await ended;
      await assertHonest(stage);
    }
    assert((await spawned(stage, ["note", "The last one"]).status).success);
    await assertHonest(stage);
    const text = Deno.readTextFileSync(stage.log);
    assert(
      [0, 1, 2, 3, 4, 5].every((round) => text.includes(`Round ${round}`)),
    );
  }, { before: plan }));

/** What `script` makes of a terminal: no human sits there. */
Deno.test("refused: an agent approves at a terminal that it made itself", async () => {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", "command -v script"],
  }).output();
  if (!success) return;
  await onStage(async (stage) => {
    const orc = [...orcCommand(), "approve-item", "consent"].join(" ");
    const { stdout } = await new Deno.Command("script", {
      args: ["-qec", `printf 'consent\\n' | ${orc}`, "/dev/null"],
      cwd: stage.root,
      env: AGENT,
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stdout);
    assertStringIncludes(said, "only a human may");
    await assertHonest(stage);
  }, { before: plan });
});
