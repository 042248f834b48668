import { sha256Hex } from "../base/checksum.ts";
import { OrcError } from "../base/error.ts";
import { asObject, type JsonObject } from "../base/json.ts";
import { decodeUtf8, parseJson } from "../base/json_parse.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { asOrcError, isTaken } from "../files/errors.ts";
import { makeDirectory, syncDirectory } from "../files/file_system.ts";
import { guardDirectory, guardPath } from "../files/path_guard.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import { normaliseRemote, withoutCredentials } from "./remote_url.ts";

/** Replaces a file whole and durably. */
export type WriteFile = (path: string, bytes: Uint8Array) => void;

/** What a new repository is told about itself. */
export interface RepositoryFacts {
  readonly now: string;
  readonly repoRoot: string;
  /** URL of the git remote as git has it; credentials in it are not stored. */
  readonly remote: string | undefined;
  readonly version: string;
  /** State is to be committed to git. */
  readonly portable: boolean;
  newToken(): string;
}

/** What `meta.json` of a repository says. */
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

const REPO_ID_LENGTH = 12;
const REPO_ID = /^[0-9a-f]{12}$/;

/**
 * Makes what is missing of `.orchestrator/` and returns its meta data. A
 * repository that is set up already keeps its meta data, portable or not.
 *
 * @throws {OrcError} corrupt when something else lies in its place or
 * `meta.json` cannot be read; nothing is changed then
 */
export async function ensureRepository(
  layout: RepositoryLayout,
  facts: RepositoryFacts,
  write: WriteFile,
): Promise<RepositoryMeta> {
  guardDirectory(layout.root, layout.sessions);
  const known = readRepositoryMeta(layout);
  const meta = known ?? await newMeta(facts);
  ensureDirectory(layout.root, layout.directory);
  // Before anything worth ignoring is there.
  if (!meta.portable && fileKind(layout.gitignore) === "absent") {
    write(layout.gitignore, new TextEncoder().encode(IGNORE_EVERYTHING));
  }
  ensureDirectory(layout.directory, layout.sessions);
  if (known === undefined) write(layout.meta, encodeMeta(meta));
  return meta;
}

/**
 * Reads the meta data of a repository; undefined when it has none.
 *
 * @throws {OrcError} corrupt when it cannot be trusted
 */
export function readRepositoryMeta(
  layout: RepositoryLayout,
): RepositoryMeta | undefined {
  guardPath(layout.root, layout.meta);
  const bytes = readRegularFile(layout.meta, MAX_SMALL_FILE_BYTES);
  if (bytes === undefined) return undefined;
  const text = decodeUtf8(bytes, layout.meta, RESTORE_HINT);
  const object = asObject(parseJson(text, layout.meta, RESTORE_HINT));
  if (object === undefined) throw invalidMeta(layout.meta, "$", "an object");
  return decodeMeta(object, layout.meta);
}

async function newMeta(
  facts: RepositoryFacts,
): Promise<RepositoryMeta> {
  const { remote } = facts;
  const identity = remote === undefined ? undefined : normaliseRemote(remote);
  return {
    createdAt: facts.now,
    repoRoot: facts.repoRoot,
    gitRemote: remote === undefined ? null : withoutCredentials(remote),
    orchestratorVersion: facts.version,
    repoId: await repoIdOf(identity ?? facts.newToken()),
    portable: facts.portable,
  };
}

async function repoIdOf(identity: string): Promise<string> {
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

function encodeMeta(meta: RepositoryMeta): Uint8Array {
  const object = {
    created_at: meta.createdAt,
    repo_root: meta.repoRoot,
    git_remote: meta.gitRemote,
    orchestrator_version: meta.orchestratorVersion,
    repo_id: meta.repoId,
    portable: meta.portable,
  };
  return new TextEncoder().encode(`${JSON.stringify(object, null, 2)}\n`);
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
    gitRemote: isNull(object, "git_remote")
      ? null
      : textAt(object, "git_remote", path),
    orchestratorVersion: textAt(object, "orchestrator_version", path),
    repoId,
    portable: object.get("portable") === true,
  };
}

function isNull(object: JsonObject, key: string): boolean {
  return (object.get(key) ?? null) === null;
}

function textAt(object: JsonObject, key: string, path: string): string {
  const value = object.get(key);
  if (typeof value === "string") return value;
  throw invalidMeta(path, `$.${key}`, "a string");
}

function invalidMeta(path: string, where: string, expected: string): OrcError {
  return new OrcError(
    "corrupt",
    "invalid_meta",
    `Cannot use "${path}": ${where} is not ${expected}`,
    {
      path,
      hint: RESTORE_HINT,
      details: { where, expected },
    },
  );
}
