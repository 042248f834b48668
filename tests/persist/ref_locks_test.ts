/** What a git that was killed leaves locked keeps nobody from going on. */
import { isThere } from "../../src/files/read.ts";
import type { Host } from "../../src/host/host.ts";
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { freeReferences } from "../../src/persist/git/ref_locks.ts";
import { addNote } from "../../src/work/item.ts";
import { machine, start, withRemote } from "./clones.ts";
import { assertEquals } from "@std/assert";

/** Longer ago than git holds a lock. */
const LONG_AGO = new Date(Date.now() - 60_000);

function lock(path: string, made: Date = LONG_AGO): string {
  const name = `${path}.lock`;
  Deno.mkdirSync(name.slice(0, name.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(name, "");
  Deno.utimeSync(name, made, made);
  return name;
}

Deno.test("locks that a killed git left on orc's own references are taken away by the next push or pull", () =>
  withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const id = await start(a);
    await pushSessions(machine(a), { root: a });
    await pullSessions(machine(b), { root: b });
    await addNote(machine(a), { root: a, text: "Going on" });
    const own = (root: string) => `${root}/.git/refs/orchestrator`;
    const left = [a, b].flatMap((root) => [
      lock(`${own(root)}/sessions/${id}`),
      lock(`${own(root)}/remotes/origin/sessions/${id}`),
      lock(`${own(root)}/remotes/origin/sessions/another`),
    ]);
    const users = lock(`${a}/.git/refs/heads/main`);
    const pushed = await pushSessions(machine(a), { root: a });
    assertEquals(pushed.sessions[0]?.result, "pushed");
    const pulled = await pullSessions(machine(b), { root: b });
    assertEquals(pulled.sessions[0]?.comparison, "fast_forward");
    assertEquals(pulled.warnings, []);
    assertEquals(left.filter(isThere), []);
    assertEquals(isThere(users), true);
  }));

/** A machine on which something happens a while after git met a lock. */
function whenLocked(root: string, then: () => void): Host {
  const host = machine(root);
  let isMet = false;
  return {
    ...host,
    async runProgram(request) {
      const ended = await host.runProgram(request);
      if (!isMet && ended.stderr.includes(".lock'")) setTimeout(then, 600);
      isMet ||= ended.stderr.includes(".lock'");
      return ended;
    },
  };
}

Deno.test("a lock that somebody holds is waited for, and let go by nobody else", () =>
  withRemote(async ({ clone }) => {
    const root = await clone("a");
    const id = await start(root);
    const path = `${root}/.git/refs/orchestrator/sessions/${id}`;
    const held = lock(path, new Date());
    const letGo = () => Deno.removeSync(held);
    const pushed = await pushSessions(whenLocked(root, letGo), { root });
    assertEquals(pushed.sessions[0]?.result, "pushed");
    await addNote(machine(root), { root, text: "Going on" });
    lock(path, new Date());
    const leaving = new AbortController();
    const host = whenLocked(root, () => leaving.abort(new Error("It leaves")));
    const { signal } = leaving;
    const error = await pushSessions(host, { root, signal }).catch((e) => e);
    assertEquals(error.message, "It leaves");
    assertEquals(isThere(held), true);
  }));

Deno.test("a lock that is git's own, or the user's, is left to them", () =>
  withRemote(async ({ clone }) => {
    const root = await clone("a");
    const common = `${root}/.git`;
    for (const name of ["packed-refs", "refs/heads/main", "index"]) {
      const path = lock(`${common}/${name}`);
      const said = `Unable to create '${path}': File exists.`;
      assertEquals(await freeReferences(common, said), false);
      assertEquals(isThere(path), true);
      Deno.removeSync(path);
    }
  }));
