/**
 * orc as a library: what the commands do, one function each.
 *
 * Every function takes a {@linkcode Host}, the only way to time, randomness,
 * environment, programs and terminal. Many processes may call them at once:
 * changes of one session are applied one after the other, each on the state the
 * one before it left, and a change that was returned survives a crash. Reading
 * takes no lock and writes nothing.
 *
 * Besides what they say themselves, calls throw an {@linkcode OrcError} with
 * one of these codes, and its kind in parentheses, if
 *
 * - the repository cannot be found: `no_such_root` (not_found),
 *   `root_not_a_directory` or `inside_git_directory` (usage)
 * - the session cannot be chosen: `no_session` or `no_such_session`
 *   (not_found), `session_ambiguous` (refused), `ambiguous_session_id` or
 *   `invalid_session_id` (usage)
 * - its files cannot be trusted: `invalid_json`, `invalid_state`,
 *   `foreign_state`, `invalid_current` or `symbolic_link` (corrupt)
 * - it must not be changed: `session_closed` or `newer_format` (refused),
 *   `changed_outside` (corrupt), `no_workflow` (config)
 * - others are in the way: `lock_held`, `lock_unreadable` or `session_removed`
 *   (conflict)
 * - a setting is wrong: `invalid_lock_timeout` (usage), `invalid_setting` (usage,
 *   in a file config), `invalid_config` (config)
 * - the system says no: `permission_missing` or `permission_denied` (denied),
 *   `disk_full`, `disk_error`, `read_only` or `file_system_error` (external)
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as orc from "@orc/cli";
 *
 * const host = { ...orc.denoHost(), env: () => undefined };
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/workflow.yaml`, `name: Tiny
 * phases: [{ id: PLAN, name: Plan, items: [{ id: idea, name: Idea }] }]`);
 * await orc.startSession(host, { root, task: "Add login" });
 * await orc.completeItem(host, { root, itemId: "idea", notes: "As Ada does" });
 * const { summary } = await orc.finishSession(host, { root });
 * assertEquals(summary.status, "completed");
 * await Deno.remove(root, { recursive: true });
 * ```
 *
 * @module
 */

// What can be done, with options and results.
export { addNote, type NoteOptions } from "./src/work/item.ts";
export {
  type Advanced,
  type AdvanceOptions,
  advancePhase,
} from "./src/work/phase.ts";
export {
  type Analyzed,
  type AnalyzeOptions,
  analyzeSessions,
} from "./src/history/use.ts";
export { approveItem, type ApproveItemOptions } from "./src/work/item.ts";
export { approvePhase, type ApprovePhaseOptions } from "./src/work/phase.ts";
export {
  type CheckpointCleanup,
  type CheckpointCleanupOptions,
  cleanCheckpoints,
} from "./src/checkpoints/use.ts";
export {
  type Completed,
  completeItem,
  type CompleteOptions,
} from "./src/work/complete.ts";
export {
  type DiagnoseOptions,
  diagnoseRepository,
  type Diagnosis,
} from "./src/doctor/use.ts";
export {
  type AbandonOptions,
  abandonSession,
  type FinishOptions,
  finishSession,
} from "./src/work/phase.ts";
export type { AgentRun } from "./src/handoff/use.ts";
export {
  type Generated,
  generateMarkdown,
  type GenerateOptions,
} from "./src/history/pages.ts";
export {
  type HandedOff,
  handOff,
  type HandOffOptions,
} from "./src/handoff/use.ts";
export {
  type Initialized,
  type InitOptions,
  initRepository,
} from "./src/work/init.ts";
export {
  type CheckpointList,
  type CheckpointListOptions,
  listCheckpoints,
} from "./src/checkpoints/use.ts";
export { importLegacy, type ImportOptions } from "./src/migration/use.ts";
export {
  migrate,
  type Migrated,
  type MigrateOptions,
  type MigrationProgress,
} from "./src/migration/use.ts";
export {
  listSessions,
  type SessionLine,
  type SessionList,
  type SessionListOptions,
} from "./src/sessions/list.ts";
export {
  type History,
  type HistoryOptions,
  readHistory,
} from "./src/history/use.ts";
export { readStatus, type Status } from "./src/work/status.ts";
export {
  remindContext,
  type Reminded,
  type Reminder,
} from "./src/work/agent.ts";
export {
  type Resumed,
  type ResumeOptions,
  resumeSession,
} from "./src/checkpoints/restore.ts";
export {
  type CheckpointOptions,
  saveCheckpoint,
  type SavedCheckpoint,
} from "./src/checkpoints/use.ts";
export { skipItem, type SkipOptions } from "./src/work/item.ts";
export { startItem, type StartItemOptions } from "./src/work/item.ts";
export {
  type Started,
  type StartOptions,
  startSession,
} from "./src/work/start.ts";
export {
  type Switched,
  type SwitchOptions,
  switchSession,
} from "./src/sessions/manage.ts";
export {
  type Validated,
  type ValidateOptions,
  validateWorkflow,
} from "./src/work/init.ts";
export {
  type JsonSchema,
  workflowJsonSchema,
} from "./src/workflow/json_schema.ts";
export { verifyWriteAllowed, type WriteAllowed } from "./src/work/agent.ts";
export {
  type Learned,
  type LearnOptions,
  writeLearnings,
} from "./src/history/pages.ts";
export {
  diagnoseSecrets,
  type SecretsDiagnosis,
} from "./src/secrets/doctor.ts";
export {
  getSecret,
  type GetSecretOptions,
  type GotSecret,
  type SecretOptions,
  type TestedSecret,
  testSecret,
} from "./src/secrets/use.ts";
export { initSecrets, type SecretsReady } from "./src/secrets/vault.ts";
export {
  listSecrets,
  type SecretLine,
  type SecretList,
} from "./src/secrets/use.ts";
export {
  type RemoveSecretOptions,
  removeStoredSecret,
  type SecretRemoved,
} from "./src/secrets/use.ts";
export { type SecretOrigin, sourceOfSecret } from "./src/secrets/use.ts";
export {
  type SecretKept,
  setSecret,
  type SetSecretOptions,
} from "./src/secrets/use.ts";

// What several of them take or answer.
export type {
  Analysis,
  PhaseDuration,
  SkippedItem,
} from "./src/history/rules.ts";
export type { Finding, Severity } from "./src/base/finding.ts";
export type {
  Repaired,
  RepairRequest,
  SessionRepair,
} from "./src/doctor/repair.ts";
export type { Blocker } from "./src/engine/state.ts";
export type { Changed } from "./src/work/change.ts";
export type { FailedItem, Learnings } from "./src/history/rules.ts";
export type { HistoryQuery } from "./src/history/rules.ts";
export type { OnProgress } from "./src/history/use.ts";
export type { Place } from "./src/repository/open.ts";
export type { RepositoryOptions } from "./src/repository/open.ts";
export type { SessionOptions } from "./src/repository/select.ts";
export type { EvidenceSource } from "./src/work/evidence.ts";
export type { SessionSource } from "./src/repository/select.ts";
export type {
  EvidenceSummary,
  ItemSummary,
  NextStep,
  PhaseSummary,
  Progress,
  Summary,
} from "./src/engine/summary.ts";
export type { RestoreChange } from "./src/engine/restore.ts";
export type { CheckpointLine } from "./src/checkpoints/rules.ts";
export type {
  ForceFrom,
  MigrationConflict,
} from "./src/migration/session_plan.ts";
export type { LeftFile } from "./src/migration/session_plan.ts";
export type {
  PlannedMove,
  PlannedSession,
} from "./src/migration/session_plan.ts";
export type { ChangedUnit } from "./src/transfer/record.ts";
export type { WorkflowChoice } from "./src/repository/load.ts";

export type {
  SecretLevel,
  SecretLocation,
  SecretSource,
} from "./src/secrets/vault.ts";
export type { Encryption } from "./src/secrets/vault.ts";
export type { Masker, MaskingStream } from "./src/base/mask.ts";

// The rules.
export { decide } from "./src/engine/decide.ts";
export type { Circumstances } from "./src/engine/situation.ts";
export {
  type ParsedWorkflow,
  parseWorkflow,
  type ParseWorkflowOptions,
} from "./src/workflow/parse.ts";
export type {
  Locate,
  Path,
  Position,
  Problem,
} from "./src/workflow/problem.ts";

// Errors.
export {
  type ErrorKind,
  exitCodeOf,
  OrcError,
  type OrcErrorOptions,
} from "./src/base/error.ts";

// This machine.
export { denoHost } from "./src/host/deno_host.ts";
export type {
  Host,
  Liveness,
  ProcessIdentity,
  ProgramProgress,
  ProgramRequest,
  ProgramResult,
  SignalHold,
  Terminal,
} from "./src/host/host.ts";

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
} from "./src/workflow/types.ts";
export type { RecordedEvent } from "./src/engine/event.ts";
export {
  JsonNumber,
  type JsonObject,
  type JsonValue,
} from "./src/base/json.ts";

if (import.meta.main) {
  const { run } = await import("./cli.ts");
  await run();
}
