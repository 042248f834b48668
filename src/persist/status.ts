/** What of the sessions is at a remote. */
import { onRefusal, OrcError } from "../base/error.ts";
import { withScratch } from "../checks/scratch.ts";
import type { Host } from "../host/host.ts";
import { type Place, placeOf } from "../repository/open.ts";
import { readMachine } from "../settings/machine.ts";
import type { Comparison } from "../session/copy_rules.ts";
import type { Found, Shelf } from "./shelf.ts";
import { standingOf } from "./copies.ts";
import {
  beginPersisting,
  branchOf,
  namedAmong,
  namesOf,
  type Persisting,
  type PersistOptions,
  withEach,
} from "./use.ts";

/** A session here, at the remote, or in both places. */
export interface PersistedSession {
  /** Its id. */
  readonly session: string;
  /** Name of the remote, or the URL of the bucket. */
  readonly remote: string;
  /**
   * - `same`: both are at the same update
   * - `ahead`: here it went on, and has not left yet
   * - `behind`: there it went on, and has not come yet
   * - `diverged`: it went on in both places, or is another one there
   * - `only_here`, `only_there`: the other side does not have it
   * - `unreadable`: nobody can tell
   */
  readonly standing:
    | "same"
    | "ahead"
    | "behind"
    | "diverged"
    | "only_here"
    | "only_there"
    | "unreadable";
  /** The last update here; null without any. */
  readonly serial: number | null;
  /** The last update there; null without any. */
  readonly remoteSerial: number | null;
  /** The machine that the copy was made on. */
  readonly machine: string | null;
  /** When the copy was changed last. */
  readonly updatedAt: string | null;
  /** Why it cannot be read; null where it can. */
  readonly problem: string | null;
}

/** Which sessions, and which remote. */
export type PersistStatusOptions = Omit<PersistOptions, "dryRun">;

/** What is where. */
export interface PersistStatus {
  /** Where it was done; no session. */
  readonly place: Place;
  /** Name of the remote, or the URL of the bucket; with commas between several. */
  readonly remote: string;
  /** The branch that all copies are on; null where each has a reference of its own. */
  readonly branch: string | null;
  /** Whether this machine vanishes, and after what orc sends sessions by itself then. */
  readonly vanishes: "yes" | "maybe" | "no";
  /** After what a session is sent by itself on a machine that vanishes. */
  readonly after: "update" | "phase" | "finish" | "never";
  /** By their ids. */
  readonly sessions: readonly PersistedSession[];
}

/**
 * Compares the sessions that are here with those at a remote. Changes neither.
 *
 * Requires `--allow-read`, `--allow-write` and `--allow-env`, for git `--allow-run=git`, for object
 * storage `--allow-net` of its host.
 *
 * @throws {OrcError} `no_remote` or `remote_unreachable` (external), `remote_auth` (denied)
 */
export async function readPersistStatus(
  host: Host,
  options: PersistStatusOptions = {},
): Promise<PersistStatus> {
  const persisting = await beginPersisting(host, options);
  const { repository, settings, shelves } = persisting;
  const named = options.sessions ?? [];
  const { vanishes } = await readMachine(host, repository);
  const sessions = await withEach(
    shelves,
    (shelf) => compareWith(persisting, shelf, named),
  );
  return {
    place: placeOf(repository, null),
    remote: namesOf(shelves),
    branch: branchOf(shelves),
    ...{ vanishes, after: settings.after, sessions },
  };
}

async function compareWith(
  persisting: Persisting,
  shelf: Shelf,
  named: readonly string[],
): Promise<readonly PersistedSession[]> {
  const { host, repository } = persisting;
  await shelf.look();
  const copies = await shelf.copies();
  const ids = await repository.store.ids();
  const all = [...new Set([...ids, ...copies.keys()])].sort();
  const chosen = named.length === 0 ? new Set(all) : namedAmong(named, all);
  return await withScratch(
    host,
    repository.layout,
    "compare sessions",
    async (scratch) => {
      const known = await shelf.own();
      const lines: PersistedSession[] = [];
      for (const id of all.filter((each) => chosen.has(each))) {
        const isHere = ids.includes(id);
        const found = copies.get(id);
        const isOwn = known.has(id);
        lines.push({
          remote: shelf.remote,
          ...await lineOf(persisting, id, { isHere, found, isOwn, scratch }),
        });
      }
      return lines;
    },
  );
}

const STANDINGS: Readonly<Record<Comparison, PersistedSession["standing"]>> = {
  created: "only_there",
  same: "same",
  fast_forward: "behind",
  older: "ahead",
  diverged: "diverged",
  other_lineage: "diverged",
  newer_format: "unreadable",
};

async function lineOf(
  { host, repository }: Persisting,
  id: string,
  { isHere, found, isOwn, scratch }: {
    readonly isHere: boolean;
    readonly found: Found | undefined;
    /** Whether the copy is the very one that was sent or brought last. */
    readonly isOwn: boolean;
    readonly scratch: string;
  },
): Promise<Omit<PersistedSession, "remote">> {
  const label = found?.label;
  const own = isHere
    ? await repository.store.read(id).catch(onRefusal((error) => error))
    : undefined;
  const copy = label instanceof OrcError ? undefined : label;
  const line = {
    session: id,
    serial: own === undefined || own instanceof OrcError ? null : own.serial,
    remoteSerial: copy?.serial ?? null,
    machine: copy?.machine ?? null,
    updatedAt: copy?.updatedAt ?? null,
    problem: null,
  };
  const unreadable = (error: OrcError) => ({
    ...line,
    standing: "unreadable" as const,
    problem: error.message,
  });
  if (own instanceof OrcError) return unreadable(own);
  if (label instanceof OrcError) return unreadable(label);
  if (found === undefined || label === undefined) {
    return { ...line, standing: "only_here" };
  }
  if (own === undefined) return { ...line, standing: "only_there" };
  if (isOwn && own.serial === label.serial) {
    return { ...line, standing: "same" };
  }
  const standing = await standingOf(host, repository.layout.root, {
    ...{ found, directory: scratch },
  });
  if (standing instanceof OrcError) return unreadable(standing);
  return { ...line, standing: STANDINGS[standing.judged.comparison] };
}
