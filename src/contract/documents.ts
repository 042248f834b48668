/** What is promised of documents, and what the contract does to them as somebody who is not orc would. */
import {
  deepStrictEqual as assertEquals,
  ok as assert,
} from "node:assert/strict";
import { checksumOf } from "../base/checksum.ts";
import { orElse } from "../base/error.ts";
import { asObject, parseJson } from "../base/json.ts";
import type { Documents } from "../documents/documents.ts";
import { decodeHead, encodeHead } from "../documents/head.ts";
import { documentStore } from "../documents/store.ts";
import { numbers, type StoreFixture } from "./fixtures.ts";

/** One promise of documents. */
export interface DocumentsCase {
  /** What is promised. */
  readonly name: string;
  /** Throws where the documents break it. */
  run(documents: Documents): Promise<void>;
}

/** Keys that nobody else uses. */
function newPlace(): string {
  return `contract-${crypto.randomUUID()}`;
}

/** A text that some would change on its way. */
const HARD_TEXT = JSON.stringify(" ü€😀 \\ \" ' \r\n\0\u2028 ");

/**
 * What documents promise, whoever keeps them; {@linkcode storeContract} builds on it.
 *
 * Requires no permission but what the documents need.
 *
 * @example
 * ```ts
 * import { documentsContract, memoryDocuments } from "@orc/cli/store";
 *
 * for (const { run } of documentsContract) await run(memoryDocuments());
 * ```
 */
export const documentsContract: readonly DocumentsCase[] = [
  {
    name: "a document is as it was put, to the last character",
    async run(documents) {
      const key = `${newPlace()}/a`;
      assertEquals(await documents.get(key), undefined);
      for (const text of [HARD_TEXT, JSON.stringify("x".repeat(3_000_000))]) {
        const before = await documents.get(key);
        const version = await documents.put(key, text, before?.version);
        assert(version !== undefined);
        const found = await documents.get(key);
        assertEquals([found?.text, found?.version], [text, version]);
      }
    },
  },
  {
    name: "only the version that is named is replaced or removed",
    async run(documents) {
      const key = `${newPlace()}/a`;
      const first = await documents.put(key, "1", undefined);
      assertEquals(await documents.put(key, "2", undefined), undefined);
      const second = await documents.put(key, "2", first);
      assert(second !== undefined && second !== first);
      assertEquals(await documents.put(key, "3", first), undefined);
      assertEquals(await documents.delete(key, first), false);
      assertEquals((await documents.get(key))?.text, "2");
      assertEquals(await documents.delete(key, second), true);
      assertEquals(await documents.put(key, "3", second), undefined);
      assertEquals(await documents.get(key), undefined);
    },
  },
  {
    name: "a key that is used again gets no version that it had",
    async run(documents) {
      const key = `${newPlace()}/a`;
      const versions = new Set<string | undefined>();
      for (let number = 0; number < 5; number++) {
        const version = await documents.put(key, "1", undefined);
        versions.add(version).add(await documents.put(key, "2", version));
        assertEquals(await documents.delete(key), true);
        assertEquals(await documents.delete(key), false);
      }
      assertEquals(versions.size, 10);
    },
  },
  {
    name: "of many who put at once one comes first",
    async run(documents) {
      const key = `${newPlace()}/a`;
      for (let version: string | undefined, round = 0; round < 5; round++) {
        const answers = await Promise.all(
          numbers(1, 24).map((number) =>
            documents.put(key, `"${round} ${number}"`, version)
          ),
        );
        const stored = answers.filter((answer) => answer !== undefined);
        assertEquals(stored.length, 1);
        [version] = stored;
        const number = answers.indexOf(version) + 1;
        const text = `"${round} ${number}"`;
        assertEquals(await documents.get(key), { text, version });
      }
    },
  },
  {
    name: "keys are those that begin so, letter by letter",
    async run(documents) {
      const place = newPlace();
      const names = ["a_/1", "a_/2", "ab/1", "A_/1", "a_", "a-/z_.9"];
      for (const name of names) {
        await documents.put(`${place}/${name}`, "1", undefined);
      }
      const keys = async (prefix: string) =>
        (await documents.keys(`${place}/${prefix}`))
          .map((key) => key.slice(place.length + 1)).sort();
      assertEquals(await keys("a_/"), ["a_/1", "a_/2"]);
      assertEquals(await keys(""), names.toSorted());
      assertEquals(await keys("%"), []);
      assertEquals(await documents.delete(`${place}/a_/1`), true);
      assertEquals(await keys("a_/"), ["a_/2"]);
      const long = `${place}/${"k".repeat(399 - place.length)}`;
      assert(await documents.put(long, "1", undefined));
      assertEquals(await documents.keys(long), [long]);
    },
  },
  {
    name: "who watches is told of each change",
    async run(documents) {
      if (documents.watch === undefined) return;
      const key = `${newPlace()}/a`;
      let wake = () => {};
      const told = () => new Promise<void>((resolve) => wake = resolve);
      const stop = documents.watch(key, () => wake());
      for (const act of ["put", "delete"] as const) {
        const waiting = told();
        if (act === "put") await documents.put(key, "1", undefined);
        else await documents.delete(key);
        await waiting;
      }
      stop();
    },
  },
];

const CHECKSUM = /"_checksum": "[^"]*"/;

/** A state that somebody else wrote, signed as orc would. */
export async function signed(text: string): Promise<string> {
  const state = orElse(() => asObject(parseJson(text, "")), () => undefined);
  const sum = state ? await checksumOf(state) : "";
  return text.replace(CHECKSUM, `"_checksum": "${sum}"`);
}

/**
 * Makes what {@linkcode storeContract} needs to play with documents: the store of a repository that nobody else
 * has, opened as often as wanted, with answers that get lost and states that somebody else wrote. What a case
 * leaves behind stays under keys that begin with `contract-`.
 *
 * Requires no permission but what the documents need.
 *
 * @example
 * ```ts
 * import { documentFixture, memoryDocuments } from "@orc/cli/store";
 *
 * const { store } = documentFixture(memoryDocuments());
 * console.log(await store.count()); // 0
 * ```
 */
export function documentFixture(documents: Documents): StoreFixture {
  const repo = newPlace();
  let isLost = false;
  const losing: Documents = {
    shown: documents.shown,
    get: (...request) => documents.get(...request),
    put: async (...request) => {
      const version = await documents.put(...request);
      if (!isLost) return version;
      isLost = false;
      throw new Error("The answer got lost");
    },
    delete: (...request) => documents.delete(...request),
    keys: (prefix) => documents.keys(prefix),
    ...documents.watch && {
      watch: (key, changed) => documents.watch?.(key, changed) ?? (() => {}),
    },
  };
  let tokens = 0;
  let events = 0;
  const open = () =>
    documentStore(losing, {
      repo,
      context: {
        timeoutMs: 20_000,
        now: () => "2026-03-01T10:00:00Z",
        newToken: () => (tokens++).toString(16).padStart(32, "0"),
        // Each process makes ids of its own, and so does each store.
        idSource: () =>
          Promise.resolve(() =>
            `01kjevent${String(events++).padStart(17, "0")}`
          ),
      },
    });
  const keyOf = (id: string) => `${repo}/session/${id}`;
  const headOf = async (id: string) => {
    const found = await documents.get(keyOf(id));
    if (found === undefined) throw new Error(`There is no session "${id}"`);
    return { ...found, head: decodeHead(found.text, id) };
  };
  return {
    store: open(),
    reopen: open,
    loseAnswer: () => void (isLost = true),
    kept: async (id) => (await headOf(id)).head.state,
    rewrite: async (id, change) => {
      const { head, version } = await headOf(id);
      const state = await signed(change(head.state));
      await documents.put(keyOf(id), encodeHead({ ...head, state }), version);
    },
  };
}
