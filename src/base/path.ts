import { normalize } from "@std/path/posix/normalize";

/*
 * Paths as orc keeps them: absolute, with "/" on every system (Windows takes both). Of `@std/path`
 * only what asks for no system is used: the rest loads the runtime's Node layer at each start.
 */

const WINDOWS_PATH = /^(?:[A-Za-z]:[\\/]|\\\\)/;
const ROOT_PART = /^(?:[A-Za-z]:\/|\/\/[^/]+\/[^/]+\/?|\/+)/;

/** What begins with one "/", and has no part that is empty, "." or "..", is in orc's form. */
const NORMAL_PATH = /^(?:\/(?!\.{0,2}(?:\/|$))[^/]+)+$/;

export function isAbsolutePath(path: string): boolean {
  return path.startsWith("/") || WINDOWS_PATH.test(path);
}

/** Whether a path, as it is written, leads out of the directory it is seen from. */
export function leadsOut(path: string): boolean {
  return isAbsolutePath(path) || /^\.\.(?:\/|$)/.test(normalize(path));
}

/** Puts an absolute path into orc's form: "/" between parts, none of them empty, "." or "..". */
export function normalisePath(path: string): string {
  if (NORMAL_PATH.test(path)) return path;
  // A backslash is an ordinary character in names on other systems.
  const slashed = WINDOWS_PATH.test(path) ? windowsPath(path) : path;
  const root = ROOT_PART.exec(slashed)?.[0] ?? "";
  const prefix = /^\/+$/.test(root) ? "/" : root;
  // Seen from a root, since nothing leads further up.
  const rest = normalize(`/${slashed.slice(root.length)}`)
    .replaceAll(/^\/|\/$/g, "");
  return joinPath(prefix, rest);
}

/** One spelling of each path of Windows: its drive in upper case, and no sign that it may be long. */
function windowsPath(path: string): string {
  return path.replaceAll("\\", "/")
    .replace(
      /^\/\/[?.]\/(?:UNC(?=\/)|(?=[A-Za-z]:\/))/i,
      (sign) => sign.length > 4 ? "/" : "",
    )
    .replace(/^[a-z]:/, (drive) => drive.toUpperCase());
}

export function resolvePath(directory: string, path: string): string {
  return normalisePath(isAbsolutePath(path) ? path : `${directory}/${path}`);
}

/** Adds a name, or a relative path, to a directory that may end in "/". */
export function joinPath(directory: string, name: string): string {
  if (name === "") return directory;
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

/** Directory that holds a path in orc's form; undefined for the root of the file system. */
export function parentDirectory(path: string): string | undefined {
  const root = ROOT_PART.exec(path)?.[0] ?? "";
  if (path.length <= root.length) return undefined;
  return path.slice(0, Math.max(path.lastIndexOf("/"), root.length));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What leads from a directory to a path in it, "" for itself; undefined when the path lies elsewhere. */
export function relativePath(
  directory: string,
  path: string,
): string | undefined {
  if (path === directory) return "";
  const prefix = directory.endsWith("/") ? directory : `${directory}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

export function isWithin(directory: string, path: string): boolean {
  return relativePath(directory, path) !== undefined;
}
