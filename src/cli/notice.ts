import type { Values } from "../commands/command.ts";
import type { Host } from "../host/host.ts";
import { migrateIfAsked, migrationNotice } from "../migration/notice.ts";
import { isNoticeWanted } from "../settings/files.ts";
import { type Run, tell, warn } from "./output.ts";

/** Commands that change a session or the repository. */
const WRITERS: ReadonlySet<string> = new Set([
  "advance",
  "approve",
  "approve-item",
  "checkpoint",
  "complete",
  "feedback capture",
  "finish",
  "init",
  "note",
  "resume",
  "session rename",
  "session switch",
  "skip",
  "start",
  "start-item",
]);

/** Commands after which a word about legacy files is in its place. */
const TELLERS: ReadonlySet<string> = new Set([
  ...WRITERS,
  "next",
  "session list",
  "status",
]);

const BOX = [
  "╔════════════════════════════════════════════════════════════════╗",
  "║ Orchestrator File Structure Update                             ║",
  "╠════════════════════════════════════════════════════════════════╣",
  "║ Old: several .workflow_* files in the root of your repository  ║",
  "║ New: everything in one directory, .orchestrator                ║",
  "║                                                                ║",
  "║ The root stays tidy, one line ignores all of it, and several   ║",
  "║ sessions fit side by side. It can be taken back.               ║",
  "║                                                                ║",
  "║ See what would move:  orc migrate --dry-run                    ║",
  "║ Do it:                orc migrate                              ║",
  "╚════════════════════════════════════════════════════════════════╝",
].join("\n");

const LINE =
  "Legacy files of the older tool lie in the root; orc migrate moves them in";

/** What is said before a command, where the environment asks for a migration. */
export async function migrateFirst(
  host: Host,
  name: string,
  values: Values,
): Promise<readonly string[]> {
  if (!WRITERS.has(name)) return [];
  return await migrateIfAsked(host, {
    root: values.text("root"),
    lockTimeout: values.text("lock-timeout"),
    purpose: "orc migrate",
  });
}

/** Says that legacy files could move in, after commands that somebody at work runs. */
export async function tellOfMigration(
  run: Run,
  name: string,
  root: string,
): Promise<void> {
  if (!TELLERS.has(name)) return;
  const writes = WRITERS.has(name);
  const form = migrationNotice(run.host, root, { writes });
  if (form === undefined || !await isNoticeWanted(run.host, root)) return;
  if (form === "box") tell(run.streams, `${BOX}\n`);
  if (form === "line") warn(run, [LINE]);
}
