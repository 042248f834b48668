/** Which sessions of a repository a database holds. */
import { onRefusal } from "../base/error.ts";
import { decodeState } from "../session/read.ts";
import type { SessionEntry, StoreListOptions } from "../session/store.ts";
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
  const states = new Map(found.map(({ id, state }) => [id, String(state)]));
  const entries: SessionEntry[] = [];
  for (const id of ids) {
    const text = states.get(id);
    // What was removed meanwhile is in no list.
    if (text === undefined) continue;
    entries.push(
      await decodeState(text, { state: rows.labelOf(id) }, id).then(
        ({ state }) => ({ id, state, problem: null }),
        onRefusal(({ message }) => ({ id, state: null, problem: message })),
      ),
    );
  }
  return entries;
}
