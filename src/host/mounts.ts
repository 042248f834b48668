import { type Mount, mountOf } from "../base/mount.ts";
import { isGranted } from "./process_table.ts";

const MOUNTS = "/proc/self/mounts";

/** The file system an absolute path lies on; undefined where the system does not say, or may not be asked. */
export function mountAt(path: string): Mount | undefined {
  if (!isGranted({ name: "read", path: MOUNTS })) return undefined;
  try {
    return mountOf(Deno.readTextFileSync(MOUNTS), path);
  } catch {
    // Other systems have no such list, and the answer can be done without.
    return undefined;
  }
}
