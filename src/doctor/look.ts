import { denied, OrcError } from "../base/error.ts";
import { LOCK_NAME } from "../base/layout.ts";
import { epochMsOf } from "../base/time.ts";
import { asOrcError } from "../files/errors.ts";
import { type JudgeContext, leftoverToken } from "../files/lock.ts";
import { type LockRecord, lookAt } from "../files/lock_record.ts";
import { entriesIn as listed, kindOf, visibleKind } from "../files/read.ts";
import { isTicket } from "../files/ticket.ts";
import { isRemovedSession } from "../session/create.ts";

export interface Trouble
  extends Pick<OrcError, "kind" | "code" | "message" | "hint"> {
  readonly path: string;
}

/** Looks at something; what is wrong with it is an answer, and a bug is not. */
export function attempt<Found>(
  path: string,
  look: () => Found,
): { readonly found?: Found; readonly trouble: Trouble | null } {
  try {
    return { found: look(), trouble: null };
  } catch (error) {
    return { trouble: readTrouble(error, path) };
  }
}

export function readTrouble(error: unknown, path: string): Trouble {
  return troubleOf(asOrcError(error, "read", path), path);
}

/** What an error of orc says about a file; any other is thrown again. */
export function troubleOf(error: unknown, path: string): Trouble {
  if (!(error instanceof OrcError)) throw error;
  const { kind, code, message, hint } = error;
  return { kind, code, message, hint, path: error.path ?? path };
}

/** Lists a directory, sorted by name; what is none is empty, also a link to one. */
export function listDirectory(path: string): readonly Deno.DirEntry[] {
  if (visibleKind(path) !== "directory") return [];
  return listed(path, "list")
    .toSorted((one, other) => one.name < other.name ? -1 : 1);
}

/** As {@linkcode listDirectory}; empty where that cannot be told, which is said elsewhere. */
export function entriesIn(path: string): readonly Deno.DirEntry[] {
  return attempt(path, () => listDirectory(path)).found ?? [];
}

/** A file or directory that orc uses, as lstat shows it; null where the system tells nothing, or nobody looked. */
export interface PathFact {
  readonly path: string;
  readonly kind: ReturnType<typeof kindOf>;
  readonly mode: number | null;
  readonly uid: number | null;
}

/** How the files of a directory looked. */
export interface Sight {
  /** As long as it stays the same, so do the names, and the bytes of all files in it. */
  readonly text: string;
  /** When the youngest of them was changed; nobody can set that back. */
  readonly changedAtMs: number;
}

/** What is at a path; undefined when it is gone by now, or may not be looked at. */
export function pathFact(path: string): PathFact | undefined {
  const { found } = attempt(path, () => Deno.lstatSync(path));
  return found && factOf(path, found);
}

function factOf(path: string, info: Deno.FileInfo): PathFact {
  return { path, kind: kindOf(info), mode: info.mode, uid: info.uid };
}

export interface DirectoryFacts {
  /** Entries that are neither lock nor leftover. */
  readonly paths: readonly PathFact[];
  readonly names: readonly string[];
  /** Of the directory of a session, where the system tells all that it takes. */
  readonly sight: Sight | undefined;
  readonly lock: LockFact | undefined;
  readonly leftover: {
    readonly directory: string;
    readonly session: string | null;
    readonly names: readonly string[];
  } | undefined;
  /** Why it could not be listed. */
  readonly trouble: Trouble | null;
}

/** Lists a directory once, and looks once at each thing in it. */
export function directoryFacts(
  directory: string,
  session: string | null,
  context: JudgeContext,
): DirectoryFacts {
  const { found: entries = [], trouble } = attempt(
    directory,
    () => listSearchable(directory),
  );
  const isLeftover = ({ name, isDirectory }: Deno.DirEntry): boolean =>
    leftoverToken(name, isDirectory) !== undefined ||
    isDirectory && isRemovedSession(name);
  const left = entries.filter(isLeftover).map(({ name }) => name)
    .filter((name) => !isTicket(name, context.now()));
  const names = entries.filter((entry) =>
    !isLeftover(entry) && entry.name !== LOCK_NAME
  ).map(({ name }) => name);
  const seen = names.map((name) => {
    const path = `${directory}/${name}`;
    const { found: info } = attempt(path, () => Deno.lstatSync(path));
    return { name, path, info };
  });
  return {
    paths: seen.flatMap(({ path, info }) => info ? factOf(path, info) : []),
    names,
    sight: session === null ? undefined : sightOf(seen),
    lock: entries.some(({ name }) => name === LOCK_NAME)
      ? lockFact(`${directory}/${LOCK_NAME}`, session, context)
      : undefined,
    leftover: left.length === 0
      ? undefined
      : { directory, session, names: left },
    trouble,
  };
}

/** Undefined where the system does not tell all of it. */
function sightOf(
  seen: readonly {
    readonly name: string;
    readonly info: Deno.FileInfo | undefined;
  }[],
): Sight | undefined {
  let changedAtMs = 0;
  const stamps: string[] = [];
  for (const { name, info } of seen) {
    if (!info?.ino || !info.mtime || !info.ctime) return undefined;
    const { dev, ino, size, mtime, ctime } = info;
    changedAtMs = Math.max(changedAtMs, ctime.getTime());
    const times = [mtime, ctime].map((time) => time.getTime());
    stamps.push([name, dev, ino, size, ...times].join("/"));
  }
  return { text: stamps.join("/"), changedAtMs };
}

/** As {@linkcode listDirectory}; a directory of which only the names may be seen is refused whole. */
function listSearchable(directory: string): readonly Deno.DirEntry[] {
  const entries = listDirectory(directory);
  const [first] = entries;
  if (first && visibleKind(`${directory}/${first.name}`) === "denied") {
    throw denied(
      "permission_denied",
      `Cannot search "${directory}": permission denied`,
      {
        path: directory,
      },
    );
  }
  return entries;
}

/** Its session is null for the lock of the repository, its holder when it is no record, or cannot be read. */
function lockFact(
  path: string,
  session: string | null,
  context: JudgeContext,
) {
  const { found: seen, trouble } = attempt(path, () => lookAt(path));
  if (seen?.kind === "absent") return undefined;
  const record = seen?.kind === "record" ? seen.record : null;
  return {
    path,
    session,
    holder: record && holderOf(record, context),
    trouble,
  };
}

function holderOf(record: LockRecord, context: JudgeContext) {
  const { pid, host, purpose, at } = record;
  const ageMs = (epochMsOf(context.now()) ?? 0) - (epochMsOf(at) ?? 0);
  const liveness = context.livenessOf(record, at);
  return { pid, host, purpose, ageMs: Math.max(0, ageMs), liveness };
}

export type LockFact = NonNullable<ReturnType<typeof lockFact>>;
