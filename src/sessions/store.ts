/** Where the sessions of a repository are kept, and the tables of a database for them. */
import { onRefusal } from "../base/error.ts";
import { type Finding, warningFinding } from "../base/finding.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { databaseOf, documentsOf } from "../repository/store.ts";
import { readValue } from "../settings/files.ts";
import { storeModuleOf } from "../settings/store_rules.ts";
import { epochMsOf } from "../base/time.ts";
import { movedAway, movedText } from "../session/kept/carried.ts";
import type { DatabaseLook } from "../postgres/database.ts";
import { storeFindings } from "./store_rules.ts";

/** Where sessions are kept. */
export interface StoreStatus {
  /** Where it was asked; no session. */
  readonly place: Place;
  /** What the settings say. */
  readonly store: string;
  /** The directory or the database, without anything that lets anybody in. */
  readonly address: string;
  /** How many sessions of this repository it holds; null where it has no tables that this orc can read. */
  readonly sessions: number | null;
  /** What there is to say of a database; null for files. */
  readonly database: DatabaseLook | null;
  /** What keeps, or may keep, somebody from working there, the worst first. */
  readonly findings: readonly Finding[];
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
  const value = String(await readValue(host, repository, "store"));
  const module = storeModuleOf(value);
  if (module !== undefined) {
    const { shown: address } = await documentsOf(host, repository, module);
    const sessions = await store.count();
    const none = { database: null, findings: [] };
    return { place, store: value, address, sessions, ...none };
  }
  if (value !== "postgres") {
    const ids = await store.ids();
    const address = layout.sessions;
    const findings = await movedFindings(repository, ids);
    const sessions = ids.length;
    return {
      place,
      store: "file",
      address,
      sessions,
      database: null,
      findings,
    };
  }
  const { address, status } = await lookAtDatabase(host, repository);
  const isReadable = status.version >= status.known &&
    status.missingRights.length === 0;
  return {
    place,
    store: "postgres",
    address,
    sessions: isReadable ? (await store.ids()).length : null,
    database: status,
    findings: storeFindings(address, status),
  };
}

/** Asks the database that the settings name how it is. */
export async function lookAtDatabase(
  host: Host,
  repository: Repository,
): Promise<{ readonly address: string; readonly status: DatabaseLook }> {
  const database = await databaseOf(host, repository);
  const status = await database.look(() => epochMsOf(host.now()) ?? NaN);
  return { address: database.shown, status };
}

/** Of the sessions of files so many are looked at, the newest: whoever moves them moves all. */
const LOOKED_AT = 20;

async function movedFindings(
  { store, layout: { sessions: path } }: Repository,
  ids: readonly string[],
): Promise<readonly Finding[]> {
  for (const id of ids.slice(-LOOKED_AT)) {
    const moved = movedAway(
      await store.meta(id).catch(onRefusal(() => undefined)),
    );
    if (moved === undefined) continue;
    const [message, { remedy }] = [movedText(moved), moved];
    const code = "session_moved";
    return [warningFinding({ code, path, session: id, message, remedy })];
  }
  return [];
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
