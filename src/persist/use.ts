/** What all uses of copies begin with: the repository, the settings, where copies are kept, and who is meant. */
import { OrcError } from "../base/error.ts";
import { matchSessionId } from "../base/ids.ts";
import type { KnownSecret } from "../base/mask.ts";
import type { Host } from "../host/host.ts";
import { assertInFiles } from "../repository/in_files.ts";
import {
  openRepository,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { gitOf } from "./git/git.ts";
import { GitShelf } from "./git/shelf.ts";
import { type PersistSettings, readPersistSettings } from "./settings.ts";
import type { Shelf } from "./shelf.ts";

/** Which sessions, and where to. */
export interface PersistOptions extends RepositoryOptions {
  /** Ids of sessions, or parts of them as in other commands. */
  readonly sessions?: readonly string[];
  /**
   * Name of the remote, or `s3` for object storage. Without it the places that the setting `persist_to`
   * names; of git the remote `origin`, else the first.
   */
  readonly remote?: string;
  /** Only says what would be done. */
  readonly dryRun?: boolean;
}

export interface Persisting {
  readonly host: Host;
  readonly repository: Repository;
  readonly settings: PersistSettings;
  /** Where copies are kept. */
  readonly shelves: readonly Shelf[];
  /** What opens a place, and must not stand in what is kept there. */
  readonly keys: readonly KnownSecret[];
}

const NAMES = { sessions: true, remote: true, dryRun: true } as const;

export async function beginPersisting(
  host: Host,
  options: PersistOptions,
  more: Readonly<Record<string, true>> = {},
): Promise<Persisting> {
  const repository = openRepository(host, options, { ...NAMES, ...more });
  const wayOn = "they left this machine by that: orc store status";
  await assertInFiles(repository, "copy sessions", wayOn);
  const settings = await readPersistSettings(host, repository);
  const { remote, signal } = options;
  const { layout: { root } } = repository;
  const shelves: Shelf[] = [];
  let keys: readonly KnownSecret[] = [];
  for (const to of placesIn(settings, remote)) {
    if (to === "git") {
      const git = gitOf(host, root, signal);
      shelves.push(new GitShelf(git, settings, remote));
      continue;
    }
    const { ObjectShelf } = await import("./objects/shelf.ts");
    const { keyValues } = await import("../objects/keys.ts");
    keys = await keyValues(host, repository);
    shelves.push(new ObjectShelf(host, repository, { settings, signal }));
  }
  return { host, repository, settings, shelves, keys };
}

/** The places that the caller means, else those of the settings. */
export function placesIn(
  { to }: Pick<PersistSettings, "to">,
  named: string | undefined,
): readonly ("git" | "s3")[] {
  if (named === undefined) return to;
  return [named === "s3" ? "s3" : "git"];
}

/** What several places are called together. */
export function namesOf(
  places: readonly Pick<Shelf, "remote">[],
): string {
  return places.map(({ remote }) => remote).join(", ");
}

export function branchOf(shelves: readonly Shelf[]): string | null {
  return shelves.find(({ branch }) => branch !== null)?.branch ?? null;
}

/**
 * Uses one place after the other. What keeps one from being used keeps nobody from the next; it is thrown
 * once all were. What is named need not be in all of them.
 */
export async function withEach<Line>(
  shelves: readonly Shelf[],
  use: (shelf: Shelf) => Promise<readonly Line[]>,
): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const refusals: OrcError[] = [];
  for (const shelf of shelves) {
    try {
      lines.push(...await use(shelf));
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      refusals.push(error);
    }
  }
  const isFound = lines.length > 0;
  const refusal = refusals.find(({ kind }) => !isFound || kind !== "not_found");
  if (refusal !== undefined) throw refusal;
  return lines;
}

/** The sessions that are named, out of those that there are. */
export function namedAmong(
  named: readonly string[],
  ids: readonly string[],
): ReadonlySet<string> {
  return new Set(named.map((text) => matchSessionId(text, ids)));
}
