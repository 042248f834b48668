/** What of the sessions is at a remote. */
import { onRefusal, OrcError } from "../base/error.ts";
import { withScratch } from "../checks/scratch.ts";
import type { Host } from "../host/host.ts";
import { type Place, placeOf } from "../repository/open.ts";
import { readMachine } from "../settings/machine.ts";
import type { Comparison } from "../session/copy_rules.ts";
import type { Session } from "../session/store.ts";
import { standingOf } from "./copies.ts";
import type { Label } from "./label_rules.ts";
import type { Found, Shelf } from "./shelf.ts";
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
  const ids = new Set(await repository.store.ids());
  const all = [...new Set([...ids, ...copies.keys()])].sort();
  const chosen = named.length === 0 ? new Set(all) : namedAmong(named, all);
  const known = await shelf.own();
  const sights: Sight[] = [];
  for (const id of all.filter((each) => chosen.has(each))) {
    const isHere = ids.has(id);
    const isOwn = known.has(id);
    const own = isHere
      ? await repository.store.read(id).catch(onRefusal((error) => error))
      : undefined;
    sights.push(sightOf(id, { own, isOwn, label: copies.get(id)?.label }));
  }
  const unclear = sights.filter(({ standing }) => standing === undefined);
  shelf.willRead(unclear.map(({ session }) => session));
  return await withScratch(
    host,
    repository.layout,
    "compare sessions",
    async (directory) => {
      const lines: PersistedSession[] = [];
      for (const sight of sights) {
        const found = copies.get(sight.session);
        const judged = sight.standing === undefined && found !== undefined
          ? await standingIn(persisting, found, directory)
          : { standing: sight.standing ?? "unreadable" };
        lines.push({ ...sight, ...judged, remote: shelf.remote });
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

/** What is known of a session before its copy is read; without a standing where that has to be. */
type Sight =
  & Omit<PersistedSession, "remote" | "standing">
  & Partial<Pick<PersistedSession, "standing">>;

function sightOf(
  id: string,
  { own, label, isOwn }: {
    readonly own: Session | OrcError | undefined;
    readonly label: Label | OrcError | undefined;
    /** Whether the copy is the very one that was sent or brought last. */
    readonly isOwn: boolean;
  },
): Sight {
  const copy = label instanceof OrcError ? undefined : label;
  const session = own instanceof OrcError ? undefined : own;
  const sight = {
    session: id,
    serial: session?.serial ?? null,
    remoteSerial: copy?.serial ?? null,
    machine: copy?.machine ?? null,
    updatedAt: copy?.updatedAt ?? null,
    problem: null,
  };
  const refusal = [own, label].find((each) => each instanceof OrcError);
  if (refusal !== undefined) return { ...sight, ...unreadable(refusal) };
  if (copy === undefined) return { ...sight, standing: "only_here" };
  if (session === undefined) return { ...sight, standing: "only_there" };
  const isSame = isOwn && session.serial === copy.serial;
  return isSame ? { ...sight, standing: "same" } : sight;
}

type Judged = Pick<PersistedSession, "standing" | "problem">;

function unreadable({ message }: OrcError): Judged {
  return { standing: "unreadable", problem: message };
}

async function standingIn(
  { host, repository }: Persisting,
  found: Found,
  directory: string,
): Promise<Judged> {
  const { root } = repository.layout;
  const standing = await standingOf(host, root, { found, directory });
  if (standing instanceof OrcError) return unreadable(standing);
  return { standing: STANDINGS[standing.judged.comparison], problem: null };
}
