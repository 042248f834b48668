import { OrcError } from "../base/error.ts";
import { userLayout } from "../base/layout.ts";
import type { Host } from "../host/host.ts";
import { openRepository, type RepositoryOptions } from "../repository/open.ts";
import { type Place, placeOf } from "../repository/place.ts";
import { newIdentity, recipientOf } from "./age_cipher.ts";
import { readIdentities } from "./keyring.ts";
import { locateSecret } from "./locate_secret.ts";
import { requiredSecrets } from "./required_secrets.ts";
import { createPrivate } from "./vault.ts";

/** An identity that secrets can be encrypted to. */
export interface SecretsReady {
  /** The repository; no session. */
  readonly place: Place;
  /** The file that opens secrets; whoever has it can read them all. */
  readonly identity: string;
  /** Its public half: secrets are encrypted to it. */
  readonly recipient: string;
  /** False when the identity was there. */
  readonly created: boolean;
  /** Secrets that the workflow or a setting names and nobody has. */
  readonly missing: readonly string[];
}

/**
 * Makes the user's identity for secrets, if there is none, in their own
 * directory. An identity that is there is never replaced.
 *
 * Requires `--allow-read`, and `--allow-write` and `--allow-env` for the
 * user's directory.
 *
 * @throws {OrcError} `no_home` (external) if the user's directory is not known
 */
export async function initSecrets(
  host: Host,
  options: RepositoryOptions = {},
): Promise<SecretsReady> {
  const repository = openRepository(host, options);
  const base = homeOf(host);
  const path = userLayout(base).identity;
  const created = readIdentities(host).length === 0 &&
    await makeIdentity(host, { base, path });
  const recipient = await ownRecipient(host);
  if (recipient === undefined) throw new Error(`"${path}" is gone again`);
  const { names } = await requiredSecrets(host, repository);
  const missing = names.filter((name) =>
    locateSecret(host, repository, name).length === 0
  );
  const place = placeOf(repository, null);
  return { place, identity: path, recipient, created, missing };
}

/** The public half of the user's first identity; undefined without any. */
export async function ownRecipient(host: Host): Promise<string | undefined> {
  const [identity] = readIdentities(host);
  return identity === undefined ? undefined : await recipientOf(identity);
}

/** The user's directory. */
export function homeOf(host: Host): string {
  const home = host.homeDirectory();
  if (home !== undefined) return home;
  throw new OrcError(
    "external",
    "no_home",
    "The user's directory is not known",
    { hint: "set HOME, or use a passphrase: --passphrase" },
  );
}

/** Writes a new identity as `age-keygen` does; false when another process was faster. */
async function makeIdentity(
  host: Host,
  file: { readonly base: string; readonly path: string },
): Promise<boolean> {
  const { identity, recipient } = await newIdentity();
  const text = [
    `# created: ${host.now()}`,
    `# public key: ${recipient}`,
    identity,
    "",
  ].join("\n");
  return createPrivate(file, new TextEncoder().encode(text));
}
