import { denoHost } from "../../src/host/deno_host.ts";
import type { Host } from "../../src/host/host.ts";
import {
  forgetSession,
  listRecoverable,
  recoverSession,
} from "../../src/sessions/recover.ts";
import { verifySession } from "../../src/trust/use.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { pickerOf } from "../base/random.ts";
import { orc } from "../commands/orc.ts";
import {
  codeOf,
  EASY_WORKFLOW,
  refusalOf,
  withRoot,
} from "../work/fixtures.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const host = denoHost();

async function git(root: string, ...args: readonly string[]): Promise<void> {
  const settings = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
  const { success, stderr } = await new Deno.Command("git", {
    args: [...settings, ...args],
    cwd: root,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Runs a test in a git repository with a session of two updates. */
function withGit(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    await git(root, "init", "-q");
    await git(root, "add", ".");
    await git(root, "commit", "-qm", "First");
    await startSession(host, { root, task: "Add login" });
    await addNote(host, { root, text: "The old API stays" });
    await test(root);
  });
}

/** The same machine, elsewhere. */
function withWorkingDirectory(host: Host, workingDirectory: string): Host {
  return { ...host, workingDirectory };
}

function removeState(root: string): void {
  Deno.removeSync(`${root}/.orchestrator`, { recursive: true });
}

async function codesIn(root: string): Promise<readonly string[]> {
  const { findings } = await verifySession(host, { root });
  return findings.map(({ code }) => code);
}

Deno.test("recoverSession() brings back what git clean removed, whole", () =>
  withGit(async (root) => {
    const before = await readStatus(host, { root });
    await git(root, "clean", "-fdxq");
    const { code, message, hint } = await refusalOf(() =>
      readStatus(host, { root })
    );
    assertEquals(code, "session_missing");
    assertStringIncludes(message, `"${before.session}" at update 2 is missing`);
    assertStringIncludes(hint ?? "", "orc recover");
    const { session, serial, aside } = await recoverSession(host, { root });
    assertEquals([session, serial, aside], [before.session, 2, []]);
    const after = await readStatus(host, { root });
    assertEquals(after, { ...before, at: after.at });
    assertEquals(await codesIn(root), ["session_open"]);
    await addNote(host, { root, text: "Going on" });
    assertEquals(await codesIn(root), ["session_open"]);
  }));

Deno.test("recoverSession() puts an older copy aside that was put in the place of what is kept", () =>
  withGit(async (root) => {
    const copy = `${root}/copy`;
    copyTree(`${root}/.orchestrator`, copy);
    await addNote(host, { root, text: "Later" });
    removeState(root);
    copyTree(copy, `${root}/.orchestrator`);
    assertEquals(await codesIn(root), ["state_put_back", "session_open"]);
    const { serial, aside } = await recoverSession(host, { root });
    assertEquals([serial, aside.length], [3, 2]);
    assertMatch(aside[0] ?? "", /state\.json\.corrupt-/);
    assertEquals(await codesIn(root), ["session_open"]);
  }));

function copyTree(from: string, to: string): void {
  Deno.mkdirSync(to);
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyTree(`${from}/${name}`, `${to}/${name}`);
    else Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

Deno.test("an older copy that was put back and gone on with stays noticed", () =>
  withGit(async (root) => {
    const copy = `${root}/copy`;
    copyTree(`${root}/.orchestrator`, copy);
    await addNote(host, { root, text: "Later" });
    removeState(root);
    copyTree(copy, `${root}/.orchestrator`);
    for (const text of ["Something", "quite", "different"]) {
      await addNote(host, { root, text });
    }
    assertEquals(await codesIn(root), ["state_put_back", "session_open"]);
  }));

Deno.test("a session is to be brought back however large its log is", () =>
  withGit(async (root) => {
    const { session } = await readStatus(host, { root });
    removeState(root);
    // More than orc reads into memory at once; without content it takes no room on the disk.
    const log = `${root}/.git/orchestrator/sessions/${session}/log.jsonl`;
    Deno.truncateSync(log, 2 ** 40);
    const { sessions, warnings } = await listRecoverable(host, { root });
    assertEquals(sessions.map((each) => each.session), [session]);
    assertEquals(warnings, []);
  }));

Deno.test("recoverSession() refuses what was changed in git's directory", () =>
  withGit(async (root) => {
    const { sessions: [kept] } = await listedAfterRemoval(root);
    const directory = `${root}/.git/orchestrator/sessions/${kept?.session}`;
    for (const { name } of Deno.readDirSync(directory)) {
      if (!name.startsWith("state.")) continue;
      const path = `${directory}/${name}`;
      const text = Deno.readTextFileSync(path);
      Deno.writeTextFileSync(path, text.replace("pending", "completed"));
    }
    const recover = () =>
      recoverSession(host, { root, session: kept?.session });
    assertEquals(await codeOf(recover), "corrupt changed_outside");
    const alone = () => recoverSession(host, { root });
    assertEquals(await codeOf(alone), "corrupt changed_outside");
    const { warnings } = await listRecoverable(host, { root });
    assertStringIncludes(warnings.join(), "was changed outside orc");
  }));

Deno.test("recoverSession() says that a session is back where it cannot be chosen", () =>
  withGit(async (root) => {
    const { session } = await readStatus(host, { root });
    removeState(root);
    // Something lies where the file of who is current is staged.
    const token = "a".repeat(32);
    const staged = `${root}/.orchestrator/current.${token}.tmp`;
    Deno.mkdirSync(staged, { recursive: true });
    const there = { ...host, newToken: () => token };
    const { code, message } = await refusalOf(() =>
      recoverSession(there, { root })
    );
    assertEquals(code, "session_not_chosen");
    assertStringIncludes(message, "is stored, but not chosen");
    const { serial } = await readStatus(host, { root, session });
    assertEquals(serial, 2);
  }));

Deno.test("recoverSession() brings back what can be read, where more is missing", () =>
  withGit(async (root) => {
    const { session } = await readStatus(host, { root });
    await startSession(host, { root, task: "Add logout", beside: true });
    const directory = `${root}/.git/orchestrator/sessions/${session}`;
    for (const { name } of Deno.readDirSync(directory)) {
      if (name.startsWith("state.")) {
        Deno.writeTextFileSync(`${directory}/${name}`, "{}");
      }
    }
    removeState(root);
    const { task } = await recoverSession(host, { root });
    assertEquals(task, "Add logout");
    const rest = () => recoverSession(host, { root });
    assertMatch(await codeOf(rest), /^corrupt /);
    await forgetSession(host, { root, yes: true });
    assertEquals(await codeOf(rest), "not_found nothing_to_recover");
  }));

async function listedAfterRemoval(root: string) {
  removeState(root);
  return await listRecoverable(host, { root });
}

Deno.test("a session that is missing is named by the next command and by start, and then only to who asks", () =>
  withGit(async (root) => {
    removeState(root);
    assertEquals(
      await codeOf(() => readStatus(host, { root })),
      "not_found session_missing",
    );
    const { warnings } = await startSession(host, { root, task: "Another" });
    assertStringIncludes(warnings.join(), "at update 2 is missing");
    await abandonSession(host, { root, reason: "It was another" });
    const again = await startSession(host, { root, task: "A third" });
    assertEquals(again.warnings.join().includes("missing"), false);
    const { sessions } = await listRecoverable(host, { root });
    assertEquals(sessions.map(({ serial, present }) => [serial, present]), [
      [2, null],
    ]);
    await forgetSession(host, { root, yes: true });
    assertEquals((await listRecoverable(host, { root })).sessions, []);
  }));

Deno.test("outside of git nothing is kept, and nothing is missed", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    await startSession(host, { root, task: "Add login" });
    removeState(root);
    assertEquals(
      await codeOf(() => readStatus(host, { root })),
      "not_found no_session",
    );
    const error = await refusalOf(() => recoverSession(host, { root }));
    assertEquals(`${error.kind} ${error.code}`, "not_found nothing_to_recover");
    assertStringIncludes(error.message, "lies in no git repository");
  }));

Deno.test("orc recover says what it did, how to go on, and where else to look", () =>
  withGit(async (root) => {
    const said = async (...args: readonly string[]) =>
      (await orc(root, ["recover", ...args])).err.trim();
    assertStringIncludes(await said(), "No session is missing here");
    removeState(root);
    assertStringIncludes(
      (await orc(root, ["recover", "--list"])).out,
      "  kept at update 2 (active), now gone  Add login",
    );
    const other = await startSession(host, { root, task: "Another" });
    const id = (await listRecoverable(host, { root })).sessions[0]?.session;
    const unknown = await said(other.place.session);
    assertStringIncludes(unknown, `No session "${other.place.session}" is mis`);
    assertStringIncludes(unknown, "Try: orc recover --list");
    assertEquals((await orc(root, ["recover"])).out.split("\n"), [
      `Recovered: session "${id}" at update 2 (Add login)`,
      `Go on with it: orc session switch ${id}`,
      "",
    ]);
    removeState(root);
    const back = await orc(root, ["recover", id ?? ""]);
    assertEquals(back.out.includes("Go on with it"), false);
    assertEquals(
      (await orc(root, ["recover", "--forget", "--yes"])).out.trim(),
      `Forgotten: session "${other.place.session}" cannot be brought back any more`,
    );
  }));

/** What people and tools do to a working tree that they want clean. */
const DISASTERS: readonly ((root: string) => Promise<void> | void)[] = [
  (root) => git(root, "clean", "-fdxq"),
  removeState,
  (root) => git(root, "gc", "-q", "--prune=now"),
  async (root) => {
    const { session } = await readStatus(host, { root });
    const directory = `${root}/.orchestrator/sessions/${session}`;
    Deno.removeSync(directory, { recursive: true });
  },
];

Deno.test("recoverSession() gives back every acknowledged update, whatever is removed between 200 of them", () =>
  withGit(async (root) => {
    const pick = pickerOf(15);
    for (let serial = 3; serial <= 202; serial++) {
      await addNote(host, { root, text: `Note ${serial}` });
      if (pick(8) > 0) continue;
      await DISASTERS[pick(DISASTERS.length)]?.(root);
      const { sessions } = await listRecoverable(host, { root });
      if (sessions.length > 0) await recoverSession(host, { root });
      const status = await readStatus(host, { root });
      assertEquals(status.serial, serial);
    }
    assertEquals(await codesIn(root), ["session_open"]);
  }));

Deno.test("recoverSession() gives back what an agent did in a linked worktree that is removed", () =>
  withGit(async (root) => {
    const pick = pickerOf(16);
    const tree = `${root}/wt`;
    await git(root, "worktree", "add", "-q", "--detach", tree);
    const there = withWorkingDirectory(host, tree);
    const { place } = await startSession(there, {
      task: "Add logout",
      beside: true,
    });
    const { session = "" } = place;
    for (let serial = 2; serial <= 40; serial++) {
      const note = { session, text: `Note ${serial}` };
      await addNote(there, note);
      if (pick(4) > 0) continue;
      await git(root, "worktree", "remove", "--force", tree);
      if (pick(2) > 0) removeState(root);
      await git(root, "worktree", "add", "-q", "--detach", tree);
      const { sessions } = await listRecoverable(there);
      for (const { session } of sessions) {
        await recoverSession(there, { session });
      }
      const status = await readStatus(there, { session });
      assertEquals(status.serial, serial);
    }
  }));

Deno.test("start removes what is kept of sessions that ended 30 days ago, and of no others", () =>
  withGit(async (root) => {
    const { session: open } = await readStatus(host, { root });
    const { place } = await startSession(host, {
      root,
      task: "Another",
      beside: true,
    });
    await abandonSession(host, { root, reason: "Not any more" });
    const keptIn = () =>
      Array.from(
        Deno.readDirSync(`${root}/.git/orchestrator/sessions`),
        ({ name }) => name,
      ).sort();
    const startLater = async (days: number) => {
      const now = new Date(Date.now() + days * 86_400_000).toISOString();
      const later = { ...host, now: () => now };
      const next = { root, task: "A third", beside: true };
      return (await startSession(later, next)).place.session;
    };
    const third = await startLater(29);
    const ids = [open, place.session, third].sort();
    assertEquals(keptIn(), ids);
    const fourth = await startLater(31);
    const left = [...ids.filter((id) => id !== place.session), fourth].sort();
    assertEquals(keptIn(), left);
  }));
