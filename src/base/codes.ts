/**
 * The codes of all conditions that are the caller's to handle. They are stable: a code may be added,
 * and none changes its meaning.
 */
export type OrcErrorCode =
  | "agent_program_failed"
  | "ambiguous_checkpoint_id"
  | "ambiguous_session_id"
  | "approval_changed"
  | "approval_declined"
  | "approval_pending"
  | "approval_required"
  | "approval_stale"
  | "approval_unsigned"
  | "approvers_missing"
  | "backup_changed"
  | "backup_incomplete"
  | "blocked"
  | "broken_git_file"
  | "cannot_approve"
  | "cannot_complete"
  | "cannot_edit"
  | "cannot_grow"
  | "cannot_pack"
  | "cannot_reject"
  | "cannot_reopen"
  | "cannot_skip"
  | "cannot_start"
  | "cannot_undo"
  | "changed_outside"
  | "changed_since"
  | "check_failed"
  | "check_stale"
  | "checkpoint_without_state"
  | "conflicting_flags"
  | "contradicting_flags"
  | "copy_locked"
  | "copy_too_large"
  | "copy_unreadable"
  | "damaged_migration"
  | "disk_error"
  | "disk_full"
  | "duplicate_id"
  | "empty_range"
  | "environment_invalid"
  | "environment_loosened"
  | "evidence_invalid"
  | "evidence_missing"
  | "evidence_too_large"
  | "fetch_failed"
  | "fetched_refused"
  | "file_exists"
  | "file_not_editable"
  | "file_not_ours"
  | "file_replaced"
  | "file_system_error"
  | "file_too_large"
  | "files_left"
  | "force_with_abandon"
  | "foreign_branch"
  | "foreign_checkpoint"
  | "foreign_config"
  | "foreign_state"
  | "git_failed"
  | "grown_since"
  | "hook_not_ours"
  | "inside_git_directory"
  | "inside_own_check"
  | "invalid_agent_program"
  | "invalid_attestation"
  | "invalid_binding"
  | "invalid_branch"
  | "invalid_config"
  | "invalid_constraint"
  | "invalid_evidence"
  | "invalid_host"
  | "invalid_identity"
  | "invalid_json"
  | "invalid_limit"
  | "invalid_lock_timeout"
  | "invalid_meta"
  | "invalid_name"
  | "invalid_number"
  | "invalid_overrides"
  | "invalid_provider"
  | "invalid_recipient"
  | "invalid_record"
  | "invalid_report"
  | "invalid_secret"
  | "invalid_secret_name"
  | "invalid_secret_value"
  | "invalid_session_id"
  | "invalid_setting"
  | "invalid_state"
  | "invalid_status"
  | "invalid_store_module"
  | "invalid_task"
  | "invalid_time"
  | "invalid_timeout"
  | "invalid_utf8"
  | "invalid_value"
  | "invalid_workflow"
  | "invalid_yaml"
  | "item_in_other_phase"
  | "layouts_differ"
  | "leaves_repository"
  | "legacy_again"
  | "legacy_changed"
  | "legacy_state_gone"
  | "lock_held"
  | "lock_unreadable"
  | "loosening_refused"
  | "migration_rolled_back"
  | "migration_unfinished"
  | "misnamed_checkpoint"
  | "missing_argument"
  | "missing_command"
  | "missing_value"
  | "newer_format"
  | "newer_store"
  | "no_attestation"
  | "no_checkpoint"
  | "no_conditional_writes"
  | "no_home"
  | "no_host"
  | "no_identity"
  | "no_input"
  | "no_migration"
  | "no_output"
  | "no_passphrase"
  | "no_remote"
  | "no_session"
  | "no_session_id"
  | "no_such_checkpoint"
  | "no_such_commit"
  | "no_such_copy"
  | "no_such_directory"
  | "no_such_file"
  | "no_such_item"
  | "no_such_phase"
  | "no_such_root"
  | "no_such_schema"
  | "no_such_secret"
  | "no_such_session"
  | "no_such_shell"
  | "no_such_size"
  | "no_such_update"
  | "no_such_workflow"
  | "no_test_ran"
  | "no_workflow"
  | "no_working_directory"
  | "not_a_directory"
  | "not_a_project"
  | "not_a_regular_file"
  | "not_a_report"
  | "not_confirmed"
  | "not_covered"
  | "not_damaged"
  | "not_enough_space"
  | "not_fetched"
  | "not_generated"
  | "not_healthy"
  | "not_in_git"
  | "not_proved"
  | "not_set"
  | "not_streamed"
  | "not_verified"
  | "note_empty"
  | "notes_not_read"
  | "notes_too_long"
  | "nothing_awaited"
  | "nothing_changed"
  | "nothing_to_recover"
  | "notify_failed"
  | "nul_in_argument"
  | "orc_version"
  | "other_lineage"
  | "other_repository"
  | "out_of_order"
  | "outgrown"
  | "output_failed"
  | "output_is_terminal"
  | "own_files"
  | "pack_damaged"
  | "page_elsewhere"
  | "passphrase_mistyped"
  | "path_not_found"
  | "path_too_long"
  | "permission_denied"
  | "permission_missing"
  | "phase_left"
  | "port_taken"
  | "read_only"
  | "reason_missing"
  | "reason_without_abandon"
  | "rejected"
  | "remote_auth"
  | "remote_refused"
  | "remote_unreachable"
  | "repeated_flag"
  | "restore_forward"
  | "rollback_unfinished"
  | "root_not_a_directory"
  | "secret_for_human"
  | "secret_in_session"
  | "secret_locked"
  | "secret_missing"
  | "secret_on_terminal"
  | "session_active"
  | "session_ambiguous"
  | "session_changed"
  | "session_closed"
  | "session_diverged"
  | "session_missing"
  | "session_not_chosen"
  | "session_not_trusted"
  | "session_of_another"
  | "session_removed"
  | "shown_missing"
  | "signature_invalid"
  | "signature_required"
  | "signing_failed"
  | "skip_reason"
  | "snapshot_too_large"
  | "snapshot_unreadable"
  | "state_behind_log"
  | "state_not_earned"
  | "state_not_yours"
  | "store_auth"
  | "store_busy"
  | "store_failed"
  | "store_not_prepared"
  | "store_read_only"
  | "store_tls"
  | "store_unreachable"
  | "store_url_missing"
  | "store_without_files"
  | "symbolic_link"
  | "text_too_long"
  | "too_deep"
  | "too_early"
  | "too_many_open_files"
  | "unanswered"
  | "unconfirmed"
  | "undo_forward"
  | "unexpected_argument"
  | "unexpected_value"
  | "unknown_command"
  | "unknown_event_type"
  | "unknown_field"
  | "unknown_flag"
  | "unknown_host"
  | "unknown_option"
  | "unknown_phase"
  | "unknown_setting"
  | "user_setting"
  | "value_as_argument"
  | "working_directory_gone"
  | "write_not_allowed"
  | "wrong_clock"
  | "wrong_password";

/** The facts that errors of some codes always carry. */
export interface ErrorDetails {
  /** Those that may be meant. */
  readonly ambiguous_session_id: { readonly candidates: readonly string[] };
  /** Those that may be meant. */
  readonly ambiguous_checkpoint_id: { readonly candidates: readonly string[] };
  /** The item, and the files that are not as they were when the human was asked. */
  readonly approval_changed: {
    readonly itemId: string | null;
    readonly paths: readonly string[];
  };
  /** The item, and the files that are not as a human was shown them. */
  readonly approval_stale: {
    readonly itemId: string;
    readonly paths: readonly string[];
  };
  /** The gate, and from when on it passes by itself. */
  readonly approval_pending: {
    readonly itemId: string;
    readonly passesAt: string;
  };
  /** All that is in the way; the message names the first few. */
  readonly blocked: {
    readonly blockers: readonly {
      readonly code: "item_open" | "approval_missing" | "review_missing";
      readonly phaseId: string;
      readonly itemId: string | null;
      readonly message: string;
    }[];
  };
  /** The item. */
  readonly cannot_approve: { readonly itemId: string };
  /** The item. */
  readonly cannot_complete: { readonly itemId: string };
  /** The item. */
  readonly cannot_reject: { readonly itemId: string };
  /** The item, or null for a phase. */
  readonly cannot_reopen: { readonly itemId: string | null };
  /** The item. */
  readonly cannot_skip: { readonly itemId: string };
  /** The item. */
  readonly cannot_start: { readonly itemId: string };
  /** The item, how often its check failed by now, and what was found out; of output the ends. */
  readonly check_failed: {
    readonly itemId: string;
    readonly tries: number;
    readonly result:
      | {
        readonly type: "command";
        readonly command: string;
        readonly exitCode: number;
        readonly expectExitCode: number;
        readonly stdout: string;
        readonly stderr: string;
        readonly problem: string | null;
      }
      | {
        readonly type: "file_exists";
        readonly name: string;
        readonly path: string;
        readonly problem: string | null;
      };
  };
  /** The items whose checks saw other files, with some of those that changed. */
  readonly check_stale: {
    readonly stale: readonly {
      readonly itemId: string;
      readonly paths: readonly string[];
    }[];
  };
  /** The same, of a check that ended as it should, but ran no test. */
  readonly no_test_ran: ErrorDetails["check_failed"];
  /** The same, of a check that ended as it should, but was not seen to fail on the base. */
  readonly not_proved: ErrorDetails["check_failed"];
  /** The item, its schema, and what of it the evidence does not follow. */
  readonly evidence_invalid: {
    readonly itemId: string;
    readonly schema: string;
    readonly problems: readonly {
      readonly path: string;
      readonly message: string;
    }[];
  };
  /** The item, and the schema of the evidence that it needs. */
  readonly evidence_missing: {
    readonly itemId: string;
    readonly schema: string;
  };
  /** How large the file may be. */
  readonly file_too_large: { readonly maxBytes: number };
  /** The item whose check asks. */
  readonly inside_own_check: { readonly itemId: string };
  /** The member of the host, and what it must answer. */
  readonly invalid_host: { readonly member: string; readonly expected: string };
  /** Files that hold different things in the older place and in the new one. */
  readonly layouts_differ: {
    readonly conflicts: readonly {
      readonly oldPath: string;
      readonly newPath: string;
      readonly differences: readonly string[];
    }[];
  };
  /** Who holds the lock, and since when. */
  readonly lock_held: {
    readonly pid: number;
    readonly host: string;
    readonly lockedAt: string;
    readonly purpose: string;
    readonly ageMs: number | null;
  };
  /** Some that there are. */
  readonly no_such_item: { readonly itemIds: readonly string[] };
  /** Those that there are. */
  readonly no_such_phase: { readonly phaseIds: readonly string[] };
  /** What is needed, and what there is. */
  readonly not_enough_space: {
    readonly neededBytes: number;
    readonly freeBytes: number;
  };
  /** The range that the workflow asks for, and this version. */
  readonly orc_version: { readonly range: string; readonly version: string };
  /** The item, and the one that comes first. */
  readonly out_of_order: {
    readonly itemId: string;
    readonly firstItemId: string;
  };
  /** The item, and what its check lacks. */
  readonly secret_missing: { readonly itemId: string; readonly secret: string };
  /** The caller's own session. */
  readonly session_active: { readonly session: string };
  /** Some of those to choose from. */
  readonly session_ambiguous: { readonly candidates: readonly string[] };
  /** The session, and the agent that it belongs to. */
  readonly session_of_another: {
    readonly session: string;
    readonly owner: string;
  };
  /** The item, and the files that a human cannot be shown. */
  readonly shown_missing: {
    readonly itemId: string;
    readonly paths: readonly string[];
  };
  /** The item, and when skipping it is fine. */
  readonly skip_reason: {
    readonly itemId: string;
    readonly skipConditions: readonly string[];
  };
  /** Numbers of the last update, in the state and in the log. */
  readonly state_behind_log: {
    readonly serial: number;
    readonly logged: number;
  };
  /** What state and log contradict each other in; at most 20. */
  readonly state_not_earned: {
    readonly contradictions: readonly {
      readonly code: string;
      readonly message: string;
      readonly serial: number | null;
      readonly itemId: string | null;
    }[];
  };
  /** The item, and the first that is open before it. */
  readonly too_early: { readonly itemId: string; readonly firstItemId: string };
  /** The field, and the one that may be meant. */
  readonly unknown_field: {
    readonly field: string;
    readonly meant: string | null;
  };
  /** The option, and the one that may be meant. */
  readonly unknown_option: {
    readonly option: string;
    readonly meant: string | null;
  };
  /** Those that the workflow defines. */
  readonly unknown_phase: { readonly phaseIds: readonly string[] };
  /** The setting, and the one that may be meant. */
  readonly unknown_setting: {
    readonly setting: string;
    readonly meant: string | null;
  };
  /** The session, and the phase it is in. */
  readonly write_not_allowed: {
    readonly session: string;
    readonly phaseId: string;
  };
}

/** What {@linkcode OrcError.details} holds for errors of a code. */
export type DetailsOf<Code extends OrcErrorCode> = Code extends
  keyof ErrorDetails ? ErrorDetails[Code]
  : Readonly<Record<string, unknown>> | undefined;
