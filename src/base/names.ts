import { notFound, usage } from "./error.ts";
import { onlyOf } from "./ids.ts";
import { joinPath } from "./path.ts";
import { lengthOf, quoted } from "./text.ts";

/** The id a legacy session has before it is adopted: made of its workflow id, always the same. */
export function legacySessionId(workflowId: string): string {
  const digits = /^wf_([0-9a-f]{8})$/.exec(workflowId)?.[1];
  if (digits !== undefined) return digits;
  const words = workflowId.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "").slice(0, 48).replace(/-$/, "");
  return `${words || "legacy"}-${fingerprint(workflowId)}`;
}

/** FNV-1a, 32 bits: keeps apart what looks alike once its characters are cleaned. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** Begins every id; the Python tool lists only files that are named so. */
const CHECKPOINT_ID = /^cp_[A-Za-z0-9_-]{1,64}$/;

/** Shortest part of an id that selects a checkpoint: shorter ones match by accident. */
const MIN_PART_LENGTH = 4;

/** Whether a text is the id of a checkpoint, and so a plain name on every file system. */
export function isCheckpointId(text: string): boolean {
  return CHECKPOINT_ID.test(text);
}

/** The instant to the microsecond, four digits by chance, and four that are the session's; nothing reads the last. */
export function checkpointId(
  workflowId: string,
  at: string,
  token: string,
): string {
  const [date = "", time = "", fraction = ""] = at
    .replaceAll(/[-:Z]/g, "").split(/[T.]/);
  const micros = fraction.padEnd(6, "0");
  const chance = String(BigInt(`0x${token}`) % 10_000n).padStart(4, "0");
  const digits = legacySessionId(workflowId).slice(-4);
  return ["cp", date, time, micros, chance, digits].join("_");
}

/**
 * Finds the one checkpoint whose id is the text, or alone holds it.
 *
 * @throws {OrcError} `no_such_checkpoint` (not_found) or `ambiguous_checkpoint_id` (usage)
 */
export function matchCheckpointId(
  text: string,
  ids: readonly string[],
): string {
  if (ids.includes(text)) return text;
  const isPart = text.length >= MIN_PART_LENGTH;
  const matches = isPart ? ids.filter((id) => id.includes(text)) : [];
  const hint = "all are listed by: orc checkpoints";
  const only = onlyOf(matches, "checkpoint", quoted(text), hint);
  if (only !== undefined) return only;
  throw notFound(
    "no_such_checkpoint",
    `Cannot find checkpoint ${quoted(text)} in this session`,
    "orc checkpoints",
  );
}

/** The one allow-list: a name becomes a part of paths and of variables. */
const SECRET_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Variables that every program needs, and would no longer find. */
const RESERVED = wordsOf(
  "HOME LANG LOGNAME PATH PWD SHELL TEMP TERM TMP TMPDIR USER",
);

const PREFIX = "ORCHESTRATOR_";

/** Names whose variable with the prefix says something to orc itself. */
const OWN_SETTINGS = wordsOf(`
  AGENT_PROGRAM APPROVAL_KEY APPROVALS ATTESTATION_KEY CHECK CHECK_ENVIRONMENT
  CHECK_TIMEOUT_SECONDS CLAUDE_BINARY COLOR EPHEMERAL FEEDBACK LOCK_TIMEOUT LOCK_TIMEOUT_SECONDS MODE NOTICE NOTIFY
  NOTIFY_FORMAT OUTPUT PASSPHRASE PERSIST_AFTER PERSIST_INTERVAL_SECONDS PERSIST_MAX_SESSION_MB
  PERSIST_MAX_TOTAL_MB PERSIST_RECIPIENT PERSIST_S3_REGION PERSIST_S3_URL PERSIST_TO ROOT SECRETS SECRETS_REPO
  SESSION SKIP_FEEDBACK SNAPSHOT_RECIPIENTS STATE_BRANCH STORE STORE_CA STORE_PACK_AFTER_DAYS
  STORE_PACK_OVER_MB STORE_PASSWORD STORE_URL SUPERVISION_MODE
  WEB_MODE
`);

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

export const PASSPHRASE_VARIABLE = "ORCHESTRATOR_PASSPHRASE";

export const LEGACY_PASSWORD_VARIABLE = "SECRETS_PASSWORD";

/** Variables that open secrets, and are as good as all of them. */
export const KEY_VARIABLES: readonly string[] = [
  PASSPHRASE_VARIABLE,
  LEGACY_PASSWORD_VARIABLE,
];

/** The secret that lets orc in to the database of the setting `store`. */
export const STORE_SECRET = `${PREFIX}STORE_PASSWORD`;

export function isSecretName(text: string): boolean {
  return SECRET_NAME.test(text) && !RESERVED.has(text);
}

/** Refuses what cannot be the name of a secret: usage `invalid_secret_name`. */
export function assertSecretName(name: string): void {
  if (isSecretName(name)) return;
  const reason = RESERVED.has(name)
    ? "every program needs the variable of that name"
    : "it holds capital letters, digits and underscores, at most 64";
  throw usage(
    "invalid_secret_name",
    `${quoted(name)} cannot be the name of a secret: ${reason}`,
    "choose a name such as OPENAI_API_KEY",
  );
}

/** Variables that may hold a secret, in the order they are asked. */
export function variablesOf(name: string): readonly string[] {
  const isOwn = name.startsWith(PREFIX) || OWN_SETTINGS.has(name);
  return isOwn ? [name] : [`${PREFIX}${name}`, name];
}

/** Stands in a workflow file for a name of the session's own, filled in when it starts. */
export const SESSION_NAME = "session_name";

/** A longer name says no more. */
const MAX_SLUG_LENGTH = 30;

/** A name that people recognise and no other session has: the task, and the beginning of a random token. */
export function sessionNameOf(task: string, token: string): string {
  const slug = task.toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_SLUG_LENGTH)
    .replaceAll(/^-+|-+$/g, "");
  return `${slug || "task"}-${token.slice(0, 4)}`;
}

/** Fills a session's name into the text of a workflow file, wherever it stands. */
export function fillSessionName(text: string, name: string): string {
  return text.replaceAll(`{{${SESSION_NAME}}}`, name);
}

/** A longer name does not fit beside a task. */
const MAX_NAME_LENGTH = 80;

/** Reads a name for a session as typed, or refuses it: usage `invalid_name`. */
export function parseSessionTitle(text: string): string {
  const name = text.trim();
  const isPlain = !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name);
  if (name !== "" && lengthOf(name) <= MAX_NAME_LENGTH && isPlain) return name;
  throw usage(
    "invalid_name",
    `Cannot name a session ${quoted(text)}`,
    `a name has 1 to ${MAX_NAME_LENGTH} characters on one line`,
  );
}

export const SECRET_SUFFIX = ".age";

/** The path of a secret; the last fence between a name and the file system. */
export function secretPath(directory: string, name: string): string {
  if (!isSecretName(name)) {
    throw new Error(`No name of a secret: ${JSON.stringify(name)}`);
  }
  return joinPath(directory, `${name}${SECRET_SUFFIX}`);
}

export const CHECKPOINT_SUFFIX = ".json";

export const DAMAGED_CHECKPOINT_HINT = "list the others: orc checkpoints";

/** The path of a checkpoint; the last fence between an id and the file system. */
export function checkpointPath(directory: string, id: string): string {
  if (!isCheckpointId(id)) {
    throw new Error(`No checkpoint id: ${JSON.stringify(id)}`);
  }
  return joinPath(directory, `${id}${CHECKPOINT_SUFFIX}`);
}

/** Files in which people keep variables for their shell, with what does not belong there. */
export function environmentFiles(tree: string): readonly string[] {
  return [".env", ".envrc", ".env.local"].map((name) => joinPath(tree, name));
}
