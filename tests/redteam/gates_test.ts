/** What an agent asks orc for that it may not have, and what it claims to be. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Machine } from "../work/fixtures.ts";
import {
  AGENT,
  assertHonest,
  completeAll,
  onStage,
  plan,
  planned,
  type Stage,
  verified,
} from "./stage.ts";

/** A command is refused, and a session is as open as before. */
function refused(
  name: string,
  before: (stage: Stage) => Promise<void>,
  argv: readonly string[],
  exitCode: number,
  machine: Machine = {},
): void {
  Deno.test(`refused: ${name}`, () =>
    onStage(async (stage) => {
      const { serial } = (await verdict(stage)).result;
      const ran = await stage.orc(argv, machine);
      assertEquals(ran.exitCode, exitCode, ran.out + ran.err);
      const { result } = await verdict(stage);
      assertEquals(result.status, "active");
      assertEquals(result.serial - serial <= 1, true);
      await assertHonest(stage);
    }, { before }));
}

// deno-lint-ignore no-explicit-any
async function verdict(stage: Stage): Promise<any> {
  return JSON.parse((await verified(stage)).text);
}

const APPROVE = ["approve-item", "consent"];
const with_ = (variables: Record<string, string>): Machine => ({
  environment: { ...AGENT, ...variables },
});

refused("an agent approves an item", plan, APPROVE, 77);
refused("an agent approves a phase", plan, ["approve"], 77);
refused("an agent approves at a terminal", plan, APPROVE, 77, {
  answers: ["consent"],
});
refused("nobody says yes without a terminal", plan, APPROVE, 77, {
  environment: {},
});
refused("somebody types another id", plan, APPROVE, 77, {
  environment: {},
  answers: ["yes"],
});
refused(
  "an agent sets its own supervision",
  plan,
  ["complete", "consent", "--notes", "All is well"],
  3,
  with_({ ORCHESTRATOR_SUPERVISION_MODE: "zero_human" }),
);
refused(
  "an agent sets its own test command",
  planned,
  ["complete", "tests"],
  3,
  with_({ ORCHESTRATOR_TEST_COMMAND: "true" }),
);
refused(
  "an agent completes a human's gate",
  plan,
  ["complete", "consent", "--notes", "All is well"],
  3,
);
refused(
  "an agent completes a gate unverified",
  planned,
  ["complete", "tests", "--skip-verify", "--notes", "All is well"],
  3,
);
refused(
  "an agent skips a gate",
  planned,
  ["skip", "tests", "--reason", "The tests were run on another machine today"],
  3,
);
refused(
  "an agent skips a gate by force",
  planned,
  [
    "skip",
    "tests",
    "--force",
    "--reason",
    "The tests were run on another machine today, by somebody else",
  ],
  77,
);
refused("an agent advances by force", plan, ["advance", "--force"], 77);
refused("an agent finishes by force", planned, ["finish", "--force"], 77);
refused("an agent finishes too early", planned, ["finish"], 3);
refused("an agent advances too early", plan, ["advance"], 3);

Deno.test("refused: an agent who edited a configuration approves", () =>
  onStage(async (stage) => {
    const path = `${stage.root}/.orchestrator/config.yaml`;
    Deno.writeTextFileSync(path, "approvals: any\n");
    const { exitCode } = await stage.orc(APPROVE);
    assertEquals(exitCode, 77);
    await assertHonest(stage);
  }, { before: plan }));

for (const repair of ["--resign", "--trust-state", "--restore"]) {
  Deno.test(`refused: an agent vouches for what it forged, by ${repair}`, () =>
    onStage(async (stage) => {
      await stage.forge(completeAll);
      const ran = await stage.orc(["doctor", repair, stage.session]);
      assertEquals([3, 77].includes(ran.exitCode), true, ran.err);
      const { codes } = await verified(stage);
      assertEquals(codes.includes("state_not_earned"), true);
    }, { before: planned }));
}

Deno.test("a checkpoint that was forged brings nothing forward", () =>
  onStage(async (stage) => {
    await stage.done(["checkpoint", "-m", "Half way"]);
    const directory = stage.state.replace("state.json", "checkpoints");
    for (const { name } of Deno.readDirSync(directory)) {
      const path = `${directory}/${name}`;
      const checkpoint = JSON.parse(Deno.readTextFileSync(path));
      completeAll(checkpoint.workflow_state_snapshot);
      Deno.writeTextFileSync(path, JSON.stringify(checkpoint));
    }
    const { checkpoints: [{ id }] } = await stage.done(["checkpoints"]);
    await stage.orc(["resume", id]);
    const finish = await stage.orc(["finish"]);
    assertEquals(finish.exitCode, 3);
    assertStringIncludes(finish.err, 'Item "consent" is pending');
    await assertHonest(stage);
  }, { before: plan }));
