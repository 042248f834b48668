/**
 * Files of a commit that lies elsewhere. A commit's id says what is in it, so what was fetched once is had again
 * without the network, and whoever changes what is kept of it changes nothing but where it comes from.
 */
import { external, misconfigured, type OrcError } from "../base/error.ts";
import { leadsOut, normalisePath } from "../base/path.ts";
import { inOneLine, quoted, sizeText } from "../base/text.ts";
import type { Host } from "../host/host.ts";
import { type Address, withoutUser } from "./address_rules.ts";
import { fetchedDirectory, keepCached, readCached } from "./cache.ts";
import {
  type Brought,
  type Fetch,
  FETCH_LIMITS,
  fetchFailed,
  type FetchLimits,
  MAX_OBJECT_BYTES,
  withFetched,
} from "./git.ts";
import {
  entriesOfTree,
  isObject,
  type ObjectName,
  type ObjectType,
  type TreeEntry,
  treeOfCommit,
} from "./object_rules.ts";

/** Which commit is meant, and where it lies. */
export interface Pin {
  readonly address: Address;
  /** All digits of its id. */
  readonly commit: string;
}

/** How it may be got. */
export interface FetchOptions {
  /** Whether a server may be asked for what is not kept here. */
  readonly mayFetch: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<FetchLimits & TreeLimits> | undefined;
}

/** What a tree may hold. */
export interface TreeLimits {
  readonly maxFiles: number;
  readonly maxFileBytes: number;
}

const TREE_LIMITS: TreeLimits = {
  maxFiles: 1000,
  maxFileBytes: 1024 * 1024,
};

/** One file of a commit. */
export interface FetchedFile {
  /** Seen from the directory that was asked for. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A commit whose files can be read. */
export interface Commit {
  /** @throws {OrcError} `fetched_refused` (config) for what is no file; undefined where there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** All files below a directory; `""` for all there are. Undefined where there is no such directory. */
  listFiles(directory: string): Promise<readonly FetchedFile[] | undefined>;
}

/**
 * Opens a commit, from what is kept here or else by git, for as long as `use` takes.
 *
 * @throws {OrcError} `fetch_failed` (external) if it cannot be had, `not_fetched` (external) if nobody may be
 *   asked for it, `fetched_refused` (config) for links, other repositories, and what is too large
 */
export async function withCommit<Answer>(
  host: Host,
  pin: Pin,
  options: FetchOptions,
  use: (commit: Commit) => Promise<Answer>,
): Promise<Answer> {
  const home = host.homeDirectory();
  if (home === undefined) {
    throw fetchFailed(
      { address: pin.address, wanted: pin.commit },
      "no home directory is known, where it would be kept",
    );
  }
  const directory = fetchedDirectory(home);
  const kept = new Shelf(directory, pin, options);
  try {
    return await use(commitOn(kept));
  } catch (error) {
    if (error !== kept.missing) throw error;
    if (!options.mayFetch) throw notFetched(pin);
  }
  const fetch = fetchOf(host, { ...pin, wanted: pin.commit }, options);
  return await withFetched({ ...fetch, directory }, async (brought) => {
    if (brought.commit !== pin.commit) {
      throw refused(pin, "", "is the id of a tag, not of a commit");
    }
    const token = host.newToken();
    return await use(
      commitOn(new Shelf(directory, pin, options, { brought, token })),
    );
  });
}

/**
 * The commit that a branch or tag leads to now; `HEAD` is the default branch.
 *
 * @throws {OrcError} `fetch_failed` (external)
 */
export async function resolveReference(
  host: Host,
  address: Address,
  reference: string,
  options: Pick<FetchOptions, "signal" | "limits"> = {},
): Promise<string> {
  const home = host.homeDirectory();
  const wanted = { address, wanted: reference };
  if (!isReference(reference)) throw fetchFailed(wanted, "no name of a branch");
  if (home === undefined) throw fetchFailed(wanted, "no home directory");
  const fetch = fetchOf(host, wanted, { mayFetch: true, ...options });
  const directory = fetchedDirectory(home);
  return await withFetched(
    { ...fetch, directory },
    ({ commit }) => Promise.resolve(commit),
  );
}

function fetchOf(
  host: Host,
  { address, wanted }: Pick<Fetch, "address" | "wanted">,
  { signal, limits }: FetchOptions,
): Omit<Fetch, "directory"> {
  const bounds = { ...FETCH_LIMITS, ...limits };
  return { host, address, wanted, signal, limits: bounds };
}

/** Whether git takes a text for nothing but the name of a branch or tag. */
export function isReference(text: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_./+-]*$/u.test(text) &&
    !/\.\.|\.lock(?:\/|$)|[./]$|\/[./]/.test(text);
}

/** Where objects come from: what is kept, and what was brought just now. */
class Shelf {
  readonly missing = new Error("An object is not kept here");
  readonly limits: TreeLimits;

  constructor(
    private readonly directory: string,
    readonly pin: Pin,
    { limits }: FetchOptions,
    private readonly fresh?: {
      readonly brought: Brought;
      readonly token: string;
    },
  ) {
    this.limits = { ...TREE_LIMITS, ...limits };
  }

  /** In the same order. */
  async readAll(names: readonly ObjectName[]): Promise<readonly Uint8Array[]> {
    const found = new Map<string, Uint8Array>();
    for (const name of names) {
      const body = await readCached(this.directory, name, MAX_OBJECT_BYTES);
      if (body !== undefined) found.set(name.id, body);
      else if (this.fresh === undefined) throw this.missing;
    }
    const lacking = names.filter(({ id }) => !found.has(id));
    await this.#take(lacking, found);
    return names.flatMap(({ id }) => found.get(id) ?? []);
  }

  async #take(
    names: readonly ObjectName[],
    found: Map<string, Uint8Array>,
  ): Promise<void> {
    if (names.length === 0 || this.fresh === undefined) return;
    const { brought, token } = this.fresh;
    const read = await brought.read(names.map(({ id }) => id));
    for (const name of names) {
      const body = read.get(name.id);
      if (body === undefined || !await isObject(name, body)) {
        throw refused(this.pin, "", `lacks the object ${name.id}`);
      }
      if (body.length <= MAX_OBJECT_BYTES) {
        keepCached(this.directory, name.id, body, token);
      }
      found.set(name.id, body);
    }
  }

  async read(id: string, type: ObjectType): Promise<Uint8Array> {
    const [body] = await this.readAll([{ id, type }]);
    if (body === undefined) throw new Error("An object was lost");
    return body;
  }
}

function commitOn(shelf: Shelf): Commit {
  return {
    async readFile(path) {
      const entry = await entryAt(shelf, path);
      if (entry === undefined) return undefined;
      if (entry.kind !== "file") throw refused(shelf.pin, path, is(entry));
      const bytes = await shelf.read(entry.id, "blob");
      assertSmall(shelf, path, bytes);
      return bytes;
    },
    async listFiles(directory) {
      const top = await entryAt(shelf, directory);
      if (top === undefined) return undefined;
      if (top.kind !== "directory") {
        throw refused(shelf.pin, directory, is(top));
      }
      return await filesBelow(shelf, top.id);
    },
  };
}

/** What lies at a path; the commit's own directory for `""`. */
async function entryAt(
  shelf: Shelf,
  path: string,
): Promise<TreeEntry | undefined> {
  const { pin } = shelf;
  const commit = await shelf.read(pin.commit, "commit");
  const root = treeOfCommit(commit);
  if (root === undefined) throw refused(pin, "", "is no commit");
  const plain = normalisePath(`/${path}`).slice(1);
  if (leadsOut(path) || plain.includes("\\")) {
    throw refused(pin, path, "leads out of the repository");
  }
  let entry: TreeEntry = { name: "", id: root, kind: "directory" };
  let walked = "";
  for (const name of plain.split("/").filter(Boolean)) {
    if (entry.kind !== "directory") throw refused(pin, walked, is(entry));
    const next = (await entriesOf(shelf, [entry.id])).flat()
      .find((one) => one.name === name);
    if (next === undefined) return undefined;
    entry = next;
    walked = walked === "" ? name : `${walked}/${name}`;
  }
  return entry;
}

async function entriesOf(
  shelf: Shelf,
  ids: readonly string[],
): Promise<readonly (readonly TreeEntry[])[]> {
  const names = ids.map((id) => ({ id, type: "tree" }) as const);
  const bodies = await shelf.readAll(names);
  return bodies.map((body) => {
    const entries = entriesOfTree(body, shelf.pin.commit.length);
    if (entries !== undefined) return entries;
    throw refused(shelf.pin, "", "has a directory that no checkout could have");
  });
}

interface Below {
  readonly path: string;
  readonly id: string;
}

/** Level by level, so that git is asked once for each. */
async function filesBelow(
  shelf: Shelf,
  root: string,
): Promise<readonly FetchedFile[]> {
  const { pin, limits: { maxFiles } } = shelf;
  const files: Below[] = [];
  let seen = 0;
  for (let level: Below[] = [{ path: "", id: root }]; level.length > 0;) {
    const lists = await entriesOf(shelf, level.map(({ id }) => id));
    const below: Below[] = [];
    for (const [index, entries] of lists.entries()) {
      const above = level[index]?.path ?? "";
      for (const entry of entries) {
        const path = above === "" ? entry.name : `${above}/${entry.name}`;
        // Directories count too: a few that hold each other make more than anybody can list.
        if (++seen > maxFiles) {
          throw refused(pin, "", `holds more than ${maxFiles} files`);
        }
        if (entry.kind === "directory") below.push({ path, id: entry.id });
        else if (entry.kind === "file") files.push({ path, id: entry.id });
        else throw refused(pin, path, is(entry));
      }
    }
    level = below;
  }
  const names = files.map(({ id }) => ({ id, type: "blob" }) as const);
  const bodies = await shelf.readAll(names);
  return files.map(({ path }, index) => {
    const bytes = bodies[index] ?? new Uint8Array();
    assertSmall(shelf, path, bytes);
    return { path, bytes };
  });
}

function assertSmall(shelf: Shelf, path: string, bytes: Uint8Array): void {
  const { pin, limits: { maxFileBytes } } = shelf;
  if (bytes.length <= maxFileBytes) return;
  throw refused(pin, path, `is larger than ${sizeText(maxFileBytes)}`);
}

const WHAT: Readonly<Record<TreeEntry["kind"], string>> = {
  file: "is a file",
  directory: "is a directory",
  link: "is a symbolic link: orc follows none",
  repository: "is another repository: orc takes no submodules",
  other: "is neither a file nor a directory",
};

function is({ kind }: TreeEntry): string {
  return WHAT[kind];
}

function refused(
  { address, commit }: Pin,
  path: string,
  why: string,
): OrcError {
  const where = `commit ${commit.slice(0, 12)} of "${
    withoutUser(address.url)
  }"`;
  const what = path === ""
    ? `Commit${where.slice("commit".length)}`
    : `${quoted(inOneLine(path))} in ${where}`;
  return misconfigured("fetched_refused", `${what} ${why}`, {
    hint: "take a commit without it",
  });
}

function notFetched({ address, commit }: Pin): OrcError {
  return external(
    "not_fetched",
    `Commit ${commit.slice(0, 12)} of "${
      withoutUser(address.url)
    }" was not fetched yet`,
    { hint: "fetch it: orc workflow resolve" },
  );
}
