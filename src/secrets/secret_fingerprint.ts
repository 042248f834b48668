/** As slow as guessing is to be: this many rounds for each guess. */
const ITERATIONS = 600_000;

/** Eight digits tell values apart, and would tell short ones. */
const FINGERPRINT_BYTES = 4;

/** Shortest value that cannot be guessed from its fingerprint, however slowly. */
const MIN_LENGTH = 12;

/**
 * Eight hex digits that are the same wherever a value is the same; null for
 * one so short that it could be guessed from them. Salted with the repository
 * and the name, so that no table of fingerprints helps, and slow.
 */
export async function fingerprintOf(
  value: string,
  { name, repoId }: { readonly name: string; readonly repoId: string },
): Promise<string | null> {
  if (value.length < MIN_LENGTH) return null;
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(value),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const salt = encoder.encode(`orchestrator secret ${repoId} ${name}`);
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: ITERATIONS },
    key,
    8 * FINGERPRINT_BYTES,
  );
  return Array.from(
    new Uint8Array(bits),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
