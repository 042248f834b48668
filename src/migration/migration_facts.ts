import type { SessionState } from "../workflow/types.ts";

/** A legacy file as it was found; links are not followed. */
export interface LegacyFile {
  /** Seen from the root. */
  readonly path: string;
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly sizeBytes: number;
  /** Permission bits. */
  readonly mode: number;
  readonly mtimeMs: number;
  /** Null for what is no file. */
  readonly sha256: string | null;
}

/** A state of the older tool, and the session it will be. */
export interface LegacyStateFile {
  readonly file: LegacyFile;
  readonly state: SessionState;
}

/** What the lines of a file are: events, or one kind of feedback. */
export type LinesRole = "log" | "tool" | "process" | "both";

/** The lines of one workflow in a file that many workflows share. */
export interface LinePart {
  /** Empty for lines that name none. */
  readonly workflowId: string;
  readonly lines: number;
  readonly sizeBytes: number;
}

/** A file of lines, and whose they are, in the order of their first lines. */
export interface LegacyLinesFile {
  readonly file: LegacyFile;
  readonly role: LinesRole;
  readonly parts: readonly LinePart[];
}

/** A checkpoint, and the workflow it belongs to. */
export interface LegacyCheckpointFile {
  readonly file: LegacyFile;
  readonly workflowId: string;
}

/** A file that moves as it is, and where to, seen from `.orchestrator/`. */
export interface LegacyWholeFile {
  readonly file: LegacyFile;
  readonly to: string;
  /** Hash of what stands there already; null when nothing does. */
  readonly present: string | null;
}

/** A workflow of which only the log or checkpoints are left, made a closed session. */
export interface RebuiltSession {
  readonly workflowId: string;
  readonly from: "log" | "checkpoint";
  readonly state: SessionState;
  /** Text of its state.json. */
  readonly text: string;
}

/** A session that stands in the new place and belongs to a workflow of the legacy files. */
export interface PresentSession {
  readonly id: string;
  readonly state: SessionState;
  readonly stateSha256: string;
  /** Hash of the legacy state it was adopted from; null when it was not. */
  readonly adoptedSha256: string | null;
  /** Names and sizes of its checkpoints. */
  readonly checkpoints: ReadonlyMap<string, number>;
  readonly hasToolFeedback: boolean;
  readonly hasProcessFeedback: boolean;
}

/** What is left where it lies, and why. */
export interface LeftFile {
  /** Seen from the root. */
  readonly path: string;
  /** The second half of a sentence. */
  readonly reason: string;
}

/** All that is known before a migration is planned. */
export interface LegacyFacts {
  /** That of the root first, then that of an engine without sessions. */
  readonly states: readonly LegacyStateFile[];
  readonly lines: readonly LegacyLinesFile[];
  /** Directory of the checkpoints and all that lies in it; empty when there is none. */
  readonly checkpointTree: readonly LegacyFile[];
  readonly checkpoints: readonly LegacyCheckpointFile[];
  readonly wholes: readonly LegacyWholeFile[];
  /** Files that were asked for by name, and where they go. */
  readonly included: readonly LegacyWholeFile[];
  /** Directories that were asked for by name, each before what lies in it. */
  readonly includedTrees: readonly LegacyFile[];
  readonly rebuilt: readonly RebuiltSession[];
  readonly left: readonly LeftFile[];
  readonly warnings: readonly string[];
  readonly present: readonly PresentSession[];
  /** Ids that are taken in the new place, by whatever. */
  readonly sessionIds: ReadonlySet<string>;
  readonly hasCurrent: boolean;
  /** Null where the system does not say. */
  readonly freeBytes: number | null;
  /** Whether files can get a second name in the new place instead of a copy. */
  readonly canLink: boolean;
}
