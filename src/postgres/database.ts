/**
 * A database that holds sessions: what its tables are worth to this orc, and what it tells of changes. All
 * stores of a process that keep sessions in it share its one connection.
 */
import { external, OrcError, refused } from "../base/error.ts";
import { type Hearing, hearing } from "../session/kept/paged.ts";
import {
  type Access,
  Connection,
  type Patience,
  type Sql,
  type Work,
} from "./connection.ts";
import { lookAtServer, type ServerFacts } from "./health.ts";
import {
  SCHEMA_VERSION,
  type Upgraded,
  upgradeSchema,
  versionIn,
} from "./schema.ts";

/** What the server of a database cannot do. */
export interface ServerLimits {
  /** Whether it tells of changes; if not, whoever follows looks again and again. */
  readonly notify?: boolean;
  /** Whether it has advisory locks; if not, a row is locked in their place. */
  readonly advisoryLocks?: boolean;
}

/** What names a session in a database. */
export type Key = readonly [repo: string, session: string];

export interface Database {
  /** What it is called, for people. */
  readonly shown: string;
  /** Asks for what may be asked again. */
  read<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result>;
  /** Does all of a work on one session or nothing. */
  write<Result>(
    key: Key,
    work: Work<Result>,
    patience: Omit<Patience, "turn">,
  ): Promise<Result>;
  /** An expression that tells whoever follows a session that it was changed, once the transaction has ended well. */
  readonly telling: string;
  /** Begins to hear of a session; undefined where nothing is told. */
  hear(key: Key): Promise<Hearing | undefined>;
  /** How it is, seen from somebody with this clock, in milliseconds. */
  look(clock: () => number): Promise<DatabaseLook>;
  /** Makes the tables, or brings them up to what this orc knows. */
  upgrade(): Promise<Upgraded>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** How a database is that answered. */
export interface DatabaseLook extends ServerFacts {
  /** The version of its tables; 0 without any. */
  readonly version: number;
  /** The version that this orc reads and writes. */
  readonly known: number;
  /** How far its clock is ahead of this one. */
  readonly clockAheadMs: number;
}

const CHANNEL = "orc_session";

/** A session, by the repository and the id that all statements begin with. */
const KEY = "$1::text || '/' || $2::text";

/** So long somebody else may take to make the tables. */
const UPGRADE_TIMEOUT_MS = 10_000;

/** Opens a database. Connects when something is asked. */
export function openDatabase(
  access: Access,
  { notify = true, advisoryLocks = true }: ServerLimits = {},
): Database {
  const { shown } = access.address;
  const has = { notify, advisoryLocks };
  let isListening = false;
  let version: number | undefined;
  const connection = new Connection(access, async (sql) => {
    version = await versionIn(sql);
    if (isListening) await sql(`listen ${CHANNEL}`);
  });

  async function assertReadable(sql: Sql): Promise<number> {
    // Somebody may have prepared it since.
    if ((version ?? 0) < SCHEMA_VERSION) version = await versionIn(sql);
    const found = version ?? 0;
    if (found >= SCHEMA_VERSION) return found;
    throw notPrepared(shown, found);
  }

  const read: Database["read"] = async (work) =>
    await connection.read(async (sql) => {
      await assertReadable(sql);
      return await work(sql);
    });

  /** Once more where the server lacks what others have: nothing was done then. */
  async function orWithout<Result>(
    act: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      if (!isLack(error) || !has.notify && !has.advisoryLocks) throw error;
      has.notify = has.advisoryLocks = false;
      return await act();
    }
  }

  async function hear(key: Key): Promise<Hearing | undefined> {
    if (!has.notify) return undefined;
    const own = key.join("/");
    const heard = hearing((changed) =>
      connection.listen((told) => {
        if (told === undefined || told === own) changed();
      })
    );
    try {
      if (!isListening) await read((sql) => sql(`listen ${CHANNEL}`));
      isListening = true;
      return heard;
    } catch (error) {
      heard.end();
      throw error;
    }
  }

  /** Where a server can: what it does by itself takes a third of its time for an update. */
  async function compressFast(): Promise<void> {
    for (const column of ["session alter state", "log alter line"]) {
      await connection.transact(
        (sql) => sql(`alter table orc.${column} set compression lz4`),
        { lockTimeoutMs: UPGRADE_TIMEOUT_MS },
      ).catch((error) => {
        if (!(error instanceof OrcError)) throw error;
      });
    }
  }

  return {
    shown,
    read,
    write: (key, work, patience) =>
      orWithout(() =>
        connection.transact(async (sql, isUnsure) => {
          const found = await assertReadable(sql);
          if (found > SCHEMA_VERSION) throw newerStore(shown, found);
          return await work(sql, isUnsure);
        }, { ...patience, turn: has.advisoryLocks ? turnOf(key) : undefined })
      ),
    get telling() {
      return has.notify ? `pg_notify('${CHANNEL}', ${KEY})` : KEY;
    },
    hear: (key) => orWithout(() => hear(key)),
    look: async (clock) => {
      const seen = await connection.read(async (sql) => {
        const version = await versionIn(sql);
        const before = clock();
        const [row] = await sql(
          "select extract(epoch from clock_timestamp()) * 1000 as now",
        );
        const hereMs = (before + clock()) / 2;
        return { version, clockAheadMs: Math.round(Number(row?.now) - hereMs) };
      });
      const facts = await lookAtServer(
        (work) => connection.read(work),
        seen.version > 0,
      );
      return { known: SCHEMA_VERSION, ...seen, ...facts };
    },
    upgrade: async () => {
      const upgraded = await orWithout(() =>
        connection.transact((sql) => upgradeSchema(sql, has.advisoryLocks), {
          lockTimeoutMs: UPGRADE_TIMEOUT_MS,
        })
      );
      version = upgraded.to;
      await compressFast();
      return upgraded;
    },
    close: () => connection.close(),
  };
}

/** Whether a server said that it has no such function or statement. */
function isLack(error: unknown): boolean {
  if (!(error instanceof OrcError)) return false;
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  return code === "42883" || code === "0A000";
}

/** A number for a session. Two may have the same: then they wait for each other. */
function turnOf(key: Key): number {
  let hash = 0;
  for (const char of key.join("/")) {
    hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % TURNS;
  }
  return hash;
}

/** Thirty-one times as much is a whole number still. */
const TURNS = 2 ** 47;

function notPrepared(shown: string, version: number): OrcError {
  return external(
    "store_not_prepared",
    version === 0
      ? `There are no tables of orc in ${shown}`
      : `The tables of orc in ${shown} are of version ${version}, this orc needs ${SCHEMA_VERSION}`,
    "somebody who may make tables there prepares them: orc store upgrade",
  );
}

function newerStore(shown: string, version: number): OrcError {
  return refused(
    "newer_store",
    `The tables of orc in ${shown} are of version ${version}, this orc knows ${SCHEMA_VERSION}`,
    "update orc; reading still works: orc status",
  );
}
