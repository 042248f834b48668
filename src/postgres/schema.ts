/** The tables of orc in a database, and how they come to be what this orc knows. */
import type { Sql } from "./connection.ts";

/**
 * Each step leads from one version to the next, and never changes again: databases are there that took it.
 * A state is text, since `jsonb` would lose its order and spelling; a line of a log is bytes, since other
 * tools write into logs what no text can hold, and is found by where it begins, as in a file. So is what a
 * check printed, which may hold a NUL.
 */
const STEPS: readonly (readonly string[])[] = [[
  `create table orc.session (
     repo text not null,
     id text not null check (id ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
     workflow_id text not null,
     serial bigint not null,
     status text not null,
     state text not null,
     meta text,
     log_bytes bigint not null,
     updated_at timestamptz not null default now(),
     primary key (repo, id))`,
  "create index session_changed on orc.session (repo, updated_at)",
  `create table orc.log (
     repo text not null,
     session text not null,
     start_byte bigint not null,
     event_id text,
     line bytea not null,
     primary key (repo, session, start_byte),
     foreign key (repo, session) references orc.session on delete cascade)`,
  `create table orc.checkpoint (
     repo text not null,
     session text not null,
     id text not null,
     content text not null,
     primary key (repo, session, id),
     foreign key (repo, session) references orc.session on delete cascade)`,
  `create table orc.output (
     repo text not null,
     session text not null,
     name text not null,
     content bytea not null,
     is_pending boolean not null,
     made_at timestamptz not null default now(),
     primary key (repo, session, name),
     foreign key (repo, session) references orc.session on delete cascade)`,
  `create table orc.feedback (
     repo text not null,
     session text not null,
     n bigint not null,
     token text not null,
     tool text not null,
     process text not null,
     primary key (repo, session, n),
     foreign key (repo, session) references orc.session on delete cascade)`,
]];

/** The version that this orc reads and writes. */
export const SCHEMA_VERSION = STEPS.length;

/** The version of the tables; 0 where there are none. */
export async function versionIn(sql: Sql): Promise<number> {
  const [found] = await sql("select to_regclass('orc.schema_version') as name");
  if ((found?.name ?? null) === null) return 0;
  const [row] = await sql("select version from orc.schema_version");
  return Number(row?.version ?? 0);
}

/** Any number that nobody else in the database has. */
const ADVISORY_LOCK = 7_264_517_003;

/** Which version the tables had, and which they have now. */
export interface Upgraded {
  readonly from: number;
  readonly to: number;
}

/** Takes the steps that are missing, in the transaction of the caller, who says whether the server has advisory locks. */
export async function upgradeSchema(
  sql: Sql,
  hasAdvisoryLocks: boolean,
): Promise<Upgraded> {
  // Without it two who find nothing there meet in the making, and one of them has to try again.
  if (hasAdvisoryLocks) {
    await sql("select pg_advisory_xact_lock($1)", [ADVISORY_LOCK]);
  }
  await sql("create schema if not exists orc");
  await sql(
    `create table if not exists orc.schema_version
       (id int primary key check (id = 1), version int not null)`,
  );
  await sql(
    "insert into orc.schema_version values (1, 0) on conflict do nothing",
  );
  await sql("select version from orc.schema_version for update");
  const from = await versionIn(sql);
  for (const step of STEPS.slice(from)) {
    for (const statement of step) await sql(statement);
  }
  if (from >= SCHEMA_VERSION) return { from, to: from };
  await sql("update orc.schema_version set version = $1", [SCHEMA_VERSION]);
  return { from, to: SCHEMA_VERSION };
}
