/** What of a working tree goes to the copy of an earlier commit in which a check has to fail. */
import { nameOf } from "../base/path.ts";

/**
 * What looks like tests, and what they read: they are laid over the base, which has not got them yet.
 * Names are words of their own, so that `latest.ts` and `inspector/` are none.
 */
export const LOOKS_LIKE_TESTS: readonly string[] = [
  ...["test", "tests", "spec", "specs", "e2e", "features"],
  ...["__tests__", "__mocks__", "__snapshots__", "__fixtures__"],
  ...["testdata", "test-data", "test_data", "fixtures"],
  ...["test.*", "tests.*", "test_*", "test-*", "conftest.py"],
  ...["*.test.*", "*.tests.*", "*.spec.*", "*.specs.*", "*.cy.*", "*.e2e.*"],
  ...["*_test.*", "*_tests.*", "*_spec.*", "*-test.*", "*-tests.*", "*-spec.*"],
  ...["*Test", "*Tests", "*Test.*", "*Tests.*", "*Spec.*", "*Specs.*"],
  ...["*.Test", "*.Tests", "*TestCase.*", "*.feature", "*.bats"],
].map((name) => `**/${name}`);

/**
 * Directories that builds write to, and rebuild. A link to one would let the run on the base write its
 * results among those of the present: what is built next, Cargo and Maven say, is up to date, and is not.
 */
const OUTPUTS: ReadonlySet<string> = new Set([
  ...["target", "build", "dist", "out", "obj", "_build", ".build"],
  ...["coverage", "htmlcov", ".nyc_output", ".next", ".nuxt", ".svelte-kit"],
  ...[".gradle", ".parcel-cache", ".turbo", "zig-out", ".zig-cache"],
  ...["__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"],
]);

/** Whether a directory that git ignores holds what a build makes, and not what was installed. */
export function isOutput(
  path: string,
  hasBeside: (name: string) => boolean,
): boolean {
  const name = nameOf(path);
  // .NET writes to both; alone, it often holds programs that were installed.
  return OUTPUTS.has(name) || name === "bin" && hasBeside("obj");
}

/**
 * Whether a path that a commit names can be written below a directory: a tree that was made by hand may
 * name what leads out of it, or into git's own directory.
 */
export function isSafePath(path: string, isWindows: boolean): boolean {
  return path.split("/").every((part) =>
    part !== "" && part !== "." && part !== ".." &&
    !(isWindows && /[\\:]/.test(part)) &&
    !/^(?:\.git|git~\d+)[ .]*$/i.test(part.replaceAll(/\p{Cf}/gu, ""))
  );
}

const REMOTES = "refs/remotes/origin/";
const HEADS = "refs/heads/";

export const REMOTE_DEFAULT = `${REMOTES}HEAD`;

/**
 * All that may be the default branch; the first that is there is it. What the server has counts more than
 * what lies here, where whoever works can make a branch of any name.
 */
export const DEFAULT_BRANCHES: readonly string[] = [
  REMOTE_DEFAULT,
  ...[REMOTES, HEADS].flatMap((place) => [`${place}main`, `${place}master`]),
];

/** A branch as the server has it, and as it lies here. */
export function counterpartsOf(ref: string): readonly string[] {
  const name = ref.replace(SHORT, "");
  return [`${REMOTES}${name}`, `${HEADS}${name}`];
}

const SHORT = /^refs\/(?:heads|remotes\/origin)\//;

/** A branch as people name it. */
export function branchName(ref: string): string {
  return ref.replace(/^refs\/(?:heads|remotes)\//, "");
}

/** Whether a branch of this repository is the counterpart of another one, which may be the remote's. */
export function isSameBranch(current: string, ref: string): boolean {
  return current !== "" &&
    ref.replace(SHORT, "") === current;
}

/** The default branch as the server has it, by the names that it may have here; the first that is there is it. */
export const REMOTE_BRANCHES: readonly string[] = DEFAULT_BRANCHES.filter(
  (name) => name.startsWith(REMOTES),
);

/** A commit as `git log` lists it in the format of {@linkcode COMMIT_FORMAT}. */
export interface ListedCommit {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
}

export const COMMIT_FORMAT = "%H %T %P";

export function parseCommits(text: string): readonly ListedCommit[] {
  return text.split("\n").filter((row) => row !== "").map((row) => {
    const [id = "", tree = "", ...parents] = row.trimEnd().split(" ");
    return { id, tree, parents };
  });
}

/** What a working tree's `HEAD` went through, the last step first, by `git log -g --date=unix`. */
export const STEP_FORMAT = "%H %T %gd %gs";

const STEP = /^([0-9a-f]+) ([0-9a-f]+) HEAD@\{(\d+)\} ?(.*)$/;

/** Steps that lead to a commit which was there already; what else git writes tells of one made here. */
const MOVES = [
  /^(?:checkout: moving from|reset: moving to|clone: from|[Bb]ranch:) /,
  /^(?:merge|pull)[^()]*: Fast-forward$/,
  /^(?:rebase|pull)[^()]* \((?:start|finish|abort)\): /,
];

/** A step that takes over a commit of elsewhere: what has the same files need not have been made of it. */
const PICK = /^cherry-pick: /;

/**
 * The commits that were made in a working tree since it was at a commit at a moment, in seconds, each with the
 * id of its tree, and null for one that was picked from elsewhere. Undefined where git's log of `HEAD` does not
 * reach from where that is now back so far. Made since is what stands behind the start, whatever its time says,
 * and what its time says it of, wherever it stands: whoever commits can set a time, or go back to the start.
 */
export function madeSince(
  log: string,
  { head, start, sinceSeconds }: {
    readonly head: string;
    readonly start: string;
    readonly sinceSeconds: number;
  },
): ReadonlyMap<string, string | null> | undefined {
  if (!log.startsWith(`${head} `)) return undefined;
  const steps = log.split("\n").flatMap((row) => {
    const [, id, tree, seconds, what = ""] = STEP.exec(row) ?? [];
    return id && tree ? [{ id, tree, seconds: Number(seconds), what }] : [];
  });
  const isThere = ({ id }: { readonly id: string }) => id === start;
  const begun = steps.findIndex((step) =>
    isThere(step) && step.seconds <= sinceSeconds
  );
  const end = begun < 0 ? steps.findLastIndex(isThere) : begun;
  if (end < 0) return undefined;
  const made = steps.filter(({ seconds, what }, index) =>
    (index < end || seconds >= sinceSeconds) &&
    !MOVES.some((move) => move.test(what))
  );
  return new Map(
    made.map(({ id, tree, what }) => [id, PICK.test(what) ? null : tree]),
  );
}

/**
 * The last of some commits, each of which stands behind its parents, that neither was made here nor rests on
 * one that was: own work that went to the server comes back as if it were that of others.
 */
export function lastOfOthers(
  commits: readonly ListedCommit[],
  made: ReadonlySet<string>,
): string | undefined {
  const own = new Set<string>();
  for (const { id, parents } of commits) {
    const isOwn = made.has(id) || parents.some((parent) => own.has(parent));
    if (isOwn) own.add(id);
  }
  return commits.findLast(({ id }) => !own.has(id))?.id;
}
