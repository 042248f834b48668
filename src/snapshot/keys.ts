/** What a snapshot is encrypted to, and what opens it. */
import { denied, notFound, usage } from "../base/error.ts";
import { decodeUtf8 } from "../base/json.ts";
import { MAX_SMALL_FILE_BYTES } from "../base/limits.ts";
import { withoutLineEnds } from "../base/mask.ts";
import { PASSPHRASE_VARIABLE } from "../base/names.ts";
import { quoted } from "../base/text.ts";
import { butThereIs, readNamedFile } from "../files/near.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { encryptionOf, openKeyring } from "../vault/encryption.ts";
import type { Key, Opener } from "./archive.ts";

/** How a snapshot is to be encrypted. */
export interface KeyOptions {
  /** Whoever may open it: public keys of age, such as `age1…`. */
  readonly recipients?: readonly string[];
  /** Opens it instead of a key. */
  readonly passphrase?: string;
  /** The file that holds the passphrase, or `-` for standard input. */
  readonly passphraseFile?: string;
  /** Encrypts nothing, and says nothing of that. */
  readonly plain?: boolean;
}

const NOT_ENCRYPTED =
  "The snapshot is not encrypted: whoever gets it can read it; --recipient encrypts it, --plain says that it is meant";

/** What a snapshot is encrypted to; undefined for a plain one. Returns warnings too. */
export async function keyFor(
  host: Host,
  repository: Repository,
  options: KeyOptions,
): Promise<{ readonly key?: Key; readonly warnings: readonly string[] }> {
  const { recipients = [], plain = false } = options;
  const passphrase = passphraseIn(host, options);
  const given = [recipients.length > 0, passphrase !== undefined, plain];
  if (given.filter(Boolean).length > 1) {
    throw usage(
      "conflicting_flags",
      "A snapshot is encrypted to recipients, or with a passphrase, or not at all",
      "name one of --recipient, --passphrase-file and --plain",
    );
  }
  if (passphrase !== undefined) return { key: { passphrase }, warnings: [] };
  if (plain) return { warnings: [] };
  const known = recipients.length > 0
    ? recipients
    : await configuredRecipients(host, repository);
  if (known.length === 0) return { warnings: [NOT_ENCRYPTED] };
  await assertRecipients(known);
  return { key: { recipients: known }, warnings: [] };
}

async function configuredRecipients(
  host: Host,
  repository: Repository,
): Promise<readonly string[]> {
  const { readValue } = await import("../settings/files.ts");
  const value = await readValue(host, repository, "snapshot_recipients");
  return Array.isArray(value) ? value : [];
}

/** Before anything is read: the library says no more than that something is wrong. */
async function assertRecipients(recipients: readonly string[]): Promise<void> {
  const { Encrypter } = await import("age-encryption");
  for (const recipient of recipients) {
    try {
      new Encrypter().addRecipient(recipient);
    } catch (cause) {
      throw usage(
        "invalid_recipient",
        `${quoted(recipient)} is no recipient of age`,
        {
          hint: "take a public key of age: orc secrets init prints yours",
          cause,
        },
      );
    }
  }
}

function passphraseIn(
  host: Host,
  { passphrase, passphraseFile }: KeyOptions,
): string | undefined {
  if (passphraseFile === undefined) return passphrase;
  const text = passphraseFile === "-"
    ? decodeUtf8(host.readInput(MAX_SMALL_FILE_BYTES), "standard input")
    : readFile(host, passphraseFile);
  const value = withoutLineEnds(text);
  if (value !== "") return value;
  throw usage(
    "invalid_value",
    "The passphrase is empty",
    "write it into the file that --passphrase-file names",
  );
}

function readFile({ workingDirectory }: Host, name: string): string {
  const { path, bytes } = readNamedFile(
    workingDirectory,
    name,
    MAX_SMALL_FILE_BYTES,
  );
  if (bytes !== undefined) return decodeUtf8(bytes, path);
  throw notFound(
    "no_such_file",
    `No file "${name}"${butThereIs(workingDirectory, name)}`,
    { path, hint: "check the path" },
  );
}

/** What opens an encrypted file that begins so; undefined for one that is not encrypted. */
export function openerFor(
  host: Host,
  beginning: Uint8Array,
  options: Pick<KeyOptions, "passphrase" | "passphraseFile">,
): Opener | undefined {
  const encryption = encryptionOf(beginning);
  if (encryption === undefined) return undefined;
  const keyring = openKeyring(host, true);
  if (encryption === "identity") return { identities: keyring.identities() };
  const passphrase = passphraseIn(host, options) ?? keyring.passphrase();
  if (passphrase !== undefined) return { passphrase };
  throw denied(
    "no_passphrase",
    "The snapshot is encrypted with a passphrase, and none is known",
    `name its file with --passphrase-file, or set ${PASSPHRASE_VARIABLE}`,
  );
}
