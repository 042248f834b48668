/** Bytes a user may still write where a path lies; null where the system does not say, or may not be asked. */
export async function freeBytesAt(path: string): Promise<number | null> {
  try {
    const { statfsSync } = await import("node:fs");
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    // Who may not know goes on without the check: a full disk is refused later, by the write.
    return null;
  }
}
