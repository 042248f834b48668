/** What many sessions cost: what did not change is not read again. */
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { readPersistStatus } from "../../src/persist/status.ts";
import { addNote } from "../../src/work/item.ts";
import { multiplySessions } from "../../scripts/bench/many.ts";
import { withSession } from "./clones.ts";
import { isThere } from "../../src/files/read.ts";
import { assertEquals } from "@std/assert";

const SESSIONS = 30;

Deno.test("of many sessions a list says which changed, and only those are read", () =>
  withSession(async (a, id, { server, at, clone }) => {
    await multiplySessions(a, SESSIONS);
    const b = await clone("b");
    /** How often which objects are read by a use; lists are asked for at all times. */
    const readsOf = async (
      use: () => Promise<{ readonly sessions: readonly unknown[] }>,
    ) => {
      const from = server.log.length;
      assertEquals((await use()).sessions.length, SESSIONS);
      const read = server.log.slice(from).filter((line) =>
        /^GET \S/.test(line) && !line.includes("/probe/")
      );
      const heads = read.filter((line) => line.includes("/copy.json "));
      return [heads.length, read.length - heads.length];
    };
    const push = (root: string) =>
      readsOf(() => pushSessions(at(root), { root }));
    const pull = (root: string) =>
      readsOf(() => pullSessions(at(root), { root }));
    const status = (root: string) =>
      readsOf(() => readPersistStatus(at(root), { root }));
    assertEquals(await push(a), [0, 0]);
    assertEquals(await push(a), [0, 0]);
    assertEquals(await status(a), [0, 0]);
    assertEquals(await pull(b), [SESSIONS, 3 * SESSIONS]);
    assertEquals(await pull(b), [0, 0]);
    assertEquals(await push(b), [0, 0]);
    await addNote(at(a), { root: a, session: id, text: "Going on" });
    assertEquals(await push(a), [0, 0]);
    assertEquals(await pull(b), [1, 4]);
    // Whoever removes what is remembered only has it read again.
    Deno.removeSync(`${b}/.orchestrator/cache/objects`, { recursive: true });
    assertEquals(await status(b), [SESSIONS, 3 * SESSIONS + 1]);
  }));

Deno.test("a clone in which nothing is stays so, whatever is looked at from there", () =>
  withSession(async (a, id, { at, clone }) => {
    await pushSessions(at(a), { root: a });
    const b = await clone("b");
    const { sessions } = await readPersistStatus(at(b), { root: b });
    assertEquals(sessions.map(({ session }) => session), [id]);
    await pullSessions(at(b), { root: b, dryRun: true });
    await pushSessions(at(b), { root: b });
    assertEquals(isThere(`${b}/.orchestrator`), false);
  }));
