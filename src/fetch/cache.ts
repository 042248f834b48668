/** Objects of git that were fetched, in the user's directory. Each is proved by its id whenever it is read. */
import { userLayout } from "../base/layout.ts";
import { joinPath, parentDirectory } from "../base/path.ts";
import { asOrcError } from "../files/errors.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import { discard, publish, writeAll } from "../files/write.ts";
import { isObject, type ObjectName } from "./object_rules.ts";

/** Where the objects lie below a user's directory; may be removed at any time. */
export function fetchedDirectory(home: string): string {
  return joinPath(userLayout(home).directory, "cache/git");
}

function pathOf(directory: string, id: string): string {
  return joinPath(directory, `${id.slice(0, 2)}/${id.slice(2)}`);
}

/** Reads an object; undefined where it is not there, or is not what its id says. */
export async function readCached(
  directory: string,
  name: ObjectName,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const path = pathOf(directory, name.id);
  // What else lies there, or is larger than any object that was fetched, was not put there by orc.
  if (fileKind(path) !== "file" || Deno.lstatSync(path).size > maxBytes) {
    return undefined;
  }
  const body = readRegularFile(path, maxBytes);
  const isWhole = body !== undefined && await isObject(name, body);
  return isWhole ? body : undefined;
}

/** Keeps an object that was proved. Nothing rests on it, so no sync is waited for. */
export function keepCached(
  directory: string,
  id: string,
  body: Uint8Array,
  token: string,
): void {
  const path = pathOf(directory, id);
  const staged = `${path}.${token}`;
  try {
    Deno.mkdirSync(parentDirectory(path) ?? directory, { recursive: true });
    const file = Deno.openSync(staged, {
      createNew: true,
      write: true,
      mode: 0o600,
    });
    try {
      writeAll(file, body);
    } finally {
      file.close();
    }
    publish(staged, path);
  } catch (error) {
    discard(staged);
    throw asOrcError(error, "write", path);
  }
}
