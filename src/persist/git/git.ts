/**
 * Git as a place to keep copies of sessions: objects and references of orc's own. No working tree, index,
 * branch or reflog of the user is touched, no hook runs, and what is made is orc's.
 */
import { hexOf } from "../../base/checksum.ts";
import {
  external,
  notFound,
  onRefusal,
  type OrcError,
} from "../../base/error.ts";
import { decodeUtf8 } from "../../base/json.ts";
import { epochMsOf } from "../../base/time.ts";
import type { GitAnswer, GitStreams } from "../../checks/git_program.ts";
import { asOrcError } from "../../files/errors.ts";
import { writeAll } from "../../files/write.ts";
import { withoutUser } from "../../fetch/address_rules.ts";
import type { Host } from "../../host/host.ts";
import {
  bytesOf,
  type Git,
  gitAround,
  runGit,
  tryGit,
} from "../../trust/committed.ts";
import { problemOf } from "../remote_rules.ts";

export type { Git };

const SETTINGS = [
  "gc.auto=0",
  "maintenance.auto=false",
  "commit.gpgSign=false",
  "core.logAllRefUpdates=false",
].flatMap((setting) => ["-c", setting]);

/** How long git may take to reach another machine, where nobody says otherwise. */
const REMOTE_TIMEOUT_MS = 120_000;

/**
 * The git repository around a root.
 *
 * @throws {OrcError} `not_in_git` (not_found)
 */
export function gitOf(host: Host, root: string, signal?: AbortSignal): Git {
  try {
    return gitAround(host, root, signal);
  } catch (error) {
    throw onRefusal(({ code, message }) =>
      notFound(code, message, {
        path: root,
        hint:
          "sessions leave through its git repository: git init; without git: orc snapshot export --to FILE",
      })
    )(error);
  }
}

/** Runs git on the objects and references that are here. */
export async function here(
  git: Git,
  args: readonly string[],
  streams?: GitStreams,
): Promise<string> {
  const words = [...SETTINGS, ...args];
  const bytes = await runGit(git, words, streams).catch(
    async (error: unknown) => {
      if (!await isFree(git, String(error))) throw error;
      return await runGit(git, words, streams);
    },
  );
  return decodeUtf8(bytes, "what git answers");
}

/** Runs git so that it reaches a remote; how it ended is for the caller to judge. */
export async function there(
  git: Git,
  args: readonly string[],
): Promise<GitAnswer> {
  const ask = () =>
    tryGit(git, [...SETTINGS, ...args], {
      reaches: true,
      timeoutMs: REMOTE_TIMEOUT_MS,
    });
  const answer = await ask();
  return answer.exitCode !== 0 && await isFree(git, answer.errors)
    ? await ask()
    : answer;
}

/** Whether only what a killed git left was in the way, and is gone. */
async function isFree(
  { pointer, signal }: Git,
  said: string,
): Promise<boolean> {
  if (!said.includes(".lock'")) return false;
  const { freeReferences } = await import("./ref_locks.ts");
  return await freeReferences(pointer.commonDirectory, said, signal);
}

/** The mode of a file that is no link, and that nobody runs. */
export const PLAIN_FILE = "100644";

/** One entry of a tree of git. */
export interface Entry {
  readonly name: string;
  readonly kind: "blob" | "tree" | "commit";
  readonly id: string;
  /** As git writes it; without it that of a plain file, or of a directory. */
  readonly mode?: string;
}

/** Writes trees, and runs git once for all of them. */
export async function writeTrees(
  git: Git,
  trees: readonly (readonly Entry[])[],
): Promise<readonly string[]> {
  if (trees.length === 0) return [];
  const lines = ({ name, kind, id, mode }: Entry) =>
    `${
      mode ?? (kind === "tree" ? "040000" : PLAIN_FILE)
    } ${kind} ${id}\t${name}\0`;
  const input = trees.map((entries) => `${entries.map(lines).join("")}\0`);
  const args = ["mktree", "-z", "--missing", "--batch"];
  return linesOf(await here(git, args, { input: input.join("") }));
}

export async function writeTree(
  git: Git,
  entries: readonly Entry[],
): Promise<string> {
  const [id = ""] = await writeTrees(git, [entries]);
  return id;
}

/** Files that git reads and that are thrown away after it; their names begin as given. */
export class Throwaway {
  readonly #paths: string[] = [];

  constructor(readonly scratch: string) {}

  /** Nothing rests on it: no sync is waited for. */
  add(bytes: Uint8Array): void {
    const path = `${this.scratch}.${this.#paths.length}`;
    this.#paths.push(path);
    try {
      const options = { createNew: true, write: true, mode: 0o600 };
      const file = Deno.openSync(path, options);
      try {
        writeAll(file, bytes);
      } finally {
        file.close();
      }
    } catch (error) {
      throw asOrcError(error, "write", path);
    }
  }

  /** Writes all as objects, and runs git once for them; their ids in the same order. */
  async write(git: Git, kind: "blob" | "commit"): Promise<readonly string[]> {
    if (this.#paths.length === 0) return [];
    const args = ["hash-object", "-w", "-t", kind, "--no-filters"];
    const input = this.#paths.map((path) => `${path}\n`).join("");
    return linesOf(await here(git, [...args, "--stdin-paths"], { input }));
  }
}

/** A commit that is to be written. */
export interface NewCommit {
  readonly tree: string;
  readonly parent: string | undefined;
  readonly message: string;
}

/** Makes a commit of orc's own; it says nothing of the user. */
export async function writeCommit(
  git: Git,
  commit: NewCommit,
): Promise<string> {
  const args = ["hash-object", "-w", "-t", "commit", "--stdin"];
  return (await here(git, args, { input: commitText(git, commit) })).trim();
}

/** The same with many, for which git is run once. */
export async function writeCommits(
  git: Git,
  commits: readonly NewCommit[],
  scratch: string,
): Promise<readonly string[]> {
  const files = new Throwaway(scratch);
  for (const commit of commits) {
    files.add(new TextEncoder().encode(commitText(git, commit)));
  }
  return await files.write(git, "commit");
}

function commitText(
  { host }: Git,
  { tree, parent, message }: NewCommit,
): string {
  const seconds = Math.floor((epochMsOf(host.now()) ?? 0) / 1000);
  const who = `orc <orc@localhost> ${seconds} +0000`;
  return [
    `tree ${tree}`,
    ...parent === undefined ? [] : [`parent ${parent}`],
    ...[`author ${who}`, `committer ${who}`, "", message, ""],
  ].join("\n");
}

/** A reference that is to lead elsewhere; where it led before is what it may be moved from. */
export interface Move {
  readonly ref: string;
  /** Undefined to remove it. */
  readonly to: string | undefined;
  /** Undefined where it is to be new. */
  readonly from: string | undefined;
}

/** Moves all of the references, or none where one of them was moved meanwhile. */
export async function moveRefs(
  git: Git,
  moves: readonly Move[],
): Promise<void> {
  const lines = moves.filter(({ to, from }) => to !== from)
    .map(({ ref, to, from }) => {
      if (to === undefined) return `delete ${ref} ${from}\n`;
      return `update ${ref} ${to} ${from ?? zeroId(to)}\n`;
    });
  if (lines.length === 0) return;
  const args = ["update-ref", "--no-deref", "--stdin"];
  await here(git, args, { input: lines.join("") });
}

/** The id that stands for none; as long as the others of the repository. */
function zeroId(id: string): string {
  return "0".repeat(id.length);
}

/** A copy: what git calls its tree, and the commit that it is in. */
export interface GitCopy {
  readonly tree: string;
  readonly commit: string;
}

/** Where the references below a prefix lead, by what follows the prefix. */
export async function listRefs(
  git: Git,
  prefix: string,
): Promise<ReadonlyMap<string, GitCopy>> {
  const format = "--format=%(objectname) %(tree) %(refname)";
  const args = [...SETTINGS, "for-each-ref", format, prefix];
  const answer = await tryGit(git, args);
  // Git goes on without a reference that it cannot open.
  const [, broken] = /ignoring broken ref (\S+)/.exec(answer.errors) ?? [];
  if (broken !== undefined) throw notGiven(broken);
  const text = decodeUtf8(bytesOf(answer), "what git answers");
  return new Map(
    linesOf(text).map((line) => {
      const [commit = "", tree = "", ref = ""] = line.split(" ");
      // What is no commit is no copy either, as whoever reads it finds out.
      const copy = { commit, tree: tree || commit };
      return [ref.slice(prefix.length), copy];
    }),
  );
}

/** How far back it is looked for what was sent from here. */
const MAX_ANCESTORS = 1000;

/** Whether a commit, or one before it, has this tree. */
export async function follows(
  git: Git,
  commit: string,
  tree: string,
): Promise<boolean> {
  const words = ["log", `-n${MAX_ANCESTORS}`, "--format=%T", commit, "--"];
  return linesOf(await here(git, words)).includes(tree);
}

/** One entry of a tree, as it lies there: anybody may have made it. */
export interface RawEntry {
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

/** Reads a tree as git keeps it, whose ids have so many digits; undefined for what is none. */
export function parseTree(
  bytes: Uint8Array | undefined,
  digits: number,
): readonly RawEntry[] | undefined {
  if (bytes === undefined) return undefined;
  const entries: RawEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    const next = end + 1 + digits / 2;
    if (end < 0 || next > bytes.length) return undefined;
    const head = new TextDecoder().decode(bytes.subarray(at, end));
    const space = head.indexOf(" ");
    const id = hexOf(bytes.subarray(end + 1, next));
    const mode = head.slice(0, space).padStart(PLAIN_FILE.length, "0");
    entries.push({ mode, name: head.slice(space + 1), id });
    at = next;
  }
  return entries;
}

/** The entries of a tree that is there: that git cannot read it is never taken for an empty one. */
export async function entriesOf(
  git: Git,
  tree: string,
): Promise<readonly Entry[]> {
  const text = await here(git, ["ls-tree", "-z", "--full-tree", tree]);
  return text.split("\0").filter(Boolean).map((line) => {
    const tab = line.indexOf("\t");
    const [mode = "", kind = "", id = ""] = line.slice(0, tab).split(" ");
    const isKnown = kind === "tree" || kind === "commit";
    return {
      name: line.slice(tab + 1),
      ...{ id, mode, kind: isKnown ? kind : "blob" },
    };
  });
}

const NEWLINE = 10;

/**
 * The content of objects of a kind, named as git names them; undefined for what is not there, or of another
 * kind, or too large, which is not read at all.
 */
export async function readObjects(
  git: Git,
  kind: "blob" | "tree",
  names: readonly string[],
  maxBytes: number,
): Promise<readonly (Uint8Array | undefined)[]> {
  const heads = await headsOf(git, kind, names);
  const isRead = (head: ObjectHead | null | undefined): head is ObjectHead =>
    head?.sizeBytes !== undefined && head.sizeBytes <= maxBytes;
  const contents = (await contentsOf(git, heads.filter(isRead))).values();
  return heads.map((head) => isRead(head) ? contents.next().value : undefined);
}

/** An object that is there. */
export interface ObjectHead {
  readonly id: string;
  readonly sizeBytes: number;
}

/**
 * Id and size of objects of a kind, named as git names them; null for what is of another kind, undefined for
 * what is not there. What git cannot open it calls missing: nothing is, before that was said twice.
 */
export async function headsOf(
  git: Git,
  kind: "blob" | "tree",
  names: readonly string[],
): Promise<readonly (ObjectHead | null | undefined)[]> {
  const lines = await headLines(git, names);
  const missing = names.filter((_, index) => isMissing(lines[index]));
  const again = (await headLines(git, missing)).values();
  return lines.map((line) => {
    const found = isMissing(line) ? again.next().value : line;
    if (found === undefined || isMissing(found)) return undefined;
    const [id = "", is, size] = found.split(" ");
    return is === kind ? { id, sizeBytes: Number(size) } : null;
  });
}

async function headLines(
  git: Git,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const answer = await catFile(git, "--batch-check", names);
  const lines = linesOf(decodeUtf8(answer, "what git answers"));
  if (lines.length === names.length) return lines;
  throw notGiven(names[lines.length] ?? "");
}

function isMissing(line: string | undefined): boolean {
  return line?.endsWith(" missing") ?? true;
}

/** What objects hold that are there. */
export async function contentsOf(
  git: Git,
  heads: readonly ObjectHead[],
): Promise<readonly Uint8Array[]> {
  if (heads.length === 0) return [];
  const bytes = await catFile(git, "--batch", heads.map(({ id }) => id));
  let at = 0;
  return heads.map(({ id, sizeBytes }) => {
    const begin = bytes.indexOf(NEWLINE, at) + 1;
    const head = new TextDecoder().decode(bytes.subarray(at, begin));
    at = begin + sizeBytes + 1;
    const isWhole = head.startsWith(`${id} `) &&
      head.endsWith(` ${sizeBytes}\n`) && at <= bytes.length;
    if (!isWhole) throw notGiven(id);
    return bytes.subarray(begin, at - 1);
  });
}

/** What git has, but does not give. */
export function notGiven(name: string): OrcError {
  return external("git_failed", `Git cannot read ${name}, which it has`, {
    hint: "repeat the command; what is damaged is found by: git fsck",
  });
}

async function catFile(
  git: Git,
  how: "--batch" | "--batch-check",
  names: readonly string[],
): Promise<Uint8Array> {
  const input = names.map((name) => `${name}\n`).join("");
  return await runGit(git, [...SETTINGS, "cat-file", how], { input });
}

export function linesOf(text: string): readonly string[] {
  return text.split("\n").filter(Boolean);
}

/**
 * The remote that copies go to: the one named, else `origin`, else the first.
 *
 * @throws {OrcError} `no_remote` (external)
 */
export async function remoteOf(
  git: Git,
  named: string | undefined,
): Promise<string> {
  const names = linesOf(await here(git, ["remote"]));
  const usual = names.includes("origin") ? "origin" : names[0];
  const chosen = named ?? usual;
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  const message = named === undefined
    ? `"${git.tree}" has no remote that sessions could be sent to`
    : `"${git.tree}" has no remote "${withoutUser(named)}"`;
  throw external("no_remote", message, {
    path: git.tree,
    hint: names.length === 0
      ? "give it one: git remote add origin URL"
      : `name one that it has, with --remote: ${names.join(", ")}`,
  });
}

/** Where a remote lies, without user and password. */
export async function addressOf(git: Git, remote: string): Promise<string> {
  const url = await here(git, ["remote", "get-url", "--push", remote]);
  return withoutUser(url.trim());
}

/** Throws what kept git from reaching a remote, or what the remote said. */
export function assertReached(
  remote: string,
  { exitCode, problem, errors }: Pick<
    GitAnswer,
    "exitCode" | "problem" | "errors"
  >,
): void {
  if (exitCode === 0 && problem === null) return;
  throw problemOf(remote, errors);
}

/** What is not there cannot be shown. */
export function noCopy(id: string, remote: string): Error {
  return notFound("no_such_copy", `"${remote}" holds no session "${id}"`, {
    hint: "see what it holds: orc persist status",
  });
}
