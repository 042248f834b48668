/** The log of a session in a database, as pages of it are asked for. */
import {
  lineAt,
  type Page,
  PAGE_BYTES,
  PAGE_LINES,
  type PagePlace,
} from "../session/kept/paged.ts";
import type { LogLine } from "../session/store.ts";
import type { Row, Sql } from "./connection.ts";
import type { Key } from "./database.ts";

export async function readPage(
  read: <Result>(work: (sql: Sql) => Promise<Result>) => Promise<Result>,
  key: Key,
  { place, limit = PAGE_LINES, isBackwards = false }: PagePlace,
): Promise<Page | undefined> {
  const [is, order] = isBackwards
    ? ["<", "start_byte desc"]
    : [">=", "start_byte"];
  const rows = await read((sql) =>
    sql(
      `select l.start_byte, l.line, s.log_bytes
         from orc.session s left join (
           select start_byte, line, sum(octet_length(line))
             over (order by ${order}) - octet_length(line) as bytes_before
           from (
             select start_byte, line from orc.log
             where repo = $1 and session = $2 and start_byte ${is} $3
             order by ${order} limit $4) as page) as l
           on l.bytes_before < $5
         where s.repo = $1 and s.id = $2
         order by ${order}`,
      [...key, place, limit, PAGE_BYTES],
    )
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return { lines: rows.flatMap(lineOf), sizeBytes: Number(first.log_bytes) };
}

function lineOf({ start_byte, line }: Row): LogLine | readonly [] {
  // A log without lines.
  if (!(line instanceof Uint8Array)) return [];
  return lineAt(Number(start_byte), line);
}
