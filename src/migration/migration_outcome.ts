import { OrcError } from "../base/error.ts";
import { sizeText } from "../base/size_text.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import type { Place } from "../repository/place.ts";
import { isConfirmed } from "../work/confirm.ts";
import type { MigrationConflict } from "./migration_conflict.ts";
import type { LeftFile } from "./migration_facts.ts";
import type {
  MigrationPlan,
  PlannedMove,
  PlannedSession,
} from "./migration_plan.ts";
import type { ChangedUnit } from "./migration_rollback.ts";
import { doesNothing } from "./plan.ts";
import {
  type Done,
  type MigrationRequest,
  type Planned,
  planRequest,
  runRequest,
} from "./run_migration.ts";

/** What a migration did, or would do. */
export interface Migrated {
  /** Where it was done. */
  readonly place: Place;
  /** `planned` by a dry run that would do something. */
  readonly action: "planned" | "migrated" | "rolled_back" | "nothing";
  /** Whether only said what would be done. */
  readonly dryRun: boolean;
  /** Whether a migration was brought to its end that somebody else had begun. */
  readonly finished: boolean;
  /** Sessions that were made, or added to. */
  readonly sessions: readonly PlannedSession[];
  /** What goes where. */
  readonly moves: readonly PlannedMove[];
  /** Legacy files that stay where they are. */
  readonly left: readonly LeftFile[];
  /** Where the files were copied from; null when they were moved. */
  readonly importedFrom: string | null;
  /** What stands in both places and differs; only a dry run gets that far. */
  readonly conflicts: readonly MigrationConflict[];
  /** Room on the disk that it takes. */
  readonly neededBytes: number;
  /** Null where the system does not say. */
  readonly freeBytes: number | null;
  /** Where the legacy files are now. */
  readonly backup: string | null;
  /** Legacy files that came back. */
  readonly restored: readonly string[];
  /** What had changed since the migration, and is kept aside. */
  readonly kept: readonly ChangedUnit[];
  /** Where that is; null when nothing had changed. */
  readonly keptIn: string | null;
  /** What else to know, as sentences for people. */
  readonly warnings: readonly string[];
}

/** What a result says unless there is something else to say. */
export const NOTHING: Omit<Migrated, "place" | "dryRun" | "finished"> = {
  action: "nothing",
  sessions: [],
  moves: [],
  left: [],
  importedFrom: null,
  conflicts: [],
  neededBytes: 0,
  freeBytes: null,
  backup: null,
  restored: [],
  kept: [],
  keptIn: null,
  warnings: [],
};

/** Moves in, or only plans, what is asked for. */
export async function outcomeOf(
  host: Host,
  repository: Repository,
  request: MigrationRequest,
  dryRun: boolean,
): Promise<Omit<Migrated, "place" | "dryRun" | "finished">> {
  const done = dryRun
    ? await planRequest(host, repository, request)
    : await runRequest(host, repository, request);
  const isNothing = doesNothing(done.plan) && done.plan.conflicts.length === 0;
  const action = isNothing ? "nothing" : dryRun ? "planned" : "migrated";
  const { importedFrom } = request;
  return { ...NOTHING, ...viewOf(done), action, importedFrom };
}

function viewOf(done: Done | Planned): Partial<Migrated> {
  const { sessions, moves, left, conflicts, ...plan } = done.plan;
  const { neededBytes, freeBytes } = plan;
  const isDone = "backup" in done;
  return {
    ...{ sessions, moves, left, conflicts, neededBytes, freeBytes },
    backup: isDone ? done.backup : null,
    warnings: isDone ? done.warnings : plan.warnings,
  };
}

/** Whoever can be asked is asked; an agent need not be, since all of it can be taken back. */
export function confirmation(
  host: Host,
  { yes = false }: { readonly yes?: boolean },
): (plan: MigrationPlan) => void {
  return ({ moves, files, sessions }) => {
    const sizeBytes = moves.reduce((sum, move) => sum + move.sizeBytes, 0);
    const question = `Move ${
      countText(
        files.filter(({ kind }) => kind === "file").length,
        "legacy file",
      )
    } (${sizeText(sizeBytes)}) into ${countText(sessions.length, "session")}?`;
    askUnless(yes, host, question);
  };
}

/** Asks a person who can be asked; throws if they do not want it. */
export function askUnless(yes: boolean, host: Host, question: string): void {
  if (yes || !host.terminal.isInteractive || host.caller().agent !== null) {
    return;
  }
  if (isConfirmed(host, question)) return;
  throw new OrcError("refused", "not_confirmed", "Nothing was moved", {
    hint: "see what would be: orc migrate --dry-run",
  });
}

/** A number of things, for people. */
export function countText(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
