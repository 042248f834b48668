import { OrcError } from "../core/error.ts";
import { type RepositoryLayout, repositoryLayout } from "../core/layout.ts";
import { LOCK_TIMEOUT_MS } from "../core/limits.ts";
import { isAbsolutePath } from "../core/path.ts";
import type { Host } from "../host/host.ts";
import { fileStore } from "../store/file_store.ts";
import { findRoot, type FoundRoot } from "../store/root.ts";
import type { SessionStore } from "../store/session_store.ts";
import type { StoreContext } from "../store/session_update.ts";

/** Where to look, and how long to wait there. */
export interface RepositoryOptions {
  /**
   * The directory that holds, or will hold, `.orchestrator/`. Without it
   * `ORCHESTRATOR_ROOT` names it, else it is searched upward from the working
   * directory.
   */
  readonly root?: string;
  /**
   * Seconds to wait for a lock, as typed: 0 to 86400, such as `2.5`. Without it
   * `ORCHESTRATOR_LOCK_TIMEOUT`, else 10.
   */
  readonly lockTimeout?: string;
  /**
   * On whose behalf, such as a command; shown to whoever waits for its lock.
   */
  readonly purpose?: string;
}

/** A repository that was found, and its sessions. */
export interface Repository {
  readonly found: FoundRoot;
  readonly layout: RepositoryLayout;
  readonly store: SessionStore;
  readonly context: StoreContext;
}

/** Finds the repository. Reads only; makes nothing. */
export function openRepository(
  host: Host,
  options: RepositoryOptions = {},
): Repository {
  const environment = host.env("ORCHESTRATOR_ROOT") || undefined;
  const found = findRoot({
    start: startOf(host, options.root ?? environment),
    explicit: options.root,
    environment,
    home: host.homeDirectory(),
  });
  return repositoryIn(host, found, options);
}

/** Opens the repository of exactly this directory, without any search. Reads nothing. */
export function repositoryAt(
  host: Host,
  root: string,
  options: RepositoryOptions = {},
): Repository {
  const found: FoundRoot = {
    root,
    source: "marker",
    workingTree: root,
    worktree: null,
  };
  return repositoryIn(host, found, options);
}

function repositoryIn(
  host: Host,
  found: FoundRoot,
  options: RepositoryOptions,
): Repository {
  const layout = repositoryLayout(found.root);
  const context: StoreContext = {
    timeoutMs: lockTimeoutMs(host, options.lockTimeout),
    purpose: options.purpose ?? "library call",
    now: host.now,
    newToken: host.newToken,
    identity: host.identity,
    livenessOf: host.livenessOf,
    holdSignals: host.holdSignals,
    idSource: host.idSource,
  };
  return { found, layout, context, store: fileStore(layout, context) };
}

/** A root that stands by itself must do without a working directory, which may be gone. */
function startOf(host: Host, root: string | undefined): string {
  return root !== undefined && isAbsolutePath(root)
    ? root
    : host.workingDirectory;
}

const LOCK_TIMEOUT_VARIABLE = "ORCHESTRATOR_LOCK_TIMEOUT";

function lockTimeoutMs(host: Host, flag: string | undefined): number {
  const [origin, text] = flag === undefined
    ? [LOCK_TIMEOUT_VARIABLE, host.env(LOCK_TIMEOUT_VARIABLE)]
    : ["--lock-timeout", flag];
  const isUnset = flag === undefined && text === "";
  if (text === undefined || isUnset) return LOCK_TIMEOUT_MS;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (seconds <= 86_400) return seconds * 1000;
  throw new OrcError(
    "usage",
    "invalid_lock_timeout",
    `${origin} is "${text}", not a number of seconds from 0 to 86400`,
    { hint: "name seconds, such as --lock-timeout 30" },
  );
}
