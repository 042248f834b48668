import type { OrcErrorCode } from "../base/codes.ts";
import { type ErrorKind, exitCodeOf, OrcError } from "../base/error.ts";

/** A condition that orc tells of, as its code names it. */
export interface ErrorCondition {
  readonly code: OrcErrorCode;
  /** Most have one; some depend on where the same thing is found. None where it is that of the reason. */
  readonly kinds: readonly ErrorKind[];
  readonly exitCodes: readonly number[];
  readonly meaning: string;
}

/** All codes with their kinds, in the order of the alphabet. */
export function errorConditions(): readonly ErrorCondition[] {
  return CATALOGUE.trim().split("\n").map((line) => {
    const [code = "", kinds = "", ...words] = line.split(" ");
    const known = kinds === "cause" ? [] : kinds.split(",") as ErrorKind[];
    return {
      code: code as OrcErrorCode,
      kinds: known,
      exitCodes: known.map((kind) => exitCodeOf(new OrcError(kind, "", ""))),
      meaning: words.join(" "),
    };
  });
}

/** One condition in a line: its code, its kinds, and what it means. */
const CATALOGUE = `
agent_program_failed external the program that was to take over failed
ambiguous_checkpoint_id usage several checkpoints have such an id
ambiguous_session_id usage several sessions have such an id
approval_changed conflict a file changed while a human was asked about it
approval_declined denied the human did not type the word that means yes
approval_pending refused a human may still answer; later the item passes by itself
approval_required denied,refused only a human may do that
approval_stale refused a file changed since a human approved it
approval_unsigned refused the workflow asks for signed approvals, and one is not signed
approvers_missing refused the list of who may approve cannot be read
backup_changed corrupt the backup of a migration is not what was put into it
backup_incomplete corrupt the backup of a migration lacks files
blocked refused something in the phase or the session is still open
broken_git_file corrupt the file .git points nowhere
cannot_approve refused the item is nothing that a human approves, or is not open
cannot_complete refused the item was skipped, or cannot pass without its check
cannot_edit config the file cannot be edited without losing something
cannot_grow refused the session has no larger size of that name
cannot_pack refused the session is open, or holds what cannot be packed
cannot_reject refused the item is nothing to say no to now
cannot_reopen refused the item is open, or the phase is none to go back to
cannot_skip refused the item is required, a gate, or done
cannot_start refused the item is done
cannot_undo refused the updates cannot be taken back
changed_outside corrupt the state was changed by something else than orc
changed_since conflict something was done since that would be lost
check_failed refused the check of the item failed
check_stale refused files changed since a check saw them
checkpoint_without_state corrupt the checkpoint holds nothing to return to
conflicting_flags usage the flags say different things, or one does nothing without another
contradicting_flags usage the flags of a migration contradict each other
copy_locked denied no identity here opens the copy of a session
copy_too_large refused what is to leave the machine is too large
copy_unreadable corrupt the copy of a session is damaged
damaged_migration corrupt what an unfinished migration left cannot be told apart
disk_error external the disk cannot be read or written
disk_full external the disk is full
duplicate_id corrupt two phases or items have the same id
empty_range usage the end of a time comes before its beginning
environment_invalid usage a variable of the environment is not valid text
environment_loosened refused an agent's variable asks for more environment than checks get
evidence_invalid refused the evidence does not follow the schema of the item
evidence_missing refused the item needs evidence
evidence_too_large usage the evidence is larger than what is kept
fetch_failed external what lies elsewhere cannot be fetched
fetched_refused config what was fetched holds what orc does not take
file_exists refused another file is in the place of what was to be written
file_not_editable config the file is none that can be edited without losing something
file_not_ours corrupt the file was not written by orc, or changed since
file_replaced conflict a file was replaced at the same moment
file_system_error external the file system refused
file_too_large config,corrupt a file is larger than what orc reads
files_left refused files of agents' hosts were left as they are, since they cannot be edited
force_with_abandon usage what is abandoned needs no force
foreign_branch conflict the branch for sessions is another program's
foreign_checkpoint refused the checkpoint is another session's
foreign_config conflict the settings are another program's
foreign_state corrupt the state is another session's
git_failed external git could not do its part
grown_since refused what is to be gone back to is older than the size the session has grown to
hook_not_ours conflict there is a hook of somebody else
inside_git_directory usage the directory belongs to git
inside_own_check refused a check asks for the item that it checks
invalid_agent_program usage the program to hand over to is no command line
invalid_attestation corrupt the attestation cannot be used
invalid_binding corrupt the file that binds a caller to a session is damaged
invalid_branch usage that is no name of a branch
invalid_config config the file of settings cannot be used
invalid_constraint usage a constraint is blank or too long
invalid_evidence config the file of evidence is not what it has to be
invalid_host usage a host of somebody's own answers wrongly
invalid_identity corrupt the file holds no identity for secrets
invalid_json corrupt a file is no JSON
invalid_limit usage that is no number of things to list
invalid_lock_timeout usage that is no time to wait for a lock
invalid_meta corrupt the description of a repository or a session is damaged
invalid_name usage that is no name of a session
invalid_number usage that is no number of an update
invalid_overrides config the file of overrides cannot be used
invalid_provider usage nobody like that takes a handoff
invalid_recipient usage that is no public key of age
invalid_record corrupt the record of a migration is damaged
invalid_report usage the page cannot be written there
invalid_secret corrupt the file of a secret is damaged
invalid_secret_name usage that is no name of a secret
invalid_secret_value usage that cannot be kept as a secret
invalid_session_id usage that is no id of a session
invalid_setting config,usage the value does not fit the setting
invalid_state corrupt the state is not what it has to be
invalid_status usage that is no status to choose sessions by
invalid_store_module config the module that the setting store names keeps no sessions
invalid_task usage the task is blank or too long
invalid_time usage that is no time
invalid_timeout usage that is no time to wait
invalid_utf8 config,corrupt a file is not valid UTF-8
invalid_value usage the flag takes no such value
invalid_workflow config the workflow cannot be used; all problems are named
invalid_yaml config a file is no YAML
item_in_other_phase refused the item belongs to another phase
layouts_differ conflict the older place and the new one hold different things
leaves_repository config a link leads out of the repository
legacy_again conflict files of the older tool are there again
legacy_changed conflict a file of the older tool changed while it was moved
legacy_state_gone conflict the older tool's state was removed meanwhile
lock_held conflict another process changes the same
lock_unreadable conflict a lock names nobody who holds it
loosening_refused denied an agent asks for less than the workflow demands
migration_rolled_back cause the migration was taken back meanwhile
migration_unfinished cause the migration counts, but is not finished
misnamed_checkpoint corrupt the name of a checkpoint is not its id
missing_argument usage an argument is missing
missing_command usage no command is named
missing_value usage a flag lacks its value
newer_format refused,corrupt a newer orc wrote that
newer_store refused a newer orc made the tables in the database
no_attestation not_found nothing attests that
no_checkpoint not_found the session has no checkpoint
no_conditional_writes external the object storage would lose sessions: it keeps to no condition
no_home external,not_found the user has no directory of their own
no_host not_found there is no host of agents, neither in the repository nor on the machine
no_identity denied there is nothing to encrypt secrets to
no_input usage what is read would be typed, and nobody is to be asked
no_migration not_found there is no migration to take back
no_output not_found what a check printed is not kept
no_passphrase denied there is no passphrase for secrets, or a snapshot
no_remote external there is no remote, or no repository or bucket at it
no_session not_found no session is active
no_session_id usage no session is named
no_such_checkpoint not_found there is no such checkpoint
no_such_commit not_found there is no such commit
no_such_copy not_found the remote holds no such session
no_such_directory not_found there is no such directory
no_such_file not_found there is no such file
no_such_item not_found there is no such item
no_such_phase not_found there is no such phase
no_such_root not_found the root does not exist
no_such_schema usage there is no such schema
no_such_secret not_found there is no such secret
no_such_session not_found there is no such session
no_such_shell usage orc completes nothing in such a shell
no_such_size usage the workflow has no such size
no_such_update not_found the session has no such update
no_such_workflow not_found there is no such workflow
no_test_ran refused the check passed, but ran no test
no_workflow config the session has no workflow
no_working_directory external the current directory cannot be used
not_a_directory corrupt,usage something else is where a directory is expected
not_a_project usage the state of a repository is not kept there
not_a_regular_file config,corrupt something else is where a file is expected
not_a_report refused the file is no report of orc
not_confirmed refused nobody said yes
not_covered not_found the log does not reach back that far
not_damaged refused there is nothing to repair
not_enough_space external the disk has too little space
not_fetched external a commit that a file names was not fetched yet
not_generated refused orc did not make the file that is there
not_healthy refused doctor found problems
not_in_git not_found that lies in no git repository
not_proved refused the check was not seen to fail without the change
not_set not_found the setting has no value
not_streamed usage the command has one result and not many lines
not_verified refused what the session says is not so
note_empty usage the note is empty
notes_not_read usage notes are not read from standard input
notes_too_long usage the notes are too long
nothing_awaited not_found nothing waits for a human
nothing_changed refused no file that the item is about differs from the start of the session
nothing_to_recover not_found no session is missing
notify_failed external whoever notify names cannot be told
nul_in_argument usage an argument holds a NUL character
orc_version config the workflow asks for another version of orc
other_lineage conflict another session has the same id
other_repository conflict the snapshot is of another repository
out_of_order refused another item comes first
outgrown refused the change is larger than the size of the session allows, which has grown now
output_failed external it was done, but the result cannot be written
output_is_terminal usage a snapshot is not printed on a terminal
own_files usage that would write into orc's own files
pack_damaged corrupt the file that a closed session is packed in is damaged
page_elsewhere usage a page is not written there
passphrase_mistyped usage the two passphrases differ
path_not_found not_found that path does not exist
path_too_long usage the path is too long for the system
permission_denied denied the system does not permit it
permission_missing denied the runtime does not permit it
phase_left conflict another process left the phase meanwhile
port_taken external the port cannot be listened at
read_only external the file system can only be read
reason_missing usage a reason is missing
reason_without_abandon usage a reason goes with --abandon alone
rejected refused a human said no
remote_auth denied the remote does not let orc in
remote_refused denied the remote refuses what is sent
remote_unreachable external the remote cannot be reached
repeated_flag usage a flag was given twice
restore_forward refused the checkpoint holds more than was done since
rollback_unfinished cause the migration is taken back, but not all of it
root_not_a_directory usage the root is no directory
secret_for_human denied the secret is not told to an agent
secret_in_session refused a session that is to leave holds a secret
secret_locked denied the secret cannot be opened
secret_missing denied the check lacks a secret
secret_on_terminal refused a secret is not shown on a terminal
session_active refused the caller's own session is still active
session_ambiguous refused several sessions are active, and none is chosen
session_changed conflict the session changed meanwhile
session_closed refused the session is closed
session_diverged conflict a session went on in two places
session_missing not_found a session that was there is missing
session_not_chosen cause the session is stored, but nobody is in it
session_not_trusted denied the session was not begun here
session_of_another refused the session belongs to another agent
session_removed conflict the session was removed meanwhile
shown_missing refused a file that a human is to see is not there
signature_invalid denied,refused the signature is not an approver's
signature_required denied the approval has to be signed
signing_failed external it cannot be signed
skip_reason refused the reason for skipping is none
snapshot_too_large refused the snapshot is larger than it may be
snapshot_unreadable corrupt the snapshot is damaged, cut, or encrypted to another key
state_behind_log corrupt an older state was put back
state_not_earned corrupt the state says more than its log
state_not_yours refused only orc writes below its own directory
store_auth denied the database of the sessions does not let its user in, or do that
store_busy conflict somebody else changes the session in the database, and does not end
store_failed external the database of the sessions refused a statement
store_not_prepared external the database has no tables of orc, or too old ones
store_read_only refused the database of the sessions can only be read there
store_tls external nobody vouches for it that the database is the right one
store_unreachable external the database of the sessions cannot be reached
store_url_missing config sessions are to be kept in a database, and nobody says which
store_without_files refused sessions are not kept in files, and that works on files
symbolic_link corrupt a link is where orc keeps its own files
text_too_long usage the text is too long
too_deep refused the data are nested too deeply
too_early refused an item before it is open
too_many_open_files external the system lets orc open no more files
unanswered pending no human has answered yet
unconfirmed external it is stored, but might not survive a power cut
undo_forward refused undoing would bring back what was taken back
unexpected_argument usage there is an argument too many
unexpected_value usage the flag takes no value
unknown_command usage there is no such command
unknown_event_type usage there is no such type of event
unknown_field usage the answer has no such field
unknown_flag usage there is no such flag
unknown_host usage that is no host of agents which can be set up
unknown_option usage the call takes no such option
unknown_phase corrupt the workflow does not define the phase
unknown_setting usage there is no such setting
user_setting usage the setting is a user's and not a repository's
value_as_argument usage the value of a secret is not taken as an argument
working_directory_gone external the current directory was removed
write_not_allowed refused the phase lets no files be changed
wrong_clock external the clock of the machine is wrong
wrong_password denied the older tool's password does not fit
`;
