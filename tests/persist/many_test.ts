/** What many sessions cost: git is run no more often for thirty than for three. */
import type { Host } from "../../src/host/host.ts";
import { pullSessions } from "../../src/persist/pull.ts";
import { pushSessions } from "../../src/persist/push.ts";
import { readPersistStatus } from "../../src/persist/status.ts";
import { addNote } from "../../src/work/item.ts";
import { multiplySessions } from "../../scripts/bench/many.ts";
import { machine, start, withRemote } from "./clones.ts";
import { assertEquals } from "@std/assert";

/** A host that counts how often git is run. */
function counting(host: Host): { readonly host: Host; runs(): number } {
  let runs = 0;
  const runProgram: Host["runProgram"] = (request) => {
    runs++;
    return host.runProgram(request);
  };
  return { host: { ...host, runProgram }, runs: () => runs };
}

/** How often git is run by each use of so many sessions, and what came of it. */
async function runsOf(
  sessions: number,
  environment: Readonly<Record<string, string>>,
) {
  const runs: Record<string, number> = {};
  await withRemote(async ({ clone }) => {
    const [a, b] = [await clone("a"), await clone("b")];
    const first = await start(a);
    await multiplySessions(a, sessions);
    const count = async (
      name: string,
      root: string,
      use: (host: Host) => Promise<{ readonly sessions: readonly unknown[] }>,
    ) => {
      const counted = counting(machine(root, environment));
      const used = await use(counted.host);
      assertEquals(used.sessions.length, sessions, name);
      runs[name] = counted.runs();
    };
    const push = (name: string, root: string) =>
      count(name, root, (host) => pushSessions(host, { root }));
    const pull = (name: string, root: string) =>
      count(name, root, (host) => pullSessions(host, { root }));
    const status = (name: string, root: string) =>
      count(name, root, (host) => readPersistStatus(host, { root }));
    await push("first push", a);
    await push("second push", a);
    await pull("first pull", b);
    await pull("second pull", b);
    await status("status", b);
    for (const { name } of Deno.readDirSync(`${a}/.orchestrator/sessions`)) {
      const at = { root: a, session: name };
      await addNote(machine(a), { ...at, text: "Going on" });
    }
    await status("status of what changed", a);
    await push("push of what changed", a);
    await pull("pull of what changed", b);
    const at = { root: b, session: first, text: "Back" };
    await addNote(machine(b), at);
    await push("push of one", b);
    await pull("pull of one", a);
  });
  return runs;
}

for (const branch of ["", "claude/orchestrator-state"]) {
  const how = branch === "" ? "private references" : "one branch";
  Deno.test(`git is run as often for thirty sessions as for three (${how})`, async () => {
    const environment: Record<string, string> = branch === ""
      ? {}
      : { ORCHESTRATOR_STATE_BRANCH: branch };
    const few = await runsOf(3, environment);
    assertEquals(await runsOf(30, environment), few);
  });
}
