/** Objects of git, as their ids prove them: whoever has an id needs to trust nobody for what it stands for. */
import { hexOf } from "../base/checksum.ts";

/** What git keeps, as far as it is read here. */
export type ObjectType = "commit" | "tree" | "blob";

/** What to know of an object before it is read. */
export interface ObjectName {
  readonly id: string;
  readonly type: ObjectType;
}

/** One entry of a directory. */
export interface TreeEntry {
  readonly name: string;
  readonly id: string;
  readonly kind: "file" | "directory" | "link" | "repository" | "other";
}

const KINDS: Readonly<Record<string, TreeEntry["kind"]>> = {
  "100644": "file",
  "100755": "file",
  "100664": "file",
  "40000": "directory",
  "120000": "link",
  "160000": "repository",
};

/** Whether bytes are what an id stands for. */
export async function isObject(
  { id, type }: ObjectName,
  body: Uint8Array,
): Promise<boolean> {
  const header = new TextEncoder().encode(`${type} ${body.length}\0`);
  const whole = new Uint8Array(header.length + body.length);
  whole.set(header);
  whole.set(body, header.length);
  const algorithm = id.length === SHA1_DIGITS ? "SHA-1" : "SHA-256";
  const digest = await crypto.subtle.digest(algorithm, whole);
  return hexOf(new Uint8Array(digest)) === id;
}

/** Ids of the older kind of repository have so many digits. */
export const SHA1_DIGITS = 40;

/** The id of what a commit holds; undefined for what is no commit. */
export function treeOfCommit(body: Uint8Array): string | undefined {
  const head = new TextDecoder().decode(body.subarray(0, 80));
  return /^tree ([0-9a-f]{40}(?:[0-9a-f]{24})?)\n/.exec(head)?.[1];
}

/**
 * The entries of a directory; undefined for what is none, or has names that no checkout could have.
 * `digits` are those of an id of the repository.
 */
export function entriesOfTree(
  body: Uint8Array,
  digits: number,
): readonly TreeEntry[] | undefined {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf(0, at);
    const next = end + 1 + digits / 2;
    if (end < 0 || next > body.length) return undefined;
    const [, mode = "", name = ""] =
      /^(\d+) ([^/]+)$/s.exec(textOf(body.subarray(at, end))) ?? [];
    if (/^(?:|\.|\.\.)$/.test(name)) return undefined;
    const id = hexOf(body.subarray(end + 1, next));
    entries.push({ name, id, kind: KINDS[mode] ?? "other" });
    at = next;
  }
  return entries;
}

/** Text that is exactly these bytes; empty for what is none. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    return "";
  }
}

/** Reads what `git cat-file --batch` answers; only what is there, by its id. */
export function parseBatch(
  answer: Uint8Array,
): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (let at = 0; at < answer.length;) {
    const end = answer.indexOf(NEWLINE, at);
    if (end < 0) break;
    const head = new TextDecoder().decode(answer.subarray(at, end));
    const [id = "", type = "", size] = head.split(" ");
    at = end + 1;
    if (type === "missing" || size === undefined) continue;
    found.set(id, answer.slice(at, at + Number(size)));
    at += Number(size) + 1;
  }
  return found;
}

/** The sizes in what `git cat-file --batch-check` answers. */
export function parseSizes(answer: Uint8Array): readonly number[] {
  const lines = new TextDecoder().decode(answer).matchAll(/ (\d+)$/gm);
  return Array.from(lines, ([, size]) => Number(size));
}

const NEWLINE = 10;
