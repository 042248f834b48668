/** The symbolic links of a throw-away tree: those of its commit, and those to what is installed where work goes on. */
import { GIT_ENTRY } from "../base/layout.ts";
import {
  isWithin,
  joinPath,
  nameOf,
  relativePath,
  resolvePath,
} from "../base/path.ts";
import {
  entriesIn,
  fileKind,
  isThere,
  realOrGiven,
  visibleKind,
} from "../files/read.ts";
import { makeDirectory, removeIfThere } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { searchPath } from "../host/search_path.ts";
import { isOutput } from "./base_rules.ts";
import type { GitTree } from "./git_program.ts";
import { decodeNames, gitOutput, isOwn, NoTree } from "./tree_files.ts";
import { parentOf } from "./tree_rules.ts";

const IS_WINDOWS = Deno.build.os === "windows";

/** A tree that is being laid out. */
export interface BaseLayout {
  readonly host: Host;
  readonly git: GitTree;
  /** Where the counterpart of git's working tree lies. */
  readonly top: string;
  /** What leads from there to the counterpart of the directory in which checks run. */
  readonly below: string;
  readonly isLaidOver: (path: string) => boolean;
  readonly signal: AbortSignal | undefined;
  /** Links to be made once all files are there, so that nothing is written through one. */
  readonly links: Link[];
}

/** What is to become a symbolic link: its place in the tree, and where it leads. */
export interface Link {
  readonly path: string;
  readonly text: string;
}

/** Makes a directory of a tree and those above it; a link or file in the place of one gives way. */
export function makeRealDirectory(top: string, path: string): string {
  const directory = joinPath(top, path);
  if (path === "") return directory;
  makeRealDirectory(top, parentOf(path));
  const kind = fileKind(directory);
  if (kind === "directory") return directory;
  if (kind !== "absent") removeIfThere(directory);
  makeDirectory(directory);
  return directory;
}

/** Links in the directories that git ignores, such as those of installed packages. */
export async function linkIgnored(layout: BaseLayout): Promise<void> {
  const { host, git, top, below, signal } = layout;
  const bytes = await gitOutput(host, git.tree, git, [
    "ls-files",
    "-z",
    "--others",
    "--ignored",
    "--exclude-standard",
    "--directory",
  ], signal);
  const ignored = decodeNames(bytes).split("\0")
    .map((name) => name.replace(/\/$/, "")).filter((name) => name !== "");
  const tree = realOrGiven(git.tree);
  const isSource = (real: string): boolean =>
    isWithin(tree, real) &&
    ![GIT_ENTRY, ...ignored].some((name) =>
      isWithin(joinPath(tree, name), real)
    );
  for (const path of ignored) {
    const from = joinPath(git.tree, path);
    const kind = fileKind(from);
    const name = relativePath(below, path) ?? path;
    if (kind !== "directory" && kind !== "symlink" || isOwn(name)) continue;
    const parent = joinPath(top, parentOf(path));
    const hasBeside = (other: string): boolean =>
      isThere(joinPath(joinPath(git.tree, parentOf(path)), other));
    if (isOutput(path, hasBeside) || isThere(joinPath(top, path))) continue;
    if (fileKind(parent) === "directory") linkTo(layout, path, isSource);
  }
}

/** Its packages are linked in one by one: what installs packages clears it, and would clear that of the user. */
const PACKAGES = "node_modules";

/** What lies in a directory of packages and is none, but holds some. */
const HOLDS_PACKAGES = /^(?:@.*|\.bin)$/;

/**
 * Links in a directory, or what is in it: a package of the same repository is a link back to the
 * sources, and has to lead to those of the base.
 */
function linkTo(
  layout: BaseLayout,
  path: string,
  isSource: (real: string) => boolean,
): boolean {
  const { git, top, links } = layout;
  const from = joinPath(git.tree, path);
  const entries = fileKind(from) === "directory" ? entriesIn(from, "list") : [];
  const made = links.length;
  let isDivided = nameOf(path) === PACKAGES;
  for (const { name, isSymlink, isDirectory } of entries) {
    const entry = joinPath(path, name);
    const real = isSymlink ? realOrGiven(joinPath(git.tree, entry)) : "";
    const isBack = isSymlink && isSource(real);
    if (isBack) {
      const source = relativePath(realOrGiven(git.tree), real) ?? "";
      links.push({ path: entry, text: joinPath(top, source) });
    } else if (!isDirectory || !HOLDS_PACKAGES.test(name)) {
      links.push({ path: entry, text: joinPath(git.tree, entry) });
    } else if (linkTo(layout, entry, isSource)) {
      isDivided = true;
    }
    isDivided ||= isBack;
  }
  if (isDivided) {
    makeRealDirectory(top, path);
    return true;
  }
  links.length = made;
  links.push({ path, text: from });
  return false;
}

/** So many links are made by one program. */
const LINKS_IN_A_ROW = 200;

/**
 * Makes the links, none of them through another one. On other systems than Windows a program does: Deno lets
 * nobody make one who may not write everywhere.
 */
export async function makeLinks(
  { host, git, top, links, signal }: BaseLayout,
): Promise<void> {
  // Of two in one place, the first counts, and a directory in it before both.
  const byPath = new Map(links.toReversed().map((link) => [link.path, link]));
  const missing = [...byPath.values()]
    .filter(({ path }) => !isThere(joinPath(top, path)));
  for (const { path } of missing) makeRealDirectory(top, parentOf(path));
  if (IS_WINDOWS) return makeJunctions(top, missing);
  const groups = new Map<string, string[]>();
  for (const { path, text } of missing) {
    const isNamedAlike = nameOf(path) === nameOf(text);
    const place = isNamedAlike
      ? `${joinPath(top, parentOf(path))}/`
      : joinPath(top, path);
    groups.set(place, groups.get(place) ?? []);
    groups.get(place)?.push(text);
  }
  for (const [place, group] of groups) {
    for (let at = 0; at < group.length; at += LINKS_IN_A_ROW) {
      const texts = group.slice(at, at + LINKS_IN_A_ROW);
      const { exitCode, problem, stderr } = await host.runProgram({
        command: ["ln", "-sn", "--", ...texts, place],
        workingDirectory: top,
        timeoutMs: LINKS_TIMEOUT_MS,
        variables: { LC_ALL: "C", ...searchPath(host, git.tree) },
        signal,
      });
      if (exitCode === 0) continue;
      throw new NoTree(`links cannot be made: ${problem ?? stderr.trim()}`);
    }
  }
}

const LINKS_TIMEOUT_MS = 60_000;

/** There everybody may link to a directory, and hardly anybody to a file. */
function makeJunctions(top: string, links: readonly Link[]): void {
  for (const { path, text } of links) {
    const target = resolvePath(joinPath(top, parentOf(path)), text);
    if (visibleKind(target) !== "directory") continue;
    Deno.symlinkSync(target, joinPath(top, path), { type: "junction" });
  }
}
