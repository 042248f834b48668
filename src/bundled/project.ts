import type { Commands, Folder } from "./folder.ts";
import { type Kind, KINDS, RUNNER_FAMILY } from "./kinds.ts";

/** A part of a repository that checks itself with commands of its own. */
export interface ProjectPart {
  /** What kind of project it is, such as `Node.js`. */
  readonly name: string;
  /** Where its commands run: a directory below the working tree, or "" for the tree itself. */
  readonly directory: string;
  /** Undefined when there is none: a command that always passes would be no check. */
  readonly testCommand?: string;
  readonly buildCommand?: string;
  readonly lintCommand?: string;
}

/** What a repository holds. */
export interface Project {
  /** Parts that have tests; else the one that says most; none when no manifest was found. */
  readonly parts: readonly ProjectPart[];
  /** Directories of parts with tests that were too many. */
  readonly leftOut: readonly string[];
}

/** More parts make more items than anybody goes through. */
const MAX_PARTS = 8;

/** What lies there belongs to another part, shows how something is used, or is somebody else's. */
const NO_PART =
  /(?:^|\/)(?:tests?|specs?|__tests__|e2e|fixtures?|testdata|examples?|samples?|demos?|templates?|docs?|bench(?:es|marks?)?|third_party)(?:\/|$)/;

/** No workflow can name such a directory. */
const UNSPEAKABLE = /[\\\p{C}]/u;

interface Found {
  readonly kind: Kind;
  readonly directory: string;
  readonly commands: Commands;
}

/** Tells from the files of a repository what it is made of, and how each part tests itself. */
export function detectProject(tree: Folder): Project {
  const directories = [...new Set(Array.from(tree.files, directoryOf))]
    .filter((directory) => !NO_PART.test(directory))
    .filter((directory) => !UNSPEAKABLE.test(directory))
    .sort((one, other) =>
      depthOf(one) - depthOf(other) || (one < other ? -1 : 1)
    );
  const all = directories.flatMap((directory) => lookInto(tree, directory));
  const tested = withoutCovered(
    all.filter(({ commands }) => hasTests(commands)),
  );
  const [hopeful] = [
    ...all.filter(({ commands }) => commands.test !== undefined),
    ...all,
  ];
  const parts = tested.length === 0 && hopeful ? [hopeful] : tested;
  return {
    parts: parts.slice(0, MAX_PARTS).map(partOf),
    leftOut: parts.slice(MAX_PARTS).map(({ directory }) => directory),
  };
}

function hasTests({ test, hasTests = test !== undefined }: Commands): boolean {
  return test !== undefined && hasTests;
}

/** What a directory itself holds: of each family the first kind that has tests, else the first. */
function lookInto(tree: Folder, directory: string): readonly Found[] {
  const folder = folderIn(tree, directory);
  const names = [...folder.files].filter((path) => !path.includes("/"));
  const found = KINDS.flatMap((kind): Found[] => {
    const manifest = kind.manifests.map((pattern) =>
      names.find((name) => pattern.test(name))
    ).find((name) => name !== undefined);
    if (manifest === undefined) return [];
    const commands = kind.commandsOf(folder.read(manifest), folder);
    return [{ kind, directory, commands }];
  });
  const families = [...new Set(found.map(({ kind }) => kind.family))];
  return families.flatMap((family) => {
    const kinds = found.filter(({ kind }) => kind.family === family);
    return kinds.find(({ commands }) => hasTests(commands)) ??
      kinds.find(({ commands }) => commands.test !== undefined) ??
      kinds.slice(0, 1);
  });
}

/** Leaves out what another part runs anyway. */
function withoutCovered(parts: readonly Found[]): readonly Found[] {
  return parts.filter((part) => {
    const isBeside = ({ directory }: Found) => directory === part.directory;
    const isRunner = part.kind.family === RUNNER_FAMILY;
    // A Makefile beside a manifest runs what the manifest says.
    if (
      isRunner &&
      parts.some((other) =>
        isBeside(other) && other.kind.family !== RUNNER_FAMILY
      )
    ) {
      return false;
    }
    return !parts.some((other) => {
      const below = pathBelow(other.directory, part.directory);
      if (below === undefined) return false;
      if (other.kind.family === RUNNER_FAMILY) {
        return !parts.some((one) =>
          one.directory === other.directory && one.kind.family !== RUNNER_FAMILY
        );
      }
      return isRunner ||
        other.kind.name === part.kind.name &&
          (other.commands.covers?.(below) ?? true);
    });
  });
}

function partOf({ kind, directory, commands }: Found): ProjectPart {
  const { test, build, lint } = commands;
  return {
    name: kind.name,
    directory,
    testCommand: test,
    buildCommand: build,
    lintCommand: lint,
  };
}

/** The part of a path below a directory; undefined where it does not lie below. */
function pathBelow(directory: string, path: string): string | undefined {
  const start = directory === "" ? "" : `${directory}/`;
  return path !== directory && path.startsWith(start)
    ? path.slice(start.length)
    : undefined;
}

function folderIn(tree: Folder, directory: string): Folder {
  if (directory === "") return tree;
  const files = Array.from(tree.files)
    .flatMap((path) => pathBelow(directory, path) ?? []);
  return {
    ...tree,
    files: new Set(files),
    read: (path) => tree.read(`${directory}/${path}`),
  };
}

function directoryOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

function depthOf(directory: string): number {
  return directory === "" ? 0 : directory.split("/").length;
}
