import { memoryStore } from "../../src/documents/memory.ts";
import type { SessionStore } from "../../src/session/store.ts";
import { codeOf } from "../files/temporary.ts";
import {
  complete,
  completedItems,
  eventOf,
  noteOf,
  NOW,
  startedState,
  withSession,
} from "../session/fixtures.ts";
import { assertEquals } from "@std/assert";

const decision = {
  state: startedState(["a", "b"]),
  events: [eventOf("workflow_started", null)],
};
const localTime = "2026-03-01T11:00:00.000";

/** What programs see of a store that goes through the same. */
async function playedOn(store: SessionStore): Promise<unknown> {
  await store.create({ id: "two", decision, localTime });
  const updates = await Promise.all([
    store.update("two", complete("a")),
    store.update("two", noteOf("Look")),
    store.update("two", complete("a")),
  ]);
  const { state, serial, checksum, legacyPath } = await store.read("two");
  const aborted = await store.update("two", complete("b"), AbortSignal.abort(1))
    .catch((reason) => reason);
  const refused = await store.update("two", () => {
    throw new Error("The rules say no");
  }).catch(({ message }) => message);
  return {
    updates: updates.map(({ events, session, warnings }) => ({
      events: events.map(({ type, serial, at }) => [type, serial, at]),
      serial: session.serial,
      warnings,
    })),
    items: completedItems(state),
    read: [serial, checksum, legacyPath, state.updatedAt],
    none: await codeOf(() => store.read("none")),
    noneUpdated: await codeOf(() => store.update("none", complete("a"))),
    endings: [aborted, refused],
    ids: (await store.ids()).filter((id) => id === "two"),
    listed: (await store.list()).find(({ id }) => id === "two")?.problem,
  };
}

Deno.test("memoryStore() does what the store of a repository does", () =>
  withSession(async ({ store }) => {
    const memory = memoryStore({ now: () => NOW });
    assertEquals(await playedOn(memory), await playedOn(store));
  }));

Deno.test("memoryStore() takes no id twice, and lists those changed last", async () => {
  let minute = 10;
  const store = memoryStore({ now: () => `2026-03-01T10:${minute++}:00Z` });
  await store.create({ id: "one", decision, localTime });
  await store.create({ id: "two", decision, localTime });
  const again = () => store.create({ id: "one", decision, localTime });
  assertEquals(await codeOf(again), "usage invalid_session_id");
  await store.update("one", noteOf("Look"));
  const ids = async (limit?: number) =>
    (await store.list({ limit })).map(({ id }) => id);
  assertEquals([await ids(), await ids(1)], [["one", "two"], ["one"]]);
});
