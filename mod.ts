/**
 * orc as a library: what the commands do, one function each.
 *
 * Every function takes a {@linkcode Host}, the only way to time, randomness,
 * environment, programs and terminal. Many processes may call them at once:
 * changes of one session are applied one after the other, each on the state the
 * one before it left, and a change that was returned survives a crash. Reading
 * takes no lock and writes nothing.
 *
 * What holds the id of an item or a phase is called `itemId` or `phaseId`; `session`
 * is the id of a session.
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
 * - the host answers what cannot be stored: `invalid_host` (usage)
 * - a setting is wrong: `invalid_lock_timeout` (usage), `invalid_setting` (usage,
 *   in a file config), `invalid_config` (config)
 * - the system says no: `permission_missing` or `permission_denied` (denied),
 *   `disk_full`, `disk_error`, `read_only` or `file_system_error` (external)
 *
 * `docs/library.md` leads through a session and shows the parts in use.
 *
 * @module
 */

// The handles: everything below as methods of a repository and of a session.
export type { CallOptions, Given, Site } from "./src/library/call.ts";
export {
  findRoot,
  type KnownSession,
  type OpenOptions,
  openRepository,
  type Repository,
} from "./src/library/repository.ts";
export type { Session } from "./src/library/session.ts";
export type { Config, Secrets } from "./src/library/settings.ts";
export type { FoundRoot, RootSource } from "./src/files/root.ts";

// The same under the names of the Python tool's design.
export {
  type ManagerOptions,
  OrchestratorPaths,
  type PathsOptions,
  SessionManager,
} from "./src/library/manager.ts";
export type {
  Checkpoints,
  EventBatch,
  EventsOptions,
  KeptBeside,
  KeptCheckpoint,
  KeptFeedback,
  KeptOutput,
  LogLine,
  MayRemove,
  NewSession,
  Outputs,
  Session as SessionRecord,
  SessionChange,
  SessionEntry,
  SessionNaming,
  SessionStore as StorageBackend,
  StoreCapabilities,
  StoreListOptions,
  Updated,
} from "./src/session/store.ts";
export {
  memoryStore,
  type MemoryStoreOptions,
} from "./src/documents/memory.ts";
export type { Documents, StoredDocument } from "./src/documents/documents.ts";
export type { OrcData, StoredSession } from "./src/session/codec.ts";

// The state of a session as plain data.
export type { OpenGate } from "./src/engine/gates.ts";
export {
  type Gates,
  type Plain,
  readGates,
  readSession,
  type SessionReading,
} from "./src/library/read.ts";

// The daily use cases.
export {
  type Ahead,
  type Next,
  type NextEvidence,
  type OtherOwner,
  readNext,
  remindContext,
  type Reminded,
  type Reminder,
  type SessionEnd,
} from "./src/work/agent.ts";
export {
  answerHook,
  type HookAnswered,
  type HookOptions as AgentHookOptions,
} from "./src/agents/hook.ts";
export {
  type AgentFile,
  type AgentsChanged,
  type AgentsOptions,
  installAgents,
  type InstallOptions,
  uninstallAgents,
} from "./src/agents/install.ts";
export type { HookTrust } from "./src/agents/codex_trust_rules.ts";
export {
  type AgentsStatus,
  type AgentsStatusOptions,
  type HookStatus,
  type HostStatus,
  readAgents,
} from "./src/agents/status.ts";
export {
  primeAgent,
  type Primed,
  type PrimeOptions,
} from "./src/agents/prime.ts";
export {
  verifyWriteAllowed,
  type WriteAllowed,
  type WriteOptions,
} from "./src/agents/write.ts";
export type { WaitingApproval } from "./src/engine/waiting.ts";
export {
  type Approvals,
  type ApprovalStream,
  listApprovals,
  type SessionApproval,
  watchApprovals,
  type WatchApprovalsOptions,
} from "./src/work/approvals.ts";
export { type NotifyTest, testNotify } from "./src/notify/use.ts";
export type { Format as NotifyFormat } from "./src/notify/message_rules.ts";
export type { Changed } from "./src/work/change.ts";
export {
  type Completed,
  completeItem,
  type CompleteOptions,
} from "./src/work/complete.ts";
export type { EvidenceSource } from "./src/work/evidence.ts";
export {
  type Initialized,
  type InitOptions,
  initRepository,
  listWorkflows,
  type Validated,
  type ValidateOptions,
  validateWorkflow,
  type WorkflowList,
  type WorkflowsOptions,
} from "./src/work/init.ts";
export {
  addNote,
  approveItem,
  type ApproveItemOptions,
  type NoteOptions,
  skipItem,
  type SkipOptions,
  type Skipped,
  startItem,
  type StartItemOptions,
} from "./src/work/item.ts";
export {
  type AbandonOptions,
  abandonSession,
  type Advanced,
  type AdvanceOptions,
  advancePhase,
  approvePhase,
  type ApprovePhaseOptions,
  type Closed,
  type Ended,
  type FinishOptions,
  finishSession,
} from "./src/work/phase.ts";
export type { Awaited } from "./src/engine/waiting.ts";
export {
  type Waited,
  waitForAnswer,
  type WaitOptions,
} from "./src/work/wait.ts";
export {
  rejectItem,
  type RejectOptions,
  reopen,
  type ReopenOptions,
} from "./src/work/rework.ts";
export {
  type Started,
  type StartOptions,
  startSession,
  type TestRun,
} from "./src/work/start.ts";
export { type Undone, type UndoOptions, undoUpdates } from "./src/work/undo.ts";
export type { Past, PastOptions } from "./src/repository/past.ts";
export { readSessionInfo, type SessionInfo } from "./src/sessions/info.ts";
export type { SessionSize } from "./src/session/account.ts";
export {
  readStatus,
  type Status,
  type StatusOptions,
} from "./src/work/status.ts";

// Going back, handing over, looking back.
export type { CheckpointLine } from "./src/checkpoints/rules.ts";
export {
  type CheckpointCleanup,
  type CheckpointCleanupOptions,
  type CheckpointList,
  type CheckpointListOptions,
  type CheckpointOptions,
  cleanupCheckpoints,
  listCheckpoints,
  type Resumed,
  type ResumeOptions,
  resumeSession,
  saveCheckpoint,
  type SavedCheckpoint,
} from "./src/checkpoints/use.ts";
export {
  type AgentRun,
  type HandedOff,
  handOff,
  type HandOffOptions,
} from "./src/handoff/use.ts";
export {
  type Generated,
  generateMarkdown,
  type GenerateOptions,
  type Learned,
  type LearnOptions,
  writeLearnings,
} from "./src/history/pages.ts";
export type {
  Analysis,
  CheckRuns,
  FailedItem,
  HistoryQuery,
  Learnings,
  PhaseDuration,
  SkippedItem,
} from "./src/history/rules.ts";
export {
  type CheckOutput,
  type ItemOutputs,
  type OutputOptions,
  readOutputs,
} from "./src/history/outputs.ts";
export {
  type Reported,
  type ReportOptions,
  writeReport,
} from "./src/history/report.ts";
export type {
  Report,
  ReportedCheck,
  ReportedItem,
  ReportedPhase,
  Told,
} from "./src/history/report_rules.ts";
export {
  type Analyzed,
  type AnalyzeOptions,
  analyzeSessions,
  type History,
  type HistoryEvent,
  type HistoryOptions,
  type HistoryStream,
  type HistoryStreamOptions,
  type OnProgress,
  readHistory,
  streamHistory,
} from "./src/history/use.ts";
export type {
  Feedback,
  FeedbackReport,
  ProcessReport,
  Question as FeedbackQuestion,
  Repeated,
  Statement as FeedbackStatement,
  ToolReport,
} from "./src/feedback/rules.ts";
export {
  type Captured,
  captureFeedback,
  type CaptureOptions,
  type Reviewed,
  reviewFeedback,
  type ReviewOptions,
} from "./src/feedback/use.ts";

// Many sessions, older files, damage.
export type { ChangedUnit } from "./src/transfer/record.ts";
export {
  type Cleanup,
  type CleanupOptions,
  cleanupSessions,
  type CleanupSessionsOptions,
  cleanupTree,
  type KeptState,
  type Leftover,
  type RemovableSession,
  type TreeCleanup,
} from "./src/sessions/cleanup.ts";
export {
  eachSession,
  type EachSessionOptions,
  listSessions,
  listSharedSessions,
  listTree,
  type ListTreeOptions,
  type SessionLine,
  type SessionList,
  type SessionListOptions,
  type SharedList,
  type SharedSession,
  type TreeList,
  type TreeOptions,
  type TreeSession,
} from "./src/sessions/list.ts";
export {
  type PackedSession,
  type PackOptions,
  packSessions,
  type Repacked,
  type UnpackableSession,
  type UnpackOptions,
  unpackSessions,
} from "./src/sessions/packing.ts";
export {
  type LockInfo,
  type Renamed,
  type RenameOptions,
  renameSession,
  type Switched,
  type SwitchOptions,
  switchSession,
  unlock,
  type Unlocked,
  type UnlockOptions,
} from "./src/sessions/manage.ts";
export type {
  ForceFrom,
  MigrationConflict,
  PlannedMove,
  PlannedSession,
} from "./src/migration/session_plan.ts";
export type { LeftFile } from "./src/session/ownership.ts";
export {
  importLegacy,
  type ImportOptions,
  migrate,
  type Migrated,
  type MigrateOptions,
  type MigrationProgress,
} from "./src/migration/use.ts";
export type {
  Repaired,
  RepairRequest,
  SessionRepair,
} from "./src/doctor/repair.ts";
export {
  type DiagnoseOptions,
  diagnoseRepository,
  type Diagnosis,
  eachFinding,
  type EachFindingOptions,
} from "./src/doctor/use.ts";

// Trust.
export type { Chain } from "./src/replay/chain.ts";
export type { ReadyWorkflow } from "./src/bundled/ready.ts";
export type { GivenApproval, SessionStart } from "./src/replay/account.ts";
export type { EventLink } from "./src/engine/event.ts";
export type { Contradiction } from "./src/session/trace.ts";
export type { TrustFinding } from "./src/trust/finding_rules.ts";
export {
  type RerunOptions,
  type Verified,
  type VerifyOptions,
  verifySession,
} from "./src/trust/use.ts";
export {
  type SessionCommand,
  type SessionCommands,
  sessionCommands,
  type Trusted,
  trustSession,
} from "./src/work/foreign.ts";
export {
  type Attested,
  type AttestOptions,
  attestSession,
} from "./src/trust/attest.ts";
export {
  verifyAttestation,
  type VerifyAttestationOptions,
} from "./src/trust/attestation.ts";
export {
  changePushHook,
  type Hooked,
  type HookOptions,
  type PushedRef,
  type PushVerified,
  verifyPush,
  type VerifyPushOptions,
} from "./src/trust/hook.ts";
export {
  type ForgetOptions,
  forgetSession,
  type Forgotten,
  listRecoverable,
  type Recoverable,
  type RecoverableList,
  type Recovered,
  type RecoverOptions,
  recoverSession,
} from "./src/sessions/recover.ts";
export type { ConditionTrial } from "./src/objects/conditions.ts";
export type { EtagForm } from "./src/objects/bucket.ts";
export {
  type Probed,
  type ProbeOptions,
  probeRemote,
  type Trial,
} from "./src/persist/probe.ts";
export {
  type Pruned,
  type PrunedSession,
  type PruneOptions,
  pruneSessions,
} from "./src/persist/prune.ts";
export {
  type Pulled,
  type PulledSession,
  type PullOptions,
  pullSessions,
} from "./src/persist/pull.ts";
export {
  type Pushed,
  type PushedSession,
  pushSessions,
} from "./src/persist/push.ts";
export {
  type PersistedSession,
  type PersistStatus,
  type PersistStatusOptions,
  readPersistStatus,
} from "./src/persist/status.ts";
export type { PersistOptions } from "./src/persist/use.ts";
export {
  type Moved,
  type MovedSession,
  type MoveOptions,
  moveSessions,
} from "./src/sessions/move.ts";
export type { DatabaseLook } from "./src/postgres/database.ts";
export type { IdleHolder, ServerFacts } from "./src/postgres/health.ts";
export {
  readStoreStatus,
  type StoreStatus,
  type StoreUpgraded,
  upgradeStore,
} from "./src/sessions/store.ts";

// What a repository takes from elsewhere.
export {
  type IncludedSource,
  type ItemOrigin,
  type ResolvedWorkflow,
  type ResolveOptions,
  resolveWorkflow,
} from "./src/upstream/resolve.ts";
export {
  type IncludePin,
  type UpdatedIncludes,
  updateIncludes,
  type UpdateIncludesOptions,
} from "./src/upstream/update.ts";

// Leaving the machine.
export type { KeyOptions } from "./src/snapshot/keys.ts";
export type { ReadOptions } from "./src/snapshot/read.ts";
export type { SnapshotSession } from "./src/snapshot/rules.ts";
export {
  type Exported,
  type ExportOptions,
  exportSnapshot,
  type SnapshotOptions,
  type SnapshotProgress,
  type SnapshotStream,
  streamSnapshot,
} from "./src/snapshot/export.ts";
export {
  type Comparison,
  type Imported,
  type ImportedSession,
  importSnapshot,
  type ImportSnapshotOptions,
} from "./src/snapshot/import.ts";
export { type Inspected, inspectSnapshot } from "./src/snapshot/inspect.ts";

// Settings.
export {
  type ConfigChange,
  type ConfigChanged,
  type ConfigOptions,
  getSetting,
  listConfigFiles,
  type ListedSetting,
  listSettings,
  setSetting,
  showConfig,
  type Shown,
  type ShownConfigFile,
  type ShownStatement,
  type ShownValue,
  type TypedSetting,
  unsetSetting,
} from "./src/config/use.ts";
export type { ConfigLevel, Origin } from "./src/settings/merge.ts";
export type { SettingValue } from "./src/settings/settings.ts";

// Secrets.
export {
  diagnoseSecrets,
  type SecretsDiagnosis,
} from "./src/secrets/doctor.ts";
export type { Encryption } from "./src/vault/encryption.ts";
export {
  getSecret,
  type GetSecretOptions,
  type GotSecret,
  initSecrets,
  listSecrets,
  type RemoveSecretOptions,
  removeStoredSecret,
  type SecretKept,
  type SecretLine,
  type SecretList,
  type SecretOptions,
  type SecretOrigin,
  type SecretRemoved,
  type SecretsReady,
  setSecret,
  type SetSecretOptions,
  sourceOfSecret,
  type TestedSecret,
  testSecret,
} from "./src/secrets/use.ts";
export type {
  SecretLevel,
  SecretLocation,
  SecretSource,
} from "./src/vault/vault.ts";

// Where things are, and this machine.
export type { WorkflowChoice } from "./src/repository/load.ts";
export type {
  Place,
  RepositoryOptions,
  SessionPlace,
} from "./src/repository/open.ts";
export type { SessionOptions, SessionSource } from "./src/repository/select.ts";
export { denoHost } from "./src/host/deno_host.ts";
export {
  type TestHost,
  testHost,
  type TestHostOptions,
} from "./src/host/test_host.ts";
export type {
  AgentAbove,
  Approval,
  ApprovalRequest,
  Host,
  Liveness,
  ProcessIdentity,
  ProgramProgress,
  ProgramRequest,
  ProgramResult,
  ProgramTrace,
  SignalHold,
  Terminal,
} from "./src/host/host.ts";

export { VERSION } from "./src/base/version.ts";

// The rules, and what they work on.
export { decide } from "./src/engine/decide.ts";
export type { ShownFile } from "./src/engine/approval.ts";
export type { RecordedEvent } from "./src/engine/event.ts";
export type { RestoreChange } from "./src/engine/restore.ts";
export type { StreamReceipt } from "./src/engine/receipt.ts";
export type { LeftOut } from "./src/engine/phase.ts";
export type { Circumstances } from "./src/engine/situation.ts";
export type { Blocker, ClosedStatus } from "./src/engine/state.ts";
export type {
  EvidenceSummary,
  ItemSummary,
  NextStep,
  PhaseSummary,
  Progress,
  Summary,
} from "./src/engine/standing.ts";
export type { EvidenceField } from "./src/workflow/evidence.ts";
export {
  type JsonSchema,
  workflowJsonSchema,
} from "./src/workflow/json_schema.ts";
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
export type { Action } from "./src/engine/action.ts";
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
} from "./src/workflow/types.ts";

// Errors, and data without loss.
export type { ChecksumVerdict } from "./src/base/checksum.ts";
export type {
  DetailsOf,
  ErrorDetails,
  OrcErrorCode,
} from "./src/base/codes.ts";
export {
  type ErrorKind,
  exitCodeOf,
  isOrcError,
  OrcError,
  type OrcErrorData,
  type OrcErrorOptions,
} from "./src/base/error.ts";
export type { Finding, Severity } from "./src/base/finding.ts";
export {
  JsonNumber,
  type JsonObject,
  type JsonValue,
} from "./src/base/json.ts";
export type { PlainJson } from "./src/base/plain.ts";
export type { Masker, MaskingStream } from "./src/base/mask.ts";

// Nothing waits at the top: else no `require()` could load the library. Its npm package is without this.
if (import.meta.main) import("./cli.ts").then(({ run }) => run());
