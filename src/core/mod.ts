/**
 * The rules of orc without any effect: for browsers, other tools and other
 * runtimes. Needs no permission.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseWorkflow } from "@orc/cli/core";
 *
 * const items = [{ id: "idea", name: "Idea" }];
 * const phases = [{ id: "PLAN", name: "Plan", items }];
 * const { workflow } = parseWorkflow({ name: "Tiny", phases });
 * assertEquals(workflow.phases[0]?.items[0]?.stepType, "flexible");
 * ```
 *
 * @module
 */

// The rules.
export { decide } from "./decide.ts";
export type { Circumstances } from "./situation.ts";
export {
  type ParsedWorkflow,
  parseWorkflow,
  type ParseWorkflowOptions,
} from "./workflow.ts";
export type { Locate, Path, Position, Problem } from "./workflow_problem.ts";
export {
  type EvidenceSummary,
  type ItemSummary,
  type NextStep,
  type PhaseSummary,
  type Progress,
  summarize,
  type Summary,
} from "./summary.ts";
export type { Blocker } from "./blockers.ts";

// Files: where they are, and what they say.
export {
  type RepositoryLayout,
  repositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "./layout.ts";
export {
  decodeSession,
  type StoredSession,
  type UnsignedSession,
} from "./session.ts";
export { encodeSession } from "./session_encode.ts";
export type { ChecksumVerdict } from "./checksum.ts";
export type { OrcData } from "./session.ts";
export type { RecordedEvent } from "./log_line.ts";

// Errors.
export {
  type ErrorKind,
  exitCodeOf,
  OrcError,
  type OrcErrorOptions,
} from "./error.ts";

// Data of workflows, sessions and the log.
export type {
  Action,
  Caller,
  CheckResult,
  Decision,
  Event,
  EventType,
  Item,
  ItemState,
  ItemStatus,
  LoggedEvent,
  Note,
  OutputName,
  Phase,
  PhaseState,
  PhaseStatus,
  PhaseType,
  Risk,
  SessionState,
  SessionStatus,
  StepType,
  Verification,
  Workflow,
} from "./types.ts";
export { JsonNumber, type JsonObject, type JsonValue } from "./json.ts";
