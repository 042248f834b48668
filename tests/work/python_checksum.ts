/**
 * Computes the Python tool's checksum of a state from its text, without any code of orc and
 * without reading a single number: what Python wrote is already spelled as it hashes it.
 */
export async function checksumOf(text: string): Promise<string> {
  const tokens = text.match(TOKEN) ?? [];
  const { text: canonical } = valueAt(tokens, 0, true);
  const bytes = new TextEncoder().encode(canonical);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex().slice(0, 32);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;
const UNSIGNED: ReadonlySet<string> = new Set([
  "_checksum",
  "_updated_at",
  "_version",
]);

/** A value as Python's `json.dumps(…, sort_keys=True)` prints it, and the token behind it. */
interface Printed {
  readonly text: string;
  readonly end: number;
}

function valueAt(
  tokens: readonly string[],
  start: number,
  isTop = false,
): Printed {
  const token = tokens[start];
  if (token === "{") return objectAt(tokens, start + 1, isTop);
  if (token === "[") return listAt(tokens, start + 1);
  return { text: token ?? "", end: start + 1 };
}

function objectAt(
  tokens: readonly string[],
  start: number,
  isTop: boolean,
): Printed {
  const members = new Map<string, string>();
  let position = start;
  while (tokens[position] !== "}") {
    const key = tokens[position] ?? "";
    const { text, end } = valueAt(tokens, position + 2);
    const name: string = JSON.parse(key);
    if (!(isTop && UNSIGNED.has(name))) members.set(name, `${key}: ${text}`);
    position = tokens[end] === "," ? end + 1 : end;
  }
  const sorted = [...members].sort(([one], [other]) => byPoints(one, other));
  const text = sorted.map(([, member]) => member).join(", ");
  return { text: `{${text}}`, end: position + 1 };
}

function listAt(tokens: readonly string[], start: number): Printed {
  const members: string[] = [];
  let position = start;
  while (tokens[position] !== "]") {
    const { text, end } = valueAt(tokens, position);
    members.push(text);
    position = tokens[end] === "," ? end + 1 : end;
  }
  return { text: `[${members.join(", ")}]`, end: position + 1 };
}

/** By code points, where JavaScript compares UTF-16 units. */
function byPoints(one: string, other: string): number {
  const [a, b] = [one, other].map((text) =>
    Array.from(text, (character) => character.codePointAt(0) ?? 0)
  );
  const length = Math.min(a?.length ?? 0, b?.length ?? 0);
  for (let index = 0; index < length; index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return (a?.length ?? 0) - (b?.length ?? 0);
}
