import { isSessionId } from "./ids.ts";
import { joinPath } from "./path.ts";

export const ORCHESTRATOR_DIRECTORY = ".orchestrator";

const WORKFLOW_FILE = "workflow.yaml";

export const LOCK_NAME = "lock";

/** Ends the name of a file that is not yet published. */
export const TEMPORARY_SUFFIX = ".tmp";

const WORKFLOW_SCHEMA_FILE = "workflow.schema.json";

/** The JSON Schema of workflow.yaml as a workflow.yaml names it: relative to itself. */
export const WORKFLOW_SCHEMA_REFERENCE =
  `${ORCHESTRATOR_DIRECTORY}/${WORKFLOW_SCHEMA_FILE}`;

const SESSIONS = "sessions";

/** Begins the name of a session directory that is not yet published; no session id begins so. */
export const STAGING_PREFIX = ".new-";

/** Begins the name of a session directory that is being removed; no session id begins so. */
export const REMOVED_PREFIX = ".removed-";

/** Names of directories that are never searched for repositories: large, and made by programs. */
export const UNSEARCHED_DIRECTORIES: ReadonlySet<string> = new Set([
  ".git",
  ORCHESTRATOR_DIRECTORY,
  "node_modules",
]);

/**
 * What orc keeps for a repository, and the legacy files beside it: paths, not all of which need to exist.
 * They begin with the root as it was given and have `/` between their parts on every system.
 */
export interface RepositoryLayout {
  /** The directory that holds `.orchestrator/`. */
  readonly root: string;
  /** `workflow.yaml`: what the team wrote. Only `init` writes it. */
  readonly workflow: string;
  /** `WORKFLOW.md`: a session for people to read. Only `generate-md` writes it. */
  readonly workflowPage: string;
  /** `LEARNINGS.md`: what sessions taught. Only `learn` appends to it. */
  readonly learnings: string;
  /** `.orchestrator`: all state. Nothing is written elsewhere. */
  readonly directory: string;
  /** Hides the directory from git; absent in a portable repository. */
  readonly gitignore: string;
  /** How git merges what lies there; only in a portable repository. */
  readonly gitattributes: string;
  /** Identity of the repository and how it was set up, as JSON. */
  readonly meta: string;
  /** JSON Schema of workflow.yaml, for editors. Only `init` writes it. */
  readonly workflowSchema: string;
  /** Settings of the repository, as YAML. */
  readonly config: string;
  /** Names the session of everybody who has none of their own: its id, without a line end. */
  readonly current: string;
  /** One directory per session, named by its id. */
  readonly sessions: string;
  /** Which session belongs to which agent or linked worktree: one JSON file each, named by a hash. */
  readonly bindings: string;
  /** Values that are never printed or logged. */
  readonly secrets: string;
  /** Directory whose lock guards what concerns the whole repository, such as a migration. */
  readonly lockDirectory: string;
  /** What a migration did; the migration counts once this file is there. */
  readonly migrationRecord: string;
  /** What a migration moved away, one directory per migration. */
  readonly migrationBackup: string;
  /** A migration that counts already, or never will, and is not finished. */
  readonly migrationPending: string;
  /** A migration that is being taken back. */
  readonly migrationUndo: string;
  /** The day on which somebody was last told at length that a migration is possible. */
  readonly migrationNotice: string;
  /** Which sessions doctor found sound, and how their files looked; may be removed at any time. */
  readonly doctorIndex: string;
  /** What was written for agents' hosts, as JSON, so that each byte of it can be taken away again. */
  readonly agents: string;
  /** Directory of what is only faster with it; may be removed at any time. */
  readonly cache: string;
  /** State of the Python tool when no session is current. */
  readonly sessionlessState: string;
  /** Log of the Python tool when no session is current. */
  readonly sessionlessLog: string;
  /** `.orchestrator.yaml`: flat overrides of a workflow's settings, read when a session starts. */
  readonly legacyOverrides: string;
  /** `.workflow_state.json`: the one session of the older Python tool. */
  readonly legacyState: string;
  /** `.workflow_log.jsonl`: its log, which may hold several workflows. */
  readonly legacyLog: string;
  /** `.workflow_checkpoints`: directory of its checkpoints. */
  readonly legacyCheckpoints: string;
  /** `.workflow_feedback.jsonl`: from before the feedback was divided in two files. */
  readonly legacyFeedback: string;
  /** `.workflow_tool_feedback.jsonl`: about the tool, without names. */
  readonly legacyToolFeedback: string;
  /** `.workflow_process_feedback.jsonl`: about the work, private. */
  readonly legacyProcessFeedback: string;
}

/** What orc keeps for one session: paths in the form of {@linkcode RepositoryLayout}. */
export interface SessionLayout {
  /** Named by the id of the session; holds its lock too. */
  readonly directory: string;
  /** `state.json`: the session, in the format of the Python tool. */
  readonly state: string;
  /** `log.jsonl`: its events, one JSON object a line. */
  readonly log: string;
  /** `meta.json`: id and local time of the start, for the Python tool. */
  readonly meta: string;
  /** Directory of the two files of feedback. */
  readonly feedback: string;
  /** About the tool, without names; one JSON object a line. */
  readonly toolFeedback: string;
  /** About the work, private; one JSON object a line. */
  readonly processFeedback: string;
  /** Directory of copies of the state to return to. */
  readonly checkpoints: string;
  /** Directory of what checks printed, one text for each; receipts in the log name them. */
  readonly outputs: string;
  /** Directory of a newer copy that counts already; the next update puts it in place. */
  readonly arriving: string;
  /** `session.pack`: all of it, compressed; counts while there is no `state.json`. */
  readonly packed: string;
}

/** Returns the paths of a repository. Touches no file. */
export function repositoryLayout(root: string): RepositoryLayout {
  const directory = joinPath(root, ORCHESTRATOR_DIRECTORY);
  return {
    root,
    workflow: joinPath(root, WORKFLOW_FILE),
    workflowPage: joinPath(root, "WORKFLOW.md"),
    learnings: joinPath(root, "LEARNINGS.md"),
    directory,
    gitignore: `${directory}/${GIT_IGNORE_FILE}`,
    gitattributes: `${directory}/.gitattributes`,
    meta: `${directory}/meta.json`,
    workflowSchema: `${directory}/${WORKFLOW_SCHEMA_FILE}`,
    config: `${directory}/config.yaml`,
    current: `${directory}/current`,
    sessions: `${directory}/${SESSIONS}`,
    bindings: `${directory}/bindings`,
    secrets: `${directory}/secrets`,
    lockDirectory: directory,
    migrationRecord: `${directory}/.migration_complete`,
    migrationBackup: `${directory}/migration_backup`,
    migrationPending: `${directory}/migration_pending`,
    migrationUndo: `${directory}/migration_undo`,
    migrationNotice: `${directory}/migration_notice`,
    doctorIndex: `${directory}/doctor_index.json`,
    agents: `${directory}/agents.json`,
    cache: `${directory}/cache`,
    sessionlessState: `${directory}/state.json`,
    sessionlessLog: `${directory}/log.jsonl`,
    legacyOverrides: joinPath(root, ".orchestrator.yaml"),
    legacyState: joinPath(root, ".workflow_state.json"),
    legacyLog: joinPath(root, ".workflow_log.jsonl"),
    legacyCheckpoints: joinPath(root, ".workflow_checkpoints"),
    legacyFeedback: joinPath(root, ".workflow_feedback.jsonl"),
    legacyToolFeedback: joinPath(root, ".workflow_tool_feedback.jsonl"),
    legacyProcessFeedback: joinPath(root, ".workflow_process_feedback.jsonl"),
  };
}

/** Returns the paths of a session. Touches no file; what is no session id throws a plain `Error`. */
export function sessionLayout(root: string, sessionId: string): SessionLayout {
  const { directory } = repositoryLayout(root);
  return sessionLayoutAt(`${directory}/${sessionDirectory(sessionId)}`);
}

/** Paths of a session as seen from `.orchestrator/`. */
export function sessionPathsWithin(sessionId: string): SessionLayout {
  return sessionLayoutAt(sessionDirectory(sessionId));
}

/** The last fence between an id and the file system. */
function sessionDirectory(sessionId: string): string {
  if (isSessionId(sessionId)) return `${SESSIONS}/${sessionId}`;
  throw new Error(`No session id: ${JSON.stringify(sessionId)}`);
}

/** Returns the paths of a session that is kept, or still being made, in a directory. */
export function sessionLayoutAt(directory: string): SessionLayout {
  const feedback = `${directory}/feedback`;
  return {
    directory,
    state: `${directory}/state.json`,
    log: `${directory}/log.jsonl`,
    meta: `${directory}/meta.json`,
    feedback,
    toolFeedback: `${feedback}/tool.jsonl`,
    processFeedback: `${feedback}/process.jsonl`,
    checkpoints: `${directory}/checkpoints`,
    outputs: `${directory}/outputs`,
    arriving: `${directory}/arriving`,
    packed: `${directory}/session.pack`,
  };
}

/** Where a repair puts what it replaces: beside it, under a name that says when. */
export function asidePath(path: string, at: string, number: number): string {
  const when = at.slice(0, 19).replaceAll(/[-:]/g, "");
  return `${path}.corrupt-${when}${number === 1 ? "" : `-${number}`}`;
}

/** Name of the directory, or of the file leading to it, by which git marks a working tree. */
export const GIT_ENTRY = ".git";

export const GIT_IGNORE_FILE = ".gitignore";

export type PathsOf<Table> = { readonly [Name in keyof Table]: string };

export function pathsIn<Table extends Readonly<Record<string, string>>>(
  directory: string,
  table: Table,
): PathsOf<Table> {
  const paths = Object.entries(table)
    .map(([name, path]) => [name, joinPath(directory, path)]);
  return Object.fromEntries(paths);
}

/** What git keeps, as far as orc reads it. */
const GIT_FILES = {
  head: "HEAD",
  objects: "objects",
  index: "index",
  packedReferences: "packed-refs",
  ownReferences: "refs/orchestrator",
  /** What is ignored here and in no clone. */
  exclude: "info/exclude",
  config: "config",
  /** Holds the settings of the main worktree alone, if the repository is set up so. */
  worktreeConfig: "config.worktree",
  /** In a linked worktree's git directory: leads to the directory it shares with the others. */
  commonPointer: "commondir",
  /** In the same place: leads to the `.git` of the linked worktree. */
  worktreePointer: "gitdir",
  /** The git directories of all linked worktrees. */
  worktrees: "worktrees",
  /** Second names of what sessions hold. */
  spares: "orchestrator/sessions",
  /** Workflows whose commands may run here, each named by its hash. */
  trusted: "orchestrator/trusted",
};

export function gitLayout(gitDirectory: string): PathsOf<typeof GIT_FILES> {
  return pathsIn(gitDirectory, GIT_FILES);
}

/** What orc keeps for the user, in all repositories. */
const USER_FILES = {
  /** Holds the lock of what is in it, too. */
  directory: ORCHESTRATOR_DIRECTORY,
  config: `${ORCHESTRATOR_DIRECTORY}/config.yaml`,
  legacyConfig: ".config/orchestrator/config.yaml",
  /** What was written for agents' hosts; see {@linkcode RepositoryLayout.agents}. */
  agents: `${ORCHESTRATOR_DIRECTORY}/agents.json`,
  /** What opens secrets, in the format of age. */
  identity: `${ORCHESTRATOR_DIRECTORY}/identity.txt`,
  /** Secrets for all repositories, and a directory for each repository that has its own. */
  secrets: `${ORCHESTRATOR_DIRECTORY}/secrets`,
  /** Workflows from elsewhere whose commands may run, each named by its hash. */
  trusted: `${ORCHESTRATOR_DIRECTORY}/trusted`,
};

export function userLayout(home: string): PathsOf<typeof USER_FILES> {
  return pathsIn(home, USER_FILES);
}

/** Begins the names of the files that the older Python tool scattered in the root. */
export const LEGACY_PREFIX = ".workflow_";

interface LegacyWhole {
  /** Seen from the root. */
  readonly from: string;
  /** Seen from `.orchestrator/`. */
  readonly to: string;
  /** What it should be by its content: others use the name too. */
  readonly shape: "openssl" | "sops" | "prd" | "overrides";
}

const LEGACY_SECRETS = ".secrets.enc";

/** Legacy files that move as they are. Of two with one target the first is taken. */
export const LEGACY_WHOLES: readonly LegacyWhole[] = [
  {
    from: LEGACY_SECRETS,
    to: `secrets/${LEGACY_SECRETS}`,
    shape: "openssl",
  },
  {
    from: "secrets.enc.yaml",
    to: "secrets/secrets.enc.yaml",
    shape: "sops",
  },
  {
    from: ".manus/secrets.enc.yaml",
    to: "secrets/secrets.enc.yaml",
    shape: "sops",
  },
  { from: ".claude/prd_state.json", to: "prd/state.json", shape: "prd" },
  { from: ".orchestrator.yaml", to: "config.yaml", shape: "overrides" },
];

/** Where a custom legacy file goes that is asked for by name; seen from `.orchestrator/`. */
export function includedPath(name: string): string {
  return `legacy/${name}`;
}

/** Names of encrypted files of the Python tool that a migration puts among the secrets. */
export const legacySecretNames: readonly string[] = [
  LEGACY_SECRETS,
  "secrets.enc.yaml",
];

/** Files that the Python tool may keep secrets in, in the order they are asked. */
export function legacySecretPaths(root: string): readonly string[] {
  const { secrets } = repositoryLayout(root);
  return [joinPath(root, LEGACY_SECRETS), `${secrets}/${LEGACY_SECRETS}`];
}
