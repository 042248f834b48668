/** Where the sessions of a repository are kept, and the tables of a database for them. */
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { databaseOf } from "../repository/store.ts";
import { readValue } from "../settings/files.ts";
import { epochMsOf } from "../base/time.ts";

/** Where sessions are kept. */
export interface StoreStatus {
  /** Where it was asked; no session. */
  readonly place: Place;
  /** What the settings say. */
  readonly store: "file" | "postgres";
  /** The directory or the database, without anything that lets anybody in. */
  readonly address: string;
  /** How many sessions of this repository it holds; null where it has no tables that this orc can read. */
  readonly sessions: number | null;
  /** What there is to say of a database; null for files. */
  readonly database: DatabaseStatus | null;
}

/** A database that answered. */
export interface DatabaseStatus {
  /** The version of its tables; 0 without any. */
  readonly version: number;
  /** The version that this orc reads and writes. */
  readonly known: number;
  /** How far its clock is ahead of this one. */
  readonly clockAheadMs: number;
}

/** What became of the tables. */
export interface StoreUpgraded {
  /** Where it was done; no session. */
  readonly place: Place;
  /** The database, without anything that lets anybody in. */
  readonly address: string;
  /** The version the tables had; 0 without any. */
  readonly from: number;
  /** The version they have now. */
  readonly to: number;
}

/**
 * Shows where sessions are kept, and whether it answers. Changes nothing.
 *
 * Requires `--allow-read`, for a database `--allow-env` and `--allow-net` of its host.
 *
 * @throws {OrcError} `store_unreachable` or `store_tls` (external), `store_auth` (denied),
 *   `store_url_missing` (config)
 */
export async function readStoreStatus(
  host: Host,
  options: RepositoryOptions = {},
): Promise<StoreStatus> {
  const repository = openRepository(host, options, {});
  const { store, layout } = repository;
  const place = placeOf(repository, null);
  if (await readValue(host, repository, "store") !== "postgres") {
    const { length: sessions } = await store.ids();
    const address = layout.sessions;
    return { place, store: "file", address, sessions, database: null };
  }
  const database = await databaseOf(host, repository);
  const { version, nowMs } = await database.look();
  const { SCHEMA_VERSION: known } = await import("../postgres/schema.ts");
  const here = epochMsOf(host.now()) ?? nowMs;
  return {
    place,
    store: "postgres",
    address: database.shown,
    sessions: version < known ? null : (await store.ids()).length,
    database: { version, known, clockAheadMs: Math.round(nowMs - here) },
  };
}

/**
 * Makes the tables of orc in the database that the settings name, or brings them up to what this orc
 * knows. Sessions stay where they are.
 *
 * Requires `--allow-read`, `--allow-env` and `--allow-net` of its host.
 *
 * @throws {OrcError} `store_unreachable` or `store_tls` (external), `store_auth` (denied),
 *   `store_url_missing` (config)
 */
export async function upgradeStore(
  host: Host,
  options: RepositoryOptions = {},
): Promise<StoreUpgraded> {
  const repository: Repository = openRepository(host, options, {});
  const database = await databaseOf(host, repository);
  const upgraded = await database.upgrade();
  const place = placeOf(repository, null);
  return { place, address: database.shown, ...upgraded };
}
