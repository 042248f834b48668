import { corrupt, denied, OrcError } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { legacySecretPaths } from "../base/legacy_layout.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { isSecretName, LEGACY_PASSWORD_VARIABLE } from "../base/names.ts";
import { guardPath, readRegularFile, visibleKind } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import {
  type ConfigSite,
  readStatements,
  readValue,
} from "../settings/files.ts";
import { wrongStatement } from "../settings/merge.ts";
import { isList, type SettingValue } from "../settings/settings.ts";
import type { Workflow } from "../workflow/types.ts";
import { entriesOf, scalarText } from "../workflow/value.ts";

/** What `openssl enc -aes-256-cbc -pbkdf2` begins a file with; the salt follows. */
const MAGIC = "Salted__";
const SALT_BYTES = 8;
const KEY_BYTES = 32;
const INITIAL_VECTOR_BYTES = 16;
const ITERATIONS = 10_000;

/** The path of the Python tool's secrets, readable or not; undefined where there are none. */
export function legacySecretsPath(
  { layout: { root } }: Pick<Repository, "layout">,
): string | undefined {
  return legacySecretPaths(root).find((path) => visibleKind(path) !== "absent");
}

/**
 * Opens the Python tool's secrets; undefined without any, or without a
 * password.
 *
 * @throws {OrcError} denied `wrong_password`, corrupt `invalid_secret`
 */
export async function readLegacySecrets(
  host: Host,
  { layout: { root } }: Pick<Repository, "layout">,
): Promise<
  | { readonly path: string; readonly values: ReadonlyMap<string, string> }
  | undefined
> {
  const password = host.env(LEGACY_PASSWORD_VARIABLE);
  if (!password) return undefined;
  for (const path of legacySecretPaths(root)) {
    guardPath(root, path);
    const encrypted = readRegularFile(path, MAX_WORKFLOW_BYTES);
    if (encrypted === undefined) continue;
    const bytes = await decryptLegacy(encrypted, password, path);
    return { path, values: await valuesIn(bytes, path) };
  }
  return undefined;
}

async function decryptLegacy(
  encrypted: Uint8Array,
  password: string,
  path: string,
): Promise<Uint8Array> {
  const magic = new TextDecoder().decode(encrypted.subarray(0, MAGIC.length));
  if (magic !== MAGIC) throw invalid(path, "it is not encrypted by openssl");
  const start = MAGIC.length + SALT_BYTES;
  const salt = encrypted.slice(MAGIC.length, start);
  const bytes = await stretch(password, salt, {
    iterations: ITERATIONS,
    size: KEY_BYTES + INITIAL_VECTOR_BYTES,
  });
  const key = await crypto.subtle.importKey(
    "raw",
    bytes.slice(0, KEY_BYTES),
    "AES-CBC",
    false,
    ["decrypt"],
  );
  try {
    const decrypted = await crypto.subtle.decrypt(
      { name: "AES-CBC", iv: bytes.slice(KEY_BYTES) },
      key,
      encrypted.slice(start),
    );
    return new Uint8Array(decrypted);
  } catch (cause) {
    throw wrongPassword(path, cause);
  }
}

/** Derives bytes from a text so slowly that it cannot be guessed from them. */
export async function stretch(
  text: string,
  salt: Uint8Array<ArrayBuffer>,
  { iterations, size }: { readonly iterations: number; readonly size: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(text),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations },
    key,
    8 * size,
  );
  return new Uint8Array(bits);
}

/** One wrong password in some 256 leaves bytes that look whole: they are no flat mapping. */
async function valuesIn(
  bytes: Uint8Array,
  path: string,
): Promise<ReadonlyMap<string, string>> {
  const { readWorkflowText } = await import(
    "../workflow/yaml.ts"
  );
  try {
    const { value } = readWorkflowText(decodeUtf8(bytes, path), path);
    const entries = entriesOf(value);
    if (entries !== undefined) return new Map(entries.flatMap(textEntry));
  } catch (cause) {
    if (!(cause instanceof OrcError)) throw cause;
    // What the error says could be a part of a secret.
    throw wrongPassword(path, undefined);
  }
  throw invalid(path, "it holds no mapping of names to values");
}

function textEntry(
  [name, value]: readonly [unknown, unknown],
): readonly (readonly [string, string])[] {
  const text = typeof value === "string" ? value : scalarText(value);
  return typeof name === "string" && text ? [[name, text]] : [];
}

function wrongPassword(path: string, cause: unknown): OrcError {
  return denied(
    "wrong_password",
    `Cannot open "${path}": ${LEGACY_PASSWORD_VARIABLE} does not fit, or it is damaged`,
    { path, cause, hint: `set ${LEGACY_PASSWORD_VARIABLE} to its password` },
  );
}

function invalid(path: string, reason: string): OrcError {
  return corrupt("invalid_secret", `Cannot open "${path}": ${reason}`, {
    path,
    hint: "keep its secrets anew: orc secrets set NAME",
  });
}

/** What workflow.yaml and the settings ask for. */
interface RequiredSecrets {
  readonly names: readonly string[];
  /** Why one of them cannot be read, as sentences for people. */
  readonly problems: readonly string[];
}

/** Names of the secrets that workflow.yaml names, as it is now, and of those the settings name. */
export async function requiredSecrets(
  host: Host,
  repository: Repository,
): Promise<RequiredSecrets> {
  const ofWorkflow = await ifRight(async () => {
    // Every update asks what may be secret; only those who ask for this need a parser.
    const { loadWorkflow } = await import("../repository/load.ts");
    const { workflow } = await loadWorkflow(host, repository, {});
    return secretsOf(workflow);
  });
  const ofSettings = await ifRight(async () =>
    namesIn(await readValue(host, repository, "secrets"))
  );
  const names = [...ofWorkflow.names, ...ofSettings.names];
  return {
    names: [...new Set(names)].sort(),
    problems: [...ofWorkflow.problems, ...ofSettings.problems],
  };
}

/** A secret can be kept before the workflow and the settings are right. */
async function ifRight(
  read: () => Promise<readonly string[]>,
): Promise<RequiredSecrets> {
  try {
    return { names: await read(), problems: [] };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { names: [], problems: [error.message] };
  }
}

/**
 * Names of the secrets that any level of the settings names. A repository's file may override
 * the user's, but must not make checks inherit what the user has named.
 *
 * @throws {OrcError} usage or config `invalid_setting`
 */
export async function secretsOfAllLevels(
  host: Host,
  site: ConfigSite,
): Promise<readonly string[]> {
  const statements = await readStatements(host, site, "secrets");
  return statements.flatMap((statement) => {
    const { reading } = statement;
    if ("found" in reading) throw wrongStatement(statement);
    return namesIn(reading.value);
  });
}

function namesIn(value: SettingValue | null): readonly string[] {
  return isList(value) ? value : [];
}

/** Names of all secrets that a workflow and its items name, sorted. */
export function secretsOf(
  { secrets, phases }: Pick<Workflow, "secrets" | "phases">,
): readonly string[] {
  const items = phases.flatMap((phase) => phase.items);
  const names = [...secrets, ...items.flatMap((item) => item.secrets)];
  return [...new Set(names)].filter(isSecretName).sort();
}
