import { secretPath } from "../base/entry_path.ts";
import { OrcError } from "../base/error.ts";
import { assertSecretName, PASSPHRASE_VARIABLE } from "../base/secret_name.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { withPreparedRepository } from "../repository/prepare.ts";
import { encrypt, type Encryption, type Lock } from "./age_cipher.ts";
import { homeOf, ownRecipient } from "./init_secrets.ts";
import { readSecretValue } from "./read_secret_value.ts";
import {
  type SecretLevel,
  type SecretPlace,
  secretPlaces,
} from "./secret_places.ts";
import { writeSecret } from "./vault.ts";

/** A secret to keep. Its value is typed, read from standard input, or from a file. */
export interface SetSecretOptions extends RepositoryOptions {
  /** Capital letters, digits and underscores, such as `OPENAI_API_KEY`. */
  readonly name: string;
  /** The file that holds the value; the line ends behind it do not count. */
  readonly file?: string;
  /** Whom it is for; `repository` without it. */
  readonly level?: SecretLevel;
  /** Encrypts it with a passphrase instead of to the user's identity. */
  readonly passphrase?: boolean;
}

/** A secret that was kept. */
export interface SecretKept {
  /** The repository; no session. */
  readonly place: Place;
  /** Its name. */
  readonly name: string;
  /** Whom it is for. */
  readonly level: SecretLevel;
  /** The file that holds it. */
  readonly path: string;
  /** What opens it. */
  readonly encryption: Encryption;
  /** What went wrong after it was kept, as sentences for people. */
  readonly warnings: readonly string[];
}

/**
 * Keeps a secret, encrypted, in a file of its own that only its owner can
 * read. One that is there is replaced.
 *
 * Requires `--allow-read` and `--allow-write`.
 *
 * @throws {OrcError} `invalid_secret_name` or `invalid_secret_value` (usage)
 * @throws {OrcError} `no_identity` (denied) if there is nothing to encrypt to
 */
export async function setSecret(
  host: Host,
  options: SetSecretOptions,
): Promise<SecretKept> {
  const { name, level = "repository" } = options;
  assertSecretName(name);
  const repository = openRepository(host, options);
  const lock = await lockFor(host, options.passphrase ?? false);
  const value = readSecretValue(host, options);
  const encrypted = await encrypt(value, lock);
  const warnings: string[] = [];
  const keep = (token: string): string => {
    const directory = placeFor(host, repository, level);
    const warning = writeSecret(directory, name, encrypted, token);
    if (warning !== undefined) warnings.push(warning);
    return secretPath(directory.path, name);
  };
  const path = level === "global"
    ? keep(host.newToken())
    : await withPreparedRepository(
      host,
      repository,
      { portable: false, warnings },
      ({ token }) => Promise.resolve(keep(token)),
    );
  return {
    place: placeOf(repository, null),
    name,
    level,
    path,
    encryption: "recipient" in lock ? "identity" : "passphrase",
    warnings,
  };
}

function placeFor(
  host: Host,
  repository: Repository,
  level: SecretLevel,
): SecretPlace {
  if (level !== "repository") homeOf(host);
  const found = secretPlaces(host, repository)
    .find((place) => place.level === level);
  if (found !== undefined) return found;
  throw new OrcError(
    "usage",
    "same_directory",
    "The repository is your own directory: its secrets are those of all repositories",
    { hint: "leave out --global" },
  );
}

/** An identity opens without asking; a passphrase is for who wants one, or has nothing else. */
async function lockFor(host: Host, isPassphrase: boolean): Promise<Lock> {
  const recipient = isPassphrase ? undefined : await ownRecipient(host);
  if (recipient !== undefined) return { recipient };
  const given = host.env(PASSPHRASE_VARIABLE);
  if (given) return { passphrase: given };
  if (isPassphrase) return { passphrase: askPassphrase(host) };
  throw new OrcError(
    "denied",
    "no_identity",
    "There is no identity to encrypt secrets to",
    { hint: `orc secrets init, or set ${PASSPHRASE_VARIABLE}` },
  );
}

/** Nobody sees what they type, so they type it twice. */
function askPassphrase(host: Host): string {
  const { terminal } = host;
  const first = terminal.isInteractive
    ? terminal.readHidden("Passphrase: ")
    : undefined;
  if (!first) {
    throw new OrcError(
      "denied",
      "no_passphrase",
      "There is no passphrase to encrypt the secret with",
      { hint: `set ${PASSPHRASE_VARIABLE}, or run it in a terminal` },
    );
  }
  if (terminal.readHidden("The same again: ") === first) return first;
  throw new OrcError(
    "usage",
    "passphrase_mistyped",
    "The two passphrases are not the same",
  );
}
