import { OrcError } from "./error.ts";
import { quoted } from "./text.ts";

/** The one allow-list: a name becomes a part of paths and of variables. */
const SECRET_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Variables that every program needs, and would no longer find. */
const RESERVED: ReadonlySet<string> = new Set([
  "HOME",
  "LANG",
  "LOGNAME",
  "PATH",
  "PWD",
  "SHELL",
  "TEMP",
  "TERM",
  "TMP",
  "TMPDIR",
  "USER",
]);

const PREFIX = "ORCHESTRATOR_";

/** Names whose variable with the prefix says something to orc itself. */
const OWN_SETTINGS: ReadonlySet<string> = new Set([
  "AGENT_PROGRAM",
  "APPROVALS",
  "CHECK",
  "CHECK_TIMEOUT_SECONDS",
  "CLAUDE_BINARY",
  "COLOR",
  "FEEDBACK",
  "LOCK_TIMEOUT",
  "LOCK_TIMEOUT_SECONDS",
  "MODE",
  "NOTICE",
  "OUTPUT",
  "PASSPHRASE",
  "ROOT",
  "SECRETS",
  "SECRETS_REPO",
  "SESSION",
  "SKIP_FEEDBACK",
  "STATE_BRANCH",
  "SUPERVISION_MODE",
  "WEB_MODE",
]);

/** Opens secrets that are encrypted with a passphrase. */
export const PASSPHRASE_VARIABLE = "ORCHESTRATOR_PASSPHRASE";

/** Opens the secrets of the Python tool. */
export const LEGACY_PASSWORD_VARIABLE = "SECRETS_PASSWORD";

/** Variables that open secrets, and are as good as all of them. */
export const KEY_VARIABLES: readonly string[] = [
  PASSPHRASE_VARIABLE,
  LEGACY_PASSWORD_VARIABLE,
];

/** Whether a text can be the name of a secret. */
export function isSecretName(text: string): boolean {
  return SECRET_NAME.test(text) && !RESERVED.has(text);
}

/**
 * Refuses what cannot be the name of a secret.
 *
 * @throws {OrcError} usage `invalid_secret_name`
 */
export function assertSecretName(name: string): void {
  if (isSecretName(name)) return;
  const reason = RESERVED.has(name)
    ? "every program needs the variable of that name"
    : "it holds capital letters, digits and underscores, at most 64";
  throw new OrcError(
    "usage",
    "invalid_secret_name",
    `${quoted(name)} cannot be the name of a secret: ${reason}`,
    { hint: "choose a name such as OPENAI_API_KEY" },
  );
}

/** Variables that may hold a secret, in the order they are asked. */
export function variablesOf(name: string): readonly string[] {
  const isOwn = name.startsWith(PREFIX) || OWN_SETTINGS.has(name);
  return isOwn ? [name] : [`${PREFIX}${name}`, name];
}
