/** What a remote lets orc keep there, found out by trying: what a push only pretends to do proves nothing. */
import { onRefusal } from "../base/error.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { readMachine } from "../settings/machine.ts";
import type { ConditionTrial } from "../objects/conditions.ts";
import {
  addressOf,
  assertReached,
  type Git,
  gitOf,
  remoteOf,
  there,
  writeCommit,
  writeTree,
} from "./git/git.ts";
import { PUSH } from "./git/references.ts";
import { pushEnds } from "./remote_rules.ts";
import { type PersistSettings, readPersistSettings } from "./settings.ts";
import { namesOf, placesIn } from "./use.ts";

/** What was tried. */
export interface Trial {
  /** The reference that was pushed and removed again. */
  readonly ref: string;
  /** Whether the remote takes it. */
  readonly allowed: boolean;
  /** Whether it is gone again. */
  readonly removed: boolean;
  /** Why it is not allowed, or could not be removed; null where all went well. */
  readonly problem: string | null;
}

/** Which remote is to be tried. */
export interface ProbeOptions extends RepositoryOptions {
  /**
   * Its name, or `s3` for object storage. Without it the places that the setting `persist_to` names; of git
   * the remote `origin`, else the first.
   */
  readonly remote?: string;
}

/** What a remote takes. */
export interface Probed {
  /** Where it was done; no session. */
  readonly place: Place;
  /** Name of the remote, or the URL of the bucket; with commas between several. */
  readonly remote: string;
  /** Where it lies, without user and password; with commas between several. */
  readonly address: string;
  /** Where this machine is; null where nothing gives that away. */
  readonly machine: string | null;
  /** Whether this machine vanishes. */
  readonly vanishes: "yes" | "maybe" | "no";
  /** A reference of orc's own; null where no git remote was tried. */
  readonly references: Trial | null;
  /** A branch; null where it was not tried, since nobody needs it. */
  readonly branch: Trial | null;
  /** A name for the setting `state_branch`, where only a branch is allowed; null otherwise. */
  readonly stateBranch: string | null;
  /** Whether object storage keeps to its conditions; null where none was tried. */
  readonly conditions: ConditionTrial | null;
}

/**
 * Finds out what a remote takes: pushes a reference that holds nothing, and removes it again. Where the
 * remote refuses that, it tries a branch, whose name begins as an agent's branches do here. In object
 * storage it writes an object under right and wrong conditions, and removes it.
 *
 * Requires `--allow-read` and `--allow-env`, for git `--allow-run=git`, for object storage `--allow-net`
 * of its host.
 *
 * @throws {OrcError} `no_remote` or `remote_unreachable` (external), `remote_auth` (denied)
 */
export async function probeRemote(
  host: Host,
  options: ProbeOptions = {},
): Promise<Probed> {
  const repository = openRepository(host, options, { remote: true });
  const settings = await readPersistSettings(host, repository);
  const { place, vanishes, branchPrefix } = await readMachine(host, repository);
  const trying = { ...{ host, repository, settings, options }, branchPrefix };
  const places: { remote: string; address: string }[] = [];
  let probed: Partial<Probed> = {};
  for (const to of placesIn(settings, options.remote)) {
    const { remote, address, ...trials } = to === "git"
      ? await tryGit(trying)
      : await tryBucket(trying);
    places.push({ remote, address });
    probed = { ...probed, ...trials };
  }
  return {
    place: placeOf(repository, null),
    remote: namesOf(places),
    address: places.map(({ address }) => address).join(", "),
    ...{ machine: place, vanishes, references: null, branch: null },
    ...{ stateBranch: null, conditions: null },
    ...probed,
  };
}

interface Trying {
  readonly host: Host;
  readonly repository: Repository;
  readonly settings: PersistSettings;
  readonly options: ProbeOptions;
  readonly branchPrefix: string | null;
}

async function tryGit(
  { host, repository, options, branchPrefix }: Trying,
) {
  const git = gitOf(host, repository.layout.root, options.signal);
  const remote = await remoteOf(git, options.remote);
  const empty = await writeTree(git, []);
  const message = "a trial of orc persist probe";
  const commit = await writeCommit(git, {
    ...{ tree: empty, parent: undefined, message },
  });
  const token = host.newToken().slice(0, 12);
  const name = `${branchPrefix ?? "claude/"}orchestrator-state`;
  const own = `refs/orchestrator/probe/${token}`;
  const references = await tried(git, remote, { ref: own, commit });
  const branch = references.allowed
    ? null
    : await tried(git, remote, { ref: `refs/heads/${name}-${token}`, commit });
  return {
    ...{ remote, address: await addressOf(git, remote), references, branch },
    stateBranch: branch?.allowed ? name : null,
  };
}

async function tryBucket({ host, repository, settings, options }: Trying) {
  const { bucketOf } = await import("../objects/place.ts");
  const { probeConditions } = await import("../objects/conditions.ts");
  const { layout } = repository;
  const { signal } = options;
  const bucket = await bucketOf(host, repository, settings, signal);
  const conditions = await probeConditions(host, layout, bucket, signal);
  const { url } = bucket.address;
  return { remote: url, address: url, conditions };
}

async function tried(
  git: Git,
  remote: string,
  { ref, commit }: { readonly ref: string; readonly commit: string },
): Promise<Trial> {
  const problem = await pushed(git, remote, `${commit}:${ref}`, ref);
  if (problem !== null) return { ref, allowed: false, removed: true, problem };
  const left = await pushed(git, remote, `:${ref}`, ref);
  return { ref, allowed: true, removed: left === null, problem: left };
}

/** Why a push is refused; null where it is not. That a remote cannot be reached says nothing of what it takes. */
async function pushed(
  git: Git,
  remote: string,
  refspec: string,
  ref: string,
): Promise<string | null> {
  const answer = await there(git, [...PUSH, remote, refspec]);
  const end = pushEnds(new TextDecoder().decode(answer.bytes)).get(ref);
  if (end !== undefined) return end.kind === "done" ? null : end.reason;
  try {
    assertReached(remote, answer);
    return "git says nothing of it";
  } catch (error) {
    const refusal = onRefusal((each) => each)(error);
    if (refusal.code === "remote_refused") return refusal.message;
    throw refusal;
  }
}
