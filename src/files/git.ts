import { GIT_ENTRY, gitLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import {
  joinPath,
  nameOf,
  parentDirectory,
  resolvePath,
} from "../base/path.ts";
import { asOrcError, codeOf, isAbsent } from "./errors.ts";
import { fileKind, readRegularFile, realOrGiven, visibleKind } from "./read.ts";

/** Largest git configuration that is read: thousands of branches stay below it. */
const MAX_GIT_CONFIG_BYTES = 4 * 1024 * 1024;

/** What `.git` in a directory says, as git would understand it. */
export type GitPointer =
  | { readonly kind: "none" }
  | {
    readonly kind: "repository" | "submodule";
    readonly gitDirectory: string;
    readonly commonDirectory: string;
  }
  | {
    readonly kind: "worktree";
    readonly gitDirectory: string;
    /** What all worktrees share. */
    readonly commonDirectory: string;
    /** Undefined when the repository is bare, or has it where git itself cannot tell. */
    readonly mainWorktree: string | undefined;
  }
  | { readonly kind: "broken"; readonly problem: string };

/** Follows `.git` without a git process; throws denied when what decides may not be read. */
export function readGitPointer(directory: string): GitPointer {
  const entry = joinPath(directory, GIT_ENTRY);
  switch (fileKind(entry)) {
    case "absent":
      return { kind: "none" };
    case "directory":
      return ownRepository("repository", entry);
    case "file":
      return followGitFile(directory, entry);
    case "symlink":
      return followLink(entry);
    case "other":
      return broken(entry, "is neither a file nor a directory");
  }
}

/** Whether a directory is one in which git keeps a repository, such as a bare one. */
export function isGitDirectory(directory: string): boolean {
  const { head, objects } = gitLayout(directory);
  return visibleKind(head) === "file" && visibleKind(objects) === "directory";
}

function followLink(entry: string): GitPointer {
  try {
    if (Deno.statSync(entry).isDirectory) {
      return ownRepository("repository", entry);
    }
  } catch (error) {
    if (!isAbsent(error) && codeOf(error) !== "ELOOP") {
      throw asOrcError(error, "read", entry);
    }
  }
  return broken(entry, "is a symbolic link that leads to no directory");
}

function followGitFile(directory: string, entry: string): GitPointer {
  const target = pathIn(entry, /^gitdir: ([^\0\r\n]+)[\r\n]*$/);
  if (target === undefined) return broken(entry, "names no git directory");
  const gitDirectory = realOrGiven(resolvePath(directory, target));
  // One that may not be looked at is taken as there: a submodule's lies outside of it.
  if (visibleKind(gitDirectory) === "absent") {
    return broken(entry, `leads to "${gitDirectory}", which does not exist`);
  }
  return whereGitFileLeads(gitDirectory, entry);
}

/** Git keeps linked worktrees in `worktrees/` of the shared directory, and submodules in `modules/`. */
function whereGitFileLeads(gitDirectory: string, entry: string): GitPointer {
  const isLinked = nameOf(parentDirectory(gitDirectory) ?? "") === "worktrees";
  // Looked at first, so that a missing permission is named for all of it.
  if (isLinked) fileKind(usualHome(gitDirectory));
  const { commonPointer } = gitLayout(gitDirectory);
  const common = isLinked ? pathIn(commonPointer) : undefined;
  if (common === undefined) {
    const isSubmodule = gitDirectory.includes("/modules/");
    const kind = isSubmodule ? "submodule" : "repository";
    return ownRepository(kind, gitDirectory);
  }
  const commonDirectory = realOrGiven(resolvePath(gitDirectory, common));
  if (fileKind(commonDirectory) !== "directory") {
    const problem = `belongs to "${commonDirectory}", which does not exist`;
    return broken(entry, problem);
  }
  const mainWorktree = mainWorktreeOf(commonDirectory);
  return { kind: "worktree", gitDirectory, commonDirectory, mainWorktree };
}

/** Where the shared git directory of a linked worktree, and a project around it, usually lie. */
function usualHome(gitDirectory: string): string {
  const common = resolvePath(gitDirectory, "../..");
  return isHidden(common) ? resolvePath(common, "..") : common;
}

/** Whether a git directory lies inside the project it belongs to, such as `.git` or `.bare`. */
export function isHidden(gitDirectory: string): boolean {
  return nameOf(gitDirectory).startsWith(".");
}

/**
 * Looks first where orc finds the repository from its main worktree, whatever the settings say, but
 * where they name one whose `.git` is a link to this directory.
 */
function mainWorktreeOf(commonDirectory: string): string | undefined {
  const { config, worktreeConfig, index } = gitLayout(commonDirectory);
  let settings = readConfig(config);
  if (isGitTrue(settings, "extensions", "worktreeconfig")) {
    settings = [...settings, ...readConfig(worktreeConfig)];
  }
  // Other tools set it by mistake; only what has a working tree has an index of it.
  const isBare = isGitTrue(settings, "core", "bare") &&
    visibleKind(index) !== "file";
  if (isBare) return undefined;
  const configured = gitValue(settings, "core", "worktree");
  const main = configured &&
    realOrGiven(resolvePath(commonDirectory, configured));
  const isLinkedTo = main &&
    realOrGiven(joinPath(main, GIT_ENTRY)) === commonDirectory;
  if (nameOf(commonDirectory) === GIT_ENTRY && !isLinkedTo) {
    return parentDirectory(commonDirectory);
  }
  return main && fileKind(main) === "directory" ? main : undefined;
}

export function readConfig(path: string): readonly GitSetting[] {
  const bytes = readRegularFile(path, MAX_GIT_CONFIG_BYTES);
  return bytes === undefined
    ? []
    : parseGitConfig(new TextDecoder().decode(bytes));
}

/** The path that one of git's small files holds. */
export function pathIn(
  file: string,
  pattern = /^([^\0\r\n]+)[\r\n]*$/,
): string | undefined {
  const bytes = readRegularFile(file, MAX_SMALL_FILE_BYTES);
  if (bytes === undefined) return undefined;
  return pattern.exec(new TextDecoder().decode(bytes))?.[1];
}

function ownRepository(
  kind: "repository" | "submodule",
  gitDirectory: string,
): GitPointer {
  return { kind, gitDirectory, commonDirectory: gitDirectory };
}

function broken(entry: string, problem: string): GitPointer {
  return { kind: "broken", problem: `"${entry}" ${problem}` };
}

interface Section {
  /** In lower case, as git compares it. */
  readonly section: string;
  readonly subsection: string | null;
}

export interface GitSetting extends Section {
  /** In lower case, as git compares it. */
  readonly name: string;
  /** Null for a name without "=", which means true. */
  readonly value: string | null;
}

const HEADER =
  /\[[ \t]*(?<section>[\w.-]+)(?:[ \t]+"(?<subsection>(?:[^\x22\\\n]|\\[^\n])*)")?[ \t]*\]/;
const NAME = /(?<name>[A-Za-z][A-Za-z0-9-]*)[ \t]*/;
/** Up to the end of its line, which nothing but a line feed is for git. */
const COMMENT = /[#;][^\n]*/;
/** What is quoted or escaped. */
const LITERAL = /\x22(?:[^\x22\\\n]+|\\[^])*\x22?|\\[^]/;
const PLAIN = /[^\x22\\\n#;]+/;

function either(...patterns: readonly RegExp[]): string {
  return patterns.map(({ source }) => source).join("|");
}

/**
 * The pieces of a file; what git would refuse is one too, up to the end of its line. Made when a
 * file is read: each start loads this module, and few read one.
 */
function piecesPattern(): RegExp {
  const value = `(?<value>(?:${either(LITERAL, COMMENT, PLAIN)})*)`;
  const setting = new RegExp(`${NAME.source}(?:=${value}|[^\\n]*)`);
  return new RegExp(either(/\s+/, COMMENT, HEADER, setting, /[^\n]+/), "gy");
}

/** Parses a git configuration file. Included files are not followed; a line git would refuse is skipped. */
export function parseGitConfig(text: string): readonly GitSetting[] {
  const lines = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const settings: GitSetting[] = [];
  let section: Section | undefined;
  for (const { groups = {} } of lines.matchAll(piecesPattern())) {
    const { name, value } = groups;
    if (groups.section !== undefined) {
      section = sectionOf(groups.section.toLowerCase(), groups.subsection);
    } else if (section !== undefined && name !== undefined) {
      settings.push({
        ...section,
        name: name.toLowerCase(),
        value: value === undefined ? null : valueOf(value),
      });
    }
  }
  return settings;
}

function sectionOf(name: string, subsection: string | undefined): Section {
  if (subsection !== undefined) {
    const unescaped = subsection.replaceAll(/\\([^])/g, "$1");
    return { section: name, subsection: unescaped };
  }
  // The old spelling [remote.origin], which git still reads.
  const [, section = name, old = null] = /^(.*?)\.(.*)$/.exec(name) ?? [];
  return { section, subsection: old };
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\\n", ""],
  ["\\n", "\n"],
  ["\\t", "\t"],
  ["\\b", "\b"],
]);

/** A value as it is meant: spaces around it count only between quotes. */
function valueOf(line: string): string {
  const comments = new RegExp(`(${LITERAL.source})|${COMMENT.source}`, "g");
  const written = line.replaceAll(comments, "$1");
  let value = "";
  let space = "";
  let isQuoted = false;
  for (
    const [part] of written.matchAll(/[ \t\r]+|\x22|\\[^]|[^\x22\\ \t\r]+/g)
  ) {
    if (!isQuoted && /^[ \t\r]/.test(part)) {
      space = value === "" ? "" : part;
      continue;
    }
    value += space;
    space = "";
    if (part === '"') isQuoted = !isQuoted;
    else if (part.startsWith("\\")) value += ESCAPES.get(part) ?? part.slice(1);
    else value += part;
  }
  return value;
}

/** The last value given for a setting counts; null stands for a bare name. */
function gitValue(
  settings: readonly GitSetting[],
  section: string,
  name: string,
): string | null | undefined {
  return settings.findLast((one) =>
    one.section === section && one.subsection === null && one.name === name
  )?.value;
}

export function isGitTrue(
  settings: readonly GitSetting[],
  section: string,
  name: string,
): boolean {
  const value = gitValue(settings, section, name);
  if (value === undefined) return false;
  return value === null || /^(?:true|yes|on|[1-9]\d*)$/i.test(value);
}
