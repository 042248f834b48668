import {
  type Cleanup,
  cleanupSessions,
  type CleanupSessionsOptions,
  cleanupTree,
  isRemovable,
  restingDays,
} from "../../src/sessions/cleanup.ts";
import { completeItem } from "../../src/work/complete.ts";
import { abandonSession, finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText, startedState } from "../session/fixtures.ts";
import {
  agent,
  EASY_WORKFLOW,
  edit,
  fixedHost,
  idOf,
  legacyState,
  type Machine,
  sessionsIn,
  withoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import { assertRefused, assertRefusedWithoutTrace } from "../work/refused.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

/** Forty days after the sessions were closed. */
const LATER = "2026-04-10T10:00:00Z";

const ACTIVE = idOf(1, 0);
const COMPLETED = idOf(2, 0);
const ABANDONED = idOf(3, 0);

/** A test on a session in each status; the abandoned one is current. */
function test(name: string, run: (root: string) => Promise<void>): void {
  const make = async (root: string) => {
    for (const number of [1, 2, 3]) {
      const task = `Task ${number}`;
      const host = fixedHost({ number });
      await startSession(host, { root, task, beside: true });
    }
    const second = { root, session: COMPLETED };
    await completeItem(fixedHost({ number: 4 }), { ...second, itemId: "it" });
    await finishSession(fixedHost({ number: 5 }), second);
    const third = { root, session: ABANDONED, reason: "Dropped" };
    await abandonSession(fixedHost({ number: 6 }), third);
    await run(root);
  };
  Deno.test(name, () => withRoot({ "workflow.yaml": EASY_WORKFLOW }, make));
}

function cleanup(
  root: string,
  options: CleanupSessionsOptions = {},
  machine: Machine = {},
): Promise<Cleanup> {
  const host = fixedHost({ number: 7, at: LATER, ...machine });
  return cleanupSessions(host, { root, lockTimeout: "0", ...options });
}

test("cleanupSessions() removes closed sessions and never an active one", async (root) => {
  const { sessions, dryRun, kept } = await cleanup(root, {
    olderThan: "0",
    yes: true,
  });
  assertEquals([dryRun, kept], [false, []]);
  assertEquals(
    sessions.map(({ session, status, unchangedDays }) => [
      session,
      status,
      unchangedDays,
    ]),
    [[COMPLETED, "completed", 40], [ABANDONED, "abandoned", 40]],
  );
  assertEquals(sessionsIn(root), [ACTIVE]);
});

test("cleanupSessions() removes only what is old enough and of the status named", async (root) => {
  const yes = { yes: true };
  const count = async (options: CleanupSessionsOptions) =>
    (await cleanup(root, { ...yes, ...options })).sessions.length;
  assertEquals(await count({ olderThan: "41" }), 0);
  assertEquals(await count({ status: "abandoned" }), 1);
  assertEquals(sessionsIn(root), [ACTIVE, COMPLETED]);
  assertEquals(await count({ status: "abandoned" }), 0);
  assertEquals(await count({}), 1);
  assertEquals(sessionsIn(root), [ACTIVE]);
});

test("cleanupSessions() shows in a dry run what it would remove, and writes nothing", async (root) => {
  const options = { dryRun: true };
  const planned = await withoutTrace(root, () => cleanup(root, options));
  const sizes = planned.sessions.map(({ sizeBytes }) => sizeBytes);
  assertEquals([planned.dryRun, planned.sessions.length], [true, 2]);
  assertEquals(planned.sizeBytes, sizes.reduce((sum, size) => sum + size));
  assertEquals(sizes.every((size) => size > 1000), true);
});

test("cleanupSessions() removes nothing without a yes", async (root) => {
  for (const answers of [undefined, [""], [undefined], ["yesterday"]]) {
    const run = () => cleanup(root, {}, { answers });
    await assertRefusedWithoutTrace(root, "refused not_confirmed", run);
  }
});

test("cleanupSessions() asks at a terminal, and shows what will be gone", async (root) => {
  const host = fixedHost({ number: 7, at: LATER, answers: ["Yes"] });
  await cleanupSessions(host, { root });
  const [question = "", ...others] = host.questions;
  assertMatch(question, /completed 40 days ago[^]*Remove 2 sessions \(/);
  assertEquals([others, sessionsIn(root)], [[], [ACTIVE]]);
});

Deno.test("cleanupSessions() asks nobody where there is nothing to remove", () =>
  withRoot({}, async (root) => {
    const run = () => cleanup(root, {}, { answers: [] });
    const { sessions } = await withoutTrace(root, run);
    assertEquals(sessions, []);
  }));

test("cleanupSessions() leaves nobody in a session that is gone", async (root) => {
  const host = fixedHost({ number: 8, environment: agent("1") });
  await startSession(host, { root, task: "Mine" });
  const own = { root, session: idOf(8, 0), reason: "Dropped" };
  await abandonSession(fixedHost({ number: 9 }), own);
  const pointers = () =>
    Object.keys(readTree(`${root}/.orchestrator`))
      .filter((name) => /^bindings\/.|^current$/.test(name));
  assertEquals(pointers().length, 2);
  await cleanup(root, { yes: true });
  assertEquals(pointers(), []);
});

test("cleanupSessions() removes no session that it cannot take everybody out of", async (root) => {
  writeTree(root, { ".orchestrator/lock": lockText(foreignRecord()) });
  await assertRefused("conflict lock_held", () => cleanup(root, { yes: true }));
  assertEquals(sessionsIn(root), [ACTIVE, COMPLETED, ABANDONED]);
});

test("cleanupSessions() keeps what is damaged, and says so", async (root) => {
  const sessions = `${root}/.orchestrator/sessions`;
  writeTree(sessions, {
    [`${ABANDONED}/state.json`]: "{",
    "unfinished/": "",
  });
  edit(`${sessions}/${ACTIVE}/state.json`, '"active"', '"completed"');
  const { kept } = await cleanup(root, { yes: true });
  assertEquals(sessionsIn(root), [ACTIVE, ABANDONED, "unfinished"]);
  const files = [ACTIVE, ABANDONED, "unfinished"]
    .map((id) => `${sessions}/${id}/state.json`);
  assertEquals(kept.map(({ path }) => path), files);
  for (const { problem } of kept) {
    assertMatch(problem, /changed outside|not valid JSON|missing/);
  }
});

test("cleanupSessions() never removes the older tool's file", async (root) => {
  const path = `${root}/.workflow_state.json`;
  writeTree(root, { ".workflow_state.json": legacyState() });
  assertEquals((await cleanup(root, { yes: true })).kept, []);
  const status = "completed";
  writeTree(root, { ".workflow_state.json": legacyState({ status }) });
  const { kept } = await cleanup(root, { yes: true });
  assertEquals(kept.map((each) => each.path), [path]);
  assertStringIncludes(kept[0]?.problem ?? "", "only a migration removes");
  assertEquals(Deno.lstatSync(path).isFile, true);
});

test("cleanupSessions() finishes a removal that was cut short", async (root) => {
  const name = `.removed-${"0".repeat(32)}`;
  writeTree(`${root}/.orchestrator/sessions`, {
    [`${name}/log.jsonl`]: "12",
  });
  const { sessions, leftovers, sizeBytes } = await cleanup(root, {
    olderThan: "1000",
    yes: true,
  });
  assertEquals([sessions, leftovers.length, sizeBytes], [[], 1, 2]);
  assertEquals(sessionsIn(root), [ACTIVE, COMPLETED, ABANDONED]);
});

test("cleanupSessions() removes the others when one is in use", async (root) => {
  const path = `.orchestrator/sessions/${COMPLETED}`;
  writeTree(root, { [`${path}/lock`]: lockText(foreignRecord()) });
  const { sessions, kept } = await cleanup(root, { yes: true });
  assertEquals(sessions.map(({ session }) => session), [ABANDONED]);
  assertEquals(kept.map((each) => each.path), [`${root}/${path}`]);
  assertEquals(sessionsIn(root), [ACTIVE, COMPLETED]);
  // Where nothing else was to be done, it is a failure.
  const again = () => cleanup(root, { yes: true });
  await assertRefused("conflict lock_held", again);
});

Deno.test("cleanupSessions() refuses an age that is none", () =>
  withRoot({}, async (root) => {
    const run = () => cleanup(root, { olderThan: "-1" });
    await assertRefused("usage invalid_number", run);
  }));

test("cleanupSessions() lets no agent remove what was closed today", async (root) => {
  const machine = { number: 9, environment: agent("1") };
  const options = { root, olderThan: "0", yes: true };
  const run = () => cleanupSessions(fixedHost(machine), options);
  await assertRefusedWithoutTrace(root, "denied approval_required", run);
  const older = { ...options, olderThan: "1" };
  const planned = await cleanupSessions(fixedHost(machine), older);
  assertEquals(planned.sessions, []);
  const removed = await cleanupSessions(fixedHost({ number: 9 }), options);
  assertEquals(removed.sessions.length, 2);
});

/** Two repositories, each with a session that was abandoned and one that goes on. */
function withTree(test: (top: string) => Promise<void>): Promise<void> {
  return withRoot({
    "one/workflow.yaml": EASY_WORKFLOW,
    "two/workflow.yaml": EASY_WORKFLOW,
  }, async (top) => {
    for (const [index, name] of ["one", "two"].entries()) {
      const root = `${top}/${name}`;
      const host = (number: number) =>
        fixedHost({ number: 10 * index + number });
      await startSession(host(1), { root, task: "A" });
      await abandonSession(host(2), { root, reason: "Dropped" });
      await startSession(host(3), { root, task: "B" });
    }
    await test(top);
  });
}

/** Eight days later. */
function later(workingDirectory: string): ReturnType<typeof fixedHost> {
  const at = "2026-03-09T10:00:00Z";
  return fixedHost({ workingDirectory, number: 50, at });
}

Deno.test("cleanupTree() removes old closed sessions of all repositories, after a yes", () =>
  withTree(async (top) => {
    const run = () => cleanupTree(later(top));
    await assertRefusedWithoutTrace(top, "refused not_confirmed", run);
    const yes = { yes: true };
    const { directory, sessions } = await cleanupTree(later(top), yes);
    assertEquals(directory, top);
    assertEquals(
      sessions.map((each) => [each.directory, each.session]),
      [[`${top}/one`, idOf(1, 0)], [`${top}/two`, idOf(11, 0)]],
    );
    assertEquals(sessionsIn(`${top}/one`), [idOf(3, 0)]);
    assertEquals(sessionsIn(`${top}/two`), [idOf(13, 0)]);
    assertEquals((await cleanupTree(later(top), yes)).sessions, []);
  }));

Deno.test("cleanupTree() keeps what is younger than a week, unless told otherwise", () =>
  withTree(async (top) => {
    const at = "2026-03-08T09:00:00Z";
    const host = fixedHost({ workingDirectory: top, number: 50, at });
    assertEquals((await cleanupTree(host, { yes: true })).sessions, []);
    const younger = { yes: true, olderThan: "6", directory: "two" };
    assertEquals((await cleanupTree(host, younger)).sessions.length, 1);
    assertEquals(sessionsIn(`${top}/one`).length, 2);
  }));

Deno.test("cleanupTree() names what cannot be looked at, and cleans up the rest", () =>
  withTree(async (top) => {
    Deno.removeSync(`${top}/one/.orchestrator/sessions`, { recursive: true });
    writeTree(top, { "one/.orchestrator/sessions": "a file" });
    const { sessions, warnings } = await cleanupTree(later(top), { yes: true });
    assertEquals([sessions.length, warnings.length], [1, 1]);
  }));

const CLOCK = {
  now: "2026-03-31T12:00:00Z",
  localNow: "2026-03-31T05:00:00.000000",
};

function state(fields: Partial<SessionState>): SessionState {
  return { ...startedState(["a"]), status: "completed", ...fields };
}

Deno.test("restingDays() counts whole days since the last change", () => {
  const table: readonly [Partial<SessionState>, number | undefined][] = [
    [{ updatedAt: "2026-03-31T12:00:00Z" }, 0],
    [{ updatedAt: "2026-03-30T12:00:01Z" }, 0],
    [{ updatedAt: "2026-03-30T12:00:00Z" }, 1],
    [{ updatedAt: "2026-03-01T12:00:00+00:00" }, 30],
    // Local time, seven hours behind.
    [{ updatedAt: "2026-03-30T05:00:00.000000" }, 1],
    [{ updatedAt: "2026-03-30T05:00:01.000000" }, 0],
    [{
      updatedAt: "2026-03-01T12:00:00Z",
      completedAt: "2026-03-21T12:00:00Z",
    }, 10],
    [{ updatedAt: "", createdAt: "2026-03-29T12:00:00Z" }, 2],
    // Somebody's clock was wrong.
    [{ updatedAt: "2031-01-01T00:00:00Z" }, 0],
    [{ updatedAt: "", createdAt: "", completedAt: "some day" }, undefined],
  ];
  for (const [fields, days] of table) {
    assertEquals(
      restingDays(state(fields), CLOCK),
      days,
      JSON.stringify(fields),
    );
  }
});

Deno.test("a clock that was far back for a moment makes no session old enough to be removed", () => {
  const rule = { olderThanDays: 7, status: "all" } as const;
  const back = "2015-01-01T00:00:00Z";
  const createdAt = "2026-03-30T12:00:00Z";
  const closedBack = state({ createdAt, updatedAt: back, completedAt: back });
  assertEquals(isRemovable(closedBack, rule, CLOCK), false);
});

Deno.test("isRemovable() lets no session go that can still change", () => {
  const rule = { olderThanDays: 0, status: "all" } as const;
  const updatedAt = "2020-01-01T00:00:00Z";
  const verdicts = (["active", "paused", "completed", "abandoned"] as const)
    .map((status) => isRemovable(state({ status, updatedAt }), rule, CLOCK));
  assertEquals(verdicts, [false, false, true, true]);
});

Deno.test("isRemovable() asks for the age and the status that were named", () => {
  const old = state({ updatedAt: "2026-03-01T12:00:00Z" });
  const may = (olderThanDays: number, status: "completed" | "abandoned") =>
    isRemovable(old, { olderThanDays, status }, CLOCK);
  assertEquals(may(30, "completed"), true);
  assertEquals(may(31, "completed"), false);
  assertEquals(may(30, "abandoned"), false);
});

Deno.test("isRemovable() keeps a session whose age nobody can tell", () => {
  const dateless = state({ updatedAt: "", createdAt: "" });
  const rule = { olderThanDays: 0, status: "all" } as const;
  assertEquals(isRemovable(dateless, rule, CLOCK), false);
});
