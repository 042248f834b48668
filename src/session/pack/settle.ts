import { sessionLayout } from "../../base/layout.ts";
import { nameOf } from "../../base/path.ts";
import type { HeldLock } from "../../files/lock.ts";

/**
 * Unpacks a session that is about to be changed, and takes away what an unpacking left that was cut short.
 * It asks nobody: what taking the lock saw tells whether there is a pack.
 */
export async function settlePack(
  root: string,
  id: string,
  lock: HeldLock,
  now: () => string,
): Promise<void> {
  if (!lock.names.has(nameOf(sessionLayout(root, id).packed))) return;
  const { unpackUnderLock } = await import("./unpack.ts");
  await unpackUnderLock(root, id, lock, now());
}
