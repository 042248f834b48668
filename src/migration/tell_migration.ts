import { OrcError } from "../base/error.ts";
import { type RepositoryLayout, repositoryLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import { hasLegacyFiles } from "../repository/glance.ts";

/** How somebody is told that a migration is possible: at length once a day, else in a line. */
export type MigrationNotice = "box" | "line";

/**
 * Whether somebody should hear of legacy files, and how. What only reads gets the
 * line: that the box was shown has to be written down.
 */
export async function migrationNotice(
  host: Host,
  root: string,
  { writes }: { readonly writes: boolean },
): Promise<MigrationNotice | undefined> {
  const layout = repositoryLayout(root);
  if (!hasLegacyFiles(root)) return undefined;
  const mayBeBox = writes && host.terminal.isErrorTerminal &&
    fileKind(layout.directory) === "directory";
  return mayBeBox && await isFirstToday(host, layout) ? "box" : "line";
}

/** Writes the day down; where that fails, the box is not shown. */
async function isFirstToday(
  host: Host,
  { migrationNotice }: RepositoryLayout,
): Promise<boolean> {
  const today = host.now().slice(0, "2026-03-01".length);
  try {
    const bytes = readRegularFile(migrationNotice, MAX_SMALL_FILE_BYTES);
    if (new TextDecoder().decode(bytes) === today) return false;
    const { writeAtomic } = await import("../files/write.ts");
    const token = host.newToken();
    writeAtomic(migrationNotice, new TextEncoder().encode(today), { token });
    return true;
  } catch (error) {
    if (error instanceof OrcError) return false;
    throw error;
  }
}
