/** What is promised of events. */
import { deepStrictEqual as assertEquals } from "node:assert/strict";
import { decodeLogLine } from "../engine/event.ts";
import type { Session, SessionStore } from "../session/store.ts";
import {
  batchesOf,
  chainTroubles,
  codeOf,
  complete,
  type ContractCase,
  eventsOf,
  ID,
  linesOf,
  noteOf,
  noteTimes,
  numbers,
  onSession,
  OTHER,
  serialsOf,
} from "./fixtures.ts";

/** How the log of a session is read and followed. */
export const EVENTS: readonly ContractCase[] = [
  onSession(
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
  ),

  onSession(
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
  ),

  onSession(
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
  ),

  onSession(
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
  ),

  onSession("the log proves the state", async ({ store }) => {
    await noteTimes(store, 5);
    const session = await store.read(ID);
    assertEquals(await chainTroubles(store, session), []);
  }),

  onSession("who has seen enough leaves the loop", async ({ store }) => {
    await store.update(ID, complete("a"));
    const session = await store.read(ID);
    for (const backwards of [false, true]) {
      for await (const _ of store.events(session, { backwards })) break;
    }
    for await (const _ of store.events(session, { follow: true })) break;
    await store.update(ID, complete("b"));
  }),

  onSession("new events are followed as they come", async ({ store }) => {
    await store.update(ID, complete("a"));
    const session = await store.read(ID);
    const seen: string[] = [];
    const following = follow(store, session, seen);
    for (const item of ["b", "c"]) {
      await store.update(ID, complete(item));
    }
    await following;
    assertEquals(seen, ["a", "b", "c"]);
  }),

  onSession(
    "who follows a session is told that it was removed",
    async ({ store }) => {
      const session = await store.read(ID);
      const following = codeOf(async () => {
        for await (const _ of store.events(session, { follow: true }));
      });
      await store.remove(ID, () => true);
      assertEquals(await following, "not_found no_such_session");
    },
  ),

  onSession("a signal ends the following", async ({ store }) => {
    const signal = AbortSignal.timeout(20);
    const session = await store.read(ID);
    const following = (async () => {
      for await (const _ of store.events(session, { follow: true, signal }));
    })();
    const reason = await following.catch((reason) => reason);
    assertEquals(reason, signal.reason);
  }),
];

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
