/** Every state in which an update can be cut off, and the next update that finds it. */
import type { SessionLayout } from "../../src/base/layout.ts";
import { MAX_CARRIED_EVENTS } from "../../src/base/limits.ts";
import { fileStore } from "../../src/session/read.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import {
  complete,
  completedItems,
  eventsIn,
  foreignRecord,
  lockText,
  loggedIn,
  namesIn,
  noteOf,
  SESSION_ID,
  type StoredFixture,
  tokenOf,
  withSession,
} from "../session/fixtures.ts";
import { assert, assertEquals } from "@std/assert";

const DEAD = foreignRecord();
const CRASHED_TOO = foreignRecord({ pid: 816, token: tokenOf(0xf01) });
const LOCK = lockText(DEAD);

type Files = Readonly<Record<string, string>>;

/** What a crash left, and whether it was after the point from which the update counts. */
interface Crash {
  readonly name: string;
  readonly files: Files;
  readonly counts: boolean;
}

/** Texts of state and log before and after the update that is cut off. */
interface Cut {
  readonly oldState: string;
  readonly newState: string;
  readonly oldLog: string;
  readonly newLog: string;
}

function crashesOf(cut: Cut): readonly Crash[] {
  return [
    ...whileLocking(cut),
    ...whileTakingOver(cut),
    ...whileStaging(cut),
    ...whileLogging(cut),
  ];
}

function beginningsOf(text: string): readonly string[] {
  return ["", text.slice(0, text.length / 2), text];
}

function before({ oldState, oldLog }: Cut): Files {
  return { "state.json": oldState, "log.jsonl": oldLog };
}

function whileLocking(cut: Cut): readonly Crash[] {
  const own = `lock.${DEAD.token}.tmp`;
  const crashes = beginningsOf(LOCK).map((text): [string, Files] => [
    `private lock file of ${text.length} bytes`,
    { [own]: text },
  ]);
  crashes.push(
    ["lock published", { [own]: LOCK, lock: LOCK }],
    ["lock held", { lock: LOCK }],
    ["lock held while the log is settled", {
      lock: LOCK,
      "log.jsonl": cut.oldLog.slice(0, -30),
    }],
  );
  return crashes.map(([name, files]) => ({
    name,
    files: { ...before(cut), ...files },
    counts: false,
  }));
}

function whileTakingOver(cut: Cut): readonly Crash[] {
  const claim = (index: number) => `lock.break.${DEAD.token}.${index}`;
  const text = lockText(CRASHED_TOO);
  const crashes: [string, Files][] = [
    ["lock claimed", { lock: LOCK, [claim(0)]: text }],
    ["lock claimed twice", {
      lock: LOCK,
      [claim(0)]: LOCK,
      [claim(1)]: text,
      [`lock.${CRASHED_TOO.token}.tmp`]: text,
    }],
    ["claimed lock removed", { [claim(0)]: text }],
    ["claimed lock removed, next lock held", {
      lock: text,
      [claim(0)]: text,
      [`state.json.${DEAD.token}.tmp`]: cut.newState,
    }],
  ];
  return crashes.map(([name, files]) => ({
    name,
    files: { ...before(cut), ...files },
    counts: false,
  }));
}

function whileStaging(cut: Cut): readonly Crash[] {
  return beginningsOf(cut.newState).map((text) => ({
    name: `${text.length} bytes staged`,
    files: {
      ...before(cut),
      lock: LOCK,
      [`state.json.${DEAD.token}.tmp`]: text,
    },
    counts: false,
  }));
}

function whileLogging(cut: Cut): readonly Crash[] {
  const { newState, oldLog, newLog } = cut;
  const logs: [string, string][] = [];
  for (let end = 0; end <= newLog.length; end += 23) {
    logs.push([`${end} bytes of ${newLog.length}`, newLog.slice(0, end)]);
  }
  logs.push(
    ["zeros", oldLog + "\0".repeat(newLog.length - oldLog.length)],
    ["all but the line end", newLog.slice(0, -1)],
    ["everything", newLog],
  );
  return logs.flatMap(([name, log]) => {
    const files = { "state.json": newState, "log.jsonl": log };
    return [
      { name: `${name} logged`, files: { ...files, lock: LOCK }, counts: true },
      { name: `${name} logged, unlocked by power cut`, files, counts: true },
    ];
  });
}

/** Makes an update and returns what it changed; the session is then as before. */
async function cutUpdate({ store, paths }: StoredFixture): Promise<Cut> {
  await store.update(SESSION_ID, complete("a"));
  const old = readTree(paths.directory);
  await store.update(SESSION_ID, complete("b"));
  const now = readTree(paths.directory);
  return {
    oldState: textIn(old, "state.json"),
    newState: textIn(now, "state.json"),
    oldLog: textIn(old, "log.jsonl"),
    newLog: textIn(now, "log.jsonl"),
  };
}

function textIn(tree: Files, name: string): string {
  const text = tree[name];
  if (text === undefined) throw new Error(`There is no ${name}`);
  return text;
}

function lay({ directory }: SessionLayout, files: Files): void {
  for (const name of namesIn(directory)) {
    if (name !== "meta.json") Deno.removeSync(`${directory}/${name}`);
  }
  writeTree(directory, files);
}

async function assertHealed(
  { store, paths }: StoredFixture,
  { name, counts }: Crash,
): Promise<void> {
  const { session, warnings } = await store.update(SESSION_ID, complete("c"));
  const items = counts ? ["a", "b", "c"] : ["a", "c"];
  assertEquals(completedItems(session.state), items, name);
  const stored = await store.read(SESSION_ID);
  assertEquals(completedItems(stored.state), items, name);
  assertEquals(session.serial, items.length + 1, name);
  assertEquals(
    loggedIn(paths.log),
    ["workflow_started -", ...items.map((item) => `item_completed ${item}`)],
    name,
  );
  const serials = eventsIn(paths.log).map(({ serial }) => serial);
  assertEquals(serials, serials.map((_, index) => index + 1), name);
  assertEquals(warnings, [], name);
  const files = ["log.jsonl", "meta.json", "state.json"];
  assertEquals(namesIn(paths.directory), files, name);
}

Deno.test("an update heals whatever a crash of the one before left", () =>
  withSession(async (fixture) => {
    const cut = await cutUpdate(fixture);
    for (const crash of crashesOf(cut)) {
      lay(fixture.paths, crash.files);
      await assertHealed(fixture, crash);
    }
  }, { livenessOf: () => "dead" }));

Deno.test("a reader sees the old or the new state, whatever a crash left", () =>
  withSession(async (fixture) => {
    const cut = await cutUpdate(fixture);
    for (const { name, files, counts } of crashesOf(cut)) {
      lay(fixture.paths, files);
      const tree = readTree(fixture.paths.directory);
      const { state } = await fixture.store.read(SESSION_ID);
      const items = counts ? ["a", "b"] : ["a"];
      assertEquals(completedItems(state), items, name);
      assertEquals(readTree(fixture.paths.directory), tree, name);
    }
  }));

Deno.test("an update heals a session whose log was lost", () =>
  withSession(async ({ store, paths }) => {
    await store.update(SESSION_ID, complete("a"));
    Deno.removeSync(paths.log);
    const { warnings } = await store.update(SESSION_ID, complete("b"));
    assertEquals(warnings.length, 1);
    assertEquals(loggedIn(paths.log), [
      "workflow_started -",
      "item_completed a",
      "item_completed b",
    ]);
  }));

/** More than travel in state.json, so that some of them leave it. */
const MANY_UPDATES = 2 * MAX_CARRIED_EVENTS + 3;

Deno.test("an update restores all that a power cut may take from the log", () =>
  withSession(async ({ layout, context, store, paths }) => {
    for (let count = 1; count <= MANY_UPDATES; count++) {
      await store.update(SESSION_ID, noteOf(`note ${count}`));
      const whole = readTree(paths.directory);
      const log = textIn(whole, "log.jsonl");
      const { lastEvents } = await store.read(SESSION_ID);
      assert(lastEvents.length <= MAX_CARRIED_EVENTS, `${count} updates`);
      const lines = log.trimEnd().split("\n");
      const synced = lines.slice(0, lines.length - lastEvents.length);
      lay(paths, {
        ...whole,
        "log.jsonl": synced.map((line) => `${line}\n`).join(""),
      });
      // Another process: this one would know how its log ended.
      const other = fileStore(layout, context);
      await other.update(SESSION_ID, noteOf("after the power cut"));
      const healed = Deno.readTextFileSync(paths.log);
      assert(healed.startsWith(log), `after ${count} updates`);
      assertEquals(eventsIn(paths.log).length, lines.length + 1);
      lay(paths, whole);
    }
  }));

Deno.test("an update notices what others did to the log of a state it wrote itself", () =>
  withSession(async ({ store, paths }) => {
    await store.update(SESSION_ID, complete("a"));
    const log = Deno.readTextFileSync(paths.log);
    Deno.writeTextFileSync(paths.log, log.slice(0, -20));
    await store.update(SESSION_ID, complete("b"));
    assertEquals(loggedIn(paths.log), [
      "workflow_started -",
      "item_completed a",
      "item_completed b",
    ]);
  }));

Deno.test("an update goes past a lock that a power cut emptied", () =>
  withSession(async (fixture) => {
    writeTree(fixture.paths.directory, { lock: "" });
    const { session } = await fixture.store.update(SESSION_ID, complete("a"));
    assertEquals(completedItems(session.state), ["a"]);
    assertEquals(namesIn(fixture.paths.directory).includes("lock"), false);
  }, { timeoutMs: 10_000 }));
