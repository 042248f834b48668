import { OrcError } from "../../src/base/error.ts";
import { repositoryLayout, type SessionLayout } from "../../src/base/layout.ts";
import { MAX_CARRIED_EVENTS } from "../../src/base/limits.ts";
import type { RecordedEvent } from "../../src/engine/event.ts";
import { withLock } from "../../src/files/lock.ts";
import { fileStore } from "../../src/session/read.ts";
import type { Session } from "../../src/session/store.ts";
import { commit, stamp } from "../../src/session/update.ts";
import {
  codeOf,
  codeWithoutTrace,
  readTree,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
} from "../files/temporary.ts";
import {
  complete,
  completedItems,
  eventsIn,
  foreignRecord,
  lockText,
  loggedIn,
  namesIn,
  noteOf,
  NOW,
  SESSION_ID,
  storeContext,
  type StoredFixture,
  test,
  withSession,
} from "./fixtures.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";

/** Asserts that the completion of an item is refused, and leaves every file as it is. */
async function assertRefused(
  { store, layout }: StoredFixture,
  expected: string,
  id = SESSION_ID,
): Promise<void> {
  const update = () => store.update(id, complete("a"));
  assertEquals(await codeWithoutTrace(layout.root, update), expected);
}

async function itemsOf({ store }: StoredFixture): Promise<readonly string[]> {
  return completedItems((await store.read(SESSION_ID)).state);
}

test("SessionStore.update() stores the state and logs its events", async (fixture) => {
  const { store, paths } = fixture;
  const updated = await store.update(SESSION_ID, complete("a"));
  assertEquals(updated.warnings, []);
  assertEquals(updated.events.map(({ itemId }) => itemId), ["a"]);
  assertEquals(updated.session.serial, 2);
  const read = await store.read(SESSION_ID);
  assertEquals(read.serial, 2);
  assertEquals(read.checksum, "valid");
  assertEquals<readonly RecordedEvent[]>(
    read.lastEvents.slice(1),
    updated.events,
  );
  assertEquals(await itemsOf(fixture), ["a"]);
  assertEquals<readonly RecordedEvent[]>(
    eventsIn(paths.log).slice(1),
    updated.events,
  );
  assertEquals(namesIn(paths.directory), [
    "log.jsonl",
    "meta.json",
    "state.json",
  ]);
});

test("SessionStore.update() gives each event an id, the serial and the instant", async ({ store, paths }) => {
  await store.update(SESSION_ID, complete("a"));
  await store.update(SESSION_ID, complete("b"));
  const stamps = eventsIn(paths.log).map(({ id, serial, at }) => [
    id,
    serial,
    at,
  ]);
  assertEquals(
    stamps,
    [0, 1, 2].map((number) => [
      `01kjevent${String(number).padStart(17, "0")}`,
      number + 1,
      NOW,
    ]),
  );
});

test("SessionStore.update() writes nothing when there is nothing to do", async ({ store, layout }) => {
  const update = () => store.update(SESSION_ID, complete("a"));
  await update();
  const { events, session } = await withoutTrace(layout.root, update);
  assertEquals([events, session.serial], [[], 2]);
});

test("SessionStore.update() writes nothing when the change is refused", async ({ store, layout }) => {
  const refuse = () => {
    throw new OrcError("refused", "no", "No");
  };
  const update = () => store.update(SESSION_ID, refuse);
  assertEquals(await codeWithoutTrace(layout.root, update), "refused no");
});

test("SessionStore judges a state anew only when it reads otherwise than before", async ({ store, layout, paths }) => {
  const hashes = async (work: () => Promise<unknown>): Promise<number> => {
    let count = 0;
    await beforeEachHash(() => count++, work);
    return count;
  };
  const read = () => store.read(SESSION_ID);
  assertEquals(await hashes(read), 1);
  assertEquals(await hashes(read), 0);
  // What it writes is signed; what it read is known.
  assertEquals(await hashes(() => store.update(SESSION_ID, complete("a"))), 1);
  assertEquals(await hashes(read), 0);
  const other = fileStore(layout, storeContext({ firstToken: 1000 }));
  await other.update(SESSION_ID, complete("b"));
  assertEquals(await hashes(read), 1);
  const state = Deno.readTextFileSync(paths.state);
  Deno.writeTextFileSync(paths.state, state.replace('"b"', '"B"'));
  assertEquals((await read()).checksum, "changed");
});

test("SessionStore.update() syncs a log it wrote itself before events leave the state", async ({ store }) => {
  let dropped = 0;
  let carried = (await store.read(SESSION_ID)).lastEvents.length;
  for (let count = 0; count < 2 * MAX_CARRIED_EVENTS; count++) {
    const syncs = await countDataSyncs(() =>
      store.update(SESSION_ID, noteOf("again"))
    );
    const { lastEvents } = await store.read(SESSION_ID);
    if (lastEvents.length <= carried) {
      dropped++;
      assertEquals(syncs, 1);
    }
    carried = lastEvents.length;
  }
  assertEquals(dropped, 2);
});

/** How often the bytes of a file are made durable meanwhile. */
async function countDataSyncs(run: () => Promise<unknown>): Promise<number> {
  const { prototype } = Deno.FsFile;
  const { syncDataSync } = prototype;
  let count = 0;
  prototype.syncDataSync = function () {
    count++;
    syncDataSync.call(this);
  };
  try {
    await run();
  } finally {
    prototype.syncDataSync = syncDataSync;
  }
  return count;
}

Deno.test("SessionStore.update() applies updates of one process one after the other", () =>
  withSession(async (fixture) => {
    const { store, paths } = fixture;
    const items = ["a", "b", "c"];
    await Promise.all(
      items.map((item) => store.update(SESSION_ID, complete(item))),
    );
    assertEquals([...await itemsOf(fixture)].sort(), items);
    assertEquals(eventsIn(paths.log).map(({ serial }) => serial), [1, 2, 3, 4]);
  }, { timeoutMs: 10_000 }));

test("SessionStore.update() makes no session of what is none", async (fixture) => {
  const other = `${fixture.layout.sessions}/other`;
  await assertRefused(fixture, "not_found no_such_session", "other");
  Deno.mkdirSync(other);
  await assertRefused(fixture, "not_found no_such_session", "other");
  Deno.removeSync(other);
  Deno.writeTextFileSync(other, "x");
  await assertRefused(fixture, "corrupt not_a_directory", "other");
});

/** What is changed in a state without signing it, and what an update says to that. */
const UNTRUSTED: readonly [string, string, string][] = [
  ["Add login", "Add logout", "corrupt changed_outside"],
  ['"format": 1', '"format": 2', "refused newer_format"],
  ['"_version": "3.0"', '"_version": "9.0"', "refused newer_format"],
  ['"_version": "3.0"', '"_version": "30.1"', "refused newer_format"],
  ['"_version": "3.0"', '"_version": 3', "refused newer_format"],
  [SESSION_ID, "another-session", "corrupt foreign_state"],
  ["{", "", "corrupt invalid_json"],
];

for (const [from, to, expected] of UNTRUSTED) {
  test(`SessionStore.update() leaves a state alone that is ${expected}`, async (fixture) => {
    const { state } = fixture.paths;
    const text = Deno.readTextFileSync(state);
    assertStringIncludes(text, from);
    Deno.writeTextFileSync(state, text.replace(from, to));
    await assertRefused(fixture, expected);
  });
}

Deno.test("SessionStore.update() repeats a change whose lock was taken over, on the fresh state", () =>
  withSession(async (fixture) => {
    const { store, paths } = fixture;
    const before = filesOf(paths);
    await store.update(SESSION_ID, complete("b"));
    const after = filesOf(paths);
    restore(paths, before);

    const seen: (readonly string[])[] = [];
    const { session } = await store.update(SESSION_ID, (session) => {
      seen.push(completedItems(session.state));
      if (seen.length === 1) {
        // Somebody took the lock over, made an update and was killed.
        Deno.writeTextFileSync(`${paths.directory}/lock`, lockText(DEAD));
        restore(paths, after);
      }
      return complete("a")(session);
    });
    assertEquals(seen, [[], ["b"]]);
    assertEquals(session.serial, 3);
    assertEquals(await itemsOf(fixture), ["a", "b"]);
    assertEquals(loggedIn(paths.log), [
      "workflow_started -",
      "item_completed b",
      "item_completed a",
    ]);
    assertEquals(namesIn(paths.directory).length, 3);
  }, { livenessOf: ({ pid }) => pid === DEAD.pid ? "dead" : "alive" }));

test("commit() leaves the log to the next holder when the lock is lost behind the rename", async ({ store, paths }) => {
  const session = await store.read(SESSION_ID);
  const before = filesOf(paths);
  const decision = complete("a")(session);
  const next = stamp(session, decision, NOW, () => "01kjnext");
  const { logEnd, warnings } = await withLock(
    paths.directory,
    storeContext(),
    // It looks at the lock once before the rename, and once behind it.
    (held) =>
      commit(
        paths,
        next,
        Object.assign(held, { assertHeld: () => {}, isHeld: () => false }),
      ),
  );
  assertEquals([logEnd, warnings], [undefined, []]);
  const after = filesOf(paths);
  assertEquals(after.log, before.log);
  assert(after.state !== before.state);
});

const DEAD = foreignRecord();

interface Files {
  readonly state: string;
  readonly log: string;
}

function filesOf(paths: SessionLayout): Files {
  return {
    state: Deno.readTextFileSync(paths.state),
    log: Deno.readTextFileSync(paths.log),
  };
}

function restore(paths: SessionLayout, { state, log }: Files): void {
  Deno.writeTextFileSync(paths.state, state);
  Deno.writeTextFileSync(paths.log, log);
}

/** Does something before every hash. */
async function beforeEachHash(
  before: () => unknown,
  work: () => Promise<unknown>,
): Promise<void> {
  const { subtle } = crypto;
  const digest = subtle.digest.bind(subtle);
  const value: typeof digest = async (...args) => {
    await before();
    return await digest(...args);
  };
  Object.defineProperty(subtle, "digest", { value, configurable: true });
  try {
    await work();
  } finally {
    Reflect.deleteProperty(subtle, "digest");
  }
}

test("SessionStore.update() loses no update among processes that take each other for dead", async (fixture) => {
  const { layout, paths } = fixture;
  let changes = 0;
  const items = ["a", "b", "c"];
  const update = (item: string, index: number) => {
    let errors = 3;
    const context = storeContext({
      firstToken: 1000 * (index + 1),
      timeoutMs: 10_000,
      livenessOf: () => errors-- > 0 ? "dead" : "alive",
    });
    // Under the same name they would stand in one line, as within a process.
    const other = repositoryLayout(layout.root + "/.".repeat(index));
    return fileStore(other, context).update(SESSION_ID, (session) => {
      changes++;
      return complete(item)(session);
    });
  };
  // Others look at the lock twice meanwhile.
  const takeTime = () => new Promise((resolve) => setTimeout(resolve, 60));
  await beforeEachHash(takeTime, () => Promise.all(items.map(update)));
  assert(changes > items.length, "a lock was lost and a change repeated");
  assertEquals([...await itemsOf(fixture)].sort(), items);
  assertEquals((await fixture.store.read(SESSION_ID)).serial, 4);
  assertEquals(new Set(loggedIn(paths.log)).size, 4);
  assertEquals(namesIn(paths.directory).length, 3);
});

Deno.test("SessionStore.update() gives up when its lock is lost again and again", () =>
  withSession(async ({ store, paths, layout }) => {
    const before = readTree(layout.root);
    assertEquals(
      await codeOf(() =>
        store.update(SESSION_ID, (session) => {
          Deno.writeTextFileSync(`${paths.directory}/lock`, lockText(DEAD));
          return complete("a")(session);
        })
      ),
      "conflict lock_lost",
    );
    Deno.removeSync(`${paths.directory}/lock`);
    assertEquals(readTree(layout.root), before);
  }, { livenessOf: () => "dead" }));

async function assertRemoved(
  { store, paths }: StoredFixture,
  change: (session: Session) => ReturnType<ReturnType<typeof complete>>,
  afterwards: () => void = () => {},
): Promise<void> {
  const update = refusalOf(() => store.update(SESSION_ID, change));
  afterwards();
  const error = await update;
  assertEquals([error.kind, error.code], ["conflict", "session_removed"]);
  assertEquals(error.path, paths.directory);
  await assertRejects(() => Deno.lstat(paths.directory), Deno.errors.NotFound);
}

Deno.test("SessionStore.update() does not bring back a session removed while it waited", () =>
  withSession(async (fixture) => {
    const { directory } = fixture.paths;
    Deno.writeTextFileSync(`${directory}/lock`, lockText(foreignRecord()));
    let looks = 0;
    const context = {
      ...fixture.context,
      livenessOf: () => {
        if (++looks === 3) Deno.removeSync(directory, { recursive: true });
        return "alive" as const;
      },
    };
    const store = fileStore(fixture.layout, context);
    await assertRemoved({ ...fixture, store }, complete("a"));
  }, { timeoutMs: 10_000 }));

test("SessionStore.update() does not bring back a session removed while it was read", async (fixture) => {
  const { directory } = fixture.paths;
  await assertRemoved(fixture, (session) => {
    Deno.removeSync(directory, { recursive: true });
    return complete("a")(session);
  });
});

test("SessionStore.update() succeeds with a warning when only the log fails", async ({ store, paths }) => {
  const log = Deno.readTextFileSync(paths.log);
  const { events, warnings } = await store.update(SESSION_ID, (session) => {
    Deno.removeSync(paths.log);
    Deno.mkdirSync(paths.log);
    return complete("a")(session);
  });
  assertEquals(events.length, 1);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0] ?? "", "the next update completes it");

  Deno.removeSync(paths.log);
  Deno.writeTextFileSync(paths.log, log);
  const next = await store.update(SESSION_ID, complete("b"));
  assertEquals(next.warnings, []);
  assertEquals(loggedIn(paths.log), [
    "workflow_started -",
    "item_completed a",
    "item_completed b",
  ]);
});

test("SessionStore.update() changes nothing when the log cannot be settled", async (fixture) => {
  const { log } = fixture.paths;
  Deno.removeSync(log);
  Deno.mkdirSync(log);
  await assertRefused(fixture, "corrupt not_a_regular_file");
});

test("SessionStore.update() says that it made a missing log anew", async ({ store, paths }) => {
  Deno.removeSync(paths.log);
  const { warnings } = await store.update(SESSION_ID, complete("a"));
  assertEquals(warnings, [
    `"${paths.log}" was missing; only the last events are in it`,
  ]);
  assertEquals(loggedIn(paths.log), [
    "workflow_started -",
    "item_completed a",
  ]);
});

test("SessionStore.update() refuses an older state.json that was put back", async ({ store, paths }) => {
  const older = Deno.readTextFileSync(paths.state);
  await store.update(SESSION_ID, complete("a"));
  Deno.writeTextFileSync(paths.state, older);
  const message = "x".repeat(1000);
  const line = JSON.stringify({
    event_type: "error",
    workflow_id: "wf_1",
    message,
  });
  // However much another tool wrote since.
  for (const lines of ["", `${line}\n`.repeat(200)]) {
    Deno.writeTextFileSync(paths.log, lines, { append: true });
    const update = () => store.update(SESSION_ID, complete("b"));
    const error = await refusalWithoutTrace(paths.directory, update);
    assertEquals([error.kind, error.code], ["corrupt", "state_behind_log"]);
    assertEquals(error.details, { serial: 1, logged: 2 });
  }
});

test("SessionStore.update() lets a signal take effect only after the lock is given back", async ({ layout, paths }) => {
  const held: string[] = [];
  const store = fileStore(layout, {
    ...storeContext(),
    holdSignals: () => {
      held.push("hold");
      return {
        throwIfCaught: () => {},
        release: () => {
          held.push(namesIn(paths.directory).join(" "));
          throw new Error("interrupted");
        },
      };
    },
  });
  await assertRejects(
    () => store.update(SESSION_ID, complete("a")),
    Error,
    "interrupted",
  );
  assertEquals(held, ["hold", "log.jsonl meta.json state.json"]);
  assertEquals((await store.read(SESSION_ID)).serial, 2);
});
