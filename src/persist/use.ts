/** What all uses of copies begin with: the repository, git around it, the settings, and who is meant. */
import { matchSessionId } from "../base/ids.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { type Git, gitOf } from "./git.ts";
import { type PersistSettings, readPersistSettings } from "./settings.ts";

/** Which sessions, and where to. */
export interface PersistOptions extends RepositoryOptions {
  /** Ids of sessions, or parts of them as in other commands. */
  readonly sessions?: readonly string[];
  /** Name of the remote; without it `origin`, else the first. */
  readonly remote?: string;
  /** Only says what would be done. */
  readonly dryRun?: boolean;
}

export interface Persisting {
  readonly host: Host;
  readonly repository: Repository;
  readonly git: Git;
  readonly settings: PersistSettings;
  readonly remote: string | undefined;
}

const NAMES = { sessions: true, remote: true, dryRun: true } as const;

export async function beginPersisting(
  host: Host,
  options: PersistOptions,
  more: Readonly<Record<string, true>> = {},
): Promise<Persisting> {
  const repository = openRepository(host, options, { ...NAMES, ...more });
  const git = gitOf(host, repository.layout.root, options.signal);
  const settings = await readPersistSettings(host, repository);
  return { host, repository, git, settings, remote: options.remote };
}

/** The sessions that are named, out of those that there are. */
export function namedAmong(
  named: readonly string[],
  ids: readonly string[],
): ReadonlySet<string> {
  return new Set(named.map((text) => matchSessionId(text, ids)));
}
