import { usage } from "../../base/error.ts";
import { shortSessionId } from "../../base/ids.ts";
import { countOf, sizeText } from "../../base/text.ts";
import type { Host, Terminal } from "../../host/host.ts";
import type { SessionOptions } from "../../repository/select.ts";
import type { ForceFrom } from "../../migration/session_plan.ts";
import {
  importLegacy,
  migrate,
  type Migrated,
  type MigrateOptions,
  type MigrationProgress,
} from "../../migration/use.ts";
import {
  arg,
  command,
  flag,
  type FlagSpec,
  type ResultOf,
  type Style,
  type Values,
} from "../command.ts";
import { barOf, withProgress } from "../change_view.ts";
import { section, shortTask } from "../view.ts";

const MIGRATION_FLAGS: readonly FlagSpec[] = [
  flag("--dry-run", "Show what would be done, and change nothing", {
    effect: "reads",
  }),
  flag("--force-from-old", "Where both places differ, take the legacy files"),
  flag(
    "--force-from-new",
    "Where both places differ, keep what is in .orchestrator",
  ),
  flag("--auto-rollback", "Take the migration back if it cannot be finished"),
  flag("-y, --yes", "Do it without asking"),
  flag("--report FILE", "Write the result to a file as JSON, too"),
];

/** Moves legacy files in, in the way that the flags of all such commands say. */
function moveIn(
  host: Host,
  options: SessionOptions,
  values: Values,
  run: (options: MigrateOptions) => Promise<Migrated>,
): Promise<Migrated> {
  return withProgress(host, values, (show) =>
    run({
      ...options,
      dryRun: values.on("dry-run"),
      autoRollback: values.on("auto-rollback"),
      forceFrom: forceFrom(values),
      yes: values.on("yes"),
      report: values.text("report"),
      onProgress: show && progressShower(show),
    }));
}

/** What is left of a result when everything else was said elsewhere. */
type MigrationResult = ResultOf<Migrated>;

function migrationText(result: MigrationResult, style: Style): string {
  return [
    style.bold(headline(result)),
    ...section("Moves", result.moves.map(moveLine)),
    ...section("Sessions", result.sessions.map(sessionLine)),
    ...section("Comes back", result.restored),
    ...section(
      "Changed since, and kept aside",
      result.kept.flatMap(({ files }) => files),
    ),
    ...section(
      "Left where it is",
      result.left.map(({ path, reason }) => `${path}: ${reason}`),
    ),
    ...section("Differs", result.conflicts.flatMap(conflictLines)),
    ...closing(result),
  ].join("\n");
}

function headline(
  { action, dryRun, finished, ...result }: MigrationResult,
): string {
  const sizeBytes = result.moves.reduce((sum, one) => sum + one.sizeBytes, 0);
  const what = `${countOf(result.moves.length, "move")}, ${
    sizeText(sizeBytes)
  }`;
  if (action === "nothing") {
    return finished
      ? "Finished the migration that was begun"
      : result.importedFrom === null
      ? "Nothing to migrate"
      : "Nothing to import";
  }
  const isImport = result.importedFrom !== null;
  if (action === "migrated") {
    return `${isImport ? "Imported" : "Migrated"}: ${what}`;
  }
  if (action === "rolled_back") return "Took the migration back";
  const isBack = result.restored.length > 0;
  return isBack && dryRun
    ? "Would take the migration back"
    : `Would ${isImport ? "import" : "migrate"}: ${what}`;
}

function moveLine(
  { from, to, count, what, sizeBytes }: MigrationResult["moves"][number],
): string {
  const amount = what === "files" && count === 1
    ? ""
    : `, ${countOf(count, what.slice(0, -1))}`;
  return `${from} (${sizeText(sizeBytes)}${amount}) to ${to}`;
}

const ORIGINS = {
  state: "",
  log: ", put together from its log",
  checkpoint: ", put together from its last checkpoint",
  present: ", is there already",
} as const;

function sessionLine(
  { id, status, task, from }: MigrationResult["sessions"][number],
): string {
  return `${shortSessionId(id)}  ${status}${ORIGINS[from]}  ${
    shortTask(task, 50)
  }`.trimEnd();
}

function conflictLines(
  { oldPath, newPath, differences }: MigrationResult["conflicts"][number],
): readonly string[] {
  return [
    `${oldPath} (old) and ${newPath} (new)`,
    ...differences.map((difference) => `  ${difference}`),
  ];
}

function closing(
  { action, conflicts, backup, keptIn, ...result }: MigrationResult,
): readonly string[] {
  if (conflicts.length > 0) {
    return [
      "Refused until you say which is right: orc migrate --force-from-old, or --force-from-new",
    ];
  }
  if (keptIn !== null) return [`Kept in ${keptIn}`];
  if (backup !== null && result.importedFrom !== null) {
    return ["Back again: orc migrate --rollback"];
  }
  if (backup !== null) {
    return [`Originals: ${backup}`, "Back again: orc migrate --rollback"];
  }
  if (action !== "planned" || result.moves.length === 0) return [];
  const free = result.freeBytes === null
    ? "free space unknown"
    : `${sizeText(result.freeBytes)} free`;
  return [`Needs ${sizeText(result.neededBytes)}; ${free}`];
}

const STEPS = { read: "Reading", move: "Copying" } as const;
const PAUSE_MS = 100;

/** Shows a migration on its way, at most ten times a second. */
function progressShower(
  show: Terminal["showProgress"],
): (progress: MigrationProgress) => void {
  let startedMs = performance.now();
  let shownMs = 0;
  let step = "";
  return (progress) => {
    const nowMs = performance.now();
    if (progress.step !== step) [step, startedMs] = [progress.step, nowMs];
    if (nowMs - shownMs < PAUSE_MS) return;
    shownMs = nowMs;
    show(progressLine(progress, nowMs - startedMs));
  };
}

export function progressLine(
  { step, doneBytes, totalBytes }: MigrationProgress,
  elapsedMs: number,
): string {
  const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const leftMs = share === 0 ? undefined : elapsedMs / share - elapsedMs;
  const left = leftMs === undefined
    ? ""
    : `, ${Math.ceil(leftMs / 1000)} s left`;
  return `${STEPS[step]} ${barOf(share)} ${sizeText(doneBytes)} of ${
    sizeText(totalBytes)
  }${left}`;
}

function forceFrom(values: Values): ForceFrom | undefined {
  const [old, now] = [values.on("force-from-old"), values.on("force-from-new")];
  if (old && now) {
    throw usage(
      "contradicting_flags",
      "--force-from-old and --force-from-new contradict each other",
      "see what differs: orc migrate --dry-run",
    );
  }
  return old ? "old" : now ? "new" : undefined;
}

export const migrateCommand = command<MigrationResult>({
  description:
    "Moves the scattered files of the older Python tool into the directory .orchestrator: a session for each workflow. All of it counts at once or not at all. The originals stay as they were, in a backup there, and --rollback puts them back, with mode and time.\n\nWhere both places hold different things, nothing is done until --force-from-old or --force-from-new says which is right. What git tracks stays unless --include names it, and so does what other programs keep under the names of the older tool. Symbolic links are never followed.",
  flags: [
    ...MIGRATION_FLAGS,
    flag(
      "--include NAME...",
      "Move this file too: a custom .workflow_* one, or one that git tracks",
      { values: "file" },
    ),
    flag("--rollback", "Take the last migration back"),
    flag(
      "--force-rollback",
      "With --rollback: keep aside what has changed since",
    ),
  ],
  effect: "rewrites",
  permissions: ["sys", "tree"],
  examples: [
    "orc migrate --dry-run",
    "orc migrate --yes",
    "orc migrate --rollback",
  ],
  use: (host, options, values) =>
    moveIn(host, options, values, (moving) =>
      migrate(host, {
        ...moving,
        rollback: values.on("rollback"),
        forceRollback: values.on("force-rollback"),
        includes: values.list("include"),
      })),
  render: migrationText,
});

export const importLegacyCommand = command<MigrationResult>({
  description:
    "Copies sessions of the older Python tool into this repository: from a state, from a log (.jsonl), or from a directory with its files. The files it copies stay as they are. orc migrate --rollback takes the copy back.",
  args: [arg("PATH", "A state, a log, or a directory that holds them", "file")],
  flags: MIGRATION_FLAGS,
  effect: "rewrites",
  permissions: ["sys"],
  examples: [
    "orc import-legacy ~/old-project --dry-run",
    "orc import-legacy old_state.json --yes",
  ],
  use: (host, options, values) =>
    moveIn(
      host,
      options,
      values,
      (moving) => importLegacy(host, { ...moving, path: values.need("PATH") }),
    ),
  render: migrationText,
});
