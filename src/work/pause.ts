/** How orc waits for what others write: it looks again now and then, and reads only what changed. */
import { asOrcError, ifThere } from "../files/errors.ts";
import { pause } from "../files/wait.ts";

const POLL_INTERVAL_MS = 250;

/** Waits a quarter of a second. Aborting ends the waiting, and the signal's reason is thrown. */
export function shortPause(signal?: AbortSignal): Promise<void> {
  return pause(POLL_INTERVAL_MS, signal);
}

/** What is another one after each update, which replaces the file; undefined where there is none. */
export function stampOf(path: string): string | undefined {
  try {
    const info = ifThere(() => Deno.lstatSync(path));
    return info && `${info.ino} ${info.size} ${info.mtime?.getTime()}`;
  } catch (error) {
    throw asOrcError(error, "look at", path);
  }
}
