import { runOrc } from "./program.ts";
import { medianOf, type Row, textOf, timeOf } from "./row.ts";
import { query } from "../../tests/postgres/database.ts";
import {
  OWNER,
  type Server,
  startServer,
} from "../../tests/postgres/server.ts";
import { withBenchDirectory } from "./row.ts";

const SESSIONS = 100_000;
const EVENTS_EACH = 100;
const PAIRS = 9;

const WORKFLOW =
  "name: Tiny\nphases: [{id: DO, name: Do, items: [{id: a, name: A}]}]\n";

/** What commands take in a database of many sessions, against one that holds a single one. */
export async function measurePostgres(): Promise<readonly string[]> {
  const server = await startServer({ settings: SETTINGS });
  try {
    return await withBenchDirectory((root) => measureIn(root, server));
  } finally {
    await server.stop();
  }
}

/** As an administrator sets them for a machine of some gigabytes. */
const SETTINGS = ["shared_buffers = 1GB", "max_wal_size = 8GB"];

const COMMANDS: readonly (readonly string[])[] = [
  ["status"],
  ["next"],
  ["session", "list"],
  ["history"],
  ["note", "here"],
];

async function measureIn(
  root: string,
  { port }: Server,
): Promise<readonly string[]> {
  const sites: string[] = [];
  for (const database of ["small", "large"]) {
    await query(port, `create database ${database}`);
    const directory = `${root}/${database}`;
    await Deno.mkdir(directory);
    await Deno.writeTextFile(`${directory}/workflow.yaml`, WORKFLOW);
    choose(port, database);
    for (const args of [["store", "upgrade"], ["start", "Here"]]) {
      await runOrc(directory, args);
    }
    sites.push(directory);
  }
  await multiply(port, "large");
  const [small = "", large = ""] = sites;
  const texts: string[] = [];
  for (const args of COMMANDS) {
    const [alone, among]: [number[], number[]] = [[], []];
    for (let pair = -2; pair < PAIRS; pair++) {
      choose(port, "small");
      const aloneMs = await timeOf(() => runOrc(small, args));
      choose(port, "large");
      const amongMs = await timeOf(() => runOrc(large, args));
      if (pair < 0) continue;
      alone.push(aloneMs);
      among.push(amongMs);
    }
    const row: Row = {
      what: `orc ${args.join(" ")} among ${SESSIONS} sessions and ${
        SESSIONS * EVENTS_EACH
      } events in a database`,
      milliseconds: medianOf(among),
      reference: "of one alone",
      referenceMilliseconds: medianOf(alone),
      target: "≤ 2",
    };
    texts.push(textOf(row));
  }
  const plans = await plansOf(port, "large");
  await query(port, await partitioning(), [], "large");
  await query(port, "analyze orc.log", [], "large");
  const split = await plansOf(port, "large");
  return [
    ...texts,
    ...plans,
    ...split.map((text) => `with the log in partitions, ${text}`),
  ];
}

/** Commands inherit the variables of this process. */
function choose(port: number, database: string): void {
  Deno.env.set("ORCHESTRATOR_STORE", "postgres");
  Deno.env.set(
    "ORCHESTRATOR_STORE_URL",
    `postgres://${OWNER}@127.0.0.1:${port}/${database}`,
  );
}

/** Makes many of the one session that is there, each with a log of its own. */
async function multiply(port: number, database: string): Promise<void> {
  const id = `'z' || lpad(n::text, 25, '0')`;
  const statements = [
    // Keys are right as they are made.
    "set session_replication_role = replica",
    `insert into orc.session
       select repo, ${id}, workflow_id, serial, 'completed', state, meta,
         log_bytes, updated_at - n * interval '1 second'
       from orc.session, generate_series(1, ${SESSIONS - 1}) n`,
    `insert into orc.log
       select repo, ${id}, e * 1000, null, line
       from (select repo, line from orc.log order by start_byte limit 1) l,
         generate_series(1, ${SESSIONS - 1}) n,
         generate_series(1, ${EVENTS_EACH}) e`,
    "analyze orc.session",
    "analyze orc.log",
  ];
  await query(port, statements.join("; "), [], database);
}

/** What docs/teams.md says of how to split a log. */
async function partitioning(): Promise<string> {
  const page = await Deno.readTextFile(
    new URL("../../docs/teams.md", import.meta.url),
  );
  const [, statements] = /## A log in partitions.*?```sql\n(.*?)```/s
    .exec(page) ?? [];
  if (statements === undefined) throw new Error("The statements are missing");
  return statements;
}

/** How the server finds what is asked for most. */
async function plansOf(
  port: number,
  database: string,
): Promise<readonly string[]> {
  const [row] = await query(
    port,
    "select repo from orc.session limit 1",
    [],
    database,
  );
  const repo = `'${row?.repo}'`;
  const session = "'z' || lpad('77', 25, '0')";
  const asked = {
    "read a session":
      `select state from orc.session where repo = ${repo} and id = ${session}`,
    "list sessions":
      `select id, status from orc.session where repo = ${repo} order by updated_at desc limit 101`,
    "the end of a log":
      `select start_byte, line from orc.log where repo = ${repo} and session = ${session} and start_byte < 9e18 order by start_byte desc limit 64`,
  };
  const texts: string[] = [];
  for (const [what, statement] of Object.entries(asked)) {
    const rows = await query(
      port,
      `explain (analyze, buffers, costs off) ${statement}`,
      [],
      database,
    );
    const lines = rows.map((each) => String(each["QUERY PLAN"]).trim());
    texts.push(`${what}: ${lines.join("; ")}`);
  }
  return texts;
}
