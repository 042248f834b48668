/**
 * The sessions of a repository in a database. State and log are changed in one transaction, under the lock of
 * the session's row, and no update is ever half there.
 */
import { corrupt, onRefusal } from "../base/error.ts";
import { handed } from "../base/handed.ts";
import { isSessionId } from "../base/ids.ts";
import {
  asObject,
  type JsonObject,
  jsonObject,
  parseJson,
  withFields,
} from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { instantOf } from "../base/time.ts";
import { encodeLogLine, type RecordedEvent } from "../engine/event.ts";
import { sessionMeta } from "../session/create.ts";
import { assertWritable, encodeSession } from "../session/encode.ts";
import { decodeState, noSuchSession, recall } from "../session/read.ts";
import type {
  Session,
  SessionEntry,
  SessionStore,
  StoreContext,
  StoreListOptions,
  Updated,
} from "../session/store.ts";
import { notNew, stamp, stampNew } from "../session/update.ts";
import type { Row, Sql, Value, Work } from "./connection.ts";
import type { Database } from "./database.ts";
import { type Beside, checkpointsIn, feedbackIn, outputsIn } from "./kept.ts";
import { eventsIn, linesIn } from "./log.ts";

export interface PostgresOptions {
  /** What tells the sessions of one repository from those of others in the same database; empty while nobody can tell. */
  readonly repo: string | (() => Promise<string>);
  readonly context: Pick<
    StoreContext,
    "timeoutMs" | "now" | "newToken" | "idSource" | "signal" | "memory"
  >;
}

/** A try of an update. */
type Made = ReturnType<typeof stamp> & {
  readonly text: string;
  /** Where its events begin in the log. */
  readonly place: number;
};

/** States that are read at once for a list. */
const PAGE_STATES = 50;

/** Opens the sessions of a repository in a database. */
export function postgresStore(
  database: Database,
  { repo, context }: PostgresOptions,
): SessionStore {
  const { shown, read, hear } = database;
  const { memory = {}, now, newToken, idSource } = context;
  let known = typeof repo === "string" ? repo : "";
  const repoId = async () =>
    known ||= typeof repo === "string" ? repo : await repo();
  const labelOf = (id: string) => `session ${id} of ${shown}`;
  const pathsOf = (id: string) => ({ state: labelOf(id) });

  async function write<Result>(
    work: Work<Result>,
    signal = context.signal,
  ): Promise<Result> {
    const { timeoutMs } = context;
    const lockTimeoutMs = typeof timeoutMs === "number"
      ? timeoutMs
      : await timeoutMs();
    return await database.write(work, { lockTimeoutMs, signal });
  }

  const decode = (text: unknown, id: string): Promise<Session> =>
    recall(memory, String(text), pathsOf(id), id).session;

  async function decodeWritable(text: unknown, id: string): Promise<Session> {
    const session = await decode(text, id);
    assertWritable(session, labelOf(id));
    return session;
  }

  /** The row of a session, which nobody else changes until the transaction ends. */
  async function lockRow(sql: Sql, id: string) {
    const [row] = await sql(
      `select state, meta, log_bytes,
          extract(epoch from clock_timestamp()) * 1000 as now
         from orc.session
        where repo = $1 and id = $2 for update`,
      [await repoId(), id],
    );
    if (row === undefined) throw noSuchSession(id);
    return row;
  }

  async function besideOf(id: string): Promise<Beside> {
    const hold = async (sql: Sql) => {
      const { state } = await lockRow(sql, id);
      return () => decodeWritable(state, id);
    };
    const key = [await repoId(), id] as const;
    return { read, write, hold, key, label: labelOf(id) };
  }

  /** Stores a state with the events that led to it, which begin at this place of the log. */
  async function store(
    sql: Sql,
    { id, serial, state }: Session,
    { text, place, events }: {
      readonly text: string;
      readonly place: number;
      readonly events: readonly RecordedEvent[];
    },
  ): Promise<void> {
    const key = await repoId();
    let end = place;
    const logged: Value[] = [];
    const rows = events.map((event) => {
      const line = new TextEncoder().encode(encodeLogLine(event).trimEnd());
      const count = 7 + logged.push(event.id, line);
      const row = `($1, $2, ${end}, $${count - 1}, $${count}::bytea)`;
      end += line.length + 1;
      return row;
    });
    // One statement: others wait for the session's row as long as answers are under way.
    await sql(
      `with changed as (
         update orc.session set workflow_id = $3, serial = $4, status = $5,
           state = $6, log_bytes = $7, updated_at = clock_timestamp()
         where repo = $1 and id = $2)
       insert into orc.log values ${rows.join(", ")}`,
      [
        ...[key, id, state.workflowId, serial, state.status, text, end],
        ...logged,
      ],
    );
    await database.tell(sql, `${key}/${id}`);
  }

  /** Whether events that were made for a try are in the log: they begin at no earlier place. */
  async function isStored(
    sql: Sql,
    id: string,
    { place, events }: {
      readonly place: number;
      readonly events: readonly Pick<RecordedEvent, "id">[];
    },
  ): Promise<boolean> {
    const rows = await sql(
      `select 1 from orc.log where repo = $1 and session = $2 and start_byte >= $3
          and event_id = $4 limit 1`,
      [await repoId(), id, place, events[0]?.id ?? ""],
    );
    return rows.length > 0;
  }

  async function entriesOf(
    ids: readonly string[],
  ): Promise<readonly SessionEntry[]> {
    const entries: SessionEntry[] = [];
    for (let at = 0; at < ids.length; at += PAGE_STATES) {
      const page = ids.slice(at, at + PAGE_STATES);
      const key = await repoId();
      const rows = await read((sql) =>
        sql(
          `select id, state from orc.session
            where repo = $1 and id = any($2::text[])`,
          [key, page],
        )
      );
      const states = new Map(rows.map((row) => [row.id, row.state]));
      // What was removed meanwhile is in no list.
      for (const id of page.filter((id) => states.has(id))) {
        const text = String(states.get(id));
        entries.push(
          await decodeState(text, pathsOf(id), id).then(
            ({ state }) => ({ id, state, problem: null }),
            onRefusal(({ message }) => ({ id, state: null, problem: message })),
          ),
        );
      }
    }
    return entries;
  }

  async function idsOf(
    { limit, status }: StoreListOptions = {},
  ): Promise<readonly string[]> {
    const key = await repoId();
    const rows = await read((sql) =>
      limit === undefined
        ? sql(
          `select id, status from orc.session
            where repo = $1 and ($2::text is null or status = $2)`,
          [key, status ?? null],
        )
        : sql(
          `select id, status from orc.session where repo = $1
            order by updated_at desc limit $2`,
          [key, limit + 1],
        )
    );
    const isAll = limit === undefined || rows.length <= limit;
    const ids = rows.slice(0, limit)
      .filter((row) => !status || row.status === status)
      .map(({ id }) => String(id));
    return isAll ? ids.sort() : ids;
  }

  /** What is small in the row of a session. */
  async function columnsOf(id: string): Promise<Row | undefined> {
    const key = await repoId();
    const [row] = await read((sql) =>
      sql(
        `select serial, log_bytes, meta from orc.session
          where repo = $1 and id = $2`,
        [key, id],
      )
    );
    return row;
  }

  return {
    capabilities: () => Promise.resolve({ files: false }),
    create: async ({ id, decision, localTime, owner }) => {
      if (!isSessionId(id)) throw notNew(id);
      const session = stampNew(id, decision, await idSource());
      const { state, serial, lastEvents: events } = session;
      const text = await encodeSession(session, state.updatedAt);
      const meta = withFields(
        jsonObject(sessionMeta(id, handed("localNow()", localTime))),
        owner === undefined ? {} : { owner },
      );
      const key = await repoId();
      return await write(async (sql, isUnsure) => {
        const rows = await sql(
          `insert into orc.session
             (repo, id, workflow_id, serial, status, state, meta, log_bytes)
             values ($1, $2, $3, $4, $5, $6, $7, 0)
             on conflict do nothing returning id`,
          [
            ...[key, id, state.workflowId, serial, state.status, text],
            printJson(meta, 2),
          ],
        );
        const first = { text, place: 0, events };
        if (rows.length > 0) await store(sql, session, first);
        else if (!isUnsure || !await isStored(sql, id, first)) throw notNew(id);
        return session;
      });
    },
    read: async (id) => {
      const key = await repoId();
      const [row] = await read((sql) =>
        sql("select state from orc.session where repo = $1 and id = $2", [
          ...[key, id],
        ])
      );
      if (row === undefined) throw noSuchSession(id);
      return await decode(row.state, id);
    },
    update: async (id, change, signal) => {
      const newId = await idSource();
      let last: Made | undefined;
      const updated = await write(async (sql, isUnsure): Promise<Updated> => {
        const row = await lockRow(sql, id);
        if (isUnsure && last && await isStored(sql, id, last)) {
          const { session, events } = last;
          return { session, events, warnings: [] };
        }
        last = undefined;
        const session = await decodeWritable(row.state, id);
        const at = handed("now()", now());
        const decision = change(session, at, () => instantOf(Number(row.now)));
        if (decision.events.length === 0) {
          return { session, events: [], warnings: [] };
        }
        const fresh = { ...session, lastEvents: [] };
        const next = stamp(fresh, decision, at, newId);
        const text = await encodeSession(next.session, at);
        last = { ...next, text, place: Number(row.log_bytes) };
        await store(sql, next.session, last);
        return { ...next, warnings: [] };
      }, signal);
      if (last !== undefined) {
        const { text, session } = last as Made;
        memory.last = { id, text, session: Promise.resolve(session) };
      }
      return updated;
    },
    ids: () => idsOf(),
    list: async (options) => {
      const entries = await entriesOf(await idsOf(options));
      const { status } = options ?? {};
      return entries.filter(({ state }) => !status || state?.status === status);
    },
    async *events(session, options) {
      const { id } = session;
      const key = [await repoId(), id] as const;
      const source = {
        ...{ read, key, label: `the log of ${labelOf(id)}` },
        hear: hear && (() => hear(key.join("/"))),
      };
      yield* eventsIn(source, session, options);
    },
    async *log(id, startBytes) {
      yield* linesIn({ read, key: [await repoId(), id] }, startBytes);
    },
    logBytes: async (id) => Number((await columnsOf(id))?.log_bytes ?? 0),
    version: async (id) => {
      const row = await columnsOf(id);
      return row && String(row.serial);
    },
    meta: async (id) => decodeMeta((await columnsOf(id))?.meta, labelOf(id)),
    nameSession: async ({ id, said, startedAtLocal }) => {
      const key = await repoId();
      await write(async (sql) => {
        const { meta } = await lockRow(sql, id);
        const known = decodeMeta(meta, labelOf(id)) ??
          jsonObject(sessionMeta(id, startedAtLocal));
        const text = printJson(withFields(known, said), 2);
        await sql(
          "update orc.session set meta = $3 where repo = $1 and id = $2",
          [key, id, text],
        );
      });
      return [];
    },
    checkpoints: async (id) => checkpointsIn(await besideOf(id)),
    outputs: async ({ id }) => outputsIn(await besideOf(id), newToken),
    feedback: async (id) => feedbackIn(await besideOf(id), newToken),
    remove: async (id, mayRemove) => {
      const key = await repoId();
      return await write(async (sql, isUnsure) => {
        const [row] = await sql(
          `select state from orc.session
            where repo = $1 and id = $2 for update`,
          [key, id],
        );
        if (row === undefined) return isUnsure;
        const session = await decodeWritable(row.state, id);
        if (!mayRemove(session)) return false;
        await sql("delete from orc.session where repo = $1 and id = $2", [
          ...[key, id],
        ]);
        await database.tell(sql, `${key}/${id}`);
        return true;
      });
    },
  };
}

function decodeMeta(text: unknown, label: string): JsonObject | undefined {
  if (typeof text !== "string") return undefined;
  const meta = asObject(parseJson(text, label));
  if (meta !== undefined) return meta;
  throw corrupt(
    "invalid_meta",
    `Cannot use what is said of ${label}: it is no object`,
  );
}
