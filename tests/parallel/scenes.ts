/** Many real commands at once, wherever sessions are kept: all of them are stored, and none waits for a check. */
import { denoHost } from "../../src/host/deno_host.ts";
import { closeStores } from "../../src/repository/store.ts";
import type { Session } from "../../src/session/store.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import { completedItems } from "../session/fixtures.ts";
import { inLanes, type OrcProcess, until } from "./orc_process.ts";
import { assert, assertEquals } from "@std/assert";

/** An empty repository, and where its sessions are. */
export interface ParallelSite {
  readonly root: string;
  /** Variables that choose where sessions are kept. */
  readonly variables: Readonly<Record<string, string>>;
  /** Starts a real orc there. */
  start(args: readonly string[]): OrcProcess;
  sessions(): Promise<readonly Session[]>;
  /** What is not as it has to be when nobody is at work. */
  problems(): Promise<readonly string[]>;
}

const ITEMS = Array.from({ length: 24 }, (_, index) => `item_${index}`);

/** Says that it runs, and then waits to be let go; gives up when nobody comes. */
const SLOW_CHECK = `echo > running
tries=0
while [ ! -e go ] && [ $tries -lt 1200 ]; do
  tries=$((tries + 1))
  sleep 0.05
done
`;

const WORKFLOW = `name: Test
phases:
  - id: PLAN
    name: Planning
    items:
      - { id: slow, name: Slow, verification: { type: command, command: sh check.sh } }
${ITEMS.map((id) => `      - { id: ${id}, name: Item }`).join("\n")}
`;

/** Starts sessions in a new repository; returns their ids. */
async function startSessions(
  { root, variables }: ParallelSite,
  count: number,
): Promise<readonly string[]> {
  writeTree(root, { "workflow.yaml": WORKFLOW, "check.sh": SLOW_CHECK });
  const host = {
    ...denoHost(),
    workingDirectory: root,
    env: (name: string) => variables[name],
  };
  const ids: string[] = [];
  for (let number = 0; number < count; number++) {
    const task = `Task ${number}`;
    const { place } = await startSession(host, { root, task, beside: true });
    assert(place.session);
    ids.push(place.session);
  }
  await closeStores(host);
  return ids;
}

/** Completes all items but the slow one, each with a process of its own, all at once. */
async function completeAll({ start }: ParallelSite): Promise<void> {
  const processes = ITEMS.map((id) =>
    start(["complete", id, "--notes", "done"])
  );
  const ends = await Promise.all(processes.map(({ ended }) => ended));
  assertEquals(ends.filter(({ code }) => code !== 0), []);
}

async function completedIn(site: ParallelSite): Promise<readonly string[]> {
  const [session] = await site.sessions();
  return session === undefined ? [] : completedItems(session.state).toSorted();
}

/** How long commands are started and killed. */
const DURATION_MS = 5_000;

/** Commands that run at once. */
const LANES = 4;

/** Numbers as long as there is time. */
function* numbersFor(durationMs: number): Iterable<number> {
  const deadlineMs = performance.now() + durationMs;
  for (let number = 1; performance.now() < deadlineMs; number++) yield number;
}

/** What happens, by what is so then. */
export const PARALLEL_SCENES: Readonly<
  Record<string, (site: ParallelSite) => Promise<void>>
> = {
  "24 commands at once on one session are all stored": async (site) => {
    await startSessions(site, 1);
    await completeAll(site);
    assertEquals(await completedIn(site), ITEMS.toSorted());
    assertEquals(await site.problems(), []);
  },

  "24 commands at once end before a check that runs for a further item": async (
    site,
  ) => {
    const { root, start } = site;
    await startSessions(site, 1);
    const slow = start(["complete", "slow", "--notes", "done"]);
    const names = () => [...Deno.readDirSync(root)].map(({ name }) => name);
    await until("running", () => names().includes("running"));
    await completeAll(site);
    assertEquals(slow.hasEnded(), false, "the check still runs");
    assertEquals(await completedIn(site), ITEMS.toSorted());
    writeTree(root, { go: "" });
    assertEquals((await slow.ended).code, 0);
    assertEquals(await completedIn(site), [...ITEMS, "slow"].toSorted());
    assertEquals(await site.problems(), []);
  },

  "200 commands on 200 sessions, 16 at a time, are all stored where they belong":
    async (site) => {
      const ids = await startSessions(site, 200);
      await inLanes(16, ids, async (id) => {
        const { ended } = site.start(["note", `for ${id}`, "--session", id]);
        assertEquals(await ended, { code: 0, stderr: "" });
      });
      const sessions = await site.sessions();
      for (const { id, serial, state } of sessions) {
        assertEquals(serial, 2);
        assertEquals(state.notes.map(({ text }) => text), [`for ${id}`]);
      }
      assertEquals(sessions.length, 200);
      assertEquals(await site.problems(), []);
    },

  "commands that are killed at random moments lose nothing that was acknowledged":
    async (site) => {
      await startSessions(site, 1);
      const acknowledged: string[] = [];
      let killed = 0;
      let longestMs = 100;
      await inLanes(LANES, numbersFor(DURATION_MS), async (number) => {
        const startedAtMs = performance.now();
        const orc = site.start(["note", `note ${number}`]);
        const delayMs = Math.random() * 1.2 * longestMs;
        // One in four is let go on, so that some end however slow the machine is.
        const timer = number % 4 === 0
          ? undefined
          : setTimeout(orc.kill, delayMs);
        const { code, stderr } = await orc.ended;
        clearTimeout(timer);
        if (code === null) return void killed++;
        assertEquals({ code, stderr }, { code: 0, stderr: "" });
        acknowledged.push(`note ${number}`);
        longestMs = Math.max(longestMs, performance.now() - startedAtMs);
      });
      const last = await site.start(["note", "last"]).ended;
      assertEquals(last, { code: 0, stderr: "" });
      const [session] = await site.sessions();
      const stored = session?.state.notes.map(({ text }) => text) ?? [];
      assertEquals(acknowledged.filter((text) => !stored.includes(text)), []);
      assertEquals(new Set(stored).size, stored.length);
      assertEquals(await site.problems(), []);
      assert(acknowledged.length > 0, "some were left to end");
      assert(killed > 0, "some were killed");
    },
};
