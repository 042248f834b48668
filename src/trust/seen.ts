/** Whether what lies in a working tree, or was seen by checks, is what a commit gives to whoever clones it. */
import { external } from "../base/error.ts";
import { joinPath } from "../base/path.ts";
import { countOf, listOf, quoted } from "../base/text.ts";
import { readEntries } from "../checks/tree.ts";
import { changedPaths, type TreeEntry } from "../checks/tree_rules.ts";
import type { Repository } from "../repository/open.ts";
import {
  type Committed,
  type Git,
  identityOf,
  type IdOf,
  withCheckout,
} from "./committed.ts";
import { finding, type TrustFinding } from "./finding_rules.ts";

/** How a working tree lies beside a commit. */
export interface Beside {
  /** Identity of the files of the working tree. */
  readonly files: string;
  /** The paths that are not as a clean checkout of the commit has them. */
  readonly changed: readonly string[];
  readonly idOf: IdOf;
}

/** Compares the working tree with a commit, as a clean checkout has it where filters have a say. */
export async function compareWithCommit(
  git: Git,
  repository: Repository,
  committed: Committed,
): Promise<Beside> {
  const { found: { root, workingTree } } = repository;
  const own = await entriesIn(git, { root, workingTree });
  const { id, entries } = own;
  const idOf = await identityOf(entries, committed.tree);
  const changed = changedPaths(committed.entries, entries);
  const answer = { files: id, changed, idOf };
  if (changed.length === 0 || !areSameNames(committed.entries, entries)) {
    return answer;
  }
  const clean = await checkedOut(git, repository, committed);
  return { ...answer, changed: changedPaths(clean, entries) };
}

/** Filters change what a file holds, and never which files there are. */
function areSameNames(
  one: readonly TreeEntry[],
  other: readonly TreeEntry[],
): boolean {
  const names = new Set(one.map(({ path }) => path));
  return names.size === other.length &&
    other.every(({ path }) => names.has(path));
}

/** What identifies the files of a commit, where checks saw files of an identity; null where it has others. */
export async function identityWhenSeen(
  git: Git,
  repository: Repository,
  { committed, files }: {
    readonly committed: Committed;
    readonly files: string;
  },
): Promise<IdOf | null> {
  const plain = await identityOf(committed.entries, committed.tree);
  if (plain([]) === files) return plain;
  const clean = await checkedOut(git, repository, committed);
  const idOf = await identityOf(clean, committed.tree);
  return idOf([]) === files ? idOf : null;
}

async function checkedOut(
  git: Git,
  { layout }: Repository,
  { commit, entries }: Committed,
): Promise<readonly TreeEntry[]> {
  return await withCheckout(git, layout, commit, async (directory, turned) => {
    const site = { root: directory, workingTree: directory };
    const { entries: clean } = await entriesIn(git, site);
    // What a filter of this machine made of a file is not what was committed.
    const committed = new Map(entries.map((entry) => [entry.path, entry]));
    const others = new Set(turned);
    const wholePath = (path: string) =>
      git.directory === "" ? path : joinPath(git.directory, path);
    return clean.map((entry) =>
      others.has(wholePath(entry.path))
        ? committed.get(entry.path) ?? entry
        : entry
    );
  });
}

async function entriesIn(
  { host, signal }: Git,
  site: { readonly root: string; readonly workingTree: string },
) {
  const read = await readEntries(host, site, { signal });
  if (typeof read !== "string") return read;
  throw external("git_failed", `The files cannot be told: ${read}`, {
    path: site.workingTree,
    hint: "mend that, then repeat the command",
  });
}

const MAX_NAMES = 5;

/** Says that the working tree is not what was committed. */
export function uncommittedFiles(changed: readonly string[]): TrustFinding {
  const names = listOf(changed.map(quoted), MAX_NAMES);
  const verb = changed.length === 1 ? "is" : "are";
  const message = `${
    countOf(changed.length, "file")
  } ${verb} not as committed: ${names}`;
  return finding("uncommitted", message);
}
