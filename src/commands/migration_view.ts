import { OrcError } from "../base/error.ts";
import { shortSessionId } from "../base/ids.ts";
import { sizeText } from "../base/size_text.ts";
import type { Host } from "../host/host.ts";
import type { ForceFrom } from "../migration/migration_conflict.ts";
import type {
  Migrated,
  MigrateOptions,
  MigrationProgress,
} from "../migration/use.ts";
import type { FlagSpec, Outcome, Style, Values } from "./command.ts";
import { section, shortTask } from "./view.ts";

/** Flags of all that moves legacy files in. */
export const MIGRATION_FLAGS: readonly FlagSpec[] = [
  {
    name: "dry-run",
    summary: "Show what would be done, and change nothing",
  },
  {
    name: "force-from-old",
    summary: "Where both places differ, take the legacy files",
  },
  {
    name: "force-from-new",
    summary: "Where both places differ, keep what is in .orchestrator",
  },
  {
    name: "auto-rollback",
    summary: "Take the migration back if it cannot be finished",
  },
  { name: "yes", short: "y", summary: "Do it without asking" },
  {
    name: "report",
    value: "FILE",
    values: "file",
    summary: "Write the result to a file as JSON, too",
  },
];

/** What all that moves legacy files in is told alike. */
export function migrationOptions(
  host: Host,
  values: Values,
): MigrateOptions {
  return {
    dryRun: values.on("dry-run"),
    autoRollback: values.on("auto-rollback"),
    forceFrom: forceFrom(values),
    yes: values.on("yes"),
    report: values.text("report"),
    onProgress: progressShower(host, values.on("quiet")),
  };
}

/** Runs a migration, and takes its progress from the terminal when it is done. */
export async function migrationOutcome(
  host: Host,
  run: () => Promise<Migrated>,
): Promise<Outcome<MigrationResult>> {
  try {
    const { place, warnings, ...result } = await run();
    return { place, warnings, result };
  } finally {
    host.terminal.showProgress(undefined);
  }
}

/** What is left of a result when everything else was said elsewhere. */
export type MigrationResult = Omit<Migrated, "place" | "warnings">;

/** What a migration did, or would do, for people. */
export function migrationText(result: MigrationResult, style: Style): string {
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
  const what = `${plural(result.moves.length, "move")}, ${sizeText(sizeBytes)}`;
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
    : `, ${plural(count, what.slice(0, -1))}`;
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

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const STEPS = { read: "Reading", move: "Copying" } as const;
const BAR_COLUMNS = 20;
const PAUSE_MS = 100;

/** Shows a migration on its way, at most ten times a second. */
function progressShower(
  { terminal }: Host,
  isQuiet: boolean,
): ((progress: MigrationProgress) => void) | undefined {
  if (isQuiet || !terminal.isErrorTerminal) return undefined;
  let startedMs = performance.now();
  let shownMs = 0;
  let step = "";
  return (progress) => {
    const nowMs = performance.now();
    if (progress.step !== step) [step, startedMs] = [progress.step, nowMs];
    if (nowMs - shownMs < PAUSE_MS) return;
    shownMs = nowMs;
    terminal.showProgress(progressLine(progress, nowMs - startedMs));
  };
}

/** One line: a bar, bytes, and the time that is left. */
export function progressLine(
  { step, doneBytes, totalBytes }: MigrationProgress,
  elapsedMs: number,
): string {
  const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const filled = Math.round(share * BAR_COLUMNS);
  const bar = "#".repeat(filled).padEnd(BAR_COLUMNS, ".");
  const leftMs = share === 0 ? undefined : elapsedMs / share - elapsedMs;
  const left = leftMs === undefined
    ? ""
    : `, ${Math.ceil(leftMs / 1000)} s left`;
  return `${STEPS[step]} [${bar}] ${sizeText(doneBytes)} of ${
    sizeText(totalBytes)
  }${left}`;
}

/** Which of two wins. */
function forceFrom(values: Values): ForceFrom | undefined {
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
