/** What every store of sessions promises, whatever it keeps them in. */
import { decodeLogLine, type RecordedEvent } from "../../src/engine/event.ts";
import { isOrcError } from "../../src/base/error.ts";
import { saidOf } from "../../src/session/read.ts";
import type {
  EventBatch,
  EventsOptions,
  Session,
  SessionStore,
} from "../../src/session/store.ts";
import { codeOf } from "../files/temporary.ts";
import { workflowOf } from "../engine/fixtures.ts";
import {
  complete,
  completedItems,
  eventOf,
  noteOf,
  startedState,
} from "../session/fixtures.ts";
import { traceSession } from "../../src/session/trace.ts";
import type { Decision, SessionStatus } from "../../src/workflow/types.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

/** A store to be tested, and what else can be done to what it keeps. */
export interface StoreFixture {
  readonly store: SessionStore;
  /** A store on the same sessions in which nothing is remembered; absent where all ends with the process. */
  readonly reopen?: () => SessionStore;
  /**
   * Makes the next update be stored and its answer get lost; absent where an answer cannot get lost,
   * because nothing lies between the store and its caller.
   */
  readonly loseAnswer?: () => void;
  /** Replaces what is kept as the state of a session, and signs it; absent where nobody else can. */
  readonly rewrite?: (
    id: string,
    change: (state: string) => string,
  ) => Promise<void>;
  /** The state of a session as it is kept. */
  readonly kept?: (id: string) => string | Promise<string>;
}

/** Runs a test with a store that is empty. */
export type WithStore = (
  test: (fixture: StoreFixture) => Promise<void>,
) => Promise<void>;

const ID = "01kjtest00000000000000abcd";
const OTHER = "01kjtest00000000000000abce";

/** A session of three open items. */
export function newSession(id: string): Parameters<SessionStore["create"]>[0] {
  return {
    id,
    decision: {
      state: startedState(["a", "b", "c"]),
      events: [eventOf("workflow_started", null)],
    },
    localTime: "2026-03-01T11:00:00.000",
  };
}

/** All that a store gives of the events of a session. */
async function batchesOf(
  { store }: StoreFixture,
  options?: EventsOptions,
): Promise<EventBatch[]> {
  return await Array.fromAsync(store.events(await store.read(ID), options));
}

async function eventsOf(
  fixture: StoreFixture,
  options?: EventsOptions,
): Promise<RecordedEvent[]> {
  return (await batchesOf(fixture, options)).flatMap(({ events }) => events);
}

const serialsOf = (events: readonly RecordedEvent[]): readonly number[] =>
  events.map(({ serial }) => serial);

/** Numbers from one to another. */
function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function linesOf(store: SessionStore, startBytes?: number, id = ID) {
  const lines = [];
  for await (const batch of store.log(id, startBytes)) {
    lines.push(...batch.map(({ bytes, ...line }) => {
      const lengths = [...bytes()].map(({ length }) => length);
      return { ...line, bytes: lengths.reduce((a, b) => a + b, 0) };
    }));
  }
  return lines;
}

async function idsOf(
  store: SessionStore,
  status: SessionStatus,
): Promise<readonly string[]> {
  return (await store.list({ status })).map(({ id }) => id);
}

/** Gives a session up. */
function abandon({ state }: Session): Decision {
  return {
    state: { ...state, status: "abandoned" },
    events: [eventOf("workflow_abandoned", null)],
  };
}

async function noteTimes(store: SessionStore, count: number): Promise<void> {
  for (const number of numbers(1, count)) {
    await store.update(ID, noteOf(`Note ${number}`));
  }
}

/** Tests a store; of what its fixture has not, the test is left out. */
export function testStore(name: string, withStore: WithStore): void {
  const test = (what: string, run: (fixture: StoreFixture) => Promise<void>) =>
    Deno.test(`${name}: ${what}`, () => withStore(run));
  const testSession = (
    what: string,
    run: (fixture: StoreFixture) => Promise<void>,
  ) =>
    test(what, async (fixture) => {
      await fixture.store.create(newSession(ID));
      await run(fixture);
    });

  testUpdates(test, testSession);
  testEvents(testSession);
  testMeta(test, testSession);
  testCheckpoints(testSession);
  testFeedback(testSession);
  testOutputs(testSession);
  testRemoval(test, testSession);
}

type Test = (
  what: string,
  run: (fixture: StoreFixture) => Promise<void>,
) => void;

function testUpdates(test: Test, testSession: Test): void {
  test("what is absent is not read, updated or listed", async ({ store }) => {
    assertEquals(
      [
        await codeOf(() => store.read(ID)),
        await codeOf(() => store.update(ID, complete("a"))),
      ],
      ["not_found no_such_session", "not_found no_such_session"],
    );
    assertEquals([await store.ids(), await store.list()], [[], []]);
    assertEquals(await store.version(ID), undefined);
  });

  testSession("a session is created once", async ({ store }) => {
    const before = await store.update(ID, complete("a"));
    assertEquals(
      await codeOf(() => store.create(newSession(ID))),
      "usage invalid_session_id",
    );
    assertEquals(await store.read(ID), before.session);
    assertEquals(await store.ids(), [ID]);
  });

  testSession("sessions do not touch each other", async ({ store }) => {
    await store.create(newSession(OTHER));
    await store.update(OTHER, complete("b"));
    assertEquals(completedItems((await store.read(ID)).state), []);
    assertEquals(completedItems((await store.read(OTHER)).state), ["b"]);
    assertEquals(await store.ids(), [ID, OTHER]);
    assertEquals(
      (await store.list()).map(({ id, problem }) => [id, problem]),
      [[ID, null], [OTHER, null]],
    );
    assertEquals((await store.list({ limit: 1 })).length, 1);
  });

  testSession(
    "24 concurrent updates are all stored, one after the other",
    async (fixture) => {
      const { store } = fixture;
      const updates = await Promise.all(
        numbers(1, 24).map((number) => store.update(ID, noteOf(`${number}`))),
      );
      const serials = updates.map(({ session }) => session.serial);
      assertEquals(serials.toSorted((a, b) => a - b), numbers(2, 25));
      assertEquals((await store.read(ID)).serial, 25);
      assertEquals(serialsOf(await eventsOf(fixture)), numbers(1, 25));
      const ids = (await eventsOf(fixture)).map(({ id }) => id);
      assertEquals(new Set(ids).size, 25);
    },
  );

  testSession("a decision without events stores nothing", async (fixture) => {
    const { store } = fixture;
    const before = await store.read(ID);
    const version = await store.version(ID);
    const { session, events } = await store.update(ID, ({ state }) => ({
      state: { ...state, task: "Another" },
      events: [],
    }));
    assertEquals([session.serial, events], [before.serial, []]);
    assertEquals(await store.read(ID), before);
    assertEquals(await store.version(ID), version);
    assertEquals(serialsOf(await eventsOf(fixture)), [1]);
  });

  testSession(
    "what the change throws comes through, and nothing is stored",
    async (fixture) => {
      const { store } = fixture;
      const before = await store.read(ID);
      const error = await assertRejects(() =>
        store.update(ID, () => {
          throw new Error("The rules say no");
        })
      );
      assertEquals((error as Error).message, "The rules say no");
      assertEquals(await store.read(ID), before);
      await store.update(ID, complete("a"));
      assertEquals(serialsOf(await eventsOf(fixture)), [1, 2]);
    },
  );

  testSession("who was aborted before changes nothing", async ({ store }) => {
    const before = await store.read(ID);
    const reason = await store.update(
      ...[ID, complete("a"), AbortSignal.abort("enough")] as const,
    ).catch((reason) => reason);
    assertEquals(reason, "enough");
    assertEquals(await store.read(ID), before);
  });

  testSession(
    "each update is decided on the state before it, and has another version",
    async ({ store }) => {
      const versions = [await store.version(ID)];
      for (const item of ["a", "b", "c"]) {
        await store.update(ID, complete(item));
        versions.push(await store.version(ID));
      }
      assertEquals(completedItems((await store.read(ID)).state), [
        "a",
        "b",
        "c",
      ]);
      assertEquals(new Set(versions).size, 4);
      assert(versions.every((version) => version !== undefined));
    },
  );

  testSession(
    "an answer that got lost is settled by the ids of the events",
    async (fixture) => {
      const { store, loseAnswer } = fixture;
      if (loseAnswer === undefined) return;
      loseAnswer();
      await store.update(ID, noteOf("Once")).catch(() => undefined);
      await store.update(ID, complete("a"));
      const messages = (await eventsOf(fixture)).map(({ message }) => message);
      assertEquals(messages.filter((message) => message === "Once").length, 1);
    },
  );

  testSession(
    "what it does not know is kept, byte for byte",
    async (fixture) => {
      const { store, rewrite, kept } = fixture;
      if (rewrite === undefined || kept === undefined) return;
      const known = '"task_description": ';
      const unknown =
        '"zeta": 1.50,\n  "alpha": {"b": 1, "a": [1e2, "ü"]},\n  ';
      await rewrite(ID, (text) => text.replace(known, `${unknown}${known}`));
      await store.update(ID, complete("a"));
      const text = await kept(ID);
      const places = ['"zeta": 1.50', '"alpha"', '"b": 1', '"a"', "1e2, "]
        .map((part) => text.replaceAll(/\n\s*(?=1e2|")/g, " ").indexOf(part));
      assertEquals(places, places.toSorted((one, other) => one - other));
      assert(places.every((place) => place >= 0), text);
    },
  );

  testSession(
    "what a newer orc wrote is read, and not written",
    async (fixture) => {
      const { store, rewrite } = fixture;
      if (rewrite === undefined) return;
      await store.update(ID, complete("a"));
      await rewrite(ID, (text) => text.replace('"format": 1', '"format": 999'));
      assertEquals(completedItems((await store.read(ID)).state), ["a"]);
      const error = await store.update(ID, complete("b")).catch((error) =>
        error
      );
      assert(isOrcError(error) && error.code === "newer_format", String(error));
    },
  );

  testSession(
    "the list names what is damaged, and hides nothing else",
    async (fixture) => {
      const { store, rewrite } = fixture;
      if (rewrite === undefined) return;
      await store.create(newSession(OTHER));
      await rewrite(ID, () => "{");
      const list = await store.list();
      assertEquals(list.map(({ id, state }) => [id, state !== null]), [
        [ID, false],
        [OTHER, true],
      ]);
      assert((list[0]?.problem ?? "") !== "");
      assertEquals(await idsOf(store, "active"), [OTHER]);
    },
  );

  testSession(
    "the list of a status has no other, however the state is spelled",
    async ({ store, rewrite }) => {
      await store.create(newSession(OTHER));
      await store.update(OTHER, abandon);
      const statuses = ["active", "abandoned", "completed"] as const;
      const lists = () =>
        Promise.all(statuses.map((status) => idsOf(store, status)));
      assertEquals(await lists(), [[ID], [OTHER], []]);
      await rewrite?.(
        OTHER,
        (state) => state.replace('"abandoned"', '"\\u0061bandoned"'),
      );
      assertEquals(await lists(), [[ID], [OTHER], []]);
    },
  );

  testSession(
    "another store on the same sessions sees all",
    async (fixture) => {
      const { store, reopen } = fixture;
      if (reopen === undefined) return;
      await store.update(ID, complete("a"));
      const other = reopen();
      const [before, now] = [await store.read(ID), await other.read(ID)];
      assertEquals(
        [now.serial, completedItems(now.state), now.chain, now.lastEvents],
        [before.serial, ["a"], before.chain, before.lastEvents],
      );
      const again = { ...fixture, store: other };
      assertEquals(await eventsOf(again), await eventsOf(fixture));
      assertEquals(await other.version(ID), await store.version(ID));
      await other.update(ID, complete("b"));
      assertEquals(completedItems((await store.read(ID)).state), ["a", "b"]);
    },
  );
}

function testEvents(testSession: Test): void {
  testSession(
    "events come in the order of their updates, and backwards",
    async (fixture) => {
      await noteTimes(fixture.store, 150);
      const events = await eventsOf(fixture);
      assertEquals(serialsOf(events), numbers(1, 151));
      assertEquals(events[150]?.message, "Note 150");
      const backwards = await eventsOf(fixture, { backwards: true });
      assertEquals(backwards, events.toReversed());
      assertEquals((await batchesOf(fixture)).at(-1)?.done, 1);
    },
  );

  testSession(
    "events after an update are those of later ones",
    async (fixture) => {
      await noteTimes(fixture.store, 9);
      for (const after of [0, 4, 9, 10, 99]) {
        const later = numbers(1, 10).filter((serial) => serial > after);
        assertEquals(serialsOf(await eventsOf(fixture, { after })), later);
        const options = { after, backwards: true };
        const backwards = serialsOf(await eventsOf(fixture, options));
        assertEquals(backwards, later.toReversed());
      }
    },
  );

  testSession(
    "reading goes on where it ended, and says nothing twice",
    async (fixture) => {
      await noteTimes(fixture.store, 3);
      for (const backwards of [false, true]) {
        const after = (await batchesOf(fixture, { backwards })).at(-1)?.end;
        assertEquals(await eventsOf(fixture, { after }), []);
        const { session } = await fixture.store.update(ID, noteOf("More"));
        const later = serialsOf(await eventsOf(fixture, { after }));
        assertEquals(later, [session.serial]);
      }
    },
  );

  testSession(
    "the log is read line by line as it is kept, from its beginning or from a line on",
    async (fixture) => {
      const { store } = fixture;
      await noteTimes(store, 150);
      const lines = await linesOf(store);
      assertEquals(lines.length, 151);
      for (const [index, line] of lines.entries()) {
        const { startBytes, endBytes, isEnded, text, bytes } = line;
        assertEquals(startBytes, lines[index - 1]?.endBytes ?? 0);
        assertEquals([bytes + 1, isEnded], [endBytes - startBytes, true]);
        assertEquals(decodeLogLine(text ?? "")?.serial, index + 1);
      }
      assertEquals(await store.logBytes(ID), lines.at(-1)?.endBytes);
      const rest = await linesOf(store, lines[100]?.startBytes);
      assertEquals(rest, lines.slice(100));
      for await (const _ of store.log(ID)) break;
      const none = [
        await store.logBytes(OTHER),
        await linesOf(store, 0, OTHER),
      ];
      assertEquals(none, [0, []]);
    },
  );

  testSession("the log proves the state", async ({ store }) => {
    await noteTimes(store, 5);
    const session = await store.read(ID);
    const layout = { root: "/nowhere" };
    const { contradictions, coveredFrom } = await traceSession(
      { layout, store },
      session,
      workflowOf([]),
    );
    assertEquals(coveredFrom, 1);
    const codes = contradictions.map(({ code }) => code);
    assertEquals(codes.filter((code) => /^(?:chain|log)_/.test(code)), []);
  });

  testSession("who has seen enough leaves the loop", async ({ store }) => {
    await store.update(ID, complete("a"));
    const session = await store.read(ID);
    for (const backwards of [false, true]) {
      for await (const _ of store.events(session, { backwards })) break;
    }
    for await (const _ of store.events(session, { follow: true })) break;
    await store.update(ID, complete("b"));
  });

  testSession("new events are followed as they come", async ({ store }) => {
    await store.update(ID, complete("a"));
    const session = await store.read(ID);
    const seen: string[] = [];
    const following = follow(store, session, seen);
    for (const item of ["b", "c"]) {
      await store.update(ID, complete(item));
    }
    await following;
    assertEquals(seen, ["a", "b", "c"]);
  });

  testSession(
    "who follows a session is told that it was removed",
    async ({ store }) => {
      const session = await store.read(ID);
      const following = codeOf(async () => {
        for await (const _ of store.events(session, { follow: true }));
      });
      await store.remove(ID, () => true);
      assertEquals(await following, "not_found no_such_session");
    },
  );

  testSession("a signal ends the following", async ({ store }) => {
    const signal = AbortSignal.timeout(20);
    const session = await store.read(ID);
    const following = (async () => {
      for await (const _ of store.events(session, { follow: true, signal }));
    })();
    const reason = await following.catch((reason) => reason);
    assertEquals(reason, signal.reason);
  });
}

const STARTED = "2026-03-01T11:00:00.000";

function testMeta(test: Test, testSession: Test): void {
  test("a new session says whose it is", async ({ store }) => {
    await store.create({ ...newSession(ID), owner: "codex:1" });
    assertEquals((await store.meta(ID))?.get("session_id"), ID);
    assertEquals((await store.meta(ID))?.get("created_at"), STARTED);
    assertEquals(await saidOf(store, ID, "owner"), "codex:1");
    assertEquals(await saidOf(store, ID, "name"), null);
    assertEquals(await store.meta(OTHER), undefined);
  });

  testSession("what is said of many is read at once", async ({ store }) => {
    await store.create({ ...newSession(OTHER), owner: "codex:1" });
    assertEquals(await store.count(), 2);
    const problems: string[] = [];
    const absent = `${ID.slice(0, -1)}z`;
    const metas = await store.metas([OTHER, absent, ID], problems);
    assertEquals([...metas.keys()].sort(), [ID, OTHER]);
    for (const [id, meta] of metas) assertEquals(meta, await store.meta(id));
    assertEquals(await store.metas([], problems), new Map());
    assertEquals(problems, []);
  });

  testSession(
    "a name is no update, and leaves what else is said",
    async (fixture) => {
      const { store } = fixture;
      const before = await store.read(ID);
      const named = { id: ID, startedAtLocal: STARTED };
      for (const said of [{ name: "Login" }, { owner: "codex:1" }]) {
        assertEquals(await store.nameSession({ ...named, said }), []);
      }
      assertEquals(await saidOf(store, ID, "name"), "Login");
      assertEquals(await saidOf(store, ID, "owner"), "codex:1");
      assertEquals((await store.meta(ID))?.get("session_id"), ID);
      assertEquals((await store.read(ID)).serial, before.serial);
      assertEquals(serialsOf(await eventsOf(fixture)), [1]);
      const none = { ...named, id: OTHER, said: { name: "None" } };
      assertEquals(
        await codeOf(() => store.nameSession(none)),
        "not_found no_such_session",
      );
    },
  );

  testSession(
    "a session is named while it is updated, and neither is lost",
    async ({ store }) => {
      const named = { id: ID, startedAtLocal: STARTED };
      await Promise.all(
        numbers(1, 8).flatMap((number) => [
          store.update(ID, noteOf(`${number}`)),
          store.nameSession({ ...named, said: { name: `Name ${number}` } }),
        ]),
      );
      assertEquals((await store.read(ID)).serial, 9);
      assert((await saidOf(store, ID, "name"))?.startsWith("Name "));
    },
  );
}

function testCheckpoints(testSession: Test): void {
  const texts = async ({ store }: StoreFixture): Promise<readonly string[]> => {
    const kept = await store.checkpoints(ID);
    const problems: string[] = [];
    const all = await Array.fromAsync(kept.all(problems));
    assertEquals(problems, []);
    return all.map(({ id, text }) => `${id} ${text}`);
  };

  testSession(
    "a checkpoint is kept as it was given, beside the session as it is then",
    async (fixture) => {
      const { store } = fixture;
      const kept = await store.checkpoints(ID);
      assertEquals(await texts(fixture), []);
      await store.update(ID, complete("a"));
      const before = await store.read(ID);
      const serials: number[] = [];
      const text = '{"zeta": 1.50, "alpha": "ü"}';
      for (const id of ["cp_2", "cp_1"]) {
        const saved = await kept.save(({ serial }) => {
          serials.push(serial);
          return { id, text };
        });
        assertEquals(saved.warnings, []);
      }
      assertEquals(serials, [2, 2]);
      assertEquals(await texts(fixture), [`cp_1 ${text}`, `cp_2 ${text}`]);
      const { text: read, sizeBytes } = await kept.read("cp_2");
      assertEquals([read, sizeBytes], [text, text.length + 1]);
      assertEquals(await store.read(ID), before);
      assertEquals(await kept.remove(["cp_2", "cp_3"]), ["cp_2"]);
      assertEquals(await texts(fixture), [`cp_1 ${text}`]);
      assertEquals(
        await codeOf(() => kept.read("cp_2")),
        "not_found no_such_checkpoint",
      );
    },
  );

  testSession(
    "no checkpoint replaces another, and none is kept that was refused",
    async (fixture) => {
      const kept = await fixture.store.checkpoints(ID);
      const ids = ["cp_1", "cp_1", "cp_2"];
      const make = () => ({ id: ids.shift() ?? "cp_3", text: "{}" });
      await kept.save(make);
      await kept.save(make);
      await assertRejects(() =>
        kept.save(() => {
          throw new Error("The session is closed");
        })
      );
      assertEquals(await texts(fixture), ["cp_1 {}", "cp_2 {}"]);
      const none = await fixture.store.checkpoints(OTHER);
      assertEquals(await Array.fromAsync(none.all([])), []);
      const refused = await codeOf(() => none.save(make));
      assertEquals(refused, "not_found no_such_session");
    },
  );
}

function testFeedback(testSession: Test): void {
  testSession(
    "feedback is added in its order, and is no update",
    async (fixture) => {
      const { store } = fixture;
      const feedback = await store.feedback(ID);
      const read = async () => [
        await Array.fromAsync(feedback.lines("tool")),
        await Array.fromAsync(feedback.lines("process")),
      ];
      assertEquals(await read(), [[], []]);
      const before = await store.read(ID);
      await feedback.add({ tool: '{"errors": 1}', process: '{"task": "ü"}' });
      await feedback.add({ tool: '{"errors": 2}', process: "{}" });
      assertEquals(await read(), [
        ['{"errors": 1}', '{"errors": 2}'],
        ['{"task": "ü"}', "{}"],
      ]);
      assertEquals(await store.read(ID), before);
      assertEquals(serialsOf(await eventsOf(fixture)), [1]);
      const none = await store.feedback(OTHER);
      assertEquals(await Array.fromAsync(none.lines("tool")), []);
      assertEquals(
        await codeOf(() => none.add({ tool: "{}", process: "{}" })),
        "not_found no_such_session",
      );
    },
  );
}

function testOutputs(testSession: Test): void {
  testSession(
    "what a check printed is kept until no event is to name it",
    async ({ store, reopen = () => store }) => {
      const outputs = await store.outputs(await store.read(ID));
      assertEquals(await outputs.keep(""), undefined);
      const kept = await outputs.keep("1 passed\n");
      const refused = await outputs.keep("ä\0");
      assert(kept !== undefined && refused !== undefined);
      const names = [kept.name, refused.name, "outputs/none.txt"];
      const texts = async () => {
        const now = await reopen().outputs(await store.read(ID));
        return await Promise.all(names.map((name) => now.read(name)));
      };
      assertEquals(await texts(), ["1 passed\n", "ä\0", undefined]);
      await kept.settle(true);
      await refused.settle(false);
      assertEquals(await texts(), ["1 passed\n", undefined, undefined]);
      for (
        const name of ["state.json", "outputs/../state.json", "/etc/hosts"]
      ) {
        assertEquals(await outputs.read(name), undefined, name);
      }
    },
  );
}

function testRemoval(test: Test, testSession: Test): void {
  testSession(
    "a session goes with all that belongs to it, and its id is free",
    async (fixture) => {
      const { store } = fixture;
      await store.update(ID, complete("a"));
      assertEquals(await store.remove(ID, ({ serial }) => serial > 2), false);
      assertEquals((await store.read(ID)).serial, 2);
      assertEquals(await store.remove(ID, ({ serial }) => serial === 2), true);
      assertEquals(
        [await store.ids(), await store.meta(ID), await store.version(ID)],
        [[], undefined, undefined],
      );
      assertEquals(await store.remove(ID, () => true), false);
      await store.create(newSession(ID));
      assertEquals(serialsOf(await eventsOf(fixture)), [1]);
    },
  );

  test("an update that meets a removal comes before it, or finds no session", async ({ store }) => {
    const codes = ["no_such_session", "session_removed"];
    for (const number of numbers(1, 8)) {
      const id = `${ID.slice(0, -1)}${number}`;
      await store.create(newSession(id));
      const update = () =>
        store.update(id, complete("a")).then(({ session }) => session.serial)
          .catch((error) => isOrcError(error) ? error.code : String(error));
      const remove = () => store.remove(id, () => true);
      const acts = number % 2 === 0 ? [update, remove] : [remove, update];
      const answers = await Promise.all(acts.map((act) => act()));
      assert(answers.includes(true), String(answers));
      const updated = answers.find((answer) => answer !== true);
      assert(updated === 2 || codes.includes(String(updated)), `${updated}`);
      assertEquals(await store.ids(), []);
    }
  });
}

async function follow(
  store: SessionStore,
  session: Session,
  seen: string[],
): Promise<void> {
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve));
  const options = { after: 1, follow: true, pause };
  for await (const { events } of store.events(session, options)) {
    seen.push(...events.map(({ itemId }) => itemId ?? ""));
    if (seen.includes("c")) return;
    // What follows is written by whoever has the turn now.
    await pause();
  }
}
