/** Sessions that come into a database, or leave it, as they are. */
import { printJson } from "../base/json_print.ts";
import { epochMsOf } from "../base/time.ts";
import { decodeLogLine } from "../engine/event.ts";
import { joinedBytes } from "../files/write.ts";
import {
  type Carried,
  carriedMeta,
  type CarriedOutput,
  type CarryingStore,
  changedMeanwhile,
} from "../session/kept/carried.ts";
import { pagedLines } from "../session/kept/paged.ts";
import { assertWritable } from "../session/encode.ts";
import type { Sql, Value } from "./connection.ts";
import { checkpointsIn } from "./kept.ts";
import { metaOf, nameSession } from "./meta.ts";
import type { SessionRows } from "./rows.ts";
import { storeOfRows } from "./store.ts";

export function carryingRows(rows: SessionRows): CarryingStore {
  return {
    store: storeOfRows(rows),
    address: rows.database.shown,
    carriedOf: (id) => carriedOf(rows, id),
    keepCarried: (carried, before) => keepCarried(rows, carried, before),
    keepBeside: (carried) => keepBeside(rows, carried),
    remark: async (remark) => void await nameSession(rows, remark),
  };
}

async function carriedOf(
  rows: SessionRows,
  id: string,
): Promise<Carried | undefined> {
  const row = await rows.whole(id);
  if (row === undefined) return undefined;
  const session = await rows.decode(row, id);
  assertWritable(session, rows.labelOf(id));
  const end = Number(row.log_bytes);
  const beside = await rows.beside(id);
  return {
    session,
    state: String(row.state),
    meta: carriedMeta(metaOf(row, rows.labelOf(id))),
    async *log() {
      for await (const lines of pagedLines(await rows.logOf(id))) {
        for (const { startBytes, bytes } of lines) {
          if (startBytes >= end) return;
          yield joinedBytes([...bytes()]);
        }
      }
    },
    checkpoints: () => checkpointsIn(beside).all([]),
    outputs: () => outputsOf(rows, id),
  };
}

async function* outputsOf(
  rows: SessionRows,
  id: string,
): AsyncGenerator<CarriedOutput> {
  const key = await rows.keyOf(id);
  const found = await rows.read((sql) =>
    sql("select name from orc.output where repo = $1 and session = $2", key)
  );
  for (const { name } of found) {
    const [row] = await rows.read((sql) =>
      sql(
        `select content from orc.output
          where repo = $1 and session = $2 and name = $3`,
        [...key, String(name)],
      )
    );
    const { content } = row ?? {};
    if (content instanceof Uint8Array) yield { name: String(name), content };
  }
}

async function keepCarried(
  rows: SessionRows,
  carried: Carried,
  before: string | undefined,
): Promise<void> {
  const { session: { id }, state } = carried;
  await rows.write(id, async (sql) => {
    const row = await rows.lock(sql, id);
    const present = row && String(row.state);
    // An answer that got lost leaves it as it was to be.
    if (present !== state) {
      if (present !== before) throw changedMeanwhile(rows.labelOf(id));
      if (row === undefined) await insertSession(rows, sql, carried);
      await storeCopy(rows, sql, carried);
    }
    await storeBeside(rows, sql, carried);
    await sql(`select ${rows.database.telling}`, await rows.keyOf(id));
  });
}

async function keepBeside(
  rows: SessionRows,
  carried: Carried,
): Promise<void> {
  const { id } = carried.session;
  await rows.write(id, async (sql) => {
    await rows.hold(sql, id);
    await storeBeside(rows, sql, carried);
  });
}

async function insertSession(
  rows: SessionRows,
  sql: Sql,
  { session: { id, serial, state: { workflowId, status } }, meta }: Carried,
): Promise<void> {
  await sql(
    `insert into orc.session
       (repo, id, workflow_id, serial, status, state, meta, log_bytes)
       values ($1, $2, $3, $4, $5, '', $6, 0)`,
    [...await rows.keyOf(id), workflowId, serial, status, printJson(meta, 2)],
  );
}

async function storeCopy(
  rows: SessionRows,
  sql: Sql,
  { session: { id, serial, state }, state: text, log }: Carried,
): Promise<void> {
  const key = await rows.keyOf(id);
  await sql("delete from orc.log where repo = $1 and session = $2", key);
  let end = 0;
  let batch: Value[] = [];
  let batchBytes = 0;
  const send = async () => {
    if (batch.length === 0) return;
    const lines = Array.from({ length: batch.length / 3 }, (_, index) => {
      const [start, event, line] = [3, 4, 5].map((at) => `$${3 * index + at}`);
      return `($1, $2, ${start}::bigint, ${event}, ${line}::bytea)`;
    });
    await sql(`insert into orc.log values ${lines.join(", ")}`, [
      ...[...key, ...batch],
    ]);
    [batch, batchBytes] = [[], 0];
  };
  for await (const line of log()) {
    batch.push(end, eventIdIn(line), line);
    end += line.length + 1;
    batchBytes += line.length;
    const isFull = batch.length >= 3 * BATCH_LINES || batchBytes >= BATCH_BYTES;
    if (isFull) await send();
  }
  await send();
  const changedAt = epochMsOf(state.updatedAt) ?? null;
  await sql(
    `update orc.session set workflow_id = $3, serial = $4, status = $5,
       state = $6, log_bytes = $7,
       updated_at = coalesce(to_timestamp($8::float8 / 1000), now())
      where repo = $1 and id = $2`,
    [
      ...[...key, state.workflowId, serial, state.status, text, end],
      changedAt,
    ],
  );
}

/** So much is sent at once. */
const BATCH_LINES = 200;
const BATCH_BYTES = 256 * 1024;

const decoder = new TextDecoder();

function eventIdIn(line: Uint8Array): string | null {
  return decodeLogLine(decoder.decode(line))?.id || null;
}

async function storeBeside(
  rows: SessionRows,
  sql: Sql,
  { session, checkpoints, outputs }: Carried,
): Promise<void> {
  const key = await rows.keyOf(session.id);
  for await (const { id, text } of checkpoints()) {
    await sql(
      "insert into orc.checkpoint values ($1, $2, $3, $4) on conflict do nothing",
      [...key, id, text],
    );
  }
  for await (const { name, content } of outputs()) {
    await sql(
      `insert into orc.output (repo, session, name, content, is_pending)
         values ($1, $2, $3, $4::bytea, false) on conflict do nothing`,
      [...key, name, content],
    );
  }
}
