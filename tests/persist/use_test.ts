import { newIdentity } from "../../src/vault/encryption.ts";
import { sessionLayout } from "../../src/base/layout.ts";
import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import { sendAfterwards, vanishingWarning } from "../../src/persist/after.ts";
import { pruneSessions } from "../../src/persist/prune.ts";
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { readPersistStatus } from "../../src/persist/status.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { refusalOf } from "../work/fixtures.ts";
import { git, machine, start, withRemote } from "./clones.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";

const BRANCH = { ORCHESTRATOR_STATE_BRANCH: "claude/orchestrator-state" };
const WEB = { CLAUDE_CODE_REMOTE: "true" };

const note = (root: string, text: string) =>
  addNote(machine(root), { root, text });

async function standings(
  root: string,
  environment = {},
): Promise<readonly string[]> {
  const host = machine(root, environment);
  const { sessions } = await readPersistStatus(host, { root });
  return sessions.map(({ standing }) => standing);
}

Deno.test("readPersistStatus() says which side went on", () =>
  withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    await start(a);
    assertEquals(await standings(a), ["only_here"]);
    await pushSessions(machine(a), { root: a });
    assertEquals(await standings(a), ["same"]);
    assertEquals(await standings(b), ["only_there"]);
    await pullSessions(machine(b), { root: b });
    assertEquals(await standings(b), ["same"]);
    await note(b, "b");
    assertEquals(await standings(b), ["ahead"]);
    await pushSessions(machine(b), { root: b });
    assertEquals(await standings(a), ["behind"]);
    await note(a, "a");
    assertEquals(await standings(a), ["diverged"]);
  }));

Deno.test("copies on one branch keep what others put there, however many push at once", () =>
  withRemote(async ({ bare, clone }) => {
    const clones = await Promise.all([0, 1, 2].map((n) => clone(`c${n}`)));
    await Promise.all(clones.map((root) => start(root)));
    for (let round = 0; round < 2; round++) {
      const results = await Promise.all(clones.map(async (root) => {
        await note(root, `Round ${round}`);
        const host = machine(root, BRANCH);
        const { sessions } = await pushSessions(host, { root });
        return sessions.map(({ result }) => result);
      }));
      assertEquals(results.flat(), ["pushed", "pushed", "pushed"]);
    }
    const branch = BRANCH.ORCHESTRATOR_STATE_BRANCH;
    const top = await git(bare, "ls-tree", "--name-only", branch);
    assertEquals(top.trim().split("\n"), ["orchestrator", "sessions"]);
    const kept = await git(
      bare,
      "ls-tree",
      "--name-only",
      `${branch}:sessions`,
    );
    assertEquals(kept.trim().split("\n").length, 3);
    const [first = ""] = clones;
    const host = machine(first, BRANCH);
    const { sessions } = await pullSessions(host, { root: first });
    assertEquals(sessions.length, 3);
    assertEquals(new Set(await standings(first, BRANCH)), new Set(["same"]));
    const branches = await git(first, "branch", "--format=%(refname:short)");
    assertEquals(branches.trim(), "main");
  }));

Deno.test("what leaves encrypted can be opened by nobody but its recipient", () =>
  withRemote(async ({ bare, clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const { identity, recipient } = await newIdentity();
    const locked = { ORCHESTRATOR_PERSIST_RECIPIENT: recipient };
    const id = await start(a, "Add a login nobody hears of");
    const host = machine(a, locked);
    const pushed = await pushSessions(host, { root: a });
    assertEquals(pushed.encrypted, true);
    const again = await pushSessions(host, { root: a });
    assertEquals(again.sessions[0]?.result, "same");
    const ref = `refs/orchestrator/sessions/${id}`;
    const files = await git(bare, "ls-tree", "-r", "--name-only", ref);
    assertEquals(files.trim().split("\n"), [
      "copy.json",
      "log.jsonl.age",
      "meta.json.age",
      "state.json.age",
    ]);
    assertNotMatch(await git(bare, "show", `${ref}:copy.json`), /login/);
    const { code, kind } = await refusalOf(() =>
      pullSessions(machine(b), { root: b, sessions: [id] })
    );
    assertEquals([code, kind], ["copy_locked", "denied"]);
    Deno.mkdirSync(`${b}.home/.orchestrator`, { recursive: true });
    Deno.writeTextFileSync(
      `${b}.home/.orchestrator/identity.txt`,
      `${identity}\n`,
    );
    const { sessions } = await pullSessions(machine(b), { root: b });
    assertEquals(sessions[0]?.comparison, "created");
    const [one, other] = [a, b].map((root) =>
      Deno.readTextFileSync(sessionLayout(root, id).state)
    );
    assertEquals(one, other);
  }));

Deno.test("a session that holds a secret does not leave unless it is encrypted", () =>
  withRemote(async ({ bare, clone }) => {
    const a = await clone("a");
    const { recipient } = await newIdentity();
    const value = "correct-horse-battery-staple";
    const id = await start(a, `Log in with ${value}`);
    const secret = { ORCHESTRATOR_SECRETS: "API_KEY", API_KEY: value };
    const host = machine(a, secret);
    const error = await refusalOf(() =>
      pushSessions(host, { root: a, sessions: [id] })
    );
    assertEquals([error.code, error.kind], ["secret_in_session", "refused"]);
    assertStringIncludes(error.message, "API_KEY");
    assertNotMatch(JSON.stringify(error), /horse/);
    const { sessions, warnings } = await pushSessions(host, { root: a });
    assertEquals([sessions, warnings.length], [[], 1]);
    assertEquals(await git(bare, "for-each-ref", "refs/orchestrator"), "");
    const locked = { ...secret, ORCHESTRATOR_PERSIST_RECIPIENT: recipient };
    const sent = await pushSessions(machine(a, locked), { root: a });
    assertEquals(sent.sessions[0]?.result, "pushed");
  }));

Deno.test("what is too large leaves without the checkpoints of a closed session, or not at all", () =>
  withRemote(async ({ clone }) => {
    const a = await clone("a");
    const id = await start(a);
    const limit = { ORCHESTRATOR_PERSIST_MAX_SESSION_MB: "0.1" };
    for (let number = 0; number < 20; number++) {
      await saveCheckpoint(machine(a), {
        root: a,
        message: "x".repeat(1900) + number,
      });
    }
    const host = machine(a, limit);
    const error = await refusalOf(() =>
      pushSessions(host, { root: a, sessions: [id] })
    );
    assertEquals(error.code, "copy_too_large");
    assertMatch(error.message, /MB|kB/);
    await abandonSession(machine(a), { root: a, reason: "It is over" });
    const { sessions } = await pushSessions(host, { root: a });
    assertEquals(sessions[0]?.withoutCheckpoints, true);
    const total = { ORCHESTRATOR_PERSIST_MAX_TOTAL_MB: "0.1" };
    for (let number = 0; number < 12; number++) {
      await startSession(machine(a), {
        root: a,
        task: `${number} ${"x".repeat(9000)}`,
        beside: true,
      });
    }
    const all = await refusalOf(() =>
      pushSessions(machine(a, total), { root: a })
    );
    assertEquals(all.code, "copy_too_large");
    assertStringIncludes(all.message, "together");
  }));

Deno.test("pruneSessions() removes old copies of closed sessions, here and there, and nothing else", () =>
  withRemote(async ({ bare, clone }) => {
    for (const environment of [{}, BRANCH]) {
      const root = await clone(
        "HOME" in environment ? "x" : `p${Object.keys(environment).length}`,
      );
      const host = machine(root, environment);
      const closed = await start(root, "Old");
      await abandonSession(host, { root, reason: "It is over" });
      const open = await start(root, "New");
      await pushSessions(host, { root });
      const later = {
        ...host,
        now: () => new Date(Date.now() + 40 * 86_400_000).toISOString(),
      };
      const refs = () => git(bare, "for-each-ref", "refs/orchestrator");
      const before = await refs();
      const none = await pruneSessions(host, { root, yes: true });
      assertEquals(none.sessions, []);
      const unasked = await refusalOf(() => pruneSessions(later, { root }));
      assertEquals(unasked.code, "approval_required");
      const dry = await pruneSessions(later, { root, dryRun: true });
      assertEquals(dry.sessions.map(({ session }) => session), [closed]);
      assertEquals(await refs(), before);
      const agent = {
        ...later,
        caller: () => ({ agent: "codex", approval: null }),
      };
      const asked = { root, keepDays: "0", yes: true };
      const hasty = await refusalOf(() => pruneSessions(agent, asked));
      assertEquals(hasty.code, "approval_required");
      const done = await pruneSessions(later, { root, yes: true });
      assertEquals(done.sessions.map(({ session }) => session), [closed]);
      const { sessions } = await readPersistStatus(host, { root });
      assertEquals(
        sessions.map(({ session, standing }) => [session, standing]),
        [[closed, "only_here"], [open, "same"]],
      );
      // It is old: it does not come back by itself.
      const again = await pushSessions(later, { root });
      assertEquals(again.sessions.map(({ session }) => session), [open]);
      assertEquals((await refs()).includes(closed), false);
    }
  }));

Deno.test("sessions leave a machine that vanishes by themselves, after each phase", () =>
  withRemote(async ({ bare, clone }) => {
    const a = await clone("a");
    const id = await start(a);
    const web = machine(a, WEB);
    const place = { root: a, session: id };
    assertEquals(await sendAfterwards(machine(a), place), []);
    assertEquals(await git(bare, "for-each-ref", "refs/orchestrator"), "");
    assertEquals(await sendAfterwards(web, place), []);
    const ref = `refs/orchestrator/sessions/${id}`;
    const first = await git(bare, "rev-parse", ref);
    await note(a, "Within the phase");
    assertEquals(await sendAfterwards(web, place), []);
    assertEquals(await git(bare, "rev-parse", ref), first);
    await abandonSession(machine(a), { root: a, reason: "It is over" });
    assertEquals(await sendAfterwards(web, place), []);
    assert(await git(bare, "rev-parse", ref) !== first);
  }));

Deno.test("that a session cannot leave by itself is a warning, and is said once for a phase", () =>
  withRemote(async ({ clone }) => {
    const a = await clone("a");
    const id = await start(a);
    await git(a, "remote", "set-url", "origin", "http://127.0.0.1:1/r.git");
    const web = machine(a, WEB);
    const place = { root: a, session: id };
    const [warning = ""] = await sendAfterwards(web, place);
    assertStringIncludes(warning, "has not left this machine");
    assertEquals(await sendAfterwards(web, place), []);
    const hasty = AbortSignal.abort(new DOMException("late", "TimeoutError"));
    const later = {
      ...web,
      now: () => new Date(Date.now() + 90_000).toISOString(),
    };
    const [slow = ""] = await sendAfterwards(later, place, { signal: hasty });
    assertStringIncludes(slow, "within 10 s");
  }));

Deno.test("vanishingWarning() warns only where nothing leaves by itself", () =>
  withRemote(async ({ clone }) => {
    const a = await clone("a");
    const said = (environment: Readonly<Record<string, string>>) =>
      vanishingWarning(machine(a, environment), a);
    const WARNING = "This machine may vanish: orc persist probe";
    assertEquals(await said({}), undefined);
    assertEquals(await said(WEB), undefined);
    assertEquals(await said({ CODESPACES: "true" }), WARNING);
    assertEquals(
      await said({ ...WEB, ORCHESTRATOR_EPHEMERAL: "0" }),
      undefined,
    );
    assertEquals(await said({ ORCHESTRATOR_WEB_MODE: "true" }), undefined);
    assertEquals(
      await said({ ...WEB, ORCHESTRATOR_PERSIST_AFTER: "never" }),
      WARNING,
    );
    await git(a, "remote", "remove", "origin");
    assertEquals(await said(WEB), WARNING);
  }));
