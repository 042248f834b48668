/** What is thrown away after one use: a directory of the cache, and a repository that has no objects of its own. */
import { OrcError, unlessCorrupt } from "../base/error.ts";
import {
  GIT_ENTRY,
  GIT_IGNORE_FILE,
  gitLayout,
  type RepositoryLayout,
} from "../base/layout.ts";
import { joinPath } from "../base/path.ts";
import { DAY_MS, epochMsOf } from "../base/time.ts";
import { asOrcError, ifThere } from "../files/errors.ts";
import { lookAt, publishRecord } from "../files/lock_record.ts";
import {
  entriesIn,
  fileKind,
  guardDirectory,
  readText,
} from "../files/read.ts";
import {
  discard,
  ensureDirectories,
  removeIfEmpty,
  removeIfThere,
  writeNewFile,
} from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { GitTree } from "./git_program.ts";
import { makeCache, scratchPath } from "./tree_cache.ts";

/** Says in such a directory whose it is. */
const OWNER = "owner";

/** A check runs at most a day, and this long on the base too. */
const MAX_USE_MS = 3 * DAY_MS;

/**
 * Gives away a directory below `.orchestrator/cache/` that is removed afterwards, whatever happens; those of a
 * process that was killed are removed by the next. `purpose` says what it is for: `run a check on the base`.
 *
 * @throws {OrcError} what the disk says
 */
export async function withScratch<Answer>(
  host: Host,
  layout: RepositoryLayout,
  purpose: string,
  use: (directory: string) => Promise<Answer>,
): Promise<Answer> {
  const { directory } = layout;
  const wasThere = fileKind(directory) === "directory";
  const own = makeScratch(host, layout, purpose);
  try {
    return await use(own);
  } finally {
    tidy(layout, own, wasThere);
  }
}

/** What was done counts, whatever the disk says to this: the next sweep removes what is left. */
function tidy(
  layout: RepositoryLayout,
  own: string,
  wasThere: boolean,
): void {
  const { directory, cache } = layout;
  try {
    removeTree(own);
    // Others at work beside it keep what they made, even where it is empty still.
    const isLast = removeIfEmpty(scratchPath(layout));
    // A clone in which orc keeps nothing is left as it was found.
    if (isLast && !wasThere) {
      removeIfThere(joinPath(cache, GIT_IGNORE_FILE));
      for (const path of [cache, directory]) removeIfEmpty(path);
    }
  } catch (error) {
    const reason = asOrcError(error, "remove", own);
    if (!(reason instanceof OrcError)) throw error;
  }
}

function makeScratch(
  host: Host,
  layout: RepositoryLayout,
  purpose: string,
): string {
  const { root, directory, cache } = layout;
  const scratch = scratchPath(layout);
  guardDirectory(root, scratch);
  const token = host.newToken();
  const own = joinPath(scratch, token);
  try {
    ensureDirectories(directory);
    makeCache(cache, scratch);
    sweep(host, scratch);
    ensureDirectories(own);
    const record = { ...host.identity(), token, at: host.now(), purpose };
    publishRecord(own, OWNER, record)?.close();
    return own;
  } catch (error) {
    throw asOrcError(error, "make", own);
  }
}

function sweep(host: Host, scratch: string): void {
  const nowMs = epochMsOf(host.now()) ?? 0;
  for (const { name } of entriesIn(scratch, "list")) {
    const path = joinPath(scratch, name);
    const owner = unlessCorrupt(() => lookAt(joinPath(path, OWNER)));
    const isDead = owner?.kind === "record" &&
      host.livenessOf(owner.record, owner.record.at) === "dead";
    const madeAtMs = ifThere(() => Deno.lstatSync(path))?.mtime?.getTime();
    if (isDead || nowMs - (madeAtMs ?? nowMs) > MAX_USE_MS) removeTree(path);
  }
}

/** What cannot be removed now is left to the next sweep. */
function removeTree(path: string): void {
  discard(path);
  if (fileKind(path) === "absent") return;
  try {
    allowRemoving(path);
  } catch {
    return;
  }
  discard(path);
}

/** Some tools make directories that nobody may write to. */
function allowRemoving(path: string): void {
  if (fileKind(path) !== "directory") return;
  Deno.chmodSync(path, 0o700);
  for (const { name } of entriesIn(path, "list")) {
    allowRemoving(joinPath(path, name));
  }
}

/**
 * Makes a directory a repository at one commit, without index, branches or settings, whose objects are those of
 * another: what is asked or written there does not reach that one.
 */
export function borrowObjects(
  { pointer: { commonDirectory } }: Pick<GitTree, "pointer">,
  tree: string,
  commit: string,
): GitTree {
  const gitDirectory = joinPath(tree, GIT_ENTRY);
  const own = gitLayout(gitDirectory);
  const shallow = joinPath(commonDirectory, SHALLOW);
  const texts = {
    [own.head]: `${commit}\n`,
    [own.config]: commit.length === SHA1_DIGITS ? SHA1_CONFIG : SHA256_CONFIG,
    [joinPath(own.objects, "info/alternates")]: `${
      gitLayout(commonDirectory).objects
    }\n`,
    [joinPath(gitDirectory, SHALLOW)]: readText(shallow, MAX_SHALLOW_BYTES),
  };
  ensureDirectories(joinPath(own.objects, "info"));
  ensureDirectories(joinPath(gitDirectory, "refs"));
  for (const [path, text] of Object.entries(texts)) {
    if (text !== undefined) writeNewFile(path, text);
  }
  const pointer = {
    kind: "repository",
    gitDirectory,
    commonDirectory: gitDirectory,
  } as const;
  return { tree, pointer };
}

/** Says where history was cut off: git must not look for what comes before. */
const SHALLOW = "shallow";

const SHA1_DIGITS = 40;
const SHA1_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n";
const SHA256_CONFIG =
  "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectformat = sha256\n";

const MAX_SHALLOW_BYTES = 16 * 1024 * 1024;
