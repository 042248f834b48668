/** A commit as a clean clone would have it, in a place of its own, for as long as somebody looks at it. */
import {
  GIT_ENTRY,
  GIT_IGNORE_FILE,
  type RepositoryLayout,
} from "../base/layout.ts";
import { joinPath } from "../base/path.ts";
import { entriesIn, fileKind, guardPath, readText } from "../files/read.ts";
import {
  ensureDirectories,
  removeEmpty,
  removeIfThere,
  writeNewFile,
} from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { type Git, resolveCommit, runGit, tryGit } from "./committed.ts";

/** What a killed run left is removed by a later one, once nobody can be at work in it any more. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/** Gives away a directory below `.orchestrator/cache/` that is removed afterwards, whatever happens. */
export async function withScratch<Answer>(
  host: Host,
  { root, directory, cache }: RepositoryLayout,
  use: (directory: string) => Promise<Answer>,
): Promise<Answer> {
  const wasThere = fileKind(directory) === "directory";
  const scratch = joinPath(cache, "scratch");
  guardPath(root, scratch);
  ensureDirectories(scratch);
  const ignored = joinPath(cache, GIT_IGNORE_FILE);
  if (fileKind(ignored) === "absent") writeNewFile(ignored, "*\n");
  sweep(scratch, host.now());
  const own = joinPath(scratch, host.newToken());
  try {
    ensureDirectories(own);
    return await use(own);
  } finally {
    removeTree(own);
    removeEmpty(scratch);
    // A clone in which orc keeps nothing is left as it was found.
    if (!wasThere) {
      removeIfThere(ignored);
      removeEmpty(directory);
    }
  }
}

function sweep(scratch: string, now: string): void {
  for (const { name } of entriesIn(scratch, "list")) {
    const path = joinPath(scratch, name);
    const { mtime } = Deno.lstatSync(path);
    const ageMs = Date.parse(now) - (mtime?.getTime() ?? 0);
    if (ageMs > ABANDONED_AFTER_MS) removeTree(path);
  }
}

/** Some tools make directories that nobody may write to. */
function removeTree(path: string): void {
  try {
    removeIfThere(path, true);
  } catch {
    allowRemoving(path);
    removeIfThere(path, true);
  }
}

function allowRemoving(path: string): void {
  if (fileKind(path) !== "directory") return;
  Deno.chmodSync(path, 0o700);
  for (const { name } of entriesIn(path, "list")) {
    allowRemoving(joinPath(path, name));
  }
}

/**
 * Checks a commit out beside the working tree, in a repository of its own that borrows the objects: programs
 * that ask git find this commit, and neither the user's branches nor their index. Returns what `use` makes of
 * the directory in which checks run.
 */
export async function withCheckout<Answer>(
  git: Git,
  layout: RepositoryLayout,
  commit: string,
  use: (directory: string) => Promise<Answer>,
): Promise<Answer> {
  const id = await resolveCommit(git, commit);
  return await withScratch(git.host, layout, async (scratch) => {
    const tree = joinPath(scratch, "tree");
    const gitDirectory = joinPath(tree, GIT_ENTRY);
    makeBorrowing(git.pointer.commonDirectory, gitDirectory, id);
    const pointer = {
      kind: "repository",
      gitDirectory,
      commonDirectory: gitDirectory,
    } as const;
    const own = { ...git, tree, pointer };
    await runGit(own, ["read-tree", id]);
    await runGit(own, ["checkout-index", "--all", "--quiet"]);
    // Otherwise whoever asks what changed reads all files first.
    await tryGit(own, ["update-index", "--quiet", "--refresh"]);
    return await use(
      git.directory === "" ? tree : joinPath(tree, git.directory),
    );
  });
}

/** A repository at one commit, without branches or settings, whose objects are those of another. */
function makeBorrowing(from: string, to: string, commit: string): void {
  for (const name of ["objects/info", "refs"]) {
    ensureDirectories(joinPath(to, name));
  }
  const isUsual = commit.length === USUAL_DIGITS;
  const texts = {
    "HEAD": `${commit}\n`,
    "objects/info/alternates": `${joinPath(from, "objects")}\n`,
    "config": isUsual ? USUAL_CONFIG : SHA256_CONFIG,
    // Where history was cut off, git must not look for what comes before.
    "shallow": readText(joinPath(from, "shallow"), MAX_SHALLOW_BYTES),
  };
  for (const [name, text] of Object.entries(texts)) {
    if (text !== undefined) writeNewFile(joinPath(to, name), text);
  }
}

const USUAL_DIGITS = 40;
const USUAL_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n";
const SHA256_CONFIG =
  "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectformat = sha256\n";

const MAX_SHALLOW_BYTES = 16 * 1024 * 1024;
