/** Where secrets are looked for: in the order they count, and without asking a person. */
import { denied, OrcError } from "../base/error.ts";
import { PASSPHRASE_VARIABLE, secretPath, variablesOf } from "../base/names.ts";
import { type Host, variableOf } from "../host/host.ts";
import type { ConfigSite } from "../settings/files.ts";
import {
  encryptionOf,
  type Keyring,
  openKeyring,
  openWith,
  readLegacySecrets,
} from "./encryption.ts";
import { setAnew } from "./rules.ts";
import { readSecret, type SecretLocation, secretPlaces } from "./vault.ts";

/** The repository whose secrets are meant. */
export interface SecretSite extends ConfigSite {
  readonly context: { readonly signal?: AbortSignal | undefined };
}

export interface FoundSecret extends SecretLocation {
  readonly name: string;
  readonly value: string;
}

export interface SecretSearch {
  readonly host: Host;
  readonly repository: SecretSite;
  readonly keyring: Keyring;
}

/** Begins to look for secrets; with `mayAsk`, a person can be asked for a passphrase. */
export function searchSecrets(
  host: Host,
  repository: SecretSite,
  mayAsk: boolean,
): SecretSearch {
  return { host, repository, keyring: openKeyring(host, mayAsk) };
}

/** A place that has a secret, after it was looked at. */
export type Lookup =
  | FoundSecret
  /** What it holds cannot be opened here; the next place may have the value. */
  | { readonly locked: OrcError }
  /** Nothing that comes after it counts. */
  | { readonly failed: OrcError };

/**
 * Looks a name up in all places that neither ask a person nor run a program, in the order they
 * count: what is stored, the environment, the Python tool's file. Opens no place before it is
 * asked for.
 */
export async function* lookUp(
  { host, repository, keyring }: SecretSearch,
  name: string,
): AsyncGenerator<Lookup> {
  for (const place of secretPlaces(host, repository)) {
    const path = secretPath(place.path, name);
    const anew = setAnew({ name, level: place.level });
    try {
      const encrypted = readSecret(place, name);
      if (encrypted === undefined) continue;
      const value = await openWith(keyring, encrypted, { path, hint: anew });
      yield value === undefined
        ? { locked: lockedSecret(name, path, encrypted, anew) }
        : { name, value, source: place.level, where: path };
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      yield { locked: error };
    }
  }
  for (const variable of variablesOf(name)) {
    const value = variableOf(host, variable);
    if (value) yield { name, value, source: "environment", where: variable };
  }
  try {
    const legacy = await readLegacySecrets(host, repository);
    const value = legacy?.values.get(name);
    if (legacy !== undefined && value !== undefined) {
      yield { name, value, source: "legacy", where: legacy.path };
    }
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    yield { failed: error };
  }
}

/**
 * Finds a secret where it can be had without asking anybody for it. What is stored but cannot be
 * opened here gives way to what comes after it: where the identity is missing, the environment may
 * have the value.
 *
 * @throws {OrcError} denied `secret_locked`, or why else it cannot be opened, if it is found
 *   nowhere else
 */
export async function findSecret(
  search: SecretSearch,
  name: string,
): Promise<FoundSecret | undefined> {
  let locked: OrcError | undefined;
  for await (const found of lookUp(search, name)) {
    if ("value" in found) return found;
    if ("failed" in found) throw found.failed;
    locked ??= found.locked;
  }
  const { host, repository } = search;
  const { found, context } = repository;
  const value = await askGit(host, found.workingTree, name, context.signal);
  if (value !== undefined) return { name, value, source: "git", where: null };
  if (locked !== undefined) throw locked;
  return undefined;
}

/** Finds what belongs to a secret that was found: what another place has belongs to another one. */
export async function findBeside(
  search: SecretSearch,
  name: string,
  { source }: Pick<FoundSecret, "source">,
): Promise<FoundSecret | undefined> {
  for await (const found of lookUp(search, name)) {
    if ("value" in found && found.source === source) return found;
  }
  return undefined;
}

function lockedSecret(
  name: string,
  path: string,
  encrypted: Uint8Array,
  anew: string,
): OrcError {
  const isPassphrase = encryptionOf(encrypted) === "passphrase";
  return denied(
    "secret_locked",
    `Cannot open secret "${name}": ${
      isPassphrase
        ? "its passphrase is missing or wrong"
        : "it is encrypted to another identity than yours"
    }`,
    {
      path,
      hint: isPassphrase
        ? `set ${PASSPHRASE_VARIABLE}, or run it in a terminal`
        : `ask for the identity, or set the secret anew: ${anew}`,
    },
  );
}

/** No address, so that no helper asks a server: the name of the secret is the user's name there. */
const HOST_NAME = "orchestrator.invalid";

/** A helper that waits for a person waits in vain. */
const TIMEOUT_MS = 10_000;

/** Keeps git and its helpers from asking anybody. */
const SILENT = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "",
  SSH_ASKPASS: "",
  GCM_INTERACTIVE: "never",
  // Outside of any repository: one that was copied here must not name the helper.
  GIT_DIR: "/dev/null",
} as const;

/** Asks git's credential helper for a secret; undefined when it has none, or git cannot be run. */
export async function askGit(
  host: Host,
  workingDirectory: string,
  name: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const { exitCode, problem, stdout } = await host.runProgram({
      command: ["git", "credential", "fill"],
      workingDirectory,
      timeoutMs: TIMEOUT_MS,
      input: `protocol=https\nhost=${HOST_NAME}\nusername=${name}\n\n`,
      variables: SILENT,
      signal,
    });
    if (exitCode !== 0 || problem !== null) return undefined;
    return /^password=(.+)$/m.exec(stdout)?.[1];
  } catch (error) {
    const isForbidden = error instanceof OrcError &&
      error.code === "permission_missing";
    if (isForbidden) return undefined;
    throw error;
  }
}
