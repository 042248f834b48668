/** What is promised of updates. */
import {
  deepStrictEqual as assertEquals,
  ok as assert,
} from "node:assert/strict";
import { decodeLogLine } from "../engine/event.ts";
import { isOrcError } from "../base/error.ts";
import {
  abandon,
  chainTroubles,
  codeOf,
  complete,
  completedItems,
  type ContractCase,
  eventsOf,
  ID,
  idsOf,
  linesOf,
  newSession,
  noteOf,
  numbers,
  onSession,
  onStore,
  OTHER,
  refusalOf,
  serialsOf,
} from "./fixtures.ts";

/** How sessions are made, changed and listed. */
export const UPDATES: readonly ContractCase[] = [
  onStore(
    "what is absent is not read, updated or listed",
    async ({ store }) => {
      assertEquals(
        [
          await codeOf(() => store.read(ID)),
          await codeOf(() => store.update(ID, complete("a"))),
        ],
        ["not_found no_such_session", "not_found no_such_session"],
      );
      assertEquals([await store.ids(), await store.list()], [[], []]);
      assertEquals(await store.version(ID), undefined);
    },
  ),

  onSession("a session is created once", async ({ store }) => {
    const before = await store.update(ID, complete("a"));
    assertEquals(
      await codeOf(() => store.create(newSession(ID))),
      "usage invalid_session_id",
    );
    assertEquals(await store.read(ID), before.session);
    assertEquals(await store.ids(), [ID]);
  }),

  onSession("sessions do not touch each other", async ({ store }) => {
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
  }),

  onSession(
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
  ),

  onSession(
    "updates through two stores at once are all stored, in one log",
    async ({ store, reopen }) => {
      if (reopen === undefined) return;
      const stores = [store, reopen()];
      // Long enough that the log does not fit where it began.
      const long = "x".repeat(2_000);
      await Promise.all(stores.map(async (each, index) => {
        for (const number of numbers(1, 20)) {
          await each.update(ID, noteOf(`${index} ${number} ${long}`));
        }
      }));
      for (const each of [...stores, reopen()]) {
        const session = await each.read(ID);
        assertEquals(session.serial, 41);
        const lines = await linesOf(each);
        const serials = lines.map(({ text }) =>
          decodeLogLine(text ?? "")?.serial
        );
        assertEquals(serials, numbers(1, 41));
        assertEquals(await each.logBytes(ID), lines.at(-1)?.endBytes);
        assertEquals(await chainTroubles(each, session), []);
      }
    },
  ),

  onSession("a decision without events stores nothing", async (fixture) => {
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
  }),

  onSession(
    "what the change throws comes through, and nothing is stored",
    async (fixture) => {
      const { store } = fixture;
      const before = await store.read(ID);
      const error = await refusalOf(() =>
        store.update(ID, () => {
          throw new Error("The rules say no");
        })
      );
      assertEquals((error as Error).message, "The rules say no");
      assertEquals(await store.read(ID), before);
      await store.update(ID, complete("a"));
      assertEquals(serialsOf(await eventsOf(fixture)), [1, 2]);
    },
  ),

  onSession("who was aborted before changes nothing", async ({ store }) => {
    const before = await store.read(ID);
    const reason = await store.update(
      ...[ID, complete("a"), AbortSignal.abort("enough")] as const,
    ).catch((reason) => reason);
    assertEquals(reason, "enough");
    assertEquals(await store.read(ID), before);
  }),

  onSession(
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
  ),

  onSession(
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
  ),

  onSession(
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
  ),

  onSession(
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
  ),

  onSession(
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
  ),

  onSession(
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
  ),

  onSession(
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
  ),
];
