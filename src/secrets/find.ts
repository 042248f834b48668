import { denied, OrcError } from "../base/error.ts";
import type { KnownSecret } from "../base/mask.ts";
import {
  isSecretName,
  PASSPHRASE_VARIABLE,
  secretPath,
  variablesOf,
} from "../base/names.ts";
import { type Host, variableOf } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { unlessDamaged } from "../session/entries.ts";
import { readStatements, readValue } from "../settings/files.ts";
import { valueOf } from "../settings/merge.ts";
import { isList, type SettingValue } from "../settings/settings.ts";
import type { Workflow } from "../workflow/types.ts";
import {
  encryptionOf,
  type Keyring,
  openKeyring,
  openWith,
  readLegacySecrets,
} from "./encryption.ts";
import { setAnew } from "./rules.ts";
import {
  readSecret,
  type SecretLocation,
  secretNames,
  secretPlaces,
} from "./vault.ts";

export interface FoundSecret extends SecretLocation {
  readonly name: string;
  readonly value: string;
}

export interface SecretSearch {
  readonly host: Host;
  readonly repository: Repository;
  readonly keyring: Keyring;
}

/** Begins to look for secrets; with `mayAsk`, a person can be asked for a passphrase. */
export function searchSecrets(
  host: Host,
  repository: Repository,
  mayAsk: boolean,
): SecretSearch {
  return { host, repository, keyring: openKeyring(host, mayAsk) };
}

/** A place that has a secret, after it was looked at. */
type Lookup =
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
async function* lookUp(
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

/** Every value that secrets have here, not only the one that counts: each could be printed. */
export async function allValues(
  host: Host,
  repository: Repository,
  names: readonly string[],
): Promise<readonly KnownSecret[]> {
  const search = searchSecrets(host, repository, false);
  const values: KnownSecret[] = [];
  for (const name of names) {
    for await (const found of lookUp(search, name)) {
      // What cannot be opened here cannot be printed from here either.
      if ("value" in found) values.push(found);
    }
  }
  return values;
}

interface RequiredSecrets {
  readonly names: readonly string[];
  readonly problems: readonly string[];
}

/** Names of the secrets that workflow.yaml names, as it is now, and of those the settings name. */
export async function requiredSecrets(
  host: Host,
  repository: Repository,
): Promise<RequiredSecrets> {
  const parts = [
    await ifRight(async () => {
      // Every update asks what may be secret; only those who ask for this need a parser.
      const { loadWorkflow } = await import("../repository/load.ts");
      const { workflow } = await loadWorkflow(host, repository, {});
      return secretsOf(workflow);
    }),
    await ifRight(async () =>
      namesIn(await readValue(host, repository, "secrets"))
    ),
  ];
  return {
    names: [...new Set(parts.flatMap(({ names }) => names))].sort(),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

/** A secret can be kept before the workflow and the settings are right. */
async function ifRight(
  read: () => readonly string[] | Promise<readonly string[]>,
): Promise<RequiredSecrets> {
  const problems: string[] = [];
  return { names: await unlessDamaged(read, problems) ?? [], problems };
}

export interface MaskedPlace {
  readonly repository: Repository;
  readonly workflow: Pick<Workflow, "secrets" | "phases">;
  /** Whether settings that cannot be read are left out, as where they are what is shown. */
  readonly isLenient?: boolean;
}

/**
 * Names of the secrets that no text may hold and no check inherits: those of the workflow,
 * those that any level of the settings names, and those that are kept for the repository. A
 * repository's file may override the user's, but must not make checks inherit what the user
 * has named.
 *
 * @throws {OrcError} usage or config `invalid_setting`, unless the place is lenient
 */
export async function knownSecretNames(
  host: Host,
  { repository, workflow, isLenient = false }: MaskedPlace,
): Promise<readonly string[]> {
  const inSettings = async () => {
    const statements = await readStatements(host, repository, "secrets");
    return statements.flatMap((statement) => namesIn(valueOf(statement)));
  };
  // What lies where nothing is read from, as behind a link, is not kept.
  const kept = await ifRight(() =>
    secretPlaces(host, repository)
      .filter(({ level }) => level !== "global").flatMap(secretNames)
  );
  const names = [
    ...secretsOf(workflow),
    ...kept.names,
    ...isLenient ? (await ifRight(inSettings)).names : await inSettings(),
  ];
  return [...new Set(names)];
}

function namesIn(value: SettingValue | null): readonly string[] {
  return isList(value) ? value : [];
}

export function secretsOf(
  { secrets, phases }: Pick<Workflow, "secrets" | "phases">,
): readonly string[] {
  const items = phases.flatMap((phase) => phase.items);
  const names = [...secrets, ...items.flatMap((item) => item.secrets)];
  return [...new Set(names)].filter(isSecretName).sort();
}
