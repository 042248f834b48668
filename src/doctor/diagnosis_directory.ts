import { LOCK_NAME } from "../base/layout.ts";
import { epochMsOf } from "../base/time.ts";
import type { JudgeContext } from "../files/lock_judge.ts";
import { type LockRecord, lookAt } from "../files/lock_record.ts";
import { leftoverToken } from "../files/lock_sweep.ts";
import { isRemovedSession } from "../session/session_remove.ts";
import { attempt, listDirectory, pathFact } from "./diagnosis_entries.ts";
import type {
  HolderFact,
  LeftoverFact,
  LockFact,
  PathFact,
  Trouble,
} from "./diagnosis_facts.ts";

/** What is found in a directory that may hold a lock. */
export interface DirectoryFacts {
  /** Entries that are neither lock nor leftover. */
  readonly paths: readonly PathFact[];
  /** Names of the former. */
  readonly names: readonly string[];
  readonly locks: readonly LockFact[];
  readonly leftovers: readonly LeftoverFact[];
  readonly troubles: readonly Trouble[];
}

/** Looks at a directory and each of its entries. */
export function directoryFacts(
  directory: string,
  session: string | null,
  context: JudgeContext,
): DirectoryFacts {
  const { entries, trouble } = listDirectory(directory);
  const isLeftover = ({ name, isDirectory }: Deno.DirEntry): boolean =>
    leftoverToken(name, isDirectory) !== undefined ||
    isDirectory && isRemovedSession(name);
  const left = entries.filter(isLeftover).map(({ name }) => name);
  const names = entries.filter((entry) => !isLeftover(entry))
    .map(({ name }) => name)
    .filter((name) => name !== LOCK_NAME);
  const lock = entries.some(({ name }) => name === LOCK_NAME)
    ? lockFact(`${directory}/${LOCK_NAME}`, session, context)
    : undefined;
  return {
    paths: names.flatMap((name) => pathFact(`${directory}/${name}`) ?? []),
    names,
    locks: lock ? [lock] : [],
    leftovers: left.length === 0 ? [] : [{ directory, session, names: left }],
    troubles: trouble === null ? [] : [trouble],
  };
}

function lockFact(
  path: string,
  session: string | null,
  context: JudgeContext,
): LockFact | undefined {
  const { seen, trouble } = attempt(
    path,
    () => ({ seen: lookAt(path), trouble: null }),
    { seen: { kind: "unreadable", key: "" } },
  );
  if (seen.kind === "absent") return undefined;
  const holder = seen.kind === "record" ? holderOf(seen.record, context) : null;
  return { path, session, holder, trouble };
}

function holderOf(record: LockRecord, context: JudgeContext): HolderFact {
  const { pid, host, purpose, at } = record;
  const ageMs = (epochMsOf(context.now()) ?? 0) - (epochMsOf(at) ?? 0);
  return {
    pid,
    host,
    purpose,
    ageMs: Math.max(0, ageMs),
    liveness: context.livenessOf(record, at),
  };
}
