/** Which sessions of a repository a database holds. */
import { onRefusal, orElse } from "../base/error.ts";
import type { JsonObject } from "../base/json.ts";
import { decodeState } from "../session/read.ts";
import type { SessionEntry, StoreListOptions } from "../session/store.ts";
import type { Row } from "./connection.ts";
import { metaOf } from "./meta.ts";
import type { SessionRows } from "./rows.ts";

/** States that are read at once; each is held in memory. */
const PAGE_STATES = 50;

export async function listIds(
  rows: SessionRows,
  { limit, status }: StoreListOptions = {},
): Promise<readonly string[]> {
  const repo = await rows.repo();
  const found = await rows.read((sql) =>
    limit === undefined
      ? sql(
        `select id, status from orc.session
          where repo = $1 and ($2::text is null or status = $2)`,
        [repo, status ?? null],
      )
      : sql(
        `select id, status from orc.session where repo = $1
          order by updated_at desc limit $2`,
        [repo, limit + 1],
      )
  );
  const isAll = limit === undefined || found.length <= limit;
  const ids = found.slice(0, limit)
    .filter((row) => !status || row.status === status)
    .map(({ id }) => String(id));
  return isAll ? ids.sort() : ids;
}

export async function countIds(rows: SessionRows): Promise<number> {
  const repo = await rows.repo();
  const [row] = await rows.read((sql) =>
    sql("select count(*) as count from orc.session where repo = $1", [repo])
  );
  return Number(row?.count);
}

export async function listEntries(
  rows: SessionRows,
  options: StoreListOptions = {},
): Promise<readonly SessionEntry[]> {
  const ids = await listIds(rows, options);
  const entries: SessionEntry[] = [];
  for (let at = 0; at < ids.length; at += PAGE_STATES) {
    entries.push(...await readEntries(rows, ids.slice(at, at + PAGE_STATES)));
  }
  const { status } = options;
  return entries.filter(({ state }) => !status || state?.status === status);
}

/** A session of any repository. */
export interface FarEntry extends SessionEntry {
  readonly repoId: string;
  /** What is said of it besides its work. */
  readonly meta: JsonObject | undefined;
}

/** The sessions of all repositories that were changed last, and how many there are; problems are added to `problems`. */
export async function listEverywhere(
  { database }: SessionRows,
  limit: number,
  problems: string[],
): Promise<{ readonly entries: readonly FarEntry[]; readonly count: number }> {
  const [counted] = await database.read((sql) =>
    sql("select count(*) as count from orc.session")
  );
  const count = Number(counted?.count);
  const entries: FarEntry[] = [];
  // Keys first: states are read a page at a time.
  const keys = await database.read((sql) =>
    sql(
      `select repo, id from orc.session order by updated_at desc, id desc
        limit $1`,
      [Math.min(limit, count)],
    )
  );
  for (let at = 0; at < keys.length; at += PAGE_STATES) {
    const page = keys.slice(at, at + PAGE_STATES);
    const found = await database.read((sql) =>
      sql(
        `select repo, id, state, meta
           from unnest($1::text[], $2::text[]) with ordinality as k (repo, id, n)
           join orc.session using (repo, id) order by n`,
        [
          page.map(({ repo }) => String(repo)),
          page.map(({ id }) => String(id)),
        ],
      )
    );
    for (const row of found) {
      const [repoId, id] = [String(row.repo), String(row.id)];
      const label = `session ${id} of ${database.shown}`;
      const meta = orElse(
        () => metaOf(row, label),
        ({ message }) => void problems.push(message),
      );
      entries.push({ ...await entryOf(row, id, label), repoId, meta });
    }
  }
  return { entries, count };
}

async function entryOf(
  { state }: Row,
  id: string,
  label: string,
): Promise<SessionEntry> {
  return await decodeState(String(state), { state: label }, id).then(
    ({ state }) => ({ id, state, problem: null }),
    onRefusal(({ message }) => ({ id, state: null, problem: message })),
  );
}

async function readEntries(
  rows: SessionRows,
  ids: readonly string[],
): Promise<readonly SessionEntry[]> {
  const repo = await rows.repo();
  const found = await rows.read((sql) =>
    sql(
      `select id, state from orc.session
        where repo = $1 and id = any($2::text[])`,
      [repo, ids],
    )
  );
  const byId = new Map(found.map((row) => [row.id, row]));
  const entries: SessionEntry[] = [];
  for (const id of ids) {
    const row = byId.get(id);
    // What was removed meanwhile is in no list.
    if (row) entries.push(await entryOf(row, id, rows.labelOf(id)));
  }
  return entries;
}
