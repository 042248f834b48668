import type { SessionStatus } from "../workflow/types.ts";
import type { ForceFrom, MigrationConflict } from "./migration_conflict.ts";
import type {
  LeftFile,
  LegacyCheckpointFile,
  LegacyFile,
  LegacyLinesFile,
  LegacyStateFile,
  RebuiltSession,
} from "./migration_facts.ts";

/** What is put aside for the new place. Paths `to` are seen from `.orchestrator/`. */
export type MigrationStep =
  | { readonly type: "copy"; readonly from: LegacyFile; readonly to: string }
  /** A second name where the file system allows it, for what never changes again. */
  | { readonly type: "link"; readonly from: LegacyFile; readonly to: string }
  /** Gives each workflow its lines of a file, behind those that are there. */
  | {
    readonly type: "divide";
    readonly from: LegacyLinesFile;
    readonly to: ReadonlyMap<string, string>;
  }
  /** Adds what stands in the new place already. */
  | { readonly type: "append"; readonly to: string }
  | { readonly type: "text"; readonly text: string; readonly to: string };

/** A file or directory that gets its place in one piece. */
export interface MigrationUnit {
  /** Seen from `.orchestrator/`. */
  readonly path: string;
  /** Whether something stands there, which is kept. */
  readonly replaces: boolean;
}

/** What a migration will do. */
export interface MigrationPlan {
  readonly sessions: readonly PlannedSession[];
  readonly moves: readonly PlannedMove[];
  readonly left: readonly LeftFile[];
  readonly warnings: readonly string[];
  /** While there are any, nothing may be done. */
  readonly conflicts: readonly MigrationConflict[];
  readonly steps: readonly MigrationStep[];
  readonly units: readonly MigrationUnit[];
  /** Legacy files and directories that move into the backup, seen from the root. */
  readonly retired: readonly string[];
  /** All files and directories in them. */
  readonly files: readonly LegacyFile[];
  /** Sessions that are there already and are changed. */
  readonly lockedSessions: readonly string[];
  readonly neededBytes: number;
  readonly freeBytes: number | null;
}

/** What a caller may decide. */
export interface PlanOptions {
  readonly force?: ForceFrom;
  /** Whether the legacy files stay where they are, and so may come again. */
  readonly isImport?: boolean;
  /** For `meta.json` where a state does not say when it began: local time. */
  readonly localTime: string;
}

/** A session that a migration makes, or adds to. */
export interface PlannedSession {
  /** Id of the session. */
  readonly id: string;
  /** Id of the workflow in the legacy files. */
  readonly workflowId: string;
  /** What was to be done. */
  readonly task: string;
  /** How far it is. */
  readonly status: SessionStatus;
  /** What it is made of; `present` when it is there already. */
  readonly from: "state" | "log" | "checkpoint" | "present";
}

/** One line of what moves where, for people. */
export interface PlannedMove {
  /** Seen from the root. */
  readonly from: string;
  /** Seen from `.orchestrator/`. */
  readonly to: string;
  /** How many of what. */
  readonly count: number;
  /** Lines where a file is divided. */
  readonly what: "files" | "lines";
  /** Of all of them together. */
  readonly sizeBytes: number;
}

/** What one thing contributes to a plan. */
export type MigrationPart = Partial<
  Pick<
    MigrationPlan,
    | "sessions"
    | "moves"
    | "left"
    | "warnings"
    | "conflicts"
    | "steps"
    | "units"
    | "retired"
    | "lockedSessions"
  >
>;

/** Puts parts together. */
export function partsOf(
  parts: readonly MigrationPart[],
): Required<MigrationPart> {
  return {
    sessions: parts.flatMap(({ sessions = [] }) => sessions),
    moves: parts.flatMap(({ moves = [] }) => moves),
    left: parts.flatMap(({ left = [] }) => left),
    warnings: parts.flatMap(({ warnings = [] }) => warnings),
    conflicts: parts.flatMap(({ conflicts = [] }) => conflicts),
    steps: parts.flatMap(({ steps = [] }) => steps),
    units: parts.flatMap(({ units = [] }) => units),
    retired: parts.flatMap(({ retired = [] }) => retired),
    lockedSessions: parts.flatMap(({ lockedSessions = [] }) => lockedSessions),
  };
}

/** All that the legacy files say about one workflow. */
export interface Workflow {
  readonly workflowId: string;
  /** Id of its session, unless it has one already. */
  readonly sessionId: string;
  readonly state: LegacyStateFile | undefined;
  readonly rebuilt: RebuiltSession | undefined;
  /** Files that hold lines of it. */
  readonly lines: readonly LegacyLinesFile[];
  readonly checkpoints: readonly LegacyCheckpointFile[];
}
