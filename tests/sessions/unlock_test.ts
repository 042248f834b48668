import { OrcError } from "../../src/base/error.ts";
import { unlock } from "../../src/sessions/unlock.ts";
import { addNote } from "../../src/work/add_note.ts";
import { startSession } from "../../src/work/start.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import { agent, APPROVING, fixedHost } from "../work/fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

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
    const { pid, purpose, at } = foreignRecord();
    assertEquals(removed, false);
    assertEquals(locks, [{
      scope: "session",
      path: `${root}/${lock}`,
      pid,
      host: foreignRecord().host,
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
    const error = await assertRejects(
      () =>
        unlock(fixedHost({ environment: agent("1") }), {
          root,
          session: lock.split("/")[2],
          force: true,
        }),
      OrcError,
    );
    assertEquals(error.code, "approval_required");
    assertEquals(Deno.readTextFileSync(`${root}/${lock}`), LOCK);
  }));

Deno.test("unlock() finds nothing to do where no lock is held", () =>
  withTemporaryDirectory(async (root) => {
    const host = fixedHost({ environment: APPROVING });
    await startSession(host, { root, task: "Add login" });
    const { locks, removed } = await unlock(host, { root, force: true });
    assertEquals([locks, removed], [[], false]);
  }));

Deno.test("unlock() removes a lock of the repository before there is any session", () =>
  withTemporaryDirectory(async (root) => {
    writeTree(root, { ".orchestrator/lock": LOCK });
    const host = fixedHost({ environment: APPROVING });
    const { locks, removed } = await unlock(host, { root, force: true });
    assertEquals([locks.map(({ scope }) => scope), removed], [
      ["repository"],
      true,
    ]);
  }));
