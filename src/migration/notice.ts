import { OrcError } from "../base/error.ts";
import { type RepositoryLayout, repositoryLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { quoted } from "../base/text.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import {
  hasLegacyFiles,
  openRepository,
  type RepositoryOptions,
} from "../repository/open.ts";

/** Asks for a migration before the first command that writes. */
const AUTO_MIGRATE_VARIABLE = "ORCHESTRATOR_AUTO_MIGRATE";

/**
 * Migrates if the environment asks for it; returns why not, as sentences, and keeps nobody from
 * working.
 */
export async function migrateIfAsked(
  host: Host,
  options: RepositoryOptions,
): Promise<readonly string[]> {
  const asked = host.env(AUTO_MIGRATE_VARIABLE) ?? "";
  if (["", "0"].includes(asked)) return [];
  const { layout } = openRepository(host, options);
  if (!hasLegacyFiles(layout.root)) return [];
  if (asked !== "1") {
    return [`${AUTO_MIGRATE_VARIABLE} is ${quoted(asked)}, not 1 or 0`];
  }
  try {
    const { migrate } = await import("./use.ts");
    const { action, backup, warnings } = await migrate(host, {
      ...options,
      yes: true,
      autoRollback: true,
    });
    if (action !== "migrated") return warnings;
    return [`Moved the legacy files in; they are in "${backup}"`, ...warnings];
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return [`The legacy files were not moved in: ${error.message}`];
  }
}

/**
 * Whether somebody should hear of legacy files, and how: at length once a day, else in a line. What
 * only reads gets the line: that the box was shown has to be written down.
 */
export function migrationNotice(
  host: Host,
  root: string,
  { writes }: { readonly writes: boolean },
): "box" | "line" | undefined {
  const layout = repositoryLayout(root);
  if (!hasLegacyFiles(root)) return undefined;
  const mayBeBox = writes && host.terminal.isErrorTerminal &&
    fileKind(layout.directory) === "directory";
  return mayBeBox && isFirstToday(host, layout) ? "box" : "line";
}

/** Writes the day down; where that fails, the box is not shown. */
function isFirstToday(
  host: Host,
  { migrationNotice }: RepositoryLayout,
): boolean {
  const today = host.now().slice(0, "2026-03-01".length);
  try {
    const bytes = readRegularFile(migrationNotice, MAX_SMALL_FILE_BYTES);
    if (new TextDecoder().decode(bytes) === today) return false;
    writeAtomic(migrationNotice, today, { token: host.newToken() });
    return true;
  } catch (error) {
    if (error instanceof OrcError) return false;
    throw error;
  }
}
