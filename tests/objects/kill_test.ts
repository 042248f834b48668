/** Whoever is killed while sessions go to a bucket or come from it leaves the old or the new, and the next one goes on. */
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { addNote } from "../../src/work/item.ts";
import {
  assertSound,
  sameMachine,
  start,
  updateOf,
} from "../persist/clones.ts";
import { settingsFor, type Site, withSite } from "./clones.ts";
import { killIfRunning } from "../parallel/orc_process.ts";
import { assert, assertEquals } from "@std/assert";

const WORKER = new URL("worker.ts", import.meta.url).pathname;

/** Runs the worker, and kills it at a request: before the server does what it asks, or after. Whether it was killed. */
async function isKilled(
  { server }: Site,
  root: string,
  { act, count, isAfter }: {
    readonly act: "push" | "pull";
    readonly count: number;
    readonly isAfter: boolean;
  },
): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", WORKER, root, act, server.url],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let left = count;
  server.fault = () => {
    left--;
    if (left === 0 && isAfter) return { slowMs: 0, then: () => die() };
    if (left === 0) die();
    return undefined;
  };
  const die = () => killIfRunning(child);
  const { code, signal, stderr } = await child.output();
  server.fault = () => undefined;
  if (signal === "SIGKILL") return true;
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return false;
}

for (const act of ["push", "pull"] as const) {
  Deno.test({
    name:
      `a ${act} that is killed at any of its requests leaves the old or the new`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withSite(async (site) => {
        const { clone, server } = site;
        const [a, b] = [await clone("a"), await clone("b")];
        const host = (root: string) =>
          sameMachine(root, settingsFor(server.url));
        await start(a);
        let kills = 0;
        for (let count = 1;; count++) {
          await addNote(sameMachine(a), { root: a, text: `Before ${count}` });
          if (act === "pull") await pushSessions(host(a), { root: a });
          const [old, next] = [await updateOf(b), await updateOf(a)];
          const how = { act, count, isAfter: count % 2 === 0 };
          const wasKilled = await isKilled(site, act === "push" ? a : b, how);
          if (wasKilled) kills++;
          // What a reader sees in between is one of the two.
          await pullSessions(host(b), { root: b });
          const found = await updateOf(b);
          assert(found === old || found === next, `${found} is neither`);
          await pushSessions(host(a), { root: a });
          await pullSessions(host(b), { root: b });
          assertEquals(await updateOf(b), next);
          if (!wasKilled) break;
        }
        assert(kills >= (act === "push" ? 5 : 4), `only ${kills} kills`);
        await assertSound(a);
        await assertSound(b);
      }),
  });
}
