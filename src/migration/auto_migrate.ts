import { OrcError } from "../base/error.ts";
import { quoted } from "../base/text.ts";
import type { Host } from "../host/host.ts";
import { hasLegacyFiles } from "../repository/glance.ts";
import { openRepository, type RepositoryOptions } from "../repository/open.ts";
import { migrate } from "./use.ts";

/** Asks for a migration before the first command that writes. */
const AUTO_MIGRATE_VARIABLE = "ORCHESTRATOR_AUTO_MIGRATE";

const OFF: ReadonlySet<string> = new Set(["", "0"]);

/**
 * Migrates if the environment asks for it. A migration that is refused keeps
 * nobody from working: returns why, as sentences for people.
 */
export async function migrateIfAsked(
  host: Host,
  options: RepositoryOptions,
): Promise<readonly string[]> {
  const asked = host.env(AUTO_MIGRATE_VARIABLE) ?? "";
  if (OFF.has(asked)) return [];
  const { layout } = openRepository(host, options);
  if (!hasLegacyFiles(layout.root)) return [];
  if (asked !== "1") {
    return [`${AUTO_MIGRATE_VARIABLE} is ${quoted(asked)}, not 1 or 0`];
  }
  try {
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
