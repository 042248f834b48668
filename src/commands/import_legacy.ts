import { importLegacy } from "../migration/import_legacy.ts";
import { command, sessionOptions } from "./command.ts";
import {
  MIGRATION_FLAGS,
  migrationOptions,
  migrationOutcome,
  type MigrationResult,
  migrationText,
} from "./migration_view.ts";

/** `orc import-legacy` */
export const importLegacyCommand = command<MigrationResult>({
  name: "import-legacy",
  summary: "Copy the older tool's files in from elsewhere",
  description:
    "Copies sessions of the older Python tool into this repository: from a state, from a log (.jsonl), or from a directory with its files. The files it copies stay as they are. orc migrate --rollback takes the copy back.",
  args: [{
    name: "PATH",
    summary: "A state, a log, or a directory that holds them",
    required: true,
    values: "file",
  }],
  flags: MIGRATION_FLAGS,
  effect: "writes",
  permissions: ["sys"],
  examples: [
    "orc import-legacy ~/old-project --dry-run",
    "orc import-legacy old_state.json --yes",
  ],
  run: (host, values) =>
    migrationOutcome(host, () =>
      importLegacy(host, {
        ...sessionOptions(values, "import-legacy"),
        ...migrationOptions(host, values),
        path: values.need("PATH"),
      })),
  render: migrationText,
});
