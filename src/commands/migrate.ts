import { migrate } from "../app/migrate.ts";
import { OrcError } from "../core/error.ts";
import type { ForceFrom } from "../core/migration_conflict.ts";
import { command, sessionOptions, type Values } from "./command.ts";
import {
  MIGRATION_FLAGS,
  type MigrationResult,
  migrationText,
  progressShower,
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
  async run(host, values) {
    try {
      const { place, warnings, ...result } = await migrate(host, {
        ...sessionOptions(values, "migrate"),
        dryRun: values.on("dry-run"),
        rollback: values.on("rollback"),
        autoRollback: values.on("auto-rollback"),
        forceFrom: forceFrom(values),
        forceRollback: values.on("force-rollback"),
        includes: values.list("include"),
        yes: values.on("yes"),
        report: values.text("report"),
        onProgress: progressShower(host, values.on("quiet")),
      });
      return { place, warnings, result };
    } finally {
      host.terminal.showProgress(undefined);
    }
  },
  render: migrationText,
});

/** Which of two wins. */
export function forceFrom(values: Values): ForceFrom | undefined {
  const [old, now] = [values.on("force-from-old"), values.on("force-from-new")];
  if (old && now) {
    throw new OrcError(
      "usage",
      "contradicting_flags",
      "--force-from-old and --force-from-new contradict each other",
      { hint: "see what differs: orc migrate --dry-run" },
    );
  }
  return old ? "old" : now ? "new" : undefined;
}
