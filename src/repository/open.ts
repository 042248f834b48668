import { orElse, usage } from "../base/error.ts";
import {
  type RepositoryLayout,
  repositoryLayout,
  userLayout,
} from "../base/layout.ts";
import { isAbsolutePath } from "../base/path.ts";
import { assertOptions } from "../base/text.ts";
import { isVisible } from "../files/read.ts";
import type { Documents } from "../documents/documents.ts";
import { findRoot, type FoundRoot } from "../files/root.ts";
import { type Host, variableOf } from "../host/host.ts";
import { deferredStore, fileStore } from "../session/read.ts";
import type { Memory, SessionStore, StoreContext } from "../session/store.ts";
import type { Place } from "./place.ts";

export type { Place, SessionPlace } from "./place.ts";

/** Where to look, and how long to wait there. */
export interface RepositoryOptions {
  /**
   * The directory that holds, or will hold, `.orchestrator/`. Without it `ORCHESTRATOR_ROOT` names
   * it, else it is searched upward from the working directory.
   */
  readonly root?: string;
  /** A root that was found before: it is taken as it is, and `root` does not count. */
  readonly found?: FoundRoot;
  /**
   * Seconds to wait for a lock, as typed: 0 to 86400, such as `2.5`. Without it the setting
   * `lock_timeout_seconds`.
   */
  readonly lockTimeout?: string;
  /** Milliseconds to wait for a lock: 0 to 86,400,000. Goes before `lockTimeout`. */
  readonly lockTimeoutMs?: number;
  /** Ends all waiting, for a lock or a program, with its reason; what is stored by then stays so. */
  readonly signal?: AbortSignal;
  /** On whose behalf, such as a command; shown to whoever waits for its lock. */
  readonly purpose?: string;
  /** What keeps the sessions; goes before the setting `store`. */
  readonly documents?: Documents;
}

export interface Repository {
  readonly found: FoundRoot;
  readonly layout: RepositoryLayout;
  readonly store: SessionStore;
  readonly context: StoreContext;
}

/** What every function takes; `session` goes before where none is meant, since a handle knows it. */
const COMMON = {
  root: true,
  found: true,
  session: true,
  lockTimeout: true,
  lockTimeoutMs: true,
  signal: true,
  purpose: true,
  documents: true,
} as const;

/** The names of all options of a function's own: the compiler sees to it that none is missing. */
export type Names<Options> = Readonly<
  Record<Exclude<keyof Options, keyof typeof COMMON>, true>
>;

/** Refuses what a function does not take, as {@linkcode assertOptions} does. */
export function assertKnown<Options extends object>(
  given: Options,
  names: Names<Options>,
  common: Readonly<Record<string, true>> = COMMON,
): void {
  assertOptions(given, Object.keys({ ...names, ...common }));
}

/** Finds the repository, for a function with options of these names. Reads only; makes nothing. */
export function openRepository<Options extends RepositoryOptions>(
  host: Host,
  options: Options,
  names?: Names<Options>,
): Repository {
  if (names) assertKnown(options, names);
  options.signal?.throwIfAborted();
  const found = options.found ?? locate(host, options.root);
  return repositoryIn(host, found, options);
}

/** Where the repository is. Reads only. */
export function locate(host: Host, root?: string): FoundRoot {
  const environment = variableOf(host, "ORCHESTRATOR_ROOT") || undefined;
  return findRoot({
    start: startOf(host, root ?? environment),
    explicit: root,
    environment,
    home: host.homeDirectory(),
  });
}

function repositoryIn(
  host: Host,
  found: FoundRoot,
  options: RepositoryOptions,
): Repository {
  const layout = repositoryLayout(found.root);
  const context: StoreContext = {
    timeoutMs: lockTimeoutMs(host, { found, layout }, options),
    purpose: options.purpose ?? "library call",
    signal: options.signal,
    memory: memoryOf(host, found.root),
    // A host may be an object of a class, whose methods ask for it.
    now: () => host.now(),
    newToken: () => host.newToken(),
    identity: () => host.identity(),
    livenessOf: (holder, lockedAt) => host.livenessOf(holder, lockedAt),
    holdSignals: host.holdSignals?.bind(host),
    idSource: () => host.idSource(),
  };
  const { documents } = options;
  const site = { found, layout, context };
  const files = fileStore(layout, context);
  // What cannot be looked at is said by whoever chooses.
  const isChosen = documents || variableOf(host, "ORCHESTRATOR_STORE") ||
    orElse(() => mayHoldSettings(host, found.root), () => true);
  if (!isChosen) return { ...site, store: files };
  // Only once something is asked of it: settings may say where sessions are.
  const store = deferredStore(async () =>
    (await import("./store.ts")).chooseStore(host, site, files, documents)
  );
  return { ...site, store };
}

/** Who calls often has one host: what was read last is remembered with it. */
const memories = new WeakMap<Host, { root: string; memory: Memory }>();

function memoryOf(host: Host, root: string): Memory {
  const known = memories.get(host);
  if (known?.root === root) return known.memory;
  const memory = {};
  memories.set(host, { root, memory });
  return memory;
}

/** A root that stands by itself must do without a working directory, which may be gone. */
function startOf(host: Host, root: string | undefined): string {
  return root !== undefined && isAbsolutePath(root)
    ? root
    : host.workingDirectory;
}

/** The second one is its older name. */
const LOCK_TIMEOUT_VARIABLES = [
  "ORCHESTRATOR_LOCK_TIMEOUT_SECONDS",
  "ORCHESTRATOR_LOCK_TIMEOUT",
] as const;

/**
 * What is typed is judged at once; files are read only when a lock is wanted: most commands only
 * read.
 */
function lockTimeoutMs(
  host: Host,
  site: Pick<Repository, "found" | "layout">,
  { lockTimeout, lockTimeoutMs }: RepositoryOptions,
): number | (() => Promise<number>) {
  if (lockTimeoutMs !== undefined) return givenMs(lockTimeoutMs);
  if (lockTimeout !== undefined) return typedMs("--lock-timeout", lockTimeout);
  for (const variable of LOCK_TIMEOUT_VARIABLES) {
    const text = variableOf(host, variable);
    if (text) return typedMs(variable, text);
  }
  const read = async (): Promise<number> => {
    const { readLockTimeoutMs } = await import("../settings/files.ts");
    return await readLockTimeoutMs(host, site);
  };
  let known: Promise<number> | undefined;
  return () => known ??= read();
}

function givenMs(ms: number): number {
  if (ms >= 0 && ms <= 86_400_000) return ms;
  throw usage(
    "invalid_lock_timeout",
    `lockTimeoutMs is ${ms}, not a number of milliseconds from 0 to 86400000`,
    "name milliseconds, such as lockTimeoutMs: 30_000",
  );
}

function typedMs(origin: string, text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (seconds <= 86_400) return seconds * 1000;
  throw usage(
    "invalid_lock_timeout",
    `${origin} is "${text}", not a number of seconds from 0 to 86400`,
    "name seconds, such as --lock-timeout 30",
  );
}

export function placeOf<Session extends string | null>(
  { found }: Repository,
  session: Session,
): Place & { readonly session: Session } {
  return { root: found.root, rootSource: found.source, session };
}

const VARIABLES = ["ORCHESTRATOR_OUTPUT", "ORCHESTRATOR_COLOR"];

/** Whether settings may say how answers look; what reads them is loaded only then. */
export function mayHavePreferences(host: Host, root: string | null): boolean {
  return VARIABLES.some((name) => variableOf(host, name)) ||
    mayHoldSettings(host, root);
}

/** Whether there is a file of settings, of the repository or of its user. */
export function mayHoldSettings(host: Host, root: string | null): boolean {
  const home = host.homeDirectory();
  return [
    ...home === undefined ? [] : [userLayout(home).config],
    ...root === null ? [] : [repositoryLayout(root).config],
  ].some(isVisible);
}

/**
 * Whether something lies where the older tool kept a state or checkpoints; whose it is, its content
 * says. A log alone does not count: today's Python tool still writes one that belongs to no session.
 */
export function mayHoldLegacy(root: string): boolean {
  const { legacyState, legacyCheckpoints } = repositoryLayout(root);
  return [legacyState, legacyCheckpoints].some(isVisible);
}
