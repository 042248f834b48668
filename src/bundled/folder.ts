import { OrcError } from "../base/error.ts";
import { asObject, type JsonObject, parseJson } from "../base/json.ts";

/** A directory of a repository, as a kind of project looks at it. */
export interface Folder {
  /** Paths of all files below, relative to it. */
  readonly files: ReadonlySet<string>;
  /** The text of a file; empty where it cannot be read. */
  readonly read: (path: string) => string;
  /** Whether commands are for Windows. */
  readonly windows: boolean;
}

/** The commands of a project, as far as it has them. */
export interface Commands {
  /** Undefined when there is none: a command that always passes would be no check. */
  readonly test?: string;
  readonly build?: string;
  readonly lint?: string;
  /** Whether there are tests to be seen; else the command waits for the first. */
  readonly hasTests?: boolean;
  /** Whether the command runs the tests of the same kind in a directory below, too; else of all. */
  readonly covers?: (directory: string) => boolean;
}

/** Whether some file of a folder has such a path. */
export function has({ files }: Folder, path: RegExp): boolean {
  return [...files].some((file) => path.test(file));
}

/** Files of a kind whose text is looked into: the first of many tell enough. */
const MAX_READ = 200;

/** Whether some file with such a path holds such a text. */
export function someText(folder: Folder, path: RegExp, text: RegExp): boolean {
  return [...folder.files].filter((file) => path.test(file))
    .slice(0, MAX_READ).some((file) => text.test(folder.read(file)));
}

/** A pattern of directories: `*` is a name, `**` any path. */
export function globOf(pattern: string): RegExp {
  const text = pattern.replace(/^\.\//, "").replace(/\/$/, "")
    .replaceAll(/[.+^$()|[\]{}\\?]/g, "\\$&")
    .replaceAll(/\*\*?/g, (stars) => stars === "*" ? "[^/]*" : ".*");
  return new RegExp(`^${text}$`);
}

/** A string, or what JSON does not know: a comment. */
const STRING_OR_COMMENT = /"(?:\\[^]|[^"\\])*"|\/\/[^\n]*|\/\*[^]*?\*\//g;

/** A string, or a comma that nothing follows. */
const STRING_OR_LAST_COMMA = /"(?:\\[^]|[^"\\])*"|,(?=\s*[}\]])/g;

/** Reads a manifest in JSON with comments; undefined when it holds no object. */
export function readManifest(text: string): JsonObject | undefined {
  const json = [STRING_OR_COMMENT, STRING_OR_LAST_COMMA].reduce(
    (rest, pattern) =>
      rest.replaceAll(pattern, (found) => found.startsWith('"') ? found : " "),
    text,
  );
  try {
    return asObject(parseJson(json, "the manifest"));
  } catch (error) {
    // A broken manifest is for its own tool to complain about.
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

/** The scripts of a manifest by name that run something; a task may be an object that holds its command. */
export function scriptsIn(
  manifest: JsonObject | undefined,
  key: string,
): ReadonlyMap<string, string> {
  const scripts = asObject(manifest?.get(key)) ?? [];
  return new Map(
    Array.from(scripts, ([name, script]): [string, string] => {
      const command = asObject(script)?.get("command") ?? script;
      return [name, typeof command === "string" ? command : ""];
    }).filter(([, command]) => !onlyPrints(command)),
  );
}

/** Whether a script only says something and ends, as the test of `npm init` does: it is no check. */
function onlyPrints(script: string): boolean {
  return script !== "" && !/\$\(|`/.test(script) &&
    script.split(/&&|\|\||[;\n]/).every((part) =>
      /^\s*(?:(?:echo|printf|true|exit|:)(?:\s[^&|]*)?)?$/.test(part)
    );
}
