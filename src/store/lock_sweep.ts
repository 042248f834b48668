import { LOCK_NAME, STAGING_PREFIX, TEMPORARY_SUFFIX } from "../core/layout.ts";
import { isAbsent } from "./os_error.ts";

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
    const leftover = isDirectory
      ? STAGING.exec(name)
      : TEMPORARY.exec(name) ?? CLAIM.exec(name);
    if (leftover === null || leftover[1] === ownToken) continue;
    remove(`${directory}/${name}`, isDirectory);
  }
}

function remove(path: string, recursive: boolean): void {
  try {
    Deno.removeSync(path, { recursive });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
