/** What a server says of itself, of the rights of who asks, and of who holds sessions. */
import { onRefusal } from "../base/error.ts";
import type { Row, Sql } from "./connection.ts";

/** A connection that keeps others from changing a session, and does nothing. */
export interface IdleHolder {
  /** Number of its process at the server. */
  readonly pid: number;
  /** As whom it came. */
  readonly user: string;
  /** Since when it does nothing. */
  readonly seconds: number;
}

/** What is known of a server; what it does not tell, as engines that only speak like PostgreSQL, is null. */
export interface ServerFacts {
  /** Its version, such as `15.18`. */
  readonly server: string | null;
  /** Whether what is sent is encrypted. */
  readonly encrypted: boolean | null;
  /** Whether it only repeats another one. */
  readonly readOnly: boolean | null;
  /** Connections there are. */
  readonly connections: number | null;
  /** Connections there may be. */
  readonly maxConnections: number | null;
  /** Rights that work needs and that are missing, such as `update on orc.session`. */
  readonly missingRights: readonly string[];
  /** Whether who asks may do anything at the server. */
  readonly superuser: boolean | null;
  /** What everybody may do who can connect, such as `select on orc.session`. */
  readonly publicRights: readonly string[];
  /** Who holds sessions and does nothing, the longest first. */
  readonly holders: readonly IdleHolder[];
}

/** What ordinary work asks of each table. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  schema_version: ["select"],
  session: ["select", "insert", "update"],
  log: ["select", "insert"],
  checkpoint: ["select", "insert"],
  output: ["select", "insert", "update"],
  feedback: ["select", "insert"],
};

/** So long an update may take between two statements. */
const IDLE_SECONDS = 3;

/** Asks one thing after the other: what one server does not know says nothing about the next. */
export async function lookAtServer(
  read: <Result>(work: (sql: Sql) => Promise<Result>) => Promise<Result>,
  hasTables: boolean,
): Promise<ServerFacts> {
  const rowsOf = (text: string) =>
    read((sql) => sql(text)).catch(onRefusal((): readonly Row[] => []));
  const first = async (text: string): Promise<Row> =>
    (await rowsOf(text))[0] ?? {};
  const basics = await first(
    "select split_part(current_setting('server_version'), ' ', 1) as server",
  );
  const { encrypted } = await first(
    "select ssl::text as encrypted from pg_stat_ssl where pid = pg_backend_pid()",
  );
  const { replica } = await first(
    "select pg_is_in_recovery()::text as replica",
  );
  const { superuser } = await first(
    "select rolsuper::text as superuser from pg_roles where rolname = current_user",
  );
  const { used, most } = await first(
    `select count(*) as used, current_setting('max_connections') as most
       from pg_stat_activity where backend_type = 'client backend'`,
  );
  return {
    server: basics.server === undefined ? null : String(basics.server),
    encrypted: truthOf(encrypted),
    readOnly: truthOf(replica),
    connections: numberOf(used),
    maxConnections: numberOf(most),
    superuser: truthOf(superuser),
    missingRights: hasTables ? await missing("current_user", rowsOf) : [],
    publicRights: hasTables ? await granted("'public'", rowsOf) : [],
    holders: (await rowsOf(HOLDERS)).map(({ pid, name, seconds }) => ({
      pid: Number(pid),
      user: String(name),
      seconds: Math.round(Number(seconds)),
    })),
  };
}

/** Who changed or locked rows of orc and then did no more; others' states are shown only to who may see them. */
const HOLDERS = `select a.pid, a.usename as name,
    extract(epoch from clock_timestamp() - a.state_change) as seconds
   from pg_stat_activity a
  where a.state like 'idle in transaction%' and a.datname = current_database()
    and clock_timestamp() - a.state_change > interval '${IDLE_SECONDS} seconds'
    and exists (
      select 1 from pg_locks l
        join pg_class c on c.oid = l.relation
        join pg_namespace n on n.oid = c.relnamespace
       where l.pid = a.pid and n.nspname = 'orc'
         and l.mode in ('RowShareLock', 'RowExclusiveLock'))
  order by seconds desc limit 20`;

type RowsOf = (text: string) => Promise<readonly Row[]>;

async function missing(who: string, rowsOf: RowsOf): Promise<string[]> {
  return await rights(who, rowsOf, "not has_table_privilege");
}

async function granted(who: string, rowsOf: RowsOf): Promise<string[]> {
  return await rights(who, rowsOf, "has_table_privilege");
}

async function rights(
  who: string,
  rowsOf: RowsOf,
  condition: string,
): Promise<string[]> {
  const pairs = Object.entries(RIGHTS).flatMap(([table, rights]) =>
    rights.map((right) => `('orc.${table}', '${right}')`)
  );
  const rows = await rowsOf(
    `select w.right_name || ' on ' || w.table_name as name
       from (values ${pairs.join(", ")}) as w (table_name, right_name)
      where ${condition}(${who}, w.table_name, w.right_name)`,
  );
  return rows.map(({ name }) => String(name));
}

function truthOf(value: Row[string] | undefined): boolean | null {
  return value === "true" ? true : value === "false" ? false : null;
}

function numberOf(value: Row[string] | undefined): number | null {
  return value === undefined || value === null ? null : Number(value);
}
