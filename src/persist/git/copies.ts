/** Copies as trees and commits of git: git is run a few times for however many are written or read. */
import { OrcError } from "../../base/error.ts";
import { MAX_SMALL_FILE_BYTES, MAX_STATE_BYTES } from "../../base/limits.ts";
import { nameOf } from "../../base/path.ts";
import { quoted } from "../../base/text.ts";
import type { Captured } from "../capture.ts";
import { labelOf, labelOr, storedFiles } from "../copies.ts";
import {
  CHECKPOINTS,
  LABEL,
  type Label,
  labelText,
  placeInSession,
  unreadable,
} from "../label_rules.ts";
import type { StoredCopy } from "../shelf.ts";
import {
  contentsOf,
  type Entry,
  type Git,
  type GitCopy,
  headsOf,
  notGiven,
  type ObjectHead,
  parseTree,
  PLAIN_FILE,
  type RawEntry,
  readObjects,
  Throwaway,
  writeCommits,
  writeTrees,
} from "./git.ts";

export function messageOf(id: string, serial: number): string {
  return `session ${id} at update ${serial}`;
}

/** Writes copies; git is run about four times for all of them. */
export async function writeCopies(
  git: Git,
  captured: readonly Captured[],
  { known, scratch, recipient }: {
    /** The copies before. */
    readonly known: ReadonlyMap<string, GitCopy>;
    /** A directory that is thrown away. */
    readonly scratch: string;
    readonly recipient: string | null;
  },
): Promise<ReadonlyMap<string, GitCopy>> {
  const { host, directory } = git;
  const blobs = new Throwaway(`${scratch}/file`);
  const files: { readonly id: string; readonly path: string }[] = [];
  for (const each of captured) {
    const { id } = each.session;
    const label = await labelOf(host, each, { directory, recipient });
    const text = new TextEncoder().encode(labelText(label));
    blobs.add(text);
    files.push({ id, path: LABEL });
    for await (const [path, bytes] of storedFiles(each.files, recipient)) {
      blobs.add(bytes);
      files.push({ id, path });
    }
  }
  const ids = await blobs.write(git, "blob");
  const [tops, belows] = [
    new Map<string, Entry[]>(),
    new Map<string, Entry[]>(),
  ];
  for (const [index, { id, path }] of files.entries()) {
    const isBelow = path.startsWith(`${CHECKPOINTS}/`);
    const name = isBelow ? nameOf(path) : path;
    const entries = isBelow ? belows : tops;
    const entry: Entry = { name, kind: "blob", id: ids[index] ?? "" };
    entries.set(id, [...entries.get(id) ?? [], entry]);
  }
  const below = await writeTrees(git, [...belows.values()]);
  for (const [index, id] of [...belows.keys()].entries()) {
    const tree: Entry = {
      name: CHECKPOINTS,
      kind: "tree",
      id: below[index] ?? "",
    };
    tops.get(id)?.push(tree);
  }
  const trees = await writeTrees(git, [...tops.values()]);
  const commits = await writeCommits(
    git,
    captured.map(({ session: { id, serial } }, index) => ({
      tree: trees[index] ?? "",
      parent: known.get(id)?.commit,
      message: messageOf(id, serial),
    })),
    `${scratch}/commit`,
  );
  return new Map(
    captured.map(({ session: { id } }, index) => [
      id,
      { commit: commits[index] ?? "", tree: trees[index] ?? "" },
    ]),
  );
}

/** What the labels of copies say, or why one cannot be read; those of other roots in the same repository are left out. */
export async function readLabels(
  git: Git,
  copies: ReadonlyMap<string, GitCopy>,
): Promise<ReadonlyMap<string, Label | OrcError>> {
  const names = [...copies].map(([, { tree }]) => `${tree}:${LABEL}`);
  const texts = await readObjects(git, "blob", names, MAX_SMALL_FILE_BYTES);
  const labels = new Map<string, Label | OrcError>();
  for (const [index, id] of [...copies.keys()].entries()) {
    const label = labelOr(id, texts[index]);
    const isElsewhere = "content" in label &&
      label.directory !== git.directory;
    if (!isElsewhere) labels.set(id, label);
  }
  return labels;
}

/** Far more checkpoints than anybody makes. */
const MAX_FILES = 10_000;
const MAX_TREE_BYTES = 100 * MAX_FILES;

/** So much is read at the same time, unless one copy is larger. */
const MAX_READ_BYTES = 8 * 1024 * 1024;

/** A copy that is to be read. */
export interface Asked {
  readonly id: string;
  readonly label: Label | OrcError;
  readonly tree: string;
}

/** Reads as many copies as fit into memory, the first in any case; git is run four times for all of them. */
export async function readCopies(
  git: Git,
  asked: readonly Asked[],
): Promise<Map<string, StoredCopy | OrcError>> {
  const names = asked.flatMap((
    { tree },
  ) => [`${tree}^{tree}`, `${tree}:${CHECKPOINTS}`]);
  const trees = await readObjects(git, "tree", names, MAX_TREE_BYTES);
  const listed = asked.map((each, index) =>
    listedOr(each, trees.slice(2 * index, 2 * index + 2))
  );
  const ids = listed.flatMap((each) =>
    each instanceof OrcError ? [] : each.files.map(({ id }) => id)
  );
  const heads = (await headsOf(git, "blob", ids)).values();
  const copies = new Map<string, StoredCopy | OrcError>();
  const chosen: Listed[] = [];
  const read: ObjectHead[] = [];
  let totalBytes = 0;
  for (const [index, each] of listed.entries()) {
    const id = asked[index]?.id ?? "";
    if (each instanceof OrcError) {
      copies.set(id, each);
      continue;
    }
    const sized = sizedOr(each, each.files.map(() => heads.next().value));
    if (sized instanceof OrcError) {
      copies.set(id, sized);
      continue;
    }
    totalBytes += sizeOf(sized);
    if (totalBytes > MAX_READ_BYTES && chosen.length > 0) break;
    chosen.push(each);
    read.push(...sized);
  }
  const contents = (await contentsOf(git, read)).values();
  for (const { label, files } of chosen) {
    const entries = files.map(({ name }) =>
      [name, contents.next().value ?? new Uint8Array()] as const
    );
    copies.set(label.session, { label, files: new Map(entries) });
  }
  return copies;
}

/** A copy that can be read, and what lies in it besides its label. */
interface Listed {
  readonly label: Label;
  readonly files: readonly RawEntry[];
}

const DIRECTORY = "040000";

/**
 * What lies in a tree, and in one directory of it, or why it is no copy. No deeper: a few trees that hold
 * each other make more files than anybody can list.
 */
function listedOr(
  { label, tree: { length } }: Asked,
  [top, below]: readonly (Uint8Array | undefined)[],
): Listed | OrcError {
  if (!("content" in label)) return label;
  const { session } = label;
  const isBelow = ({ name, mode }: RawEntry) =>
    name === CHECKPOINTS && mode === DIRECTORY;
  const all = parseTree(top, length);
  const inner = all?.some(isBelow) ? parseTree(below, length) : [];
  if (all === undefined || inner === undefined) {
    return unreadable(session, "it is too large or damaged");
  }
  const files = [
    ...all.filter((entry) => !isBelow(entry) && entry.name !== LABEL),
    ...inner.map(({ name, ...entry }) => (
      { ...entry, name: `${CHECKPOINTS}/${name}` }
    )),
  ];
  const stray = files.find(({ name, mode }) =>
    placeInSession(name, label) === undefined || mode !== PLAIN_FILE
  );
  if (stray !== undefined) {
    const reason = `orc does not put ${quoted(stray.name)} there`;
    return unreadable(session, reason);
  }
  return files.length > MAX_FILES
    ? unreadable(session, "it is too large")
    : { label, files };
}

function sizedOr(
  { label: { session }, files }: Listed,
  heads: readonly (ObjectHead | null | undefined)[],
): readonly ObjectHead[] | OrcError {
  // With a tree git fetches all that is in it: here it is the disk that fails.
  const missing = files.find((_, index) => heads[index] === undefined);
  if (missing !== undefined) return notGiven(missing.id);
  const sized = heads.filter((head) => !!head);
  const isWhole = sized.length === files.length &&
    sizeOf(sized) <= MAX_STATE_BYTES;
  return isWhole
    ? sized
    : unreadable(session, "it is too large, or holds no files");
}

function sizeOf(heads: readonly ObjectHead[]): number {
  return heads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
