import { OrcError, orElse } from "../base/error.ts";
import { type RepositoryLayout, repositoryLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { quoted } from "../base/text.ts";
import { fileKind, readRegularFile } from "../files/read.ts";
import { writeAtomic } from "../files/write.ts";
import { type Host, variableOf } from "../host/host.ts";
import {
  mayHoldLegacy,
  openRepository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { legacyPlacesIn, sortPlaces } from "../session/ownership.ts";

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
  const asked = variableOf(host, AUTO_MIGRATE_VARIABLE) ?? "";
  if (["", "0"].includes(asked)) return [];
  const { layout } = openRepository(host, options);
  if (!movesSession(layout)) return [];
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

/** Whether a migration has a session to move, as far as that can be looked at. */
function movesSession(layout: RepositoryLayout): boolean {
  if (!mayHoldLegacy(layout.root)) return false;
  const here = { root: layout.root, places: legacyPlacesIn(layout) };
  return orElse(
    () =>
      sortPlaces(layout, here).moving.some(({ role }) =>
        role === "state" || role === "checkpoints"
      ),
    () => true,
  );
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
  if (!movesSession(layout)) return undefined;
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
