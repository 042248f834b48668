/** What a database keeps beside a session: checkpoints to return to, and feedback. */
import { notFound } from "../base/error.ts";
import type {
  Checkpoints,
  KeptFeedback,
  Outputs,
  Session,
} from "../session/store.ts";
import type { Sql, Work } from "./connection.ts";

/** What reading and writing beside a session needs of its store. */
export interface Beside {
  read<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result>;
  write<Result>(work: Work<Result>): Promise<Result>;
  /** Keeps everybody else from changing the session until the transaction ends; hands over what decodes it. */
  hold(sql: Sql): Promise<() => Promise<Session>>;
  readonly key: readonly [repo: string, session: string];
  /** What the session is called, for people. */
  readonly label: string;
}

/** So many are held in memory at once; each is as large as a state. */
const PAGE_CHECKPOINTS = 4;
const PAGE_ENTRIES = 64;

/** Two checkpoints of one instant differ by chance only; more tries than digits mean no chance. */
const MAX_NAME_TRIES = 10_000;

export function checkpointsIn(
  { read, write, hold, key, label }: Beside,
): Checkpoints {
  const pathOf = (id: string) => `${label}/checkpoints/${id}`;
  const textsOf = async (ids: readonly string[]) => {
    const rows = await read((sql) =>
      sql(
        `select id, content, octet_length(content) as size
           from orc.checkpoint
          where repo = $1 and session = $2 and id = any($3::text[])`,
        [...key, ids],
      )
    );
    return rows.map(({ id, content, size }) => ({
      id: String(id),
      path: pathOf(String(id)),
      text: String(content),
      sizeBytes: Number(size),
    })).sort((one, other) => one.id < other.id ? -1 : 1);
  };
  return {
    async *all() {
      const rows = await read((sql) =>
        sql(
          "select id from orc.checkpoint where repo = $1 and session = $2",
          key,
        )
      );
      const ids = rows.map(({ id }) => String(id)).sort();
      for (let at = 0; at < ids.length; at += PAGE_CHECKPOINTS) {
        yield* await textsOf(ids.slice(at, at + PAGE_CHECKPOINTS));
      }
    },
    read: async (id) => {
      const [found] = await textsOf([id]);
      if (found !== undefined) return found;
      const more = { path: pathOf(id), hint: "orc checkpoints" };
      throw notFound("no_such_checkpoint", `No checkpoint "${id}"`, more);
    },
    save: async (make) => {
      // The one of a try of which nobody knows whether it was stored.
      let last: ReturnType<typeof make> | undefined;
      return await write(async (sql, isUnsure) => {
        const session = await (await hold(sql))();
        if (isUnsure && last !== undefined) {
          const rows = await sql(
            `select 1 from orc.checkpoint
              where repo = $1 and session = $2 and id = $3 and content = $4`,
            [...key, last.id, last.text],
          );
          if (rows.length > 0) return { path: pathOf(last.id), warnings: [] };
        }
        for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
          last = make(session);
          const rows = await sql(
            `insert into orc.checkpoint values ($1, $2, $3, $4)
               on conflict do nothing returning id`,
            [...key, last.id, last.text],
          );
          if (rows.length > 0) return { path: pathOf(last.id), warnings: [] };
        }
        throw new Error(`No name is free in "${label}"`);
      });
    },
    remove: async (ids) =>
      await write(async (sql) => {
        await hold(sql);
        const rows = await sql(
          `delete from orc.checkpoint
            where repo = $1 and session = $2 and id = any($3::text[])
            returning id`,
          [...key, ids],
        );
        const removed = new Set(rows.map(({ id }) => String(id)));
        return ids.filter((id) => removed.has(id));
      }),
  };
}

/** The update that names an output follows at once; for a lock it waits no longer than this. */
const MAX_PENDING = "1 day";

/** What checks printed: it is pending until the update is made that names it. */
export function outputsIn(
  { read, write, key }: Pick<Beside, "read" | "write" | "key">,
  newToken: () => string,
): Outputs {
  return {
    keep: async (text) => {
      if (text === "") return undefined;
      const name = `outputs/${newToken()}.txt`;
      const content = new TextEncoder().encode(text);
      const isKept = await write(async (sql) => {
        // What a process left that ended before its update.
        await sql(
          `delete from orc.output o
            where repo = $1 and session = $2 and is_pending
              and made_at < now() - interval '${MAX_PENDING}'
              and not exists (
                select 1 from orc.log l
                 where l.repo = o.repo and l.session = o.session
                   and position(convert_to(o.name, 'UTF8') in l.line) > 0)`,
          key,
        );
        const rows = await sql(
          `insert into orc.output (repo, session, name, content, is_pending)
             select repo, id, $3, $4::bytea, true from orc.session
              where repo = $1 and id = $2
             on conflict (repo, session, name) do update set is_pending = true
             returning name`,
          [...key, name, content],
        );
        return rows.length > 0;
      });
      if (!isKept) return undefined;
      const settle = async (isNamed: boolean): Promise<void> => {
        const act = isNamed
          ? "update orc.output set is_pending = false"
          : "delete from orc.output";
        await write((sql) =>
          sql(`${act} where repo = $1 and session = $2 and name = $3`, [
            ...[...key, name],
          ])
        );
      };
      return { name, settle };
    },
    read: async (name) => {
      const [row] = await read((sql) =>
        sql(
          `select content from orc.output
            where repo = $1 and session = $2 and name = $3`,
          [...key, name],
        )
      );
      return row?.content instanceof Uint8Array
        ? new TextDecoder().decode(row.content)
        : undefined;
    },
  };
}

/** The feedback on a session; the token of an entry is made before its first try. */
export function feedbackIn(
  { read, write, hold, key }: Beside,
  newToken: () => string,
): KeptFeedback {
  return {
    add: async ({ tool, process }) => {
      const token = newToken();
      await write(async (sql) => {
        await hold(sql);
        await sql(
          `insert into orc.feedback
             select $1, $2, coalesce(max(n) + 1, 0), $3, $4, $5
               from orc.feedback where repo = $1 and session = $2
             having not coalesce(bool_or(token = $3), false)`,
          [...key, token, tool, process],
        );
      });
    },
    async *lines(kind) {
      for (let place = 0;;) {
        const rows = await read((sql) =>
          sql(
            `select n, tool, process from orc.feedback
              where repo = $1 and session = $2 and n >= $3
              order by n limit $4`,
            [...key, place, PAGE_ENTRIES],
          )
        );
        for (const row of rows) yield String(row[kind]);
        const last = rows.at(-1);
        if (last === undefined) return;
        place = Number(last.n) + 1;
      }
    },
  };
}
