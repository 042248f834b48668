/** Which files a tool is about to change, by what it is given. */
import { isAbsolutePath, joinPath } from "../base/path.ts";

/** What is known of an edit. */
export interface Edit {
  /** The files that it changes, as they are named, or seen from where the host works. */
  readonly paths: readonly string[];
  /** Whether there may be others. */
  readonly isUnclear: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Names of what holds a path, in lower case and without what joins words. */
const PATH_FIELDS: ReadonlySet<string> = new Set([
  ...["path", "paths", "file", "files", "filename", "filenames"],
  ...["filepath", "filepaths", "uri", "notebookpath", "directory"],
  ...["absolutepath", "relativepath", "targetfile", "targetpath"],
  ...["source", "sourcepath", "destination", "destinationpath"],
  ...["oldpath", "newpath"],
]);

/** Nobody nests deeper what a tool is given. */
const MAX_DEPTH = 8;

/** The paths that stand in fields named so, also in lists and in what lies within. */
export function pathsIn(args: Fields): readonly string[] {
  const found = new Set<string>();
  const look = (value: unknown, isPath: boolean, depth: number): void => {
    if (typeof value === "string") {
      const path = isPath && value !== "" ? plainPath(value) : undefined;
      if (path !== undefined) found.add(path);
    } else if (depth < MAX_DEPTH && typeof value === "object") {
      for (const [name, inner] of Object.entries(value ?? {})) {
        const isOne = Array.isArray(value)
          ? isPath
          : PATH_FIELDS.has(name.toLowerCase().replace(/[_-]/g, ""));
        look(inner, isOne, depth + 1);
      }
    }
  };
  look(args, false, 0);
  return [...found];
}

/** Undefined for an address that leads to no file. */
function plainPath(path: string): string | undefined {
  if (!/^[a-z][a-z\d+.-]+:\/\//i.test(path)) return path;
  try {
    const { protocol, pathname } = new URL(path);
    return protocol === "file:" ? decodeURIComponent(pathname) : undefined;
  } catch {
    return path;
  }
}

const BEGIN = "*** Begin Patch";
const END = "*** End Patch";

/** As Codex reads it, which trims each line. */
const HEADER =
  /^\*\*\*\s*(?:Add File|Update File|Delete File|Move to)\s*:\s*(.+)$/s;

/**
 * The files of all patches in what a tool is given, whichever argument holds them; undefined where none
 * does. A shell may run a patch in another directory: the usual `cd DIR && apply_patch` is understood, and
 * whatever else leads elsewhere is unclear.
 */
export function patchesIn(args: Fields): Edit | undefined {
  const patches = textsIn(args).filter((text) => text.includes(BEGIN));
  if (patches.length === 0) return undefined;
  const base = DIRECTORY_FIELDS.map((name) => args[name])
    .find((each) => typeof each === "string") ?? "";
  const all = patches.map((text) => patchIn(text, String(base)));
  const paths = new Set(all.flatMap((each) => each.paths));
  const isUnclear = paths.size === 0 || all.some((each) => each.isUnclear);
  return { paths: [...paths], isUnclear };
}

/** Where a shell is started, as hosts call it. */
const DIRECTORY_FIELDS = ["workdir", "cwd", "working_directory", "dir_path"];

function patchIn(text: string, base: string): Edit {
  const around = outsideOf(text);
  const [, ...quotes] = ONLY_CD.exec(around) ?? [];
  const into = quotes.find((each) => each !== undefined);
  const from = into === undefined ? base : within(base, into);
  const named = headersIn(text);
  const paths = named.map((path) => within(from, path));
  const isRelative = !named.every(isAbsolutePath);
  const leads = into === undefined && LEADS_ELSEWHERE.test(around);
  // A shell puts in what a name stands for, unless the end of the text is quoted.
  const isFilled = around.includes("<<") && !/<<-?\s*["'\\]/.test(around) &&
    named.some((path) => /[$`]/.test(path));
  return {
    paths,
    isUnclear: named.length === 0 || isRelative && leads || isFilled,
  };
}

/** What stands around the patches of a text, such as a shell's command. */
function outsideOf(text: string): string {
  let isInside = false;
  return text.split("\n").filter((line) => {
    const mark = line.trim();
    const wasInside = isInside;
    if (mark === BEGIN) isInside = true;
    else if (mark === END) isInside = false;
    return !wasInside && !isInside;
  }).join("\n");
}

/** What Codex itself understands: nothing but one change of directory before a patch. */
const ONLY_CD =
  /^\s*(?:(?:\S*\/)?\w*sh\s+-l?c\s+)?cd\s+(?:"([^"$`\\]+)"|'([^']+)'|([\w.\/][\w.\/@+,=:-]*))\s*&&\s*apply_?patch\s*<<-?\s*["']?\w+["']?\s*(?:\w+\s*)?$/;

/** What changes the directory of a program that a shell starts. */
const LEADS_ELSEWHERE =
  /(?:^|[^\w.\/-])(?:cd|chdir|pushd|popd|eval|source)(?:$|[^\w.\/-])|(?:^|\s)(?:-C|--chdir)/;

function headersIn(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    // Codex takes this for white space too, and JavaScript does not.
    const trimmed = line.replaceAll("\x85", " ").trim();
    const [, path = ""] = HEADER.exec(trimmed) ?? [];
    return path === "" ? [] : [path];
  });
}

function within(directory: string, path: string): string {
  const isAlone = directory === "" || isAbsolutePath(path);
  return isAlone ? path : joinPath(directory, path);
}

/** All texts that a tool is given; a list of them is the words of one command. */
function textsIn(value: unknown, depth = 0): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || depth >= MAX_DEPTH) {
    return [];
  }
  const isCommand = Array.isArray(value) &&
    value.every((each) => typeof each === "string");
  return isCommand
    ? [value.join("\n")]
    : Object.values(value).flatMap((inner) => textsIn(inner, depth + 1));
}
