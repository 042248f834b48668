/**
 * Git as a place to keep copies of sessions: objects and references of orc's own. No working tree, index,
 * branch or reflog of the user is touched, no hook runs, and what is made is orc's.
 */
import { external, notFound, onRefusal } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import type { GitAnswer, GitStreams } from "../checks/git_program.ts";
import { asOrcError } from "../files/errors.ts";
import { writeAll } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { type Git, gitAround, runGit, tryGit } from "../trust/committed.ts";
import { problemOf, withoutUser } from "./remote_rules.ts";

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

/** Writes files as objects; their ids in the same order. */
async function writeBlobs(
  git: Git,
  paths: readonly string[],
): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const args = ["hash-object", "-w", "--no-filters", "--stdin-paths"];
  const input = paths.map((path) => `${path}\n`).join("");
  return linesOf(await here(git, args, { input }));
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

export async function writeTree(
  git: Git,
  entries: readonly Entry[],
): Promise<string> {
  const input = entries.map(({ name, kind, id, mode }) =>
    `${
      mode ?? (kind === "tree" ? "040000" : PLAIN_FILE)
    } ${kind} ${id}\t${name}\0`
  ).join("");
  return (await here(git, ["mktree", "-z", "--missing"], { input })).trim();
}

/** Writes files as a tree, by way of files that are thrown away, whose names begin as given. */
export async function writeFiles(
  git: Git,
  files: ReadonlyMap<string, Uint8Array>,
  scratch: string,
): Promise<string> {
  const paths = [...files.values()].map((bytes, index) => {
    const path = `${scratch}.${index}`;
    writeThrowaway(path, bytes);
    return path;
  });
  const ids = await writeBlobs(git, paths);
  return await treeOf(git, [...files.keys()], ids);
}

/** Nothing rests on it: no sync is waited for. */
function writeThrowaway(path: string, bytes: Uint8Array): void {
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

async function treeOf(
  git: Git,
  names: readonly string[],
  ids: readonly string[],
): Promise<string> {
  const top: Entry[] = [];
  const below = new Map<string, Entry[]>();
  for (const [index, path] of names.entries()) {
    const [first = "", name] = path.split("/");
    const id = ids[index] ?? "";
    if (name === undefined) top.push({ name: first, kind: "blob", id });
    else {
      const entries = below.get(first) ?? [];
      entries.push({ name, kind: "blob", id });
      below.set(first, entries);
    }
  }
  for (const [name, entries] of below) {
    top.push({ name, kind: "tree", id: await writeTree(git, entries) });
  }
  return await writeTree(git, top);
}

/** Makes a commit of orc's own; it says nothing of the user. */
export async function writeCommit(
  git: Git,
  tree: string,
  { parent, message }: {
    readonly parent: string | undefined;
    readonly message: string;
  },
): Promise<string> {
  const date = git.host.now();
  const parents = parent === undefined ? [] : ["-p", parent];
  const id = await here(git, ["commit-tree", tree, ...parents], {
    input: `${message}\n`,
    variables: {
      GIT_AUTHOR_NAME: NAME,
      GIT_AUTHOR_EMAIL: EMAIL,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: NAME,
      GIT_COMMITTER_EMAIL: EMAIL,
      GIT_COMMITTER_DATE: date,
    },
  });
  return id.trim();
}

const NAME = "orc";
const EMAIL = "orc@localhost";

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

/** Where the references below a prefix lead, by what follows the prefix. */
export async function listRefs(
  git: Git,
  prefix: string,
): Promise<ReadonlyMap<string, string>> {
  const format = "--format=%(objectname) %(refname)";
  const lines = linesOf(await here(git, ["for-each-ref", format, prefix]));
  return new Map(lines.map((line) => {
    const space = line.indexOf(" ");
    const name = line.slice(space + 1 + prefix.length);
    return [name, line.slice(0, space)];
  }));
}

/** How far back it is looked for what was sent from here. */
const MAX_ANCESTORS = 1000;

/** Whether a commit, or one before it, is this one or has this tree. */
export async function follows(
  git: Git,
  commit: string,
  earlier: string,
): Promise<boolean> {
  const words = ["log", `-n${MAX_ANCESTORS}`, "--format=%H %T", commit, "--"];
  const text = await here(git, words);
  return text.split(/[ \n]/).includes(earlier);
}

/** One entry of a tree, and how large it is. */
export interface TreeFile {
  readonly path: string;
  readonly mode: string;
  readonly id: string;
  /** NaN for what is no file. */
  readonly sizeBytes: number;
}

/**
 * What lies in a tree, and in one directory of it. No deeper: a few trees that hold each other make more
 * files than anybody can list.
 */
export async function filesIn(
  git: Git,
  tree: string,
  directory: string,
): Promise<readonly TreeFile[]> {
  const list = async (...more: readonly string[]) => {
    const args = ["ls-tree", "-l", "-z", "--full-tree", tree, ...more];
    return parseFiles(await here(git, args));
  };
  const top = await list();
  const isIt = ({ path, mode }: TreeFile) =>
    path === directory && mode === "040000";
  if (!top.some(isIt)) return top;
  return [
    ...top.filter((file) => !isIt(file)),
    ...await list(`${directory}/`),
  ];
}

function parseFiles(text: string): readonly TreeFile[] {
  return text.split("\0").filter(Boolean).map((line) => {
    const tab = line.indexOf("\t");
    const [mode = "", , id = "", size = ""] = line.slice(0, tab).split(/ +/);
    return { path: line.slice(tab + 1), mode, id, sizeBytes: Number(size) };
  });
}

/** The entries of a tree itself; undefined where there is no such tree. */
export async function entriesOf(
  git: Git,
  tree: string,
): Promise<readonly Entry[] | undefined> {
  const args = [...SETTINGS, "ls-tree", "-z", "--full-tree", tree];
  const { exitCode, bytes } = await tryGit(git, args);
  if (exitCode !== 0) return undefined;
  const text = decodeUtf8(bytes, "what git answers");
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
 * The content of objects, named as git names them; undefined for what is not there, or no file, or too
 * large, which is not read at all.
 */
export async function readBlobs(
  git: Git,
  names: readonly string[],
  maxBytes: number,
): Promise<readonly (Uint8Array | undefined)[]> {
  if (names.length === 0) return [];
  const heads = await headsOf(git, names);
  const isRead = heads.map((head) =>
    head !== undefined && head.sizeBytes <= maxBytes
  );
  const read = names.filter((_, index) => isRead[index]);
  if (read.length === 0) return names.map(() => undefined);
  const bytes = await catFile(git, "--batch", read);
  let at = 0;
  return isRead.map((isIt) => {
    if (!isIt) return undefined;
    const end = bytes.indexOf(NEWLINE, at);
    const head = new TextDecoder().decode(bytes.subarray(at, end));
    const size = Number(head.slice(head.lastIndexOf(" ")));
    at = end + 1 + size + 1;
    return bytes.subarray(end + 1, end + 1 + size);
  });
}

/** Id and size of files, named as git names them; undefined for what is not there, or no file. */
export async function headsOf(
  git: Git,
  names: readonly string[],
): Promise<
  readonly ({ readonly id: string; readonly sizeBytes: number } | undefined)[]
> {
  if (names.length === 0) return [];
  const answer = await catFile(git, "--batch-check", names);
  const lines = linesOf(decodeUtf8(answer, "what git answers"));
  return names.map((_, index) => {
    const [, id, size] = /^([0-9a-f]+) blob (\d+)$/.exec(lines[index] ?? "") ??
      [];
    return id === undefined ? undefined : { id, sizeBytes: Number(size) };
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
