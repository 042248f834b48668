/**
 * The rules of orc without any effect: for browsers, other tools and other
 * runtimes. Needs no permission. `docs/library.md` shows them at work.
 *
 * @module
 */

// The rules.
export { decide } from "./engine/decide.ts";
export type { Circumstances } from "./engine/situation.ts";
export {
  type ParsedWorkflow,
  parseWorkflow,
  type ParseWorkflowOptions,
} from "./workflow/parse.ts";
export type { Locate, Path, Position, Problem } from "./workflow/problem.ts";
export type {
  EvidenceSummary,
  ItemSummary,
  NextStep,
  PhaseSummary,
  Progress,
  Rejection,
  Summary,
} from "./engine/standing.ts";
export { summarize } from "./engine/summary.ts";
export type { Blocker } from "./engine/state.ts";

// Files: where they are, and what they say.
export {
  type RepositoryLayout,
  repositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "./base/layout.ts";
export {
  decodeSession,
  type StoredSession,
  type UnsignedSession,
} from "./session/codec.ts";
export { encodeSession } from "./session/encode.ts";
export type { ChecksumVerdict, Digest } from "./base/checksum.ts";
export type { OrcData } from "./session/codec.ts";
export type { RecordedEvent } from "./engine/event.ts";

// Errors.
export type { DetailsOf, ErrorDetails, OrcErrorCode } from "./base/codes.ts";
export {
  type ErrorKind,
  exitCodeOf,
  isOrcError,
  OrcError,
  type OrcErrorData,
  type OrcErrorOptions,
} from "./base/error.ts";

// Data of workflows, sessions and the log.
export type { Action } from "./engine/action.ts";
export type {
  BaseCheck,
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
  SizeLimits,
  Sizing,
  StepType,
  Verification,
  Workflow,
} from "./workflow/types.ts";
export type { PlainJson } from "./base/plain.ts";
export { JsonNumber, type JsonObject, type JsonValue } from "./base/json.ts";
