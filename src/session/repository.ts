import { corrupt, type OrcError } from "../base/error.ts";
import { asObject, type JsonObject, parseJson } from "../base/json.ts";
import { sha256Hex } from "../base/checksum.ts";
import {
  LOCK_NAME,
  type RepositoryLayout,
  TEMPORARY_SUFFIX,
} from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { nameOf } from "../base/path.ts";
import { asOrcError, isTaken } from "../files/errors.ts";
import {
  fileKind,
  guardDirectory,
  guardPath,
  readText,
} from "../files/read.ts";
import { makeDirectory, syncDirectory } from "../files/write.ts";
import { isForeignMeta } from "./ownership.ts";

export interface RepositoryFacts {
  readonly now: string;
  readonly repoRoot: string;
  /** URL of the git remote as git has it; credentials in it are not stored. */
  readonly remote: string | undefined;
  readonly version: string;
  /** State is to be committed to git. */
  readonly portable: boolean;
  /** Names in `.orchestrator/` under which another program keeps something. */
  readonly foreignNames?: readonly string[];
  newToken(): string;
}

export interface RepositoryMeta {
  readonly createdAt: string;
  /** Where the repository was when it was set up; it may have moved since. */
  readonly repoRoot: string;
  readonly gitRemote: string | null;
  readonly orchestratorVersion: string;
  /** 12 hex digits, the same in every clone of a remote. */
  readonly repoId: string;
  readonly portable: boolean;
}

/** Without it the next command writes a new one. */
const RESTORE_HINT = "put back a good copy of the file, or remove it";

/** Text of the file that hides all state from git. */
export const IGNORE_EVERYTHING = "*\n";

/** The ids that orc makes begin so for the next centuries. */
const OWN_SESSIONS = `sessions/01${"?".repeat(24)}/`;

/** Begins the file that hides only what is orc's own. */
const OWN_HEADER =
  "# What orc keeps here; the rest belongs to another program.";

/**
 * The text of the file that hides state from git: everything, or only what is orc's own where
 * another program keeps something in the directory, too.
 */
export function ignoreText(
  layout: RepositoryLayout,
  foreign: readonly string[],
): string {
  if (foreign.length === 0) return IGNORE_EVERYTHING;
  const names = ownNames(layout).filter((name) => !foreign.includes(name));
  const sessions = names.includes("sessions") ? "sessions/" : OWN_SESSIONS;
  return [
    OWN_HEADER,
    ...names.filter((name) => name !== "sessions").map((name) => `/${name}`),
    `/${sessions}`,
    "",
  ].join("\n");
}

/**
 * Of the names that lie there, those that are orc's and that a file of an earlier orc does not hide:
 * it named one by one what there was then. None where the file hides all, or is somebody else's.
 */
export function unlistedNames(
  layout: RepositoryLayout,
  text: string,
  names: readonly string[],
): readonly string[] {
  if (!text.startsWith(OWN_HEADER)) return [];
  const listed = text.split("\n").map((line) =>
    line.trim().replace(/^!?\//, "").replace(/\/.*$/, "")
  );
  const own = ownNames(layout).filter((name) => names.includes(name));
  return own.filter((name) => !listed.includes(name));
}

/** What orc keeps in `.orchestrator/`, and git should not: all but the schema of workflow.yaml. */
export function ownNames(
  {
    directory,
    lockDirectory: _lock,
    workflowSchema: _schema,
    gitattributes: _attributes,
    ...paths
  }: RepositoryLayout,
): readonly string[] {
  return [
    ...Object.values(paths).filter((path) => path.startsWith(`${directory}/`))
      .map(nameOf),
    LOCK_NAME,
    ".new-*",
    "*.corrupt-*",
    `*${TEMPORARY_SUFFIX}`,
  ];
}

/**
 * How git is to merge a portable repository: logs hold the events of both sides, and of what is
 * written as a whole one side stays, for doctor to bring in step. No byte is changed: hashes cover them.
 */
const MERGE_RULES = [
  "* -text",
  "*.jsonl merge=union",
  "*.json -merge",
  "current -merge",
];

const RULES_HEADER = "# How git merges what orc keeps here.";

/** The text of the file with these rules, with those it lacks. */
export function withMergeRules(text: string | undefined): string {
  if (text === undefined) return [RULES_HEADER, ...MERGE_RULES, ""].join("\n");
  const known = text.split(/\r?\n/).map((line) => line.trim());
  const missing = MERGE_RULES.filter((rule) => !known.includes(rule));
  if (missing.length === 0) return text;
  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${text}${gap}${missing.join("\n")}\n`;
}

const REPO_ID_LENGTH = 12;
const REPO_ID = /^[0-9a-f]{12}$/;

/**
 * Makes what is missing of `.orchestrator/` and returns its meta data; one that is set up keeps its
 * own. Nothing is changed when something else lies in its place, or `meta.json` cannot be read.
 */
export async function ensureRepository(
  layout: RepositoryLayout,
  facts: RepositoryFacts,
  write: (path: string, text: string) => void,
): Promise<RepositoryMeta> {
  guardDirectory(layout.root, layout.sessions);
  const known = readRepositoryMeta(layout);
  const meta = known ?? await newMeta(facts);
  ensureDirectory(layout.root, layout.directory);
  // Before anything worth ignoring is there.
  if (!meta.portable && fileKind(layout.gitignore) === "absent") {
    write(layout.gitignore, ignoreText(layout, facts.foreignNames ?? []));
  }
  const { gitattributes } = layout;
  const isShown = meta.portable || facts.portable && !hidesAll(layout);
  // What somebody took out of it on purpose stays out, until it is asked for.
  if (isShown && (facts.portable || fileKind(gitattributes) === "absent")) {
    const text = readText(gitattributes, MAX_SMALL_FILE_BYTES);
    const ruled = withMergeRules(text);
    if (ruled !== text) write(gitattributes, ruled);
  }
  ensureDirectory(layout.directory, layout.sessions);
  if (fileKind(layout.meta) === "absent") {
    write(layout.meta, encodeMeta(meta));
  }
  return meta;
}

function hidesAll({ gitignore }: RepositoryLayout): boolean {
  return readText(gitignore, MAX_SMALL_FILE_BYTES)
    ?.startsWith(IGNORE_EVERYTHING) ?? false;
}

export function readRepositoryMeta(
  layout: RepositoryLayout,
): RepositoryMeta | undefined {
  guardPath(layout.root, layout.meta);
  const text = readText(layout.meta, MAX_SMALL_FILE_BYTES, RESTORE_HINT);
  // What another program keeps there says nothing about orc, and stays.
  if (text === undefined || isForeignMeta(text)) return undefined;
  const value = parseJson(text, layout.meta, RESTORE_HINT);
  const object = asObject(value);
  if (object === undefined) throw invalidMeta(layout.meta, "$", "an object");
  return decodeMeta(object, layout.meta);
}

async function newMeta(facts: RepositoryFacts): Promise<RepositoryMeta> {
  const { remote } = facts;
  return {
    createdAt: facts.now,
    repoRoot: facts.repoRoot,
    gitRemote: remote === undefined ? null : withoutCredentials(remote),
    orchestratorVersion: facts.version,
    repoId: await repoIdOf(remote) ?? await hashOf(facts.newToken()),
    portable: facts.portable,
  };
}

/** The identity of every clone of a remote; undefined where it means a place that is each clone's own. */
export async function repoIdOf(
  remote: string | undefined,
): Promise<string | undefined> {
  const known = remote === undefined ? undefined : normaliseRemote(remote);
  return known === undefined ? undefined : await hashOf(known);
}

async function hashOf(identity: string): Promise<string> {
  const hex = await sha256Hex(new TextEncoder().encode(identity));
  return hex.slice(0, REPO_ID_LENGTH);
}

function ensureDirectory(parent: string, path: string): void {
  if (fileKind(path) === "directory") return;
  try {
    makeDirectory(path);
    syncDirectory(parent);
  } catch (error) {
    // Two processes may set up the repository at the same time.
    if (isTaken(error) && fileKind(path) === "directory") return;
    throw asOrcError(error, "make", path);
  }
}

function encodeMeta(meta: RepositoryMeta): string {
  const object = {
    created_at: meta.createdAt,
    repo_root: meta.repoRoot,
    git_remote: meta.gitRemote,
    orchestrator_version: meta.orchestratorVersion,
    repo_id: meta.repoId,
    portable: meta.portable,
  };
  return `${JSON.stringify(object, null, 2)}\n`;
}

function decodeMeta(object: JsonObject, path: string): RepositoryMeta {
  const repoId = textAt(object, "repo_id", path);
  // It becomes a part of paths in the user's directory.
  if (!REPO_ID.test(repoId)) {
    throw invalidMeta(path, "$.repo_id", "12 hexadecimal digits");
  }
  return {
    createdAt: textAt(object, "created_at", path),
    repoRoot: textAt(object, "repo_root", path),
    gitRemote: (object.get("git_remote") ?? null) === null
      ? null
      : textAt(object, "git_remote", path),
    orchestratorVersion: textAt(object, "orchestrator_version", path),
    repoId,
    portable: object.get("portable") === true,
  };
}

function textAt(object: JsonObject, key: string, path: string): string {
  const value = object.get(key);
  if (typeof value === "string") return value;
  throw invalidMeta(path, `$.${key}`, "a string");
}

function invalidMeta(path: string, where: string, expected: string): OrcError {
  return corrupt(
    "invalid_meta",
    `Cannot use "${path}": ${where} is not ${expected}`,
    { path, hint: RESTORE_HINT, details: { where, expected } },
  );
}

/** Schemes under which the user's name is part of the address and no secret. */
const KEEPS_USER = /^(?:ssh|git\+ssh|ssh\+git)$/i;

const URL_FORM = /^((?:[\w-]+::)?([A-Za-z][\w+.-]*):\/\/)(.*)$/s;

/** `user@host:path`; one letter before the colon is a drive of Windows. */
const SCP_FORM = /^(?:([^/]*)@)?(\[[^\]/]+\]|[^/:@[\]]{2,}):(?!\/\/)(.*)$/s;

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ["ssh", "22"],
  ["git+ssh", "22"],
  ["ssh+git", "22"],
  ["git", "9418"],
  ["http", "80"],
  ["https", "443"],
]);

/** Returns a remote's URL without passwords, tokens and query, fit to be stored. */
export function withoutCredentials(url: string): string {
  const [, prefix, scheme, rest] = URL_FORM.exec(url) ?? [];
  if (prefix !== undefined && scheme !== undefined && rest !== undefined) {
    const { user, place } = divide(rest);
    const shown = KEEPS_USER.test(scheme) && user !== "" ? `${user}@` : "";
    return prefix + shown + place;
  }
  const [, user = "", host, path] = SCP_FORM.exec(url) ?? [];
  if (host === undefined) return url;
  const name = nameIn(user);
  return `${name === "" ? "" : `${name}@`}${host}:${path}`;
}

/**
 * Returns what identifies a remote, however it is reached: `host/org/repo`, or the path of a local
 * one. Undefined if the URL means a different place in each directory it is read from.
 */
export function normaliseRemote(url: string): string | undefined {
  const text = url.trim();
  const [, prefix, scheme, rest] = URL_FORM.exec(text) ?? [];
  if (prefix !== undefined && scheme !== undefined && rest !== undefined) {
    return normaliseUrl(scheme.toLowerCase(), divide(rest).place);
  }
  const [, , host, path] = SCP_FORM.exec(text) ?? [];
  if (host !== undefined && path !== undefined) return onHost(host, path);
  const isLocal = /^(?:[/\\]|[A-Za-z]:[/\\])/.test(text);
  return isLocal ? withoutEnding(text) : undefined;
}

function normaliseUrl(scheme: string, place: string): string | undefined {
  const slash = place.indexOf("/");
  const authority = slash < 0 ? place : place.slice(0, slash);
  const path = slash < 0 ? "" : place.slice(slash);
  if (scheme === "file") return withoutEnding(path);
  const port = DEFAULT_PORTS.get(scheme);
  const suffix = port === undefined ? "" : `:${port}`;
  const host = authority.endsWith(suffix)
    ? authority.slice(0, authority.length - suffix.length)
    : authority;
  return onHost(host, path);
}

function onHost(host: string, path: string): string | undefined {
  if (host === "") return undefined;
  return withoutEnding(`${host.toLowerCase()}/${path.replace(/^\/+/, "")}`);
}

function withoutEnding(path: string): string | undefined {
  const ended = path.replace(/\/+$/, "").replace(/\.git$/, "")
    .replace(/\/+$/, "");
  return ended === "" ? undefined : ended;
}

/** Divides what follows `://` into the user without a password, and host, port and path without a query. */
function divide(rest: string): { user: string; place: string } {
  const end = endOfUser(rest);
  return {
    user: nameIn(rest.slice(0, Math.max(end, 0))),
    place: rest.slice(end + 1).replace(/[?#].*$/s, ""),
  };
}

/** Position of the "@" that ends user and password, -1 if there are none. */
function endOfUser(rest: string): number {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? "";
  const end = authority.lastIndexOf("@");
  if (end >= 0) return end;
  // No port looks like this: it is a password with a "/", "?" or "#" in it.
  const isTorn = /:(?!\d*$)/.test(authority) && !authority.startsWith("[");
  return isTorn ? rest.lastIndexOf("@") : -1;
}

function nameIn(user: string): string {
  return user.replace(/:.*$/s, "");
}
