/** Every number that bounds something, with its reason. */

/** A lock is held for milliseconds; whoever waits this long waits for a frozen or foreign holder. */
export const LOCK_TIMEOUT_MS = 10_000;

/** Largest state.json that is read: some ten times the 200,000 items a session can sensibly hold. */
export const MAX_STATE_BYTES = 256 * 1024 * 1024;

/** How far from its end a log is searched: far more than one update writes, and read in a moment. */
export const MAX_LOG_TAIL_BYTES = 32 * 1024 * 1024;

/** Events that travel in state.json until the log is synced: more would cost more than the sync they save. */
export const MAX_CARRIED_EVENTS = 8;

/** How long what git's directory keeps of a session stays after its end. */
export const KEPT_AFTER_END_MS = 30 * 24 * 60 * 60 * 1000;

/** Longest line of a log that is read: some ten times the largest evidence and the longest task together. */
export const MAX_LOG_LINE_BYTES = 4 * 1024 * 1024;

/** Events given in one answer, which is held in memory; more are given line by line. */
export const MAX_LISTED_EVENTS = 10_000;

/** Small files of our own (`current`, bindings, meta.json) are a few hundred bytes. */
export const MAX_SMALL_FILE_BYTES = 64 * 1024;

/** Largest workflow.yaml that is parsed; the biggest in the wild is below 100 kB. */
export const MAX_WORKFLOW_BYTES = 1024 * 1024;

/** Largest configuration file that is parsed; a dozen settings take some hundred bytes. */
export const MAX_CONFIG_BYTES = 256 * 1024;

/** Largest value of a secret: a chain of certificates; it has to fit into an environment. */
export const MAX_SECRET_BYTES = 64 * 1024;

/** Largest LEARNINGS.md that is extended: thousands of sessions. */
export const MAX_LEARNINGS_BYTES = 16 * 1024 * 1024;

/** Largest file of an agent's host that is read or edited: some keep what they did there, too. */
export const MAX_HOST_FILE_BYTES = 16 * 1024 * 1024;

/** Deepest nesting of any JSON or YAML that is read: deeper values overflow the stack of some runtimes. */
export const MAX_DEPTH = 100;

/** Keys of JSON whose spelling is kept: a state has some hundred, and a long-lived process sees many states. */
export const MAX_LABELS = 1000;

/** Problems reported for one input: a reader mends the first few, the rest follow from them. */
export const MAX_PROBLEMS = 20;

/** Longest notes of one item, in code points; the Python tool's limit, so that both accept the same. */
export const MAX_NOTES_LENGTH = 2000;

/** Largest evidence file: names of files and a few paragraphs; what is larger is output, which belongs into a file. */
export const MAX_EVIDENCE_BYTES = 64 * 1024;

/** Largest evidence as one line of JSON, since an alias of YAML may stand for a lot. */
export const MAX_EVIDENCE_LENGTH = 64 * 1024;

/** Longest constraint, in code points; the Python tool's limit. */
export const MAX_CONSTRAINT_LENGTH = 1000;

/** Longest task description, in code points. */
export const MAX_TASK_LENGTH = 10_000;

/** Shortest reason for skipping a flexible item, in code points after trimming. */
export const MIN_SKIP_REASON_LENGTH = 10;

/** Shortest reason for skipping a documented item or, by force, a gate. */
export const MIN_FORCED_SKIP_REASON_LENGTH = 50;

/** How long a check may run unless its item says otherwise. */
export const CHECK_TIMEOUT_MS = 300_000;

/** How long the agent a session is handed to may run: it works through a phase and not just one check. */
export const AGENT_TIMEOUT_MS = 3_600_000;

/** How long a check that ignores the polite signal may go on before it is killed. */
export const CHECK_KILL_GRACE_MS = 2_000;

/** Bytes kept of the beginning and of the end of each output stream of a check. */
export const OUTPUT_HEAD_BYTES = 4 * 1024;
/** See {@linkcode OUTPUT_HEAD_BYTES}. */
export const OUTPUT_TAIL_BYTES = 16 * 1024;

/** Characters of each output stream stored in the state; the Python tool's limit. */
export const STORED_OUTPUT_LENGTH = 1000;
/** How many of them are its beginning. */
export const STORED_HEAD_LENGTH = 200;

/** Characters of each output stream that a refusal tells a program: an agent reads them all. */
export const TOLD_OUTPUT_LENGTH = 5 * 1024;
/** How many of them are its beginning. */
export const TOLD_HEAD_LENGTH = 1024;

/** Sessions named in an error that asks the caller to choose. */
export const MAX_CANDIDATES = 5;

/** Largest record of a migration that is read: some 500,000 checkpoints. */
export const MAX_MIGRATION_RECORD_BYTES = 256 * 1024 * 1024;

/** How much of a checkpoint is searched for the workflow it belongs to, which every writer names first. */
export const CHECKPOINT_HEAD_BYTES = 4 * 1024;

/** Room on the disk that a migration leaves free: its record, and directories. */
export const MIGRATION_RESERVE_BYTES = 1024 * 1024;

/** How often a migration is planned anew because files changed in between; more means that somebody works on them. */
export const MAX_MIGRATION_PLANS = 3;

/** Bytes of each log that doctor reads line by line: tens of thousands of events, in a moment. */
export const MAX_CHECKED_LOG_BYTES = 8 * 1024 * 1024;

/** Fewer sessions are looked at in a moment, and no index of them is kept. */
export const MIN_INDEXED_SESSIONS = 100;

/** Largest index of sound sessions that is kept or read: some 200,000 of them. */
export const MAX_DOCTOR_INDEX_BYTES = 64 * 1024 * 1024;

/** A lock held for longer is worth a word: updates take milliseconds. */
export const LONG_LOCK_MS = 60_000;

/** With less free space a few large sessions fill the disk. */
export const MIN_FREE_BYTES = 64 * 1024 * 1024;
