/** Which objects a copy is made of, and what each has to hold. Anybody may have written it who can write there. */
import { asObject, isJsonList, type JsonValue } from "../base/json.ts";

/** One object of a copy: a file of the session, or a piece of one. */
export interface StoredObject {
  /** The name of its file in the directory of a session. */
  readonly path: string;
  /** Behind the key of the session. */
  readonly key: string;
  readonly sizeBytes: number;
  /** SHA-256 of what lies there. */
  readonly sha256: string;
}

/** More is no session. */
const MAX_OBJECTS = 10_000;

/** Nothing that stands in a copy leads to a key that is not of the session, nor to what counts. */
const KEY =
  /^(?:state|log|meta|checkpoints)\/[0-9]{8,16}-[0-9a-z]{1,64}\.jsonl?(?:\.age)?$/;

/** A key for something new of a kind of file, which nobody else can have. */
export function newKey(path: string, serial: number, token: string): string {
  const [first = ""] = path.split(/[./]/);
  const [suffix = ""] = /\.jsonl?(?:\.age)?$/.exec(path) ?? [];
  return `${first}/${String(serial).padStart(8, "0")}-${token}${suffix}`;
}

/** Undefined for what orc does not write. */
export function parseObjects(
  value: JsonValue | undefined,
): readonly StoredObject[] | undefined {
  if (!isJsonList(value) || value.length > MAX_OBJECTS) return undefined;
  const objects: StoredObject[] = [];
  for (const each of value) {
    const member = asObject(each);
    const [path, key, sizeBytes, sha256] = ["path", "key", "size", "sha256"]
      .map((name) => member?.get(name));
    const isRight = typeof path === "string" && typeof key === "string" &&
      KEY.test(key) && typeof sizeBytes === "number" &&
      Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 &&
      typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
    if (!isRight) return undefined;
    objects.push({ path, key, sizeBytes, sha256 });
  }
  const keys = new Set(objects.map(({ key }) => key));
  return keys.size === objects.length ? objects : undefined;
}

/** As it stands in a copy. */
export function objectsJson(
  objects: readonly StoredObject[],
): readonly unknown[] {
  return objects.map(({ path, key, sizeBytes, sha256 }) => (
    { path, key, size: sizeBytes, sha256 }
  ));
}
