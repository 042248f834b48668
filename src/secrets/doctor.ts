import { onRefusal, OrcError, orElse } from "../base/error.ts";
import { type Finding, isProblem } from "../base/finding.ts";
import {
  legacySecretNames,
  legacySecretPaths,
  repositoryLayout,
  userLayout,
} from "../base/layout.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { tokensIn } from "../base/mask.ts";
import { environmentFiles, KEY_VARIABLES } from "../base/names.ts";
import { isDenied } from "../files/errors.ts";
import { isFileTracked } from "../files/git_index.ts";
import { fileKind, isVisible, readRegularFile } from "../files/read.ts";
import { isOfNoRepository } from "../files/root.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import {
  encryptionOf,
  mayHoldLegacySecrets,
  openWith,
} from "../vault/encryption.ts";
import { requiredSecrets } from "./find.ts";
import { findSecret, searchSecrets, type SecretSearch } from "../vault/find.ts";
import {
  type SecretFacts,
  type SecretFileFact,
  secretFindings,
  type SecretTrouble,
} from "./rules.ts";
import {
  modeAt,
  secretEntries,
  type SecretEntry,
  secretNameOf,
  secretPlaces,
} from "../vault/vault.ts";

/** What opens secrets, where somebody wrote it into a file. */
const KEY = new RegExp(
  `AGE-SECRET-KEY-1|(?:${KEY_VARIABLES.join("|")})["']?\\s*[=:]\\s*["']?\\w`,
);

/** Gathers what doctor has to know about secrets. Changes nothing and asks nobody. */
export async function secretFacts(
  host: Host,
  repository: Repository,
): Promise<SecretFacts> {
  const search = searchSecrets(host, repository, false);
  const { layout } = repository;
  const files: SecretFileFact[] = [];
  for (const place of secretPlaces(host, repository)) {
    for (const entry of secretEntries(place)) {
      if (legacySecretNames.includes(entry.name)) continue;
      files.push(await fileFact(search, place.level, entry));
    }
  }
  const missing: string[] = [];
  for (const name of (await requiredSecrets(host, repository)).names) {
    if (!await canBeHad(search, name)) missing.push(name);
  }
  const legacyPath = legacySecretPaths(layout.root)
    .find((path) => isVisible(path) && mayHoldLegacySecrets(path)) ?? null;
  const isKept = legacyPath !== null ||
    files.some(({ path }) => path.startsWith(layout.secrets));
  return {
    directory: layout.secrets,
    missing,
    files,
    identity: identityFact(host, repository),
    keysBeside: isKept
      ? keyFiles(host, repository).filter((path) => KEY.test(textAt(path)))
      : [],
    tokenFiles: sharedFiles(repository)
      .filter((path) => tokensIn(textAt(path)).length > 0),
    legacyPath,
  };
}

async function fileFact(
  search: SecretSearch,
  level: SecretFileFact["level"],
  { path, name, mode, isLink }: SecretEntry,
): Promise<SecretFileFact> {
  return {
    path,
    level,
    name: secretNameOf(name) ?? null,
    mode,
    isTracked: isFileTracked(search.repository.layout.root, path) === true,
    ...isLink ? inTrouble("linked") : await open(search, path),
  };
}

type Opened = Pick<SecretFileFact, "trouble" | "length">;

function inTrouble(trouble: SecretTrouble): Opened {
  return { trouble, length: null };
}

async function open({ keyring }: SecretSearch, path: string): Promise<Opened> {
  try {
    const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES);
    if (bytes === undefined) return inTrouble("unreadable");
    if (encryptionOf(bytes) === undefined) return inTrouble("plain");
    const value = await openWith(keyring, bytes, { path });
    return value === undefined
      ? inTrouble("locked")
      : { trouble: null, length: value.length };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return inTrouble(isDenied(error) ? "unreadable" : "damaged");
  }
}

/** What is stored but cannot be opened is a finding of its own. */
async function canBeHad(search: SecretSearch, name: string): Promise<boolean> {
  return await findSecret(search, name)
    .then((found) => found !== undefined, onRefusal(() => true));
}

function identityFact(
  host: Host,
  { layout }: Repository,
): SecretFacts["identity"] {
  const home = host.homeDirectory();
  if (home === undefined) return null;
  const path = userLayout(home).identity;
  if (fileKind(path) !== "file") return null;
  // Around a home may lie what nobody lets orc look at.
  const inHome = orElse(() => isFileTracked(home, path), () => null);
  const isTracked = inHome === true ||
    isFileTracked(layout.root, path) === true;
  return { path, mode: modeAt(path), isTracked };
}

function sharedFiles({ layout, found }: Repository): readonly string[] {
  return [repositoryLayout(found.workingTree).workflow, layout.config];
}

/** Files in which people leave what opens the secrets beside them; not the user's own identity. */
function keyFiles(host: Host, repository: Repository): readonly string[] {
  const { layout: { root }, found } = repository;
  const isOwn = isOfNoRepository(root, host.homeDirectory());
  return [
    ...sharedFiles(repository),
    ...environmentFiles(found.workingTree),
    ...isOwn ? [] : [userLayout(root).identity],
  ];
}

/** What cannot be read holds nothing that could be found. */
function textAt(path: string): string {
  const bytes = orElse(
    () => readRegularFile(path, MAX_WORKFLOW_BYTES),
    () => undefined,
  );
  return new TextDecoder().decode(bytes);
}

/** How the secrets of a repository are. */
export interface SecretsDiagnosis {
  /** The repository; no session. */
  readonly place: Place;
  /** Whether no warning or error was found. */
  readonly healthy: boolean;
  /** How many stored secrets were looked at. */
  readonly secrets: number;
  /** In the order of the questions: what is missing first. */
  readonly findings: readonly Finding[];
}

/**
 * Finds secrets that are missing, cannot be opened, or lie where others can get them. Changes
 * nothing and asks nobody; opens what it can, and tells no value.
 *
 * Requires `--allow-read`, `--allow-env` and, for git's credential helper, `--allow-run=git`.
 */
export async function diagnoseSecrets(
  host: Host,
  options: RepositoryOptions = {},
): Promise<SecretsDiagnosis> {
  const repository = openRepository(host, options, {});
  const facts = await secretFacts(host, repository);
  const findings = secretFindings(facts);
  return {
    place: placeOf(repository, null),
    healthy: !findings.some(isProblem),
    secrets: facts.files.filter(({ name }) => name !== null).length,
    findings,
  };
}
