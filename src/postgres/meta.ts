/** What is said of a session in a database besides its work. */
import { orElse } from "../base/error.ts";
import { type JsonObject, jsonObject, withFields } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { metaIn, type Remark, sessionMeta } from "../session/create.ts";
import type { Row } from "./connection.ts";
import type { SessionRows } from "./rows.ts";

export async function readMeta(
  rows: SessionRows,
  id: string,
): Promise<JsonObject | undefined> {
  return metaOf(await rows.small(id), rows.labelOf(id));
}

export async function readMetas(
  rows: SessionRows,
  ids: readonly string[],
  problems: string[],
): Promise<ReadonlyMap<string, JsonObject>> {
  if (ids.length === 0) return new Map();
  const repo = await rows.repo();
  const found = await rows.read((sql) =>
    sql(
      `select id, meta from orc.session
        where repo = $1 and id = any($2::text[])`,
      [repo, ids],
    )
  );
  const metas = new Map<string, JsonObject>();
  for (const row of found) {
    const id = String(row.id);
    const meta = orElse(
      () => metaOf(row, rows.labelOf(id)),
      ({ message }) => void problems.push(message),
    );
    if (meta !== undefined) metas.set(id, meta);
  }
  return metas;
}

export async function nameSession(
  rows: SessionRows,
  { id, said, startedAtLocal }: Remark,
): Promise<readonly string[]> {
  const key = await rows.keyOf(id);
  await rows.write(id, async (sql) => {
    const known = metaOf(await rows.hold(sql, id), rows.labelOf(id)) ??
      jsonObject(sessionMeta(id, startedAtLocal));
    const text = printJson(withFields(known, said), 2);
    await sql("update orc.session set meta = $3 where repo = $1 and id = $2", [
      ...[...key, text],
    ]);
  });
  return [];
}

export function metaOf(
  row: Row | undefined,
  label: string,
): JsonObject | undefined {
  return typeof row?.meta === "string" ? metaIn(row.meta, label) : undefined;
}
