import {
  documentFixture,
  type Documents,
  documentsContract,
  memoryDocuments,
} from "../../src/store.ts";
import {
  eventsOf,
  ID,
  linesOf,
  newSession,
  noteOf,
  numbers,
} from "../../src/contract/fixtures.ts";
import { isOrcError, type OrcError } from "../../src/base/error.ts";
import { testStore } from "./contract.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";

testStore(
  "documentStore()",
  (test) => test(documentFixture(memoryDocuments())),
);

for (const { name, run } of documentsContract) {
  Deno.test(`memoryDocuments(): ${name}`, () => run(memoryDocuments()));
}

/** Numbers between 0 and 1, the same ones each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** Fails before or after it did what it was asked, and does some of it only later. */
function unreliable(documents: Documents, random: () => number): Documents {
  const wait = (ms: number) =>
    new Promise<void>((resolve) => setTimeout(resolve, ms));
  const late: Promise<unknown>[] = [];
  const badly = async <Answer>(act: () => Promise<Answer>): Promise<Answer> => {
    const chance = random();
    if (chance < 0.1) throw new Error("the way there is cut");
    if (chance < 0.15) {
      late.push(wait(30 * random()).then(act));
      throw new Error("no answer came in time");
    }
    const answer = await act();
    if (chance < 0.3) throw new Error("the way back is cut");
    return answer;
  };
  return {
    shown: "a bad line",
    get: (key) => badly(() => documents.get(key)),
    put: (...request) => badly(() => documents.put(...request)),
    delete: (...request) => badly(() => documents.delete(...request)),
    keys: (prefix) => badly(() => documents.keys(prefix)),
    close: async () => void await Promise.all(late),
  };
}

Deno.test("a backend that fails at random loses no update, and stores none twice", async () => {
  for (const seed of numbers(1, 2)) {
    const bad = unreliable(memoryDocuments(), randomFrom(seed));
    const fixture = documentFixture(bad);
    const { store, reopen = () => store } = fixture;
    await store.create(newSession(ID));
    const kept = await store.checkpoints(ID);
    const feedback = await store.feedback(ID);
    const known: string[] = [];
    await Promise.all(
      numbers(1, 4).map(async (writer) => {
        const own = reopen();
        for (const number of numbers(1, 8)) {
          const text = `${writer} ${number} ${"x".repeat(1_000)}`;
          await own.update(ID, noteOf(text));
          known.push(text);
        }
        await kept.save(() => ({ id: `cp_${writer}`, text: "{}" }));
        await feedback.add({ tool: `"${writer}"`, process: "{}" });
      }),
    );
    await bad.close?.();
    const messages = (await eventsOf(fixture)).slice(1)
      .map(({ message }) => message);
    assertEquals(messages.toSorted(), known.toSorted(), `seed ${seed}`);
    assertEquals((await store.read(ID)).serial, 33);
    const lines = await linesOf(reopen());
    assertEquals(lines.at(-1)?.endBytes, await store.logBytes(ID));
    const checkpoints = await Array.fromAsync(kept.all([]));
    assertEquals(checkpoints.map(({ id }) => id), [
      ...["cp_1", "cp_2", "cp_3", "cp_4"],
    ]);
    const told = await Array.fromAsync(feedback.lines("tool"));
    assertEquals(told.toSorted(), ['"1"', '"2"', '"3"', '"4"']);
  }
});

/** What an update is refused with by a backend that fails from a moment on. */
async function failureOf(at: "get" | "put"): Promise<OrcError> {
  const all = memoryDocuments();
  let isDead = false;
  const fails = () => Promise.reject(new Error("it is locked"));
  const { store } = documentFixture({
    ...all,
    shown: "the shelf",
    get: (key) => isDead ? fails() : all.get(key),
    put: async (...request) => {
      const version = await all.put(...request);
      if (at === "put" && version !== "1") isDead = true;
      return isDead ? await fails() : version;
    },
  });
  await store.create(newSession(ID));
  isDead = at === "get";
  const error = await store.update(ID, noteOf("Once")).catch((error) => error);
  assert(isOrcError(error, "store_unreachable"), String(error));
  assertEquals(error.message, "Cannot reach the shelf: it is locked");
  return error;
}

Deno.test("a backend that no longer answers is named, with whether something may be stored", async () => {
  const [asked, sent] = await Promise.all([failureOf("get"), failureOf("put")]);
  assertMatch(asked.hint ?? "", /^nothing was changed here/);
  assertMatch(sent.hint ?? "", /^it may be stored all the same/);
});

Deno.test("what is left of a session that is gone belongs to none that comes after it", async () => {
  const all = memoryDocuments();
  let isBlind = false;
  const { store, reopen } = documentFixture({
    ...all,
    // As after a crash between the removal and what comes behind it.
    keys: (prefix) => isBlind ? Promise.resolve([]) : all.keys(prefix),
  });
  await store.create(newSession(ID));
  const long = "x".repeat(9_000);
  for (const number of numbers(1, 9)) {
    await store.update(ID, noteOf(`${number} ${long}`));
  }
  await (await store.checkpoints(ID)).save(() => ({ id: "cp_1", text: "{}" }));
  isBlind = true;
  assertEquals(await store.remove(ID, () => true), true);
  isBlind = false;
  assert((await all.keys("")).length > 1);
  await store.create(newSession(ID));
  const again = { store: reopen?.() ?? store };
  assertEquals((await eventsOf(again)).length, 1);
  const checkpoints = await again.store.checkpoints(ID);
  assertEquals(await Array.fromAsync(checkpoints.all([])), []);
});

Deno.test("a page of a log that somebody else came before is not taken for the whole", async () => {
  const all = memoryDocuments();
  let interrupt: (() => Promise<unknown>) | undefined;
  const { store, reopen } = documentFixture({
    ...all,
    put: async (key, text, version) => {
      const stored = await all.put(key, text, version);
      if (key.includes("/log/")) {
        const act = interrupt;
        interrupt = undefined;
        await act?.();
      }
      return stored;
    },
  });
  assert(reopen);
  await store.create(newSession(ID));
  for (const number of numbers(1, 6)) {
    await store.update(ID, noteOf(`${number} ${"x".repeat(2_000)}`));
  }
  // The page is written, and then a short change comes first that needs none.
  interrupt = () => reopen().update(ID, noteOf("short"));
  await store.update(ID, noteOf(`7 ${"x".repeat(4_000)}`));
  await store.update(ID, noteOf(`8 ${"x".repeat(14_000)}`));
  assertEquals(interrupt, undefined);
  const pages = (await all.keys("")).filter((key) => key.includes("/log/"));
  const starts = pages.map((key) => key.replace(/-\d+$/, ""));
  assertEquals([pages.length, new Set(starts).size], [3, 2]);
  const first = (await eventsOf({ store: reopen() })).map(({ message }) =>
    message.split(" ")[0]
  );
  assertEquals(first.slice(1), [
    ...["1", "2", "3", "4", "5", "6", "short", "7", "8"],
  ]);
  const lines = await linesOf(reopen());
  assertEquals(lines.length, 10);
  assertEquals(lines.at(-1)?.endBytes, await store.logBytes(ID));
  const backwards = await eventsOf({ store }, { backwards: true });
  assertEquals(backwards.length, 10);
});

Deno.test("a checkpoint that is kept while its session is removed keeps that from going", async () => {
  const all = memoryDocuments();
  let keep: (() => Promise<unknown>) | undefined;
  const { store, reopen } = documentFixture({
    ...all,
    delete: async (key, version) => {
      const act = keep;
      keep = undefined;
      await act?.();
      return await all.delete(key, version);
    },
  });
  await store.create(newSession(ID));
  const other = await reopen?.().checkpoints(ID);
  assert(other);
  keep = () => other.save(() => ({ id: "cp_1", text: "{}" }));
  const removed = await store.remove(
    ID,
    async (_, beside) => (await beside()).checkpoints.length === 0,
  );
  assertEquals([removed, keep], [false, undefined]);
  assertEquals((await other.read("cp_1")).text, "{}");
  await store.update(ID, noteOf("goes on"));
  assertEquals(await store.remove(ID, () => true), true);
  assertEquals(await all.keys(""), []);
});
