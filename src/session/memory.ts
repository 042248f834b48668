import { notFound } from "../base/error.ts";
import { handed } from "../base/handed.ts";
import { isSessionId } from "../base/ids.ts";
import { type JsonObject, jsonObject, withFields } from "../base/json.ts";
import { assertOptions } from "../base/text.ts";
import { encodeLogLine, type RecordedEvent } from "../engine/event.ts";
import { unlessAborted } from "../files/wait.ts";
import { sessionMeta } from "./create.ts";
import { noSuchSession } from "./read.ts";
import type {
  Checkpoints,
  EventBatch,
  EventsOptions,
  KeptCheckpoint,
  KeptFeedback,
  LogLine,
  Outputs,
  Session,
  SessionStore,
} from "./store.ts";
import { notNew, stamp, stampNew } from "./update.ts";

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
  const {
    now = () => "2026-01-02T03:04:05Z",
    newId = () => String(count++).padStart(26, "0"),
  } = options;
  const sessions = new Map<string, Session>();
  const logs = new Map<string, RecordedEvent[]>();
  const metas = new Map<string, JsonObject>();
  const kept = new Map<string, Map<string, KeptCheckpoint>>();
  const printed = new Map<string, Map<string, string>>();
  const told = new Map<string, Parameters<KeptFeedback["add"]>[0][]>();
  const waiting = new Set<() => void>();
  const keep = (session: Session): void => {
    const { id, lastEvents } = session;
    sessions.set(id, session);
    const log = logs.get(id) ?? [];
    log.push(...lastEvents);
    logs.set(id, log);
    waiting.forEach((wake) => wake());
  };
  const sessionOf = (id: string): Session => {
    const session = sessions.get(id);
    if (session === undefined) throw noSuchSession(id);
    return session;
  };
  // deno-lint-ignore require-await
  const ids = async () => [...sessions.keys()].sort();
  return {
    capabilities: () => Promise.resolve({ files: false }),
    // deno-lint-ignore require-await
    create: async ({ id, decision, localTime, owner }) => {
      if (!isSessionId(id) || sessions.has(id)) {
        throw notNew(id);
      }
      const session = stampNew(id, decision, newId);
      keep(session);
      const meta = jsonObject(sessionMeta(id, localTime));
      metas.set(id, withFields(meta, owner === undefined ? {} : { owner }));
      return session;
    },
    // deno-lint-ignore require-await
    read: async (id) => sessionOf(id),
    // Nothing is waited for between reading and keeping: updates cannot overtake each other.
    // deno-lint-ignore require-await
    update: async (id, change, signal) => {
      signal?.throwIfAborted();
      const session = sessionOf(id);
      const at = handed("now()", now());
      const decision = change(session, at, () => undefined);
      if (decision.events.length === 0) {
        return { session, events: [], warnings: [] };
      }
      const fresh = { ...session, lastEvents: [] };
      const next = stamp(fresh, decision, at, newId);
      keep(next.session);
      return { ...next, warnings: [] };
    },
    ids,
    // deno-lint-ignore require-await
    count: async () => sessions.size,
    // deno-lint-ignore require-await
    list: async ({ limit, status } = {}) =>
      lastChanged([...sessions.values()], limit)
        .filter(({ state }) => !status || state.status === status)
        .map(({ id, state }) => ({ id, state, problem: null })),
    events: (session, options) => loggedEvents(session, options),
    async *log(id, startBytes) {
      yield linesOf(logs.get(id) ?? [])
        .filter((line) => line.startBytes >= (startBytes ?? 0));
    },
    // deno-lint-ignore require-await
    logBytes: async (id) => linesOf(logs.get(id) ?? []).at(-1)?.endBytes ?? 0,
    // deno-lint-ignore require-await
    version: async (id) => sessions.get(id)?.serial.toString(),
    // deno-lint-ignore require-await
    meta: async (id) => metas.get(id),
    // deno-lint-ignore require-await
    metas: async (ids) =>
      new Map(ids.flatMap((id) => {
        const meta = metas.get(id);
        return meta ? [[id, meta] as const] : [];
      })),
    // deno-lint-ignore require-await
    nameSession: async ({ id, said }) => {
      sessionOf(id);
      metas.set(id, withFields(metas.get(id) ?? new Map(), said));
      return [];
    },
    // deno-lint-ignore require-await
    checkpoints: async (id) => {
      const known = kept.get(id) ?? new Map<string, KeptCheckpoint>();
      return checkpointsIn(known, () => {
        const session = sessionOf(id);
        kept.set(id, known);
        return session;
      });
    },
    // deno-lint-ignore require-await
    outputs: async ({ id }) => {
      const known = printed.get(sessionOf(id).id) ?? new Map();
      printed.set(id, known);
      return outputsIn(known);
    },
    // deno-lint-ignore require-await
    feedback: async (id) => ({
      // deno-lint-ignore require-await
      add: async (lines) => {
        told.set(sessionOf(id).id, [...told.get(id) ?? [], lines]);
      },
      async *lines(kind) {
        yield* (told.get(id) ?? []).map((lines) => lines[kind]);
      },
    }),
    // deno-lint-ignore require-await
    remove: async (id, mayRemove) => {
      const session = sessions.get(id);
      if (session === undefined || !mayRemove(session)) return false;
      for (const all of [sessions, logs, metas, kept, printed, told]) {
        all.delete(id);
      }
      waiting.forEach((wake) => wake());
      return true;
    },
  };
  async function* loggedEvents(
    { id }: Session,
    { after = 0, backwards, follow, signal }: EventsOptions = {},
  ): AsyncGenerator<EventBatch> {
    for (let seen = Number(after);;) {
      const events = (logs.get(id) ?? []).filter(({ serial }) => serial > seen);
      seen = Math.max(seen, sessionOf(id).serial);
      const ordered = backwards ? events.toReversed() : events;
      yield { events: ordered, done: 1, end: String(seen), warnings: [] };
      if (!follow || backwards) return;
      while (sessionOf(id).serial === seen) {
        await unlessAborted<void>(signal, (end) => {
          waiting.add(end);
          return () => waiting.delete(end);
        });
      }
    }
  }
}

function outputsIn(known: Map<string, string>): Outputs {
  return {
    // deno-lint-ignore require-await
    keep: async (text) => {
      if (text === "") return undefined;
      const name = `outputs/${known.size}.txt`;
      known.set(name, text);
      // deno-lint-ignore require-await
      const settle = async (isNamed: boolean) => {
        if (!isNamed) known.delete(name);
      };
      return { name, settle };
    },
    // deno-lint-ignore require-await
    read: async (name) => known.get(name),
  };
}

/** Those of one session, which `open` finds, or refuses. */
function checkpointsIn(
  known: Map<string, KeptCheckpoint>,
  open: () => Session,
): Checkpoints {
  return {
    async *all() {
      const ids = [...known.keys()].sort();
      yield* ids.flatMap((id) => known.get(id) ?? []);
    },
    // deno-lint-ignore require-await
    read: async (id) => {
      const checkpoint = known.get(id);
      if (checkpoint !== undefined) return checkpoint;
      throw notFound("no_such_checkpoint", `No checkpoint "${id}"`, {
        hint: "orc checkpoints",
      });
    },
    // deno-lint-ignore require-await
    save: async (make) => {
      const session = open();
      let made = make(session);
      while (known.has(made.id)) made = make(session);
      const path = `memory:${session.id}/checkpoints/${made.id}`;
      const sizeBytes = new TextEncoder().encode(made.text).length;
      known.set(made.id, { ...made, path, sizeBytes });
      return { path, warnings: [] };
    },
    // deno-lint-ignore require-await
    remove: async (ids) => {
      open();
      return ids.filter((id) => known.delete(id));
    },
  };
}

/** A log as the store of a repository keeps it. */
function linesOf(log: readonly RecordedEvent[]): readonly LogLine[] {
  let endBytes = 0;
  return log.map((event) => {
    const line = new TextEncoder().encode(encodeLogLine(event));
    const startBytes = endBytes;
    endBytes += line.length;
    const bytes = line.subarray(0, -1);
    const text = new TextDecoder().decode(bytes);
    return { text, startBytes, endBytes, isEnded: true, bytes: () => [bytes] };
  });
}

/** All by their ids, or so many of those changed last, as the store of a repository lists them. */
function lastChanged(
  sessions: readonly Session[],
  limit = Infinity,
): readonly Session[] {
  if (sessions.length <= limit) {
    return sessions.toSorted((a, b) => a.id < b.id ? -1 : 1);
  }
  return sessions.toSorted((a, b) =>
    a.state.updatedAt < b.state.updatedAt ? 1 : -1
  ).slice(0, limit);
}
