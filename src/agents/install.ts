/** Sets hosts of agents up for orc, and takes every byte of it away again. */
import { sha256Hex } from "../base/checksum.ts";
import { corrupt, OrcError } from "../base/error.ts";
import { userLayout } from "../base/layout.ts";
import { MAX_HOST_FILE_BYTES } from "../base/limits.ts";
import { isWithin, joinPath, parentDirectory } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import { throughLinks } from "../files/links.ts";
import { isThere, readRegularFile, realOrGiven } from "../files/read.ts";
import {
  ensureDirectories,
  removeDurably,
  removeIfEmpty,
  writeAtomic,
} from "../files/write.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type RepositoryOptions,
} from "../repository/open.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { withUserLock } from "../settings/files.ts";
import { filesOf, type HostKind, HOSTS } from "./host_rules.ts";
import {
  directoriesOf,
  type InstallRecord,
  readRecord,
  writeRecord,
  type Written,
} from "./record.ts";
import { chosenHosts, isInstalled, type Site, siteOf } from "./site.ts";
import { importsShared, type Target, targetsFor } from "./target_rules.ts";

/** For which hosts, and where. */
export interface AgentsOptions extends RepositoryOptions {
  /** `claude`, `codex`, `cursor`, `gemini`, `copilot`, `opencode`, or `all`; without any, those that are found. */
  readonly hosts?: readonly string[];
  /** In the user's directory, for all repositories, instead of the repository. */
  readonly global?: boolean;
  /** Shows what would be done, and does nothing. */
  readonly dryRun?: boolean;
}

/** What is installed besides. */
export interface InstallOptions extends AgentsOptions {
  /** Also names orc as a server of tools. */
  readonly mcp?: boolean;
}

/** What became of one file. */
export interface AgentFile {
  /** Seen from the root, or from the user's directory. */
  readonly path: string;
  /**
   * `made`, `changed`, `restored` to what it was, `removed`, `unchanged`, or `left` as it is since it cannot
   * be edited.
   */
  readonly action:
    | "made"
    | "changed"
    | "restored"
    | "removed"
    | "unchanged"
    | "left";
  /** Why it was left; null where it was not. */
  readonly reason: string | null;
}

/** What was done for which hosts. */
export interface AgentsChanged {
  /** The repository. */
  readonly place: Place;
  /** Names of the hosts. */
  readonly hosts: readonly string[];
  /** How they were chosen: named by the caller, found in the repository, or on this machine. */
  readonly chosen: "named" | "repository" | "machine";
  /** Where the paths of the files begin. */
  readonly base: string;
  /** Whether it was only looked at. */
  readonly dryRun: boolean;
  /** All files that are about these hosts. */
  readonly files: readonly AgentFile[];
  /** What went wrong though it counts, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Sets hosts up: lines in `AGENTS.md`, hooks, a skill, and with `mcp` a server of tools. Files of others are
 * edited in place, with their comments, order and indentation; one that cannot be parsed, or that leads out
 * of the root by a link, is left and named. Doing it again brings all to what this version of orc writes.
 *
 * Requires `--allow-read` and `--allow-write` of the files.
 *
 * @throws {OrcError} `unknown_host` (usage) for a host that orc does not know
 * @throws {OrcError} `no_host` (not_found) if none is named, and none is found
 */
export async function installAgents(
  host: Host,
  options: InstallOptions = {},
): Promise<AgentsChanged> {
  const { mcp = false, ...rest } = options;
  return await change(host, rest, (site, hosts, record) => {
    const wanted = hosts.map((kind) => ({
      kind,
      mcp: mcp || hadServer(site, record, kind),
    }));
    return merged(wanted, site.isGlobal)
      .map((target) => ({ target, isWanted: true }));
  });
}

/**
 * Takes away what {@linkcode installAgents} wrote, for these hosts: each file gets back every byte that it
 * had, and one that was not there before is removed, with the directories made for it. A file that somebody
 * changed since loses orc's part alone.
 *
 * Requires `--allow-read` and `--allow-write` of the files.
 *
 * @throws {OrcError} `unknown_host` (usage), `no_host` (not_found)
 */
export async function uninstallAgents(
  host: Host,
  options: AgentsOptions = {},
): Promise<AgentsChanged> {
  return await change(host, options, (site, hosts) => {
    const others = HOSTS.filter((kind) =>
      !hosts.includes(kind) && isInstalled(site, kind)
    );
    const kept = new Set(
      targetsFor(others, { isGlobal: site.isGlobal, mcp: true })
        .map(({ path }) => path),
    );
    return targetsFor(hosts, { isGlobal: site.isGlobal, mcp: true })
      .filter(({ path }) => !kept.has(path))
      .map((target) => ({ target, isWanted: false }));
  });
}

interface Wish {
  readonly target: Target;
  readonly isWanted: boolean;
}

async function change(
  host: Host,
  options: AgentsOptions,
  wish: (
    site: Site,
    hosts: readonly HostKind[],
    record: InstallRecord,
  ) => readonly Wish[],
): Promise<AgentsChanged> {
  const { hosts: named, global: isGlobal = false, dryRun = false } = options;
  const repository = openRepository(host, options, {
    hosts: true,
    global: true,
    dryRun: true,
  });
  const site = siteOf(host, repository, isGlobal);
  const { hosts, chosen } = chosenHosts(host, site, named);
  // Loaded before the lock is taken: others wait for it.
  await import("./edit.ts");
  const warnings: string[] = [];
  const work = async () => {
    const record = readRecord(site.recordBase, site.recordPath);
    const wishes = wish(site, hosts, record);
    return await carryOut(wishes, { host, site, record, dryRun });
  };
  const files = dryRun ? await work() : isGlobal
    ? await withUserLock(
      userLayout(site.base).directory,
      repository.context,
      work,
    )
    : await withPreparedRepository(host, repository, { warnings }, work);
  return {
    place: placeOf(repository, null),
    hosts: hosts.map(({ name }) => name),
    chosen,
    base: site.base,
    dryRun,
    files: files.results,
    warnings: [...warnings, ...files.warnings],
  };
}

/** Each file once, also where only some of the hosts name orc as a server. */
function merged(
  hosts: readonly { readonly kind: HostKind; readonly mcp: boolean }[],
  isGlobal: boolean,
): readonly Target[] {
  const targets = new Map<string, Target>();
  const kinds = hosts.map(({ kind }) => kind);
  for (const target of targetsFor(kinds, { isGlobal, mcp: true })) {
    const parts = target.parts.filter((part) =>
      part.type !== "server" ||
      hosts.some(({ kind, mcp }) => kind === part.host && mcp)
    );
    if (target.whole !== undefined || parts.length > 0) {
      targets.set(target.path, { ...target, parts });
    }
  }
  return [...targets.values()];
}

/** Whether a host was told before that orc is a server: then it stays so. */
function hadServer(
  site: Site,
  record: InstallRecord,
  kind: HostKind,
): boolean {
  const [path = ""] = filesOf(kind, site).mcp ?? [];
  return record.get(path)?.steps
    .some(([, , inserted]) => inserted.includes('"mcp"')) ?? false;
}

interface Job {
  readonly host: Host;
  readonly site: Site;
  readonly record: InstallRecord;
  readonly dryRun: boolean;
}

async function carryOut(
  wishes: readonly Wish[],
  job: Job,
): Promise<
  { readonly results: readonly AgentFile[]; readonly warnings: string[] }
> {
  const { site, dryRun, host } = job;
  const record = new Map(job.record);
  const results: AgentFile[] = [];
  const warnings: string[] = [];
  const taken = new Set<string>();
  const emptied: string[] = [];
  for (const { target, isWanted } of wishes) {
    const { path } = target;
    try {
      const real = locate(site.base, path);
      // Two names of one file, as where CLAUDE.md is a link to AGENTS.md.
      if (taken.has(real)) continue;
      taken.add(real);
      const plan = await planFile(target, { ...job, real, isWanted });
      if (plan === undefined) continue;
      if (!dryRun) {
        // What can be put back is known before anything is changed.
        if (plan.written) record.set(path, plan.written);
        if (plan.action !== "unchanged" && plan.written) {
          warnings.push(...keep(site, record, host));
        }
        warnings.push(...carry(plan, real, host));
        if (!plan.written && record.delete(path)) {
          emptied.push(...plan.directories);
          warnings.push(...keep(site, record, host));
        }
      }
      results.push({ path, action: plan.action, reason: null });
    } catch (error) {
      const reason = asOrcError(error, "write", joinPath(site.base, path));
      if (!(reason instanceof OrcError)) throw error;
      results.push({ path, action: "left", reason: reason.message });
    }
  }
  // The innermost first; another file may lie in one that was made for the first.
  emptied.sort((one, other) => other.length - one.length);
  const top = realOrGiven(site.base);
  for (const directory of emptied) {
    const path = joinPath(top, directory);
    // None that a link leads to was made by orc.
    if (throughLinks(path) === path) removeIfEmpty(path);
  }
  return { results, warnings };
}

function keep(
  site: Site,
  record: InstallRecord,
  host: Host,
): readonly string[] {
  return writeRecord(site.recordPath, record, host.newToken());
}

/** Where a file really lies; links inside of the base are followed, and none that leads out. */
function locate(base: string, path: string): string {
  const top = realOrGiven(base);
  const given = joinPath(top, path);
  const real = throughLinks(given);
  if (isWithin(top, real) && real !== top) return real;
  throw corrupt(
    "symbolic_link",
    `Cannot write "${path}": a symbolic link leads out of "${base}"`,
    { path: given, hint: "put a real directory or file in its place" },
  );
}

interface Plan {
  readonly action: AgentFile["action"];
  /** What the file is to hold; null where it is to go, undefined where nothing changes. */
  readonly text?: string | null;
  /** What is remembered; undefined where nothing of orc is left. */
  readonly written?: Written;
  /** What was made for it before. */
  readonly directories: readonly string[];
}

/** What is to become of a file; undefined where it is none of orc's business. */
async function planFile(
  target: Target,
  { site, record, real, isWanted }: Job & {
    readonly real: string;
    readonly isWanted: boolean;
  },
): Promise<Plan | undefined> {
  const text = exactText(real);
  const known = record.get(target.path);
  const directories = known?.directories ?? [];
  if (text === undefined && !isWanted) {
    return known && { action: "unchanged", directories };
  }
  const isSame = text !== undefined && known?.after === await hashOf(text);
  const base = text === undefined
    ? { text: undefined, isExact: true }
    : await withoutOrc(text, target, { known, isSame });
  if (base === undefined) return undefined;
  if (!isWanted) {
    if (base.text === text) {
      return known && { action: "unchanged", directories };
    }
    const isGone = base.text === undefined;
    return {
      action: isGone ? "removed" : base.isExact ? "restored" : "changed",
      text: base.text ?? null,
      directories,
    };
  }
  const isPointer = target.parts.some(({ type }) => type === "pointer");
  if (isPointer && (base.text === undefined || importsShared(base.text))) {
    return undefined;
  }
  const { addParts } = await import("./edit.ts");
  const before = base.text ?? "";
  const added = target.whole === undefined
    ? addParts(before, target, site.isGlobal)
    : { text: target.whole, steps: [[0, "", target.whole] as const] };
  const written = {
    existed: base.text !== undefined,
    after: await hashOf(added.text),
    steps: added.steps,
    directories: directories.length > 0
      ? directories
      : missingDirectories(site.base, target.path),
  };
  if (added.text === text) return { action: "unchanged", written, directories };
  const action = text === undefined ? "made" : "changed";
  return { action, text: added.text, written, directories };
}

/** A file without orc's part: its text, undefined where it was not there before orc. */
async function withoutOrc(
  text: string,
  target: Target,
  { known, isSame }: {
    readonly known: Written | undefined;
    readonly isSame: boolean;
  },
): Promise<
  | { readonly text: string | undefined; readonly isExact: boolean }
  | undefined
> {
  if (target.whole !== undefined) {
    if (isSame || text === target.whole) {
      return { text: undefined, isExact: true };
    }
    throw notOurs(target.path, known !== undefined);
  }
  const { takeBack, removeParts, isBare } = await import("./edit.ts");
  const existed = known?.existed ?? true;
  if (known !== undefined) {
    const back = takeBack(text, known.steps, isSame);
    // What was added by hand, or by an older record, is found by what it is.
    const rest = back === undefined ? undefined : removeParts(back, target);
    if (rest !== undefined && (isSame || rest === back)) {
      const isGone = !existed && isBare(back ?? "", target);
      return { text: isGone ? undefined : back, isExact: isSame };
    }
  }
  const rest = removeParts(text, target);
  if (rest === text) return { text, isExact: true };
  const isGone = isBare(rest, target) && !(known?.existed ?? false);
  return { text: isGone ? undefined : rest, isExact: false };
}

function notOurs(path: string, wasOurs: boolean): OrcError {
  return corrupt(
    "file_not_ours",
    wasOurs
      ? `"${path}" was changed since orc wrote it`
      : `"${path}" was not written by orc`,
    { path, hint: "move it away, or keep it as it is" },
  );
}

/** A byte order mark is kept, and what is no UTF-8 is left. */
function exactText(path: string): string | undefined {
  const bytes = readRegularFile(path, MAX_HOST_FILE_BYTES);
  if (bytes === undefined) return undefined;
  try {
    const options = { fatal: true, ignoreBOM: true };
    return new TextDecoder("utf-8", options).decode(bytes);
  } catch (cause) {
    throw corrupt("invalid_utf8", `"${path}" is no UTF-8`, { path, cause });
  }
}

function carry(
  { text, action }: Plan,
  path: string,
  host: Host,
): readonly string[] {
  if (text === undefined || action === "unchanged") return [];
  if (text === null) {
    removeDurably(path);
    return [];
  }
  ensureDirectories(parentDirectory(path) ?? path);
  const bytes = new TextEncoder().encode(text);
  return writeAtomic(path, bytes, { token: host.newToken() });
}

function missingDirectories(base: string, path: string): readonly string[] {
  return directoriesOf(path)
    .filter((directory) => !isThere(joinPath(base, directory)));
}

async function hashOf(text: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(text));
}
