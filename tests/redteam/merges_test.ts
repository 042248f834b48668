/** Git tracks the state, and merges it: nothing is lost, and nobody is told that somebody lied. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { linkedLine, nextHead } from "../../src/replay/chain.ts";
import {
  assertHonest,
  git,
  onStage,
  playerIn,
  replaceFile,
  type Stage,
  started,
  verified,
} from "./stage.ts";

/** Runs git where it may stop at a conflict; true where it did not. */
async function tryGit(root: string, ...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command("git", {
    args: ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...args],
    cwd: root,
    env: { GIT_EDITOR: "true" },
  }).output();
  return success;
}

async function commit(root: string): Promise<void> {
  await git(root, "add", "--all");
  await git(root, "commit", "--quiet", "--allow-empty", "-m", "Work");
}

/** The state is portable, as `orc init --portable` makes it, and committed on two branches. */
async function portable({ root, done }: Stage): Promise<void> {
  const meta = `${root}/.orchestrator/meta.json`;
  const text = Deno.readTextFileSync(meta);
  replaceFile(meta, text.replace('"portable": false', '"portable": true'));
  Deno.writeTextFileSync(`${root}/.orchestrator/.gitignore`, "");
  await done(["init", "--portable"]);
  Deno.removeSync(`${root}/.orchestrator/.gitignore`);
  await done(["note", "Common"]);
  await commit(root);
  await git(root, "branch", "other");
}

async function on(
  { root }: Stage,
  branch: string,
  work: () => Promise<unknown>,
): Promise<void> {
  await git(root, "checkout", "--quiet", branch);
  await work();
  await commit(root);
}

/** Both sides went on in the same session. */
async function parted(stage: Stage): Promise<void> {
  const { done } = stage;
  await on(stage, "other", async () => {
    await done(["complete", "idea", "--notes", "On the other branch"]);
    await done(["note", "Theirs"]);
  });
  await on(stage, "main", () => done(["note", "Ours"]));
}

function merge(
  name: string,
  work: (stage: Stage) => Promise<unknown>,
  before: (stage: Stage) => Promise<void> = portable,
): void {
  Deno.test(`merge: ${name}`, () =>
    onStage(async (stage) => {
      await work(stage);
    }, { before }));
}

async function notes(
  { done }: Pick<Stage, "done">,
  session: string,
): Promise<readonly string[]> {
  return (await done(["status", "--session", session])).notes;
}

/** Both sides are taken apart: ours went on, theirs is a session of its own, and both hold. */
async function assertSeparated(
  stage: Stage,
  ours: readonly string[] = ["Common", "Ours"],
  theirs: readonly string[] = ["Common", "Theirs"],
): Promise<void> {
  const { root, orc, session } = stage;
  const found = JSON.parse((await orc(["doctor", "--full"])).out).result;
  const codes = found.findings.map(({ code }: { code: string }) => code);
  assert(codes.includes("merged_branches"), codes.join());
  const log = Deno.readTextFileSync(stage.log);
  const fixed = JSON.parse((await orc(["doctor", "--fix", "--full"])).out);
  const sessions = `${root}/.orchestrator/sessions`;
  const ids = [...Deno.readDirSync(sessions)].map(({ name }) => name);
  assertEquals(ids.length, 2, JSON.stringify(fixed));
  const other = ids.find((id) => id !== session) ?? "";
  assertStringIncludes(JSON.stringify(fixed.warnings), other);
  assertEquals(await notes(stage, session), ours);
  const [last = "", ...before] = (await notes(stage, other)).toReversed();
  assertEquals(before.toReversed(), theirs);
  assertStringIncludes(last, session);
  // What was there is kept.
  const kept = [...Deno.readDirSync(`${sessions}/${session}`)]
    .map(({ name }) => name).filter((name) => /^log.*corrupt/.test(name));
  assertEquals(
    Deno.readTextFileSync(`${sessions}/${session}/${kept[0]}`),
    log,
  );
  for (const id of ids) {
    await assertHonest(stage, id);
    await stage.done(["note", "Goes on", "--session", id]);
    await assertHonest(stage, id);
  }
  const left = JSON.parse((await orc(["doctor", "--full"])).out).result;
  const again = left.findings.map(({ code }: { code: string }) => code);
  assert(!again.includes("merged_branches"), again.join());
}

merge("only one side went on", async (stage) => {
  const { root, done } = stage;
  await on(stage, "other", () => done(["note", "Theirs"]));
  await on(stage, "main", () => Promise.resolve());
  assert(await tryGit(root, "merge", "--quiet", "--no-edit", "other"));
  assertEquals(await notes(stage, stage.session), ["Common", "Theirs"]);
  await assertHonest(stage);
  await done(["note", "Goes on"]);
  await assertHonest(stage);
});
merge("both sides went on in the same session", async (stage) => {
  await parted(stage);
  assert(!await tryGit(stage.root, "merge", "--quiet", "--no-edit", "other"));
  await assertSeparated(stage);
  await commit(stage.root);
});
merge(
  "both sides went on, and work goes on before it is noticed",
  async (stage) => {
    const { done } = stage;
    await on(stage, "other", () => done(["note", "Theirs"]));
    await on(stage, "main", () => done(["note", "Ours"]));
    assert(!await tryGit(stage.root, "merge", "--quiet", "--no-edit", "other"));
    await commit(stage.root);
    await done(["note", "Later"]);
    assertEquals((await verified(stage)).exitCode, 3);
    await assertSeparated(stage, ["Common", "Ours", "Later"]);
  },
);
merge("two sessions on two branches", async (stage) => {
  const { root, done, orc } = stage;
  await on(stage, "other", () => done(["start", "--beside", "Sell pears"]));
  await on(stage, "main", async () => {
    const { err, out } = await orc(["start", "--beside", "Sell plums"]);
    assert(!/is missing/.test(err + out), err);
    const doctor = await orc(["doctor"]);
    assert(!/is missing/.test(doctor.out), doctor.out);
  });
  // Whose session is the current one is decided by whoever merges.
  await tryGit(root, "merge", "--quiet", "--no-edit", "other");
  const sessions = `${root}/.orchestrator/sessions`;
  for (const { name } of Deno.readDirSync(sessions)) {
    await assertHonest(stage, name);
  }
  assertEquals([...Deno.readDirSync(sessions)].length, 3);
});
merge("a rebase", async (stage) => {
  const { root } = stage;
  await parted(stage);
  await git(root, "checkout", "--quiet", "other");
  assert(!await tryGit(root, "rebase", "--quiet", "main"));
  await git(root, "add", "--all");
  await tryGit(root, "rebase", "--continue");
  await assertSeparated(stage);
});
merge("a stash, and the state that it brings back", async (stage) => {
  const { root, done } = stage;
  await done(["note", "Stashed"]);
  await git(root, "stash", "--quiet");
  await assertHonest(stage);
  assertEquals(await notes(stage, stage.session), ["Common"]);
  await git(root, "stash", "pop", "--quiet");
  assertEquals(await notes(stage, stage.session), ["Common", "Stashed"]);
  await assertHonest(stage);
  await git(root, "stash", "--quiet");
  await done(["note", "Ours"]);
  await commit(root);
  assert(!await tryGit(root, "stash", "pop"));
  await assertSeparated(stage, ["Common", "Ours"], ["Common", "Stashed"]);
});

/** As orc made a portable repository before it told git how to merge. */
async function withoutRules(stage: Stage): Promise<void> {
  await portable(stage);
  Deno.removeSync(`${stage.root}/.orchestrator/.gitattributes`);
  await commit(stage.root);
  await git(stage.root, "branch", "--force", "other");
}

merge("markers are left in place and committed", async (stage) => {
  const { root, orc } = stage;
  await parted(stage);
  assert(!await tryGit(root, "merge", "--quiet", "--no-edit", "other"));
  await commit(root);
  assertStringIncludes(Deno.readTextFileSync(stage.state), "<<<<<<<");
  for (const argv of [["status"], ["doctor"]]) {
    const { out, err } = await orc([...argv, "--session", stage.session]);
    assert(!/not valid JSON/.test(out + err), out + err);
  }
  const status = await orc(["status", "--session", stage.session]);
  assertEquals(status.exitCode, 6);
  assertStringIncludes(status.err, "holds conflict markers of a merge");
  assertStringIncludes(status.err, "orc doctor");
  await assertSeparated(stage);
}, withoutRules);
merge("one side is older, and its state is chosen", async (stage) => {
  const { root, done } = stage;
  await on(stage, "other", async () => {
    await done(["note", "Theirs"]);
    await done(["note", "Theirs, too"]);
  });
  await git(root, "checkout", "--quiet", "main");
  assert(await tryGit(root, "merge", "--quiet", "--no-edit", "other"));
  const newer = Deno.readTextFileSync(stage.state);
  const path = stage.state.slice(root.length + 1);
  await git(root, "checkout", "--quiet", "HEAD~1", "--", path);
  const refused = await stage.orc(["note", "Not possible"]);
  assertEquals(refused.exitCode, 6);
  const { fixed } = JSON.parse(
    (await stage.orc(["doctor", "--fix", "--full"])).out,
  ).result;
  assertEquals(fixed.map(({ code }: { code: string }) => code), [
    "merged_branches",
  ]);
  const [then, now] = [newer, Deno.readTextFileSync(stage.state)]
    .map((text) => {
      const { metadata, ...state } = JSON.parse(text);
      const { events: _, chain: { offset: _offset, ...chain }, ...orc } =
        metadata.orc;
      delete state._checksum;
      return { ...state, metadata: { ...metadata, orc: { ...orc, chain } } };
    });
  assertEquals(now, then);
  await assertHonest(stage);
  await done(["note", "Goes on"]);
  await assertHonest(stage);
});

/** Doctor leaves the session as it is, and says what else is wrong. */
async function assertLeft(stage: Stage, code: string): Promise<void> {
  const log = Deno.readTextFileSync(stage.log);
  const { out } = await stage.orc(["doctor", "--fix", "--full"]);
  const { findings } = JSON.parse(out).result;
  const codes = findings.map(({ code }: { code: string }) => code);
  assert(codes.includes(code), codes.join());
  assertEquals(Deno.readTextFileSync(stage.log), log);
  const sessions = `${stage.root}/.orchestrator/sessions`;
  assertEquals([...Deno.readDirSync(sessions)].length, 1);
}

merge("a state that somebody changed by hand is for a human", async (stage) => {
  await parted(stage);
  assert(!await tryGit(stage.root, "merge", "--quiet", "--no-edit", "other"));
  const text = Deno.readTextFileSync(stage.state);
  replaceFile(stage.state, text.replace("Sell apples", "Sell grapes"));
  await assertLeft(stage, "changed_outside");
});
merge(
  "a side that breaks the rules becomes no session, whatever its hashes",
  async (stage) => {
    await parted(stage);
    assert(!await tryGit(stage.root, "merge", "--quiet", "--no-edit", "other"));
    stage.editLog((lines) => {
      const at = lines.findIndex((line) => line.includes("Note: Theirs"));
      const [before = "", made = ""] = [lines[at - 1], lines[at]];
      const line = (linkedLine(made)?.line ?? "")
        .replace("note_added", "item_completed")
        .replace('"item_id": null', '"item_id": "consent"');
      const head = nextHead(linkedLine(before)?.chain ?? "", "", line);
      const forged = `${line.slice(0, -1)}, "chain": "${head}"}`;
      return lines.with(at, forged);
    });
    await assertLeft(stage, "state_behind_log");
  },
);

Deno.test("a log that parts where git does not track it is no merge, and stays a lie", () =>
  onStage(async (stage) => {
    const kept = [stage.state, stage.log].map((path) =>
      Deno.readTextFileSync(path)
    );
    await stage.done(["note", "To be hidden"]);
    const hidden = Deno.readTextFileSync(stage.log);
    replaceFile(stage.state, kept[0] ?? "");
    replaceFile(stage.log, kept[1] ?? "");
    await stage.done(["note", "Instead"]);
    const own = Deno.readTextFileSync(stage.log);
    const [line = ""] = hidden.split("\n").slice(-2);
    replaceFile(stage.log, `${own}${line}\n`);
    const player = playerIn(stage.root);
    await player.orc(["doctor", "--fix"]);
    const { codes } = await verified(stage);
    assert(codes.includes("log_changed"), codes.join());
  }, { before: started }));

Deno.test("merge: what is taken apart in a clone runs nothing before somebody trusts it", () =>
  onStage(async (stage) => {
    const { root } = stage;
    assert(!await tryGit(root, "merge", "other"));
    await commit(root);
    await git(root, "clone", "--quiet", root, `${root}-clone`);
    const clone = playerIn(`${root}-clone`);
    await clone.orc(["doctor", "--fix"]);
    const { sessions } = await clone.done(["session", "list"]);
    assertEquals(sessions.length, 2);
    for (const { id } of sessions) {
      const { trusted } = await clone.done(["session", "info", id]);
      assertEquals(trusted, false, id);
    }
  }, {
    before: async (stage) => {
      await portable(stage);
      await parted(stage);
    },
  }));
