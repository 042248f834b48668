/** Many real commands at once: all of them are stored, and none waits for a check. */
import { denoHost } from "../../src/host/deno_host.ts";
import { startSession } from "../../src/work/start.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import { completedItems } from "../session/fixtures.ts";
import { inLanes, startOrc, until } from "./orc_process.ts";
import { problemsIn, sessionsIn } from "./whole.ts";
import { assert, assertEquals } from "@std/assert";

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
  root: string,
  count: number,
): Promise<readonly string[]> {
  writeTree(root, { "workflow.yaml": WORKFLOW, "check.sh": SLOW_CHECK });
  const host = { ...denoHost(), workingDirectory: root, env: () => undefined };
  const ids: string[] = [];
  for (let number = 0; number < count; number++) {
    const task = `Task ${number}`;
    const { place } = await startSession(host, { root, task, beside: true });
    assert(place.session);
    ids.push(place.session);
  }
  return ids;
}

/** Completes all items but the slow one, each with a process of its own, all at once. */
async function completeAll(root: string): Promise<void> {
  const processes = ITEMS.map((id) =>
    startOrc(root, ["complete", id, "--notes", "done"])
  );
  const ends = await Promise.all(processes.map(({ ended }) => ended));
  assertEquals(ends.filter(({ code }) => code !== 0), []);
}

async function completedIn(root: string): Promise<readonly string[]> {
  const [session] = await sessionsIn(root);
  return session === undefined ? [] : completedItems(session.state).toSorted();
}

Deno.test("24 commands at once on one session are all stored", () =>
  withTemporaryDirectory(async (root) => {
    await startSessions(root, 1);
    await completeAll(root);
    assertEquals(await completedIn(root), ITEMS.toSorted());
    assertEquals(await problemsIn(root), []);
  }));

Deno.test({
  name: "24 commands at once end before a check that runs for a further item",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTemporaryDirectory(async (root) => {
      await startSessions(root, 1);
      const slow = startOrc(root, ["complete", "slow", "--notes", "done"]);
      const names = () => [...Deno.readDirSync(root)].map(({ name }) => name);
      await until("running", () => names().includes("running"));
      await completeAll(root);
      assertEquals(slow.hasEnded(), false, "the check still runs");
      assertEquals(await completedIn(root), ITEMS.toSorted());
      writeTree(root, { go: "" });
      assertEquals((await slow.ended).code, 0);
      assertEquals(await completedIn(root), [...ITEMS, "slow"].toSorted());
      assertEquals(await problemsIn(root), []);
    }),
});

Deno.test("200 commands on 200 sessions, 16 at a time, are all stored where they belong", () =>
  withTemporaryDirectory(async (root) => {
    const ids = await startSessions(root, 200);
    await inLanes(16, ids, async (id) => {
      const { ended } = startOrc(root, ["note", `for ${id}`, "--session", id]);
      assertEquals(await ended, { code: 0, stderr: "" });
    });
    for (const { id, serial, state } of await sessionsIn(root)) {
      assertEquals(serial, 2);
      assertEquals(state.notes.map(({ text }) => text), [`for ${id}`]);
    }
    assertEquals((await sessionsIn(root)).length, 200);
    assertEquals(await problemsIn(root), []);
  }));
