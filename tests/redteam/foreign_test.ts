/** Sessions that others wrote: none of their commands runs before a human said so, and no path in them leads out. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { callsOf } from "../doctor/fixtures.ts";
import { writeTree } from "../files/temporary.ts";
import {
  copy,
  git,
  onStage,
  planned,
  type Player,
  playerIn,
  type Stage,
  stageAt,
} from "./stage.ts";

const MARKER = "HAS_RUN";
const HARMFUL = `name: Harmful
phases:
  - id: BUILD
    name: Build
    items:
      - {id: tests, name: Tests pass, verification: {type: command, command: "touch ${MARKER}", description: All is well}}
      - {id: more, name: More}
`;

/** Git tracks the state, with all that was done until now. */
async function shared({ root }: Pick<Stage, "root">): Promise<void> {
  Deno.removeSync(`${root}/.orchestrator/.gitignore`);
  await git(root, "add", "--all");
  await git(root, "commit", "--quiet", "-m", "Share");
}

async function cloneOf({ root }: Stage): Promise<string> {
  const clone = `${root}-clone`;
  await git(root, "clone", "--quiet", root, clone);
  return clone;
}

function hasRun(root: string): boolean {
  return [...Deno.readDirSync(root)].some(({ name }) => name === MARKER);
}

/** The commands of a session are refused to everybody. */
async function assertRefused(root: string, player: Player): Promise<void> {
  for (const machine of [{}, { environment: {} }]) {
    const { exitCode, out, err } = await player.orc(
      ["complete", "tests", "--full"],
      machine,
    );
    assertEquals(exitCode, 77, out + err);
    const { error } = JSON.parse(out);
    assertEquals(error.code, "session_not_trusted");
    assertStringIncludes(error.message, `"touch ${MARKER}"`);
    assertStringIncludes(error.hint, "orc trust ");
  }
  const agent = await player.orc(["handoff", "--execute"]);
  assertEquals(agent.exitCode, 77, agent.out + agent.err);
  assert(!hasRun(root), "its command has run");
}

Deno.test("a session that a clone brings along runs nothing until a human trusts it", () =>
  onStage(async (stage) => {
    await shared(stage);
    const root = await cloneOf(stage);
    const home = `${root}-home`;
    Deno.mkdirSync(home);
    const clone = playerIn(root);
    await assertRefused(root, clone);
    // No update makes it one of here.
    await clone.done(["note", "Here I am"]);
    await clone.done(["complete", "more", "--notes", "It runs nothing"]);
    await assertRefused(root, clone);
    const said = await clone.orc(["doctor"]);
    assertStringIncludes(said.out, "was not begun here");
    const { result } = JSON.parse((await clone.orc(["next", "--full"])).out);
    assertEquals(
      [result.next.action, result.next.command, result.next.human],
      ["trust", `orc trust ${stage.session}`, true],
    );
    const info = await clone.orc(["session", "info"]);
    assertStringIncludes(info.out, `orc trust ${stage.session}`);
    const tried = await clone.orc(["trust", "--full"], { home });
    assertEquals(JSON.parse(tried.out).error.code, "approval_required");
    const typed = { environment: {}, answers: ["yes"], home };
    assertEquals((await clone.orc(["trust"], typed)).exitCode, 77);
    await assertRefused(root, clone);
    const trusted = await clone.done(["trust"], {
      ...typed,
      answers: [stage.session],
    });
    assertEquals(trusted.changed, true);
    assertEquals(
      trusted.commands.map(({ command }: { command: string }) => command),
      [`touch ${MARKER}`],
    );
    const next = await clone.orc(["next"]);
    assertStringIncludes(next.out, `it runs: touch ${MARKER}`);
    assertStringIncludes(next.out, "then: orc complete tests");
    const completed = await clone.orc(["complete", "tests"]);
    assertStringIncludes(completed.out, `checked by: touch ${MARKER}`);
    assert(hasRun(root), "it was trusted");
    const [kept] = [...Deno.readDirSync(`${home}/.orchestrator/trusted`)];
    const path = `${home}/.orchestrator/trusted/${kept?.name}`;
    assertEquals((Deno.lstatSync(path).mode ?? 0) & 0o777, 0o600);
    // It is this workflow that is trusted, in each clone of this user and in none of others.
    await git(root, "clone", "--quiet", stage.root, `${root}-again`);
    const again = playerIn(`${root}-again`);
    await assertRefused(`${root}-again`, again);
    await again.done(["complete", "tests"], { home });
  }, { workflow: HARMFUL }));

Deno.test("a human sees what a session from elsewhere would run before they type", () =>
  onStage(async (stage) => {
    await shared(stage);
    const root = await cloneOf(stage);
    const { err } = await playerIn(root).orc(["trust"], {
      environment: {},
      answers: ["no"],
    });
    assertStringIncludes(err, "was not typed");
  }, { workflow: HARMFUL }));

Deno.test("a session of here whose workflow others replaced runs nothing", () =>
  onStage(async (stage) => {
    await shared(stage);
    const root = await cloneOf(stage);
    const there = await stageAt(root, playerIn(root));
    await there.forge((state) => {
      const [phase] = state.workflow_definition.phases;
      phase.items[0].verification.command = `touch ${MARKER} now`;
    });
    await git(root, "commit", "--quiet", "--all", "-m", "A better command");
    await git(stage.root, "pull", "--quiet", root, "main");
    for (const update of [false, true]) {
      if (update) await stage.done(["note", "One more update"]);
      const { exitCode, out } = await stage.orc(["complete", "tests"]);
      assertEquals(exitCode, 77, out);
    }
    assert(!hasRun(stage.root), "its command has run");
  }, { workflow: HARMFUL }));

Deno.test("a copy of .orchestrator in another clone runs nothing", () =>
  onStage(async (stage) => {
    const root = await cloneOf(stage);
    await copy(`${stage.root}/.orchestrator`, `${root}/.orchestrator`);
    const clone = playerIn(root);
    await assertRefused(root, clone);
    await clone.done(["note", "Here I am"]);
    await assertRefused(root, clone);
    Deno.removeSync(`${root}/.orchestrator`, { recursive: true });
    await clone.done(["recover"]);
    await assertRefused(root, clone);
  }, { workflow: HARMFUL }));

/** Whatever honest people do with a session of theirs, its commands run. */
function own(name: string, work: (stage: Stage) => Promise<string | void>) {
  Deno.test(`own: ${name}`, () =>
    onStage(async (stage) => {
      const root = await work(stage) ?? stage.root;
      const player = playerIn(root);
      await player.done(["complete", "tests"]);
      assert(hasRun(root));
      assertEquals((await player.done(["trust"])).changed, false);
    }, { workflow: HARMFUL }));
}

own("nothing special", () => Promise.resolve());
own("git tracks the state, on branches", async (stage) => {
  await shared(stage);
  await git(stage.root, "checkout", "--quiet", "-b", "other");
  await stage.done(["note", "On a branch"]);
  await git(stage.root, "commit", "--quiet", "--all", "-m", "More");
  await git(stage.root, "checkout", "--quiet", "main");
  await git(stage.root, "checkout", "--quiet", "HEAD~1");
  await git(stage.root, "checkout", "--quiet", "main");
});
own("the whole project is copied", async ({ root }) => {
  await copy(root, `${root}-copy`);
  return `${root}-copy`;
});
own("git begins after the session", async ({ root, done }) => {
  await done(["start", "--beside", "Sell pears"]);
  Deno.removeSync(`${root}/.git`, { recursive: true });
  await git(root, "init", "--quiet");
  await done(["note", "With git"]);
});
own("an older orc began it, which remembered nothing", ({ root }) => {
  Deno.removeSync(`${root}/.git/orchestrator/trusted`, { recursive: true });
  const sessions = `${root}/.orchestrator/sessions`;
  for (const { name } of Deno.readDirSync(sessions)) {
    const path = `${sessions}/${name}/meta.json`;
    const { place: _place, ...meta } = JSON.parse(Deno.readTextFileSync(path));
    Deno.writeTextFileSync(path, JSON.stringify(meta));
  }
  return Promise.resolve();
});
own("all is removed, and recovered", async ({ root, done }) => {
  Deno.removeSync(`${root}/.git/orchestrator/trusted`, { recursive: true });
  Deno.removeSync(`${root}/.orchestrator`, { recursive: true });
  await done(["recover"]);
});
own("in a linked worktree", async ({ root }) => {
  await git(root, "worktree", "add", "--quiet", `${root}-tree`);
  return `${root}-tree`;
});
Deno.test("what a session from elsewhere names is opened nowhere else, also behind links", () =>
  onStage(async (stage) => {
    const { root } = stage;
    Deno.mkdirSync(`${root}-away`);
    Deno.writeTextFileSync(`${root}-away/secret`, "TOP SECRET");
    Deno.symlinkSync(`${root}-away`, `${root}/link`);
    const paths = [
      `${root}-away/secret`,
      `${root}/../shop-away/secret`,
      `${root}/link/secret`,
    ];
    for (const path of paths) {
      await stage.forge((state) => {
        Object.assign(state.metadata, {
          workflow_yaml_path: path,
          workflow_yaml_checksum: "00",
        });
      });
      stage.editLog((lines) =>
        lines.map((line) =>
          line.replace(
            '"details": {',
            `"details": {"receipt": {"output": "${path}"}, `,
          )
        )
      );
      for (
        const argv of [
          ["status"],
          ["next"],
          ["verify"],
          ["doctor"],
          ["session", "info"],
          ["history"],
          ["handoff"],
        ]
      ) {
        const { opened } = await callsOf(() => stage.orc(argv));
        assert(opened.length > 0);
        assertEquals(
          opened.filter((each) => /secret|-away|link/.test(each)),
          [],
          argv.join(" "),
        );
      }
    }
  }));

Deno.test("current and bindings that name a path are no session", () =>
  onStage(async (stage) => {
    const { root } = stage;
    Deno.removeSync(`${root}/.orchestrator/bindings`, { recursive: true });
    for (const name of ["../../etc", "/etc/passwd", "../sessions"]) {
      writeTree(root, { ".orchestrator/current": name });
      const { exitCode, out, err } = await stage.orc(["status"], {
        environment: {},
      });
      // It is the only active session, whatever is written there.
      assertEquals(exitCode, 0, out + err);
      assert(!/passwd|root:/.test(out));
    }
  }, { before: planned }));
