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
