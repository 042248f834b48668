import type { JsonObject, JsonValue } from "./json.ts";
import { canonicalJson, quoteJson, sortedKeys } from "./json_print.ts";

/** Whether a state is what its last writer signed; `missing` where it is not signed, as in the oldest. */
export type ChecksumVerdict = "valid" | "missing" | "changed";

/** SHA-256 in hex; who hashes thousands brings one that does not change threads for each. */
export type Digest = (bytes: Uint8Array) => string | Promise<string>;

const CHECKSUM_LENGTH = 32;

/** For some weeks the Python tool wrote half as many digits. */
const SHORT_CHECKSUM_LENGTH = 16;

/** The checksum the Python tool signs a state with: of its canonical form, without the keys about the file. */
export async function checksumOf(
  state: JsonObject,
  digest?: Digest,
): Promise<string> {
  const digits = await digestWithout(state, SIGNATURE_KEYS, digest);
  return digits.slice(0, CHECKSUM_LENGTH);
}

/** Compares a state with its checksum, by today's rule and by the older ones. */
export async function verifyChecksum(
  state: JsonObject,
  digest?: Digest,
): Promise<ChecksumVerdict> {
  const stored = state.get("_checksum") ?? null;
  if (stored === null) return "missing";
  if (stored === await checksumOf(state, digest)) return "valid";
  const older = await digestWithout(state, OLDER_SIGNATURE_KEYS, digest);
  const isOlder = stored === older.slice(0, CHECKSUM_LENGTH) ||
    stored === older.slice(0, SHORT_CHECKSUM_LENGTH);
  return isOlder ? "valid" : "changed";
}

const OLDER_SIGNATURE_KEYS = ["_checksum", "_updated_at"];
const SIGNATURE_KEYS = [...OLDER_SIGNATURE_KEYS, "_version"];

function digestWithout(
  state: JsonObject,
  keys: readonly string[],
  digest: Digest = sha256Hex,
): string | Promise<string> {
  const members = sortedKeys(state)
    .filter((key) => !keys.includes(key))
    .map((key) =>
      `${quoteJson(key)}: ${canonicalJson(state.get(key) ?? null)}`
    );
  return digest(new TextEncoder().encode(`{${members.join(", ")}}`));
}

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return hexOf(new Uint8Array(digest));
}

/** SHA-256 of a value's canonical form: the same however it is spelled. */
export async function jsonHash(value: JsonValue): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(canonicalJson(value)));
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
