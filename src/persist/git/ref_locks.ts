/** Locks of references that a git which was killed left behind: git itself never takes them away. */
import { gitLayout } from "../../base/layout.ts";
import { isWithin } from "../../base/path.ts";
import { ifThere } from "../../files/errors.ts";
import { entriesIn } from "../../files/read.ts";
import { pause } from "../../files/wait.ts";
import { removeIfThere } from "../../files/write.ts";

/** Git holds such a lock for as long as it writes a few files. */
const MAX_HELD_MS = 10_000;

const PAUSE_MS = 200;

const LOCKED = /Unable to create '([^']+\.lock)': File exists/;

/**
 * Lets go of what stands in the way of orc's own references, once nobody can be at work behind it any
 * more. Returns whether it is worth to try again; what is the user's is never touched.
 */
export async function freeReferences(
  commonDirectory: string,
  said: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const { ownReferences } = gitLayout(commonDirectory);
  const [, lock] = LOCKED.exec(said) ?? [];
  if (lock === undefined || !isWithin(ownReferences, lock)) return false;
  const isHeld = () => {
    const age = ageMs(lock);
    return age !== undefined && age < MAX_HELD_MS;
  };
  while (isHeld()) await pause(PAUSE_MS, signal);
  // It was one of many where a fetch was killed.
  removeLocks(ownReferences);
  return true;
}

function ageMs(path: string): number | undefined {
  const mtime = ifThere(() => Deno.lstatSync(path))?.mtime;
  // What is from the future was not made just now.
  return mtime ? Math.abs(Date.now() - mtime.getTime()) : undefined;
}

function removeLocks(directory: string): void {
  for (const { name, isDirectory, isFile } of entriesIn(directory, "list")) {
    const path = `${directory}/${name}`;
    if (isDirectory) removeLocks(path);
    const isLeft = isFile && name.endsWith(".lock") &&
      (ageMs(path) ?? 0) >= MAX_HELD_MS;
    if (isLeft) removeIfThere(path);
  }
}
