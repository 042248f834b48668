import { assertOptions } from "../base/text.ts";
import type { SessionStore } from "../session/store.ts";
import type { Documents, StoredDocument } from "./documents.ts";
import { documentStore } from "./store.ts";

/** What gives the events of a store in memory their instants and ids. */
export interface MemoryStoreOptions {
  /** The instant of an update; by default it is always the same. */
  readonly now?: () => string;
  /** The id of the next event; by default they are counted. */
  readonly newId?: () => string;
}

/**
 * Makes a store that keeps sessions in memory, for tests of what works on a `StorageBackend`. It
 * keeps the same promises as the one of a repository, but for surviving the process.
 *
 * Requires no permission.
 *
 * @example
 * ```ts
 * import { memoryStore } from "@orc/cli";
 *
 * const store = memoryStore();
 * console.log(await store.ids()); // []
 * ```
 *
 * @throws {OrcError} `unknown_option` (usage), with the name that may be meant
 */
export function memoryStore(options: MemoryStoreOptions = {}): SessionStore {
  assertOptions(options, ["now", "newId"]);
  let count = 0;
  let token = 0;
  const {
    now = () => "2026-01-02T03:04:05Z",
    newId = () => String(count++).padStart(26, "0"),
  } = options;
  return documentStore(memoryDocuments(), {
    repo: "memory",
    context: {
      ...{ now, timeoutMs: 60_000 },
      newToken: () => (token++).toString(16).padStart(32, "0"),
      idSource: () => Promise.resolve(newId),
    },
  });
}

/**
 * Makes documents in memory: what a backend has to do, in its shortest form.
 *
 * Requires no permission.
 *
 * @example
 * ```ts
 * import { memoryDocuments } from "@orc/cli/store";
 *
 * const documents = memoryDocuments();
 * const version = await documents.put("a/b", "1", undefined);
 * console.log(await documents.put("a/b", "2", undefined)); // undefined
 * console.log(await documents.get("a/b")); // { text: "1", version }
 * ```
 */
export function memoryDocuments(): Documents {
  const documents = new Map<string, StoredDocument>();
  const watching = new Map<string, Set<() => void>>();
  const tell = (key: string) =>
    watching.get(key)?.forEach((changed) => changed());
  let count = 0;
  return {
    shown: "memory",
    get: (key) => Promise.resolve(documents.get(key)),
    // deno-lint-ignore require-await
    put: async (key, text, version) => {
      if (documents.get(key)?.version !== version) return undefined;
      const next = String(++count);
      documents.set(key, { text, version: next });
      tell(key);
      return next;
    },
    // deno-lint-ignore require-await
    delete: async (key, version) => {
      const present = documents.get(key);
      if (version !== undefined && present?.version !== version) return false;
      const isGone = documents.delete(key);
      tell(key);
      return isGone;
    },
    keys: (prefix) =>
      Promise.resolve(
        [...documents.keys()].filter((key) => key.startsWith(prefix)),
      ),
    watch: (key, changed) => {
      const all = watching.get(key) ?? new Set();
      watching.set(key, all.add(changed));
      return () => void all.delete(changed);
    },
  };
}
