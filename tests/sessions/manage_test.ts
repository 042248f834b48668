import { OrcError } from "../../src/base/error.ts";
import { listSessions } from "../../src/sessions/list.ts";
import {
  renameSession,
  type Switched,
  switchSession,
  unlock,
} from "../../src/sessions/manage.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import {
  readTree,
  withTemporaryDirectory,
  writeTree,
} from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  agent,
  APPROVING,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  type Machine,
  withRoot,
  withSession,
  WORKTREES,
} from "../work/fixtures.ts";
import { assertRefused, assertRefusedWithoutTrace } from "../work/refused.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";

const ONE: Machine = { environment: agent("1") };
const TWO: Machine = { environment: agent("2") };

/** A session of agent 1, one of agent 2 and one of somebody else, which is current. */
function withThree(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    for (const [index, machine] of [ONE, TWO, {}].entries()) {
      const host = fixedHost({ ...machine, number: index + 1 });
      const task = `Task ${index + 1}`;
      await startSession(host, { root, task, beside: true });
    }
    await test(root);
  });
}

function switchTo(
  root: string,
  id: string,
  machine: Machine = {},
): Promise<Switched> {
  return switchSession(fixedHost({ ...machine, number: 9 }), { root, id });
}

async function taskOf(root: string, machine: Machine = {}): Promise<string> {
  return (await readStatus(fixedHost(machine), { root })).task;
}

Deno.test("switchSession() moves an agent and nobody else", () =>
  withThree(async (root) => {
    const switched = await switchTo(root, idOf(2, 0), ONE);
    const { session, task, bound, place } = switched;
    assertEquals([session, task, bound], [idOf(2, 0), "Task 2", "agent"]);
    assertEquals(place.session, session);
    assertEquals(await taskOf(root, ONE), "Task 2");
    assertEquals(await taskOf(root, TWO), "Task 2");
    assertEquals(await taskOf(root), "Task 3");
  }));

Deno.test("switchSession() moves current for who has no session of their own", () =>
  withThree(async (root) => {
    const { bound } = await switchTo(root, idOf(1, 0));
    assertEquals(bound, "current");
    assertEquals(await taskOf(root), "Task 1");
    assertEquals(await taskOf(root, TWO), "Task 2");
    const current = Deno.readTextFileSync(`${root}/.orchestrator/current`);
    assertEquals(current, idOf(1, 0));
  }));

Deno.test("switchSession() moves a linked worktree alone", () =>
  withRoot(WORKTREES, async (root) => {
    const main = { workingDirectory: `${root}/main` };
    const linked = { workingDirectory: `${root}/wt` };
    for (const number of [1, 2]) {
      const host = fixedHost({ ...main, number });
      await startSession(host, { task: `Task ${number}`, beside: true });
    }
    const host = fixedHost({ ...linked, number: 3 });
    const { bound } = await switchSession(host, { id: idOf(1, 0) });
    assertEquals(bound, "worktree");
    const seen = await Promise.all(
      [linked, main].map((machine) => readStatus(fixedHost(machine))),
    );
    assertEquals(seen.map(({ task }) => task), ["Task 1", "Task 2"]);
  }));

Deno.test("switchSession() mends a current and a binding that name no session", () =>
  withThree(async (root) => {
    writeTree(root, { ".orchestrator/current": "../x" });
    await switchTo(root, idOf(1, 0));
    assertEquals(await taskOf(root), "Task 1");
    const bindings = `${root}/.orchestrator/bindings`;
    for (const name of Object.keys(readTree(bindings))) {
      writeTree(bindings, { [name]: "{}" });
    }
    await switchTo(root, idOf(2, 0), ONE);
    assertEquals(await taskOf(root, ONE), "Task 2");
  }));

Deno.test("switchSession() refuses an id that fits no session or several, and changes nothing", () =>
  withThree(async (root) => {
    writeTree(root, {
      [`.orchestrator/sessions/${idOf(1, 0)}/state.json`]: "{",
    });
    const cases = [
      ["01kk09", "not_found no_such_session"],
      ["01kk", "usage ambiguous_session_id"],
      [idOf(1, 0), "corrupt invalid_json"],
    ] as const;
    for (const [id, expected] of cases) {
      const run = () => switchTo(root, id);
      await assertRefusedWithoutTrace(root, expected, run);
    }
  }));

const ID = idOf(0, 0);
const META = `.orchestrator/sessions/${ID}/meta.json`;

Deno.test("renameSession() gives a session a name, also a closed one, and changes nothing else", () =>
  withSession(async (root) => {
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Dropped" });
    const before = readTree(root);
    const name = { root, id: "01kk", name: " Second try " };
    const renamed = await renameSession(fixedHost({ number: 1 }), name);
    assertEquals([renamed.session, renamed.name], [ID, "Second try"]);
    const after = readTree(root);
    const { name: kept, ...meta } = JSON.parse(after[META] ?? "");
    assertEquals(kept, "Second try");
    assertEquals(meta, JSON.parse(before[META] ?? ""));
    assertEquals({ ...after, [META]: before[META] }, before);
  }));

Deno.test("renameSession() makes a meta.json with the start of the session", () =>
  withSession(async (root) => {
    Deno.removeSync(`${root}/${META}`);
    const host = {
      ...fixedHost({ number: 1, at: "2026-03-02T10:00:00Z" }),
      localNow: () => "2026-03-02T12:00:00.000000",
    };
    await renameSession(host, { root, id: ID, name: "Found" });
    const { created_at } = JSON.parse(Deno.readTextFileSync(`${root}/${META}`));
    assertEquals(created_at, "2026-03-01T12:00:00");
  }));

Deno.test("renameSession() refuses names and ids that are none", () =>
  withSession(async (root) => {
    const rename = (id: string, name: string) => () =>
      renameSession(fixedHost({ number: 1 }), { root, id, name });
    const refused = (expected: string, run: () => Promise<unknown>) =>
      assertRefusedWithoutTrace(root, expected, run);
    await refused("usage invalid_name", rename(ID, " "));
    await refused("not_found no_such_session", rename("zzz", "Name"));
  }));

Deno.test("a damaged meta.json hides neither the session nor its state", () =>
  withSession(async (root) => {
    writeTree(root, { [META]: "{" });
    const status = await readStatus(fixedHost(), { root });
    assertEquals([status.name, status.task], [null, "Add login"]);
    assertStringIncludes(status.warnings.join(), "meta.json");
    const { sessions, warnings } = await listSessions(fixedHost(), { root });
    assertEquals(sessions[0]?.problem, null);
    assertStringIncludes(warnings.join(), "meta.json");
  }));

const LOCK = lockText(foreignRecord());

async function withLockedSession(
  test: (root: string, lock: string) => Promise<void>,
): Promise<void> {
  await withTemporaryDirectory(async (root) => {
    const host = fixedHost();
    const { place } = await startSession(host, { root, task: "Add login" });
    const lock = `.orchestrator/sessions/${place.session}/lock`;
    writeTree(root, { [lock]: LOCK });
    await test(root, lock);
  });
}

Deno.test("unlock() shows who holds a lock and leaves it", () =>
  withLockedSession(async (root, lock) => {
    const { locks, removed } = await unlock(fixedHost(), { root });
    const { pid, host, purpose, at } = foreignRecord();
    assertEquals(removed, false);
    assertEquals(locks, [{
      scope: "session",
      path: `${root}/${lock}`,
      pid,
      host,
      purpose,
      lockedAt: at,
      ageMs: 12_000,
      liveness: "alive",
    }]);
    assertEquals(Deno.readTextFileSync(`${root}/${lock}`), LOCK);
  }));

Deno.test("unlock() removes the lock of a living process when a human says so", () =>
  withLockedSession(async (root) => {
    const human = fixedHost({ answers: ["unlock"], number: 1 });
    const note = { root, text: "Goes on", lockTimeout: "0" };
    await assertRejects(() => addNote(human, note), OrcError, "held for");
    const { removed } = await unlock(human, { root, force: true });
    assertEquals(removed, true);
    assertEquals((await addNote(human, note)).changed, true);
  }));

Deno.test("unlock() refuses to remove a lock for an agent", () =>
  withLockedSession(async (root, lock) => {
    const host = fixedHost({ environment: agent("1") });
    const options = { root, session: lock.split("/")[2], force: true };
    const run = () => unlock(host, options);
    await assertRefused("denied approval_required", run);
    assertEquals(Deno.readTextFileSync(`${root}/${lock}`), LOCK);
  }));

Deno.test("unlock() removes a lock of the repository before there is any session", () =>
  withTemporaryDirectory(async (root) => {
    writeTree(root, { ".orchestrator/lock": LOCK });
    const host = fixedHost({ environment: APPROVING });
    const { locks, removed } = await unlock(host, { root, force: true });
    assertEquals(locks.map(({ scope }) => scope), ["repository"]);
    assertEquals(removed, true);
  }));
