import { LOCK_NAME, STAGING_PREFIX, TEMPORARY_SUFFIX } from "../base/layout.ts";
import { isAbsent } from "./errors.ts";

const TOKEN = "([0-9a-f]{32})";
const escaped = (text: string) => text.replaceAll(".", "\\.");
const TEMPORARY = new RegExp(`\\.${TOKEN}${escaped(TEMPORARY_SUFFIX)}$`);
const STAGING = new RegExp(`^${escaped(STAGING_PREFIX)}${TOKEN}$`);
const CLAIM = new RegExp(`^${LOCK_NAME}\\.break\\.(.+)\\.\\d+$`);

/**
 * Removes what dead or displaced holders left in a directory. Only the holder of its lock may,
 * and before it reads any state: a displaced holder that has staged a file loses it here, so
 * that its later rename fails instead of overwriting what the new holder wrote.
 */
export function sweep(directory: string, ownToken: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const token = leftoverToken(name, isDirectory);
    if (token === undefined || token === ownToken) continue;
    remove(`${directory}/${name}`, isDirectory);
  }
}

/** Whose leftover something is, by its name: a token, or what stands for the lock that was to be removed. */
export function leftoverToken(
  name: string,
  isDirectory: boolean,
): string | undefined {
  const leftover = isDirectory
    ? STAGING.exec(name)
    : TEMPORARY.exec(name) ?? CLAIM.exec(name);
  return leftover?.[1];
}

function remove(path: string, recursive: boolean): void {
  try {
    Deno.removeSync(path, { recursive });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
