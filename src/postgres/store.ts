/** The sessions of a repository in a database. */
import { pagedEvents, pagedLines } from "../session/kept/paged.ts";
import type { SessionStore } from "../session/store.ts";
import { createSession, removeSession, updateSession } from "./change.ts";
import type { Database } from "./database.ts";
import { checkpointsIn, feedbackIn, outputsIn } from "./kept.ts";
import { countIds, listEntries, listIds } from "./list.ts";
import { nameSession, readMeta, readMetas } from "./meta.ts";
import { type PostgresOptions, SessionRows } from "./rows.ts";

export type { PostgresOptions } from "./rows.ts";

/** Opens the sessions of a repository in a database. */
export function postgresStore(
  database: Database,
  options: PostgresOptions,
): SessionStore {
  return storeOfRows(new SessionRows(database, options));
}

export function storeOfRows(rows: SessionRows): SessionStore {
  const { context: { newToken } } = rows;
  return {
    capabilities: () => Promise.resolve({ files: false }),
    create: (session) => createSession(rows, session),
    read: (id) => rows.session(id),
    update: (...request) => updateSession(rows, ...request),
    ids: () => listIds(rows),
    count: () => countIds(rows),
    list: (wanted) => listEntries(rows, wanted),
    async *events(session, wanted) {
      yield* pagedEvents(await rows.logOf(session.id), session, wanted);
    },
    async *log(id, startBytes) {
      yield* pagedLines(await rows.logOf(id), startBytes);
    },
    logBytes: async (id) => Number((await rows.small(id))?.log_bytes ?? 0),
    version: async (id) => {
      const row = await rows.small(id);
      return row && String(row.serial);
    },
    meta: (id) => readMeta(rows, id),
    metas: (...request) => readMetas(rows, ...request),
    nameSession: (naming) => nameSession(rows, naming),
    checkpoints: async (id) => checkpointsIn(await rows.beside(id)),
    outputs: async ({ id }) => outputsIn(await rows.beside(id), newToken),
    feedback: async (id) => feedbackIn(await rows.beside(id), newToken),
    remove: (...request) => removeSession(rows, ...request),
  };
}
