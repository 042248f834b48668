import { migrate } from "../migration/use.ts";
import { command, sessionOptions } from "./command.ts";
import {
  MIGRATION_FLAGS,
  migrationOptions,
  migrationOutcome,
  type MigrationResult,
  migrationText,
} from "./migration_view.ts";

/** `orc migrate` */
export const migrateCommand = command<MigrationResult>({
  name: "migrate",
  summary: "Move the older tool's files in, or back out",
  description:
    "Moves the scattered files of the older Python tool into the directory .orchestrator: a session for each workflow. All of it counts at once or not at all. The originals stay as they were, in a backup there, and --rollback puts them back, with mode and time.\n\nWhere both places hold different things, nothing is done until --force-from-old or --force-from-new says which is right. Symbolic links are never followed.",
  args: [],
  flags: [
    ...MIGRATION_FLAGS,
    {
      name: "include",
      value: "NAME",
      values: "file",
      repeatable: true,
      summary: "Move this custom .workflow_* file or directory too",
    },
    { name: "rollback", summary: "Take the last migration back" },
    {
      name: "force-rollback",
      summary: "With --rollback: keep aside what has changed since",
    },
  ],
  effect: "writes",
  permissions: ["sys"],
  examples: [
    "orc migrate --dry-run",
    "orc migrate --yes",
    "orc migrate --rollback",
  ],
  run: (host, values) =>
    migrationOutcome(host, () =>
      migrate(host, {
        ...sessionOptions(values, "migrate"),
        ...migrationOptions(host, values),
        rollback: values.on("rollback"),
        forceRollback: values.on("force-rollback"),
        includes: values.list("include"),
      })),
  render: migrationText,
});
