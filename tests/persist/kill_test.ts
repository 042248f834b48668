/** Whoever is killed while sessions leave or come leaves the old or the new, and the next one goes on. */
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { addNote } from "../../src/work/item.ts";
import {
  assertSound,
  git,
  sameMachine,
  start,
  tracesOf,
  updateOf,
  withRemote,
} from "./clones.ts";
import { killIfRunning } from "../parallel/orc_process.ts";
import { assert, assertEquals } from "@std/assert";

const WORKER = new URL("kill_worker.ts", import.meta.url).pathname;

/** Runs the worker; whether it was killed. */
async function isKilled(
  root: string,
  words: readonly (string | number)[],
): Promise<boolean> {
  const { code, signal, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", WORKER, root, ...words.map(String)],
  }).output();
  if (signal === "SIGKILL") return true;
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return false;
}

for (const branch of ["", "claude/orchestrator-state"]) {
  const how = branch === "" ? "private references" : "one branch";
  const environment: Record<string, string> = branch === ""
    ? {}
    : { ORCHESTRATOR_STATE_BRANCH: branch };

  Deno.test({
    name:
      `a push that is killed at any of its calls of git loses nothing (${how})`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withRemote(async ({ bare, clone }) => {
        const [a, b] = [await clone("a"), await clone("b")];
        await start(a);
        const traces = await tracesOf(a);
        let kills = 0;
        for (let count = 1;; count++) {
          await addNote(sameMachine(a), { root: a, text: `Before ${count}` });
          const serial = await updateOf(a);
          const when = count % 2 === 0 ? "before" : "after";
          const wasKilled = await isKilled(a, ["push", count, when, branch]);
          if (wasKilled) kills++;
          await git(bare, "fsck", "--strict");
          const host = sameMachine(a, environment);
          const { sessions } = await pushSessions(host, { root: a });
          assert(/^(?:pushed|same)$/.test(sessions[0]?.result ?? ""));
          const there = sameMachine(b, environment);
          await pullSessions(there, { root: b });
          assertEquals(await updateOf(b), serial);
          assertEquals(await tracesOf(a), traces);
          if (!wasKilled) break;
        }
        assert(kills >= 8, `only ${kills} kills`);
        await assertSound(a);
        await assertSound(b);
      }),
  });

  Deno.test({
    name:
      `a pull that is killed at any of its calls of git leaves the old or the new (${how})`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withRemote(async ({ clone }) => {
        const [a, b] = [await clone("a"), await clone("b")];
        await start(a);
        const traces = await tracesOf(b);
        let kills = 0;
        for (let count = 1;; count++) {
          await addNote(sameMachine(a), { root: a, text: `Before ${count}` });
          await pushSessions(sameMachine(a, environment), { root: a });
          const [old, next] = [await updateOf(b), await updateOf(a)];
          const when = count % 2 === 0 ? "before" : "after";
          const wasKilled = await isKilled(b, ["pull", count, when, branch]);
          if (wasKilled) kills++;
          const found = await updateOf(b);
          assert(found === old || found === next, `${found} is neither`);
          await pullSessions(sameMachine(b, environment), { root: b });
          assertEquals(await updateOf(b), next);
          assertEquals(await tracesOf(b), traces);
          const left = [...Deno.readDirSync(`${b}/.orchestrator/sessions`)];
          assertEquals(left.length, 1, "what was staged is gone");
          if (!wasKilled) break;
        }
        assert(kills >= 8, `only ${kills} kills`);
        await assertSound(b);
      }),
  });
}

Deno.test({
  name: "a pull that is killed at any instant leaves the old or the new",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withRemote(async ({ clone }) => {
      const [a, b] = [await clone("a"), await clone("b")];
      await start(a);
      for (let round = 0; round < 14; round++) {
        await addNote(sameMachine(a), { root: a, text: `Round ${round}` });
        await pushSessions(sameMachine(a), { root: a });
        const [old, next] = [await updateOf(b), await updateOf(a)];
        const child = new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "--no-check",
            "-A",
            WORKER,
            b,
            "pull",
            "0",
            "never",
            "",
          ],
          stdout: "null",
          stderr: "null",
        }).spawn();
        const timer = setTimeout(killIfRunning, 250 + 40 * round, child);
        await child.status;
        clearTimeout(timer);
        const found = await updateOf(b);
        assert(found === old || found === next, `${found} is neither`);
        await pullSessions(sameMachine(b), { root: b });
        assertEquals(await updateOf(b), next);
      }
      await assertSound(b);
    }),
});
