/** Older files that are put back, and files that lie elsewhere. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { forgeState } from "../session/forge.ts";
import {
  assertHonest,
  assertNoticed,
  completeAll,
  copy,
  git,
  onStage,
  plan,
  planned,
  playerIn,
  replaceFile,
  type Stage,
  stageAt,
  started,
  trick,
  verified,
  worked,
} from "./stage.ts";

const BACK = "state_put_back";

/** A human says yes, and the agent notes it: two updates that are then undone. */
async function goOn(stage: Stage): Promise<void> {
  await stage.human(["approve-item", "consent"], "consent");
  await stage.done(["note", "A human has agreed"]);
}

trick("state.json is put back", plan, async (stage) => {
  const kept = Deno.readTextFileSync(stage.state);
  await goOn(stage);
  replaceFile(stage.state, kept);
}, "log_changed");

trick("state.json is put back, and the log is cut", plan, async (stage) => {
  const kept = Deno.readTextFileSync(stage.state);
  await goOn(stage);
  replaceFile(stage.state, kept);
  stage.editLog((lines) => lines.slice(0, -2));
}, BACK);

/** All of `.orchestrator` becomes again what it was, and this many updates follow. */
function putBack(updates: number): (stage: Stage) => Promise<void> {
  return async (stage) => {
    const { root } = stage;
    await copy(`${root}/.orchestrator`, `${root}/kept`);
    await goOn(stage);
    Deno.removeSync(`${root}/.orchestrator`, { recursive: true });
    Deno.renameSync(`${root}/kept`, `${root}/.orchestrator`);
    for (let count = 0; count < updates; count++) {
      await stage.done(["note", `Note ${count}`]);
    }
  };
}

trick("all of .orchestrator is put back", plan, putBack(0), BACK);
for (const updates of [1, 2, 3]) {
  trick(
    `all of .orchestrator is put back, and ${updates} updates follow`,
    plan,
    putBack(updates),
    BACK,
  );
}
trick(
  "all of .orchestrator is put back, and git gets to see it",
  plan,
  async (stage) => {
    await putBack(1)(stage);
    Deno.removeSync(`${stage.root}/.orchestrator/.gitignore`);
    const meta = `${stage.root}/.orchestrator/meta.json`;
    const text = Deno.readTextFileSync(meta);
    replaceFile(meta, text.replace('"portable": false', '"portable": true'));
  },
  BACK,
);
trick("what git keeps claims to be older", plan, async (stage) => {
  await putBack(0)(stage);
  for (const { name } of Deno.readDirSync(stage.spare)) {
    const other = name.replace(/^state\.\d+/, "state.1");
    Deno.renameSync(`${stage.spare}/${name}`, `${stage.spare}/${other}`);
  }
}, BACK);

Deno.test("what git keeps is removed: nothing is lost, and the next update keeps it again", () =>
  onStage(async (stage) => {
    const directory = `${stage.root}/.git/orchestrator`;
    Deno.removeSync(directory, { recursive: true });
    assertEquals((await verified(stage)).codes, ["session_open"]);
    await stage.done(["note", "Goes on"]);
    const kept = [...Deno.readDirSync(stage.spare)].map(({ name }) => name);
    assertEquals(kept.length, 4);
    // Nothing there says any more that it was begun here.
    assert(kept.includes("foreign"), kept.join());
  }, { before: planned }));

Deno.test("the head of a chain is a path: nothing is removed there", () =>
  onStage(async (stage) => {
    const victim = `${stage.spare}/victim.json`;
    Deno.writeTextFileSync(victim, "{}");
    await stage.forge(({ metadata: { orc } }) => {
      orc.chain.head = "/../victim";
      Deno.mkdirSync(`${stage.spare}/state.${orc.serial}.`);
    });
    await stage.done(["note", "Goes on"]);
    assertEquals(Deno.readTextFileSync(victim), "{}");
    await assertNoticed(stage, "log_changed");
  }, { before: planned }));

Deno.test("what git keeps is a link to elsewhere: nothing is written there", () =>
  onStage(async (stage) => {
    const { root } = stage;
    const kept = `${root}/.git/orchestrator`;
    for (const [path, away] of [[kept, "a"], [`${kept}/sessions`, "b"]]) {
      Deno.removeSync(kept, { recursive: true });
      Deno.mkdirSync(`${root}/${away}`);
      if (away === "b") Deno.mkdirSync(kept);
      Deno.symlinkSync(`${root}/${away}`, path ?? "");
      await stage.done(["note", "Goes on"]);
      assertEquals([...Deno.readDirSync(`${root}/${away}`)], []);
    }
  }, { before: planned }));

Deno.test("all of .orchestrator is removed: every command says so until another session is begun", () =>
  onStage(async (stage) => {
    Deno.removeSync(`${stage.root}/.orchestrator`, { recursive: true });
    for (const argv of [["status"], ["verify"], ["finish"], ["next"]]) {
      const { err, exitCode } = await stage.orc(argv);
      assertEquals(exitCode, 4, err);
      assertStringIncludes(err, "is missing");
      assertStringIncludes(err, "orc recover");
    }
    const { err } = await stage.orc(["start", "Sell apples"]);
    assertStringIncludes(err, "is missing");
    const { log } = await stageAt(stage.root);
    assertStringIncludes(Deno.readTextFileSync(log), stage.session);
  }, { before: worked }));

/** A finished session, and another one that was only begun. */
async function twoSessions(stage: Stage): Promise<Stage> {
  await worked(stage);
  await stage.done(["finish"]);
  await stage.done(["start", "Sell pears"]);
  return await stageAt(stage.root);
}

trick("the state of a finished session", started, async (stage) => {
  const other = await twoSessions(stage);
  await copy(stage.state, other.state);
}, "foreign_state");
trick("the files of a finished session", started, async (stage) => {
  const other = await twoSessions(stage);
  const sessions = `${stage.root}/.orchestrator/sessions`;
  Deno.removeSync(`${sessions}/${other.session}`, { recursive: true });
  Deno.renameSync(
    `${sessions}/${stage.session}`,
    `${sessions}/${other.session}`,
  );
}, "foreign_state");
trick(
  "the files of a finished session, which say they are this one's",
  started,
  async (stage) => {
    const other = await twoSessions(stage);
    await copy(stage.state, other.state);
    replaceFile(other.log, Deno.readTextFileSync(stage.log));
    await other.forge(({ metadata }) => {
      metadata.orc.session = other.session;
    });
  },
  "log_changed",
  BACK,
);

/** A directory or file lies elsewhere, and a link in its place. */
function linked(
  name: string,
  pathOf: (stage: Stage) => string,
  code: string,
): void {
  trick(`${name} is a link`, worked, (stage) => {
    const path = pathOf(stage);
    Deno.renameSync(path, `${stage.root}/away`);
    Deno.symlinkSync(`${stage.root}/away`, path);
  }, code);
}

linked(".orchestrator", ({ root }) => `${root}/.orchestrator`, "symbolic_link");
linked(
  "a session",
  ({ root, session }) => `${root}/.orchestrator/sessions/${session}`,
  "symbolic_link",
);
linked("a state", ({ state }) => state, "not_a_regular_file");
linked("a log", ({ log }) => log, "symbolic_link");

Deno.test("a linked worktree with an .orchestrator of its own: orc looks into the shared one", () =>
  onStage(async (stage) => {
    const { root, session } = stage;
    const tree = `${root}/tree`;
    await git(root, "worktree", "add", "--quiet", tree);
    // What was checked is not committed yet.
    await copy(`${root}/plan.md`, tree);
    await copy(`${root}/.orchestrator`, `${tree}/.orchestrator`);
    const own = `${tree}/.orchestrator/sessions/${session}/state.json`;
    await forgeState(own, completeAll);
    const there = playerIn(tree);
    const { phaseId } = await there.done(["status"]);
    assertEquals(phaseId, "BUILD");
    const finish = await there.orc(["finish"]);
    assertEquals(finish.exitCode, 3, finish.err);
    const named = await there.done(["--root", tree, "status"]);
    assertEquals(named.phaseId, "BUILD");
    await assertHonest(there);
  }, { before: planned }));

Deno.test("a lock that nobody holds decides nothing", () =>
  onStage(async (stage) => {
    const lock = stage.state.replace("state.json", "lock");
    Deno.writeTextFileSync(lock, JSON.stringify({ pid: 1, token: "made up" }));
    await stage.done(["note", "Goes on"]);
    assertEquals((await verified(stage)).codes, ["session_open"]);
    assert(!Deno.readTextFileSync(stage.log).includes("made up"));
  }, { before: planned }));
