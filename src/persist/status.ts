/** What of the sessions is at a remote. */
import { onRefusal, OrcError } from "../base/error.ts";
import { withScratch } from "../checks/scratch.ts";
import type { Host } from "../host/host.ts";
import { type Place, placeOf } from "../repository/open.ts";
import { readMachine } from "../settings/machine.ts";
import type { Comparison } from "../session/copy_rules.ts";
import { readLabels } from "./copies.ts";
import type { Label } from "./label_rules.ts";
import { ownCopies, type Seen, shelfOf } from "./shelf.ts";
import { standingOf } from "./standing.ts";
import {
  beginPersisting,
  namedAmong,
  type Persisting,
  type PersistOptions,
} from "./use.ts";

/** A session here, at the remote, or in both places. */
export interface PersistedSession {
  /** Its id. */
  readonly session: string;
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
  /** Name of the remote. */
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
 * Requires `--allow-read`, `--allow-write`, `--allow-env` and `--allow-run=git`.
 *
 * @throws {OrcError} `no_remote` or `remote_unreachable` (external), `remote_auth` (denied)
 */
export async function readPersistStatus(
  host: Host,
  options: PersistStatusOptions = {},
): Promise<PersistStatus> {
  const persisting = await beginPersisting(host, options);
  const { repository, git, settings, remote } = persisting;
  const shelf = await shelfOf(git, remote, settings.branch);
  await shelf.look();
  const seen = await shelf.seen();
  const labels = await readLabels(git, seen);
  const ids = await repository.store.ids();
  const all = [...new Set([...ids, ...labels.keys()])].sort();
  const named = options.sessions ?? [];
  const chosen = named.length === 0 ? new Set(all) : namedAmong(named, all);
  const { vanishes } = await readMachine(host, repository);
  const sessions = await withScratch(
    host,
    repository.layout,
    "compare sessions",
    async (scratch) => {
      const isOwn = await ownCopies(git);
      const lines: PersistedSession[] = [];
      for (const id of all.filter((each) => chosen.has(each))) {
        const isHere = ids.includes(id);
        const there = { seen: seen.get(id), label: labels.get(id) };
        lines.push(
          await lineOf(persisting, id, { isHere, there, isOwn, scratch }),
        );
      }
      return lines;
    },
  );
  return {
    place: placeOf(repository, null),
    remote: shelf.remote,
    branch: settings.branch,
    ...{ vanishes, after: settings.after, sessions },
  };
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
  { git, repository }: Persisting,
  id: string,
  { isHere, there, isOwn, scratch }: {
    readonly isHere: boolean;
    readonly there: {
      readonly seen: Seen | undefined;
      readonly label: Label | OrcError | undefined;
    };
    readonly isOwn: (id: string, seen: Seen) => boolean;
    readonly scratch: string;
  },
): Promise<PersistedSession> {
  const { seen, label } = there;
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
  const unreadable = (error: OrcError): PersistedSession => ({
    ...line,
    standing: "unreadable",
    problem: error.message,
  });
  if (own instanceof OrcError) return unreadable(own);
  if (label instanceof OrcError) return unreadable(label);
  if (seen === undefined || label === undefined) {
    return { ...line, standing: "only_here" };
  }
  if (own === undefined) return { ...line, standing: "only_there" };
  if (isOwn(id, seen) && own.serial === label.serial) {
    return { ...line, standing: "same" };
  }
  const standing = await standingOf(git, repository.layout.root, {
    ...{ label, seen, directory: scratch },
  });
  if (standing instanceof OrcError) return unreadable(standing);
  return { ...line, standing: STANDINGS[standing.judged.comparison] };
}
