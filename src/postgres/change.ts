/**
 * How sessions in a database come, change and go: state and log in one transaction, under the lock of the
 * session's row, so that no update is ever half there.
 */
import { handed } from "../base/handed.ts";
import { isSessionId } from "../base/ids.ts";
import { jsonObject, withFields } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { instantOf } from "../base/time.ts";
import { encodeLogLine, type RecordedEvent } from "../engine/event.ts";
import { sessionMeta } from "../session/create.ts";
import { encodeSession } from "../session/encode.ts";
import type {
  KeptBeside,
  MayRemove,
  NewSession,
  Session,
  SessionChange,
  Updated,
} from "../session/store.ts";
import { notNew, stamp, stampNew } from "../session/update.ts";
import type { Sql, Value } from "./connection.ts";
import type { SessionRows } from "./rows.ts";

/** What a try stores. */
interface Made {
  readonly session: Session;
  /** Its state, as it is kept. */
  readonly text: string;
  /** Where its events begin in the log. */
  readonly place: number;
  /** They have their ids before the first try: by them it is known whether one was stored. */
  readonly events: readonly RecordedEvent[];
}

export async function createSession(
  rows: SessionRows,
  { id, decision, localTime, owner }: NewSession,
): Promise<Session> {
  if (!isSessionId(id)) throw notNew(id);
  const session = stampNew(id, decision, await rows.context.idSource());
  const { state, serial, lastEvents: events } = session;
  const text = await encodeSession(
    session,
    state.updatedAt,
    await rows.digest(),
  );
  const meta = withFields(
    jsonObject(sessionMeta(id, handed("localNow()", localTime))),
    { ...rows.origin(), ...owner === undefined ? {} : { owner } },
  );
  const key = await rows.keyOf(id);
  const made: Made = { session, text, place: 0, events };
  return await rows.write(id, async (sql, isUnsure) => {
    const created = await sql(
      `insert into orc.session
         (repo, id, workflow_id, serial, status, state, meta, log_bytes)
         values ($1, $2, $3, $4, $5, $6, $7, 0)
         on conflict do nothing returning id`,
      [
        ...[...key, state.workflowId, serial, state.status, text],
        printJson(meta, 2),
      ],
    );
    if (created.length > 0) await store(rows, sql, made);
    else if (!isUnsure || !await isStored(rows, sql, made)) throw notNew(id);
    return session;
  });
}

export async function updateSession(
  rows: SessionRows,
  id: string,
  change: SessionChange,
  signal?: AbortSignal,
): Promise<Updated> {
  const { context } = rows;
  const newId = await context.idSource();
  let last: Made & Pick<Updated, "events"> | undefined;
  const updated = await rows.write(
    id,
    async (sql, isUnsure): Promise<Updated> => {
      const row = await rows.hold(sql, id);
      if (isUnsure && last && await isStored(rows, sql, last)) {
        const { session, events } = last;
        return { session, events, warnings: [] };
      }
      last = undefined;
      const session = await rows.writable(row, id);
      const at = handed("now()", context.now());
      const decision = change(session, at, () => instantOf(Number(row.now)));
      if (decision.events.length === 0) {
        return { session, events: [], warnings: [] };
      }
      const fresh = { ...session, lastEvents: [] };
      const next = stamp(fresh, decision, at, newId);
      const text = await encodeSession(next.session, at, await rows.digest());
      last = { ...next, text, place: Number(row.log_bytes) };
      await store(rows, sql, last);
      return { ...next, warnings: [] };
    },
    signal,
  );
  if (last !== undefined) {
    const { text, session } = last as Made;
    rows.memory.last = { id, text, session: Promise.resolve(session) };
  }
  return updated;
}

export async function removeSession(
  rows: SessionRows,
  id: string,
  mayRemove: MayRemove,
): Promise<boolean> {
  const key = await rows.keyOf(id);
  return await rows.write(id, async (sql, isUnsure) => {
    const row = await rows.lock(sql, id);
    if (row === undefined) return isUnsure;
    const beside = async (): Promise<KeptBeside> => {
      const checkpoints = await sql(
        "select id from orc.checkpoint where repo = $1 and session = $2",
        key,
      );
      const [feedback] = await sql(
        "select count(*) as count from orc.feedback where repo = $1 and session = $2",
        key,
      );
      return {
        checkpoints: checkpoints.map(({ id }) => String(id)),
        feedback: Number(feedback?.count),
      };
    };
    if (!await mayRemove(await rows.writable(row, id), beside)) return false;
    await sql(
      `delete from orc.session where repo = $1 and id = $2
        returning ${rows.database.telling}`,
      key,
    );
    return true;
  });
}

async function store(
  rows: SessionRows,
  sql: Sql,
  { session: { id, serial, state }, text, place, events }: Made,
): Promise<void> {
  let end = place;
  const logged: Value[] = [];
  const lines = events.map((event) => {
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
     insert into orc.log values ${lines.join(", ")}
       returning ${rows.database.telling}`,
    [
      ...await rows.keyOf(id),
      ...[state.workflowId, serial, state.status, text, end],
      ...logged,
    ],
    true,
  );
}

/** Whether events that were made for a try are in the log: they begin at no earlier place. */
async function isStored(
  rows: SessionRows,
  sql: Sql,
  { session: { id }, place, events }: Made,
): Promise<boolean> {
  const found = await sql(
    `select 1 from orc.log where repo = $1 and session = $2 and start_byte >= $3
        and event_id = $4 limit 1`,
    [...await rows.keyOf(id), place, events[0]?.id ?? ""],
  );
  return found.length > 0;
}
