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
export { addNote, type NoteOptions } from "./src/app/add_note.ts";
export {
  type Advanced,
  type AdvanceOptions,
  advancePhase,
} from "./src/app/advance_phase.ts";
export {
  type Analyzed,
  type AnalyzeOptions,
  analyzeSessions,
} from "./src/app/analyze_sessions.ts";
export {
  approveItem,
  type ApproveItemOptions,
} from "./src/app/approve_item.ts";
export {
  approvePhase,
  type ApprovePhaseOptions,
} from "./src/app/approve_phase.ts";
export {
  type CheckpointCleanup,
  type CheckpointCleanupOptions,
  cleanCheckpoints,
} from "./src/app/clean_checkpoints.ts";
export {
  type Completed,
  completeItem,
  type CompleteOptions,
} from "./src/app/complete_item.ts";
export {
  type DiagnoseOptions,
  diagnoseRepository,
  type Diagnosis,
} from "./src/app/diagnose_repository.ts";
export {
  type AbandonOptions,
  abandonSession,
  type FinishOptions,
  finishSession,
} from "./src/app/finish_session.ts";
export type { AgentRun } from "./src/app/agent_program.ts";
export {
  type Generated,
  generateMarkdown,
  type GenerateOptions,
} from "./src/app/generate_markdown.ts";
export {
  type HandedOff,
  handOff,
  type HandOffOptions,
} from "./src/app/hand_off.ts";
export {
  type Initialized,
  type InitOptions,
  initRepository,
} from "./src/app/init_repository.ts";
export {
  type CheckpointList,
  type CheckpointListOptions,
  listCheckpoints,
} from "./src/app/list_checkpoints.ts";
export { importLegacy, type ImportOptions } from "./src/app/import_legacy.ts";
export {
  migrate,
  type Migrated,
  type MigrateOptions,
  type MigrationProgress,
} from "./src/app/migrate.ts";
export {
  listSessions,
  type SessionLine,
  type SessionList,
  type SessionListOptions,
} from "./src/app/list_sessions.ts";
export {
  type History,
  type HistoryOptions,
  readHistory,
} from "./src/app/read_history.ts";
export { readStatus, type Status } from "./src/app/read_status.ts";
export {
  remindContext,
  type Reminded,
  type Reminder,
} from "./src/app/remind_context.ts";
export {
  type Resumed,
  type ResumeOptions,
  resumeSession,
} from "./src/app/resume_session.ts";
export {
  type CheckpointOptions,
  saveCheckpoint,
  type SavedCheckpoint,
} from "./src/app/save_checkpoint.ts";
export { skipItem, type SkipOptions } from "./src/app/skip_item.ts";
export { startItem, type StartItemOptions } from "./src/app/start_item.ts";
export {
  type Started,
  type StartOptions,
  startSession,
} from "./src/app/start_session.ts";
export {
  type Switched,
  type SwitchOptions,
  switchSession,
} from "./src/app/switch_session.ts";
export {
  type Validated,
  type ValidateOptions,
  validateWorkflow,
} from "./src/app/validate_workflow.ts";
export {
  type JsonSchema,
  workflowJsonSchema,
} from "./src/app/workflow_json_schema.ts";
export {
  verifyWriteAllowed,
  type WriteAllowed,
} from "./src/app/verify_write_allowed.ts";
export {
  type Learned,
  type LearnOptions,
  writeLearnings,
} from "./src/app/write_learnings.ts";
export {
  diagnoseSecrets,
  type SecretsDiagnosis,
} from "./src/app/diagnose_secrets.ts";
export {
  getSecret,
  type GetSecretOptions,
  type GotSecret,
  type SecretOptions,
  type TestedSecret,
  testSecret,
} from "./src/app/get_secret.ts";
export { initSecrets, type SecretsReady } from "./src/app/init_secrets.ts";
export {
  listSecrets,
  type SecretLine,
  type SecretList,
} from "./src/app/list_secrets.ts";
export {
  type RemoveSecretOptions,
  removeStoredSecret,
  type SecretRemoved,
} from "./src/app/remove_secret.ts";
export {
  type SecretOrigin,
  sourceOfSecret,
} from "./src/app/source_of_secret.ts";
export {
  type SecretKept,
  setSecret,
  type SetSecretOptions,
} from "./src/app/set_secret.ts";

// What several of them take or answer.
export type {
  Analysis,
  PhaseDuration,
  SkippedItem,
} from "./src/core/analysis.ts";
export type { Finding, Severity } from "./src/core/finding.ts";
export type {
  Repaired,
  RepairRequest,
  SessionRepair,
} from "./src/app/repair_session.ts";
export type { Blocker } from "./src/core/blockers.ts";
export type { Changed } from "./src/app/change_session.ts";
export type { FailedItem, Learnings } from "./src/core/learnings.ts";
export type { HistoryQuery } from "./src/core/history_filter.ts";
export type { OnProgress } from "./src/app/session_log.ts";
export type { Place } from "./src/app/place.ts";
export type { RepositoryOptions } from "./src/app/open_repository.ts";
export type { SessionOptions } from "./src/app/open_session.ts";
export type { EvidenceSource } from "./src/app/read_evidence.ts";
export type { SessionSource } from "./src/app/select_session.ts";
export type {
  EvidenceSummary,
  ItemSummary,
  NextStep,
  PhaseSummary,
  Progress,
  Summary,
} from "./src/core/summary.ts";
export type { RestoreChange } from "./src/core/restore_change.ts";
export type { CheckpointLine } from "./src/app/session_checkpoints.ts";
export type {
  ForceFrom,
  MigrationConflict,
} from "./src/core/migration_conflict.ts";
export type { LeftFile } from "./src/core/migration_facts.ts";
export type { PlannedMove, PlannedSession } from "./src/core/migration_plan.ts";
export type { ChangedUnit } from "./src/core/migration_rollback.ts";
export type { WorkflowChoice } from "./src/app/pin_workflow.ts";

export type {
  SecretLevel,
  SecretLocation,
  SecretSource,
} from "./src/app/secret_places.ts";
export type { Encryption } from "./src/app/age_cipher.ts";
export type { Masker, MaskingStream } from "./src/core/mask.ts";

// The rules.
export { decide } from "./src/core/decide.ts";
export type { Circumstances } from "./src/core/situation.ts";
export {
  type ParsedWorkflow,
  parseWorkflow,
  type ParseWorkflowOptions,
} from "./src/core/workflow.ts";
export type {
  Locate,
  Path,
  Position,
  Problem,
} from "./src/core/workflow_problem.ts";

// Errors.
export {
  type ErrorKind,
  exitCodeOf,
  OrcError,
  type OrcErrorOptions,
} from "./src/core/error.ts";

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
} from "./src/core/types.ts";
export type { RecordedEvent } from "./src/core/log_line.ts";
export {
  JsonNumber,
  type JsonObject,
  type JsonValue,
} from "./src/core/json.ts";

if (import.meta.main) {
  const { run } = await import("./cli.ts");
  await run();
}
