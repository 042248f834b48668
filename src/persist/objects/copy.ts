/**
 * The copy of one session in a bucket. One object counts, `copy.json`: it says which copy it is, and names
 * each object that the copy is made of, with its hash. Those are written before it, each under a key that
 * nobody else has, and never changed. So a reader sees one copy or another, and nothing between.
 */
import { sha256Hex } from "../../base/checksum.ts";
import { OrcError, orElse } from "../../base/error.ts";
import { sessionLayoutAt } from "../../base/layout.ts";
import { MAX_STATE_BYTES } from "../../base/limits.ts";
import { nameOf } from "../../base/path.ts";
import { DAY_MS, epochMsOf } from "../../base/time.ts";
import { isSameBytes, joinedBytes } from "../../files/write.ts";
import type { Host } from "../../host/host.ts";
import {
  atOnce,
  type Bucket,
  type EtagForm,
  inForm,
  MAX_TRIES,
  pauseBefore,
  type Stored,
  unreachable,
} from "../../objects/bucket.ts";
import {
  newKey,
  objectsJson,
  parseObjects,
  type StoredObject,
} from "../../objects/manifest_rules.ts";
import type { SeenObject } from "../../objects/seen.ts";
import type { Captured } from "../capture.ts";
import { labelOf, labelOr, partOf, storedFiles } from "../copies.ts";
import {
  COPY_FORMAT,
  LABEL,
  type Label,
  labelText,
  objectIn,
  placeInSession,
  unreadable,
} from "../label_rules.ts";
import type { LogPart, StoredCopy } from "../shelf.ts";

const LOG = nameOf(sessionLayoutAt("").log);
const NOTHING = new Uint8Array();

/** Names ten thousand objects at most. */
const MAX_HEAD_BYTES = 4 * 1024 * 1024;

/** More pieces of a log are put together to one. */
const MAX_PIECES = 16;

/** As often as this a copy may be replaced while it is read. */
const MAX_READS = 5;

/** What nothing names after so long was left by a push that was killed. */
export const MAX_UNNAMED_MS: number = DAY_MS;

/** What counts of a session, as it was seen last. */
export interface Head extends Stored {
  /** Null for one that was removed on purpose. */
  readonly label: Label | OrcError | null;
  readonly objects: readonly StoredObject[];
  /** What of its log was sent from here or brought; null where another machine sent it. */
  readonly log: LogPart | null;
}

/** Where the copy of one session is read and written. */
export interface Spot {
  readonly id: string;
  readonly bucket: Bucket;
  /** Begins all keys of the session. */
  readonly top: string;
}

function sinceMs(host: Host, at: string): number {
  return (epochMsOf(host.now()) ?? 0) - (epochMsOf(at) ?? 0);
}

export function isLabel(
  label: Label | OrcError | null | undefined,
): label is Label {
  return label !== null && label !== undefined && "content" in label;
}

/** Whether a session goes on from what is there. */
export async function isAfter(
  { session: { serial }, files }: Captured,
  { label, log }: Head,
): Promise<boolean> {
  if (log === null) return false;
  const begin = files.get(LOG)?.subarray(0, log.sizeBytes);
  return isLabel(label) && serial >= label.serial &&
    begin?.length === log.sizeBytes && await sha256Hex(begin) === log.sha256;
}

/** Reads what counts; what was sent from here or brought is known by its text. */
export async function readHead(
  { id, bucket, top }: Spot,
  known?: SeenObject,
): Promise<Head | undefined> {
  const stored = await bucket.read(`${top}${LABEL}`, MAX_HEAD_BYTES);
  if (stored === undefined) return undefined;
  const text = new TextEncoder().encode(known?.text);
  const isKnown = known !== undefined && isSameBytes(stored.bytes, text);
  return headIn(id, stored, isKnown ? known.log : null);
}

/** What counts, where a list says that it is still what was seen before; undefined where it has to be read. */
export function headOf(
  id: string,
  known: SeenObject | undefined,
  etag: string | undefined,
): Head | undefined {
  const isStill = known !== undefined && etag !== undefined && etag !== "" &&
    inForm(etag, "bare") === inForm(known.etag, "bare");
  if (!isStill) return undefined;
  const bytes = new TextEncoder().encode(known.text);
  return headIn(id, { bytes, etag: known.etag }, known.log);
}

function headIn(id: string, stored: Stored, log: LogPart | null): Head {
  const { bytes } = stored;
  const object = orElse(() => objectIn(id, bytes), () => undefined);
  if (object?.get("removed") === true) {
    return { ...stored, label: null, objects: [], log };
  }
  const label = labelOr(id, bytes);
  const objects = parseObjects(object?.get("objects"));
  if (objects !== undefined) return { ...stored, label, objects, log };
  const nonsense = unreadable(id, `its ${LABEL} names no objects`);
  const why = isLabel(label) ? nonsense : label;
  return { ...stored, label: why, objects: [], log };
}

/** Stands for a copy that was removed: another machine does not bring it back unasked. */
function removalText(host: Host, session: string): string {
  const [removed_at, token] = [host.now(), host.newToken()];
  const object = { format: COPY_FORMAT, session, removed: true, removed_at };
  return `${JSON.stringify({ ...object, token }, null, 2)}\n`;
}

/** What is there may be replaced while it is read: then the next one is. */
export async function readCopy(spot: Spot, known: Head): Promise<StoredCopy> {
  let head = known;
  for (let reads = 1;; reads++) {
    const { label } = head;
    if (label === null) throw unreadable(spot.id, "it was removed");
    if (!isLabel(label)) throw label;
    const files = await readObjects(spot, label, head.objects);
    if (typeof files !== "string") return { label, files };
    const now = await readHead(spot);
    if (now === undefined || now.etag === head.etag || reads >= MAX_READS) {
      throw unreadable(spot.id, files);
    }
    head = now;
  }
}

/** The files of a copy, or why they are not what it says. */
async function readObjects(
  { bucket, top }: Spot,
  label: Label,
  objects: readonly StoredObject[],
): Promise<ReadonlyMap<string, Uint8Array> | string> {
  const own = objects.filter(({ path }) =>
    placeInSession(path, label) !== undefined
  );
  const total = own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (!(total <= MAX_STATE_BYTES)) return "it is too large";
  const contents = new Map<string, Uint8Array>();
  let problem: string | undefined;
  await atOnce(own, async ({ path, key, sizeBytes, sha256 }) => {
    if (problem !== undefined) return;
    const bytes = (await bucket.read(`${top}${key}`, sizeBytes))?.bytes;
    if (bytes === undefined) problem = `"${path}" is missing`;
    else if (await sha256Hex(bytes) !== sha256) {
      problem = `"${path}" is not what its ${LABEL} says`;
    } else contents.set(key, bytes);
  });
  if (problem !== undefined) return problem;
  const pieces = new Map<string, Uint8Array[]>();
  for (const { path, key } of own) {
    const before = pieces.get(path) ?? [];
    pieces.set(path, [...before, contents.get(key) ?? NOTHING]);
  }
  return new Map(
    [...pieces].map(([path, parts]) => [path, joinedBytes(parts)]),
  );
}

/**
 * Puts a copy in the place of the one that was seen, or the mark of its removal. Returns the object that
 * counts now; undefined where somebody was faster.
 */
export async function putCopy(
  host: Host,
  spot: Spot,
  { captured, base, form, signal, ...how }: {
    readonly captured: Captured | undefined;
    readonly base: Head | undefined;
    readonly form: EtagForm;
    readonly signal: AbortSignal | undefined;
    readonly directory: string;
    readonly recipient: string | null;
  },
): Promise<Head | undefined> {
  const began = host.now();
  const made = captured === undefined
    ? { text: removalText(host, spot.id), objects: [], added: [] }
    : await addObjects(host, spot, { captured, base, ...how });
  // A machine that slept so long may name what was removed meanwhile.
  if (sinceMs(host, began) > MAX_UNNAMED_MS / 2) return undefined;
  const bytes = new TextEncoder().encode(made.text);
  const end = await putHead(spot, { bytes, base, form, signal });
  if (typeof end === "string") {
    // What somebody may have seen stays, until it is certain that nothing names it.
    if (end === "lost") await removeAll(spot, made.added);
    return undefined;
  }
  const named = new Set(made.objects.map(({ key }) => key));
  const before = (base?.objects ?? []).map(({ key }) => key);
  await removeAll(spot, before.filter((key) => !named.has(key)));
  const log = captured?.files.get(LOG);
  return headIn(spot.id, end, log === undefined ? null : await partOf(log));
}

interface Made {
  /** What counts, once it is there. */
  readonly text: string;
  readonly objects: readonly StoredObject[];
  /** Keys of those that are new. */
  readonly added: readonly string[];
}

/** Writes what a copy is made of; what the one before it has already is named again. */
async function addObjects(
  host: Host,
  { bucket, top }: Spot,
  { captured, base, directory, recipient }: {
    readonly captured: Captured;
    readonly base: Head | undefined;
    readonly directory: string;
    readonly recipient: string | null;
  },
): Promise<Made> {
  const { session: { serial }, files } = captured;
  // What is encrypted looks different each time.
  const known = recipient === null ? base?.objects ?? [] : [];
  const objects: StoredObject[] = [];
  const fresh: { object: StoredObject; bytes: Uint8Array }[] = [];
  for await (const [path, whole] of storedFiles(files, recipient)) {
    const before = await beginningOf(path, whole, known);
    objects.push(...before);
    const from = before.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const bytes = whole.subarray(from);
    if (before.length > 0 && bytes.length === 0) continue;
    const object = {
      path,
      key: newKey(path, serial, host.newToken()),
      sizeBytes: bytes.length,
      sha256: await sha256Hex(bytes),
    };
    objects.push(object);
    fresh.push({ object, bytes });
  }
  await atOnce(fresh, async ({ object: { key }, bytes }) => {
    await bucket.add(`${top}${key}`, bytes);
  });
  const label = await labelOf(host, captured, { directory, recipient });
  const text = labelText(label, { objects: objectsJson(objects) });
  return { text, objects, added: fresh.map(({ object: { key } }) => key) };
}

/** The objects that hold what a file begins with; of all but the log only the whole. */
async function beginningOf(
  path: string,
  whole: Uint8Array,
  known: readonly StoredObject[],
): Promise<readonly StoredObject[]> {
  const own = known.filter((object) => object.path === path);
  if (own.length >= MAX_PIECES) return [];
  let at = 0;
  for (const { sizeBytes, sha256 } of own) {
    const part = whole.subarray(at, at + sizeBytes);
    if (part.length < sizeBytes || await sha256Hex(part) !== sha256) return [];
    at += sizeBytes;
  }
  return path === LOG || at === whole.length ? own : [];
}

/** Puts what counts in the place of what was seen; what nobody knows of is looked at. Returns its ETag. */
async function putHead(
  { id, bucket, top }: Spot,
  { bytes, base, form, signal }: {
    readonly bytes: Uint8Array;
    readonly base: Head | undefined;
    readonly form: EtagForm;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Stored | "lost" | "unknown"> {
  const key = `${top}${LABEL}`;
  const when = base === undefined
    ? "absent"
    : { etag: inForm(base.etag, form) } as const;
  let wasUnknown = false;
  for (let tries = 1;; tries++) {
    const end = await bucket.put(key, bytes, when);
    if (end.kind === "done") return { bytes, etag: end.etag };
    if (end.kind === "lost" && !wasUnknown) return "lost";
    wasUnknown = true;
    const now = await readHead({ id, bucket, top });
    if (now !== undefined && isSameBytes(now.bytes, bytes)) return now;
    if (now?.etag !== base?.etag || end.kind === "lost") return "unknown";
    if (tries >= MAX_TRIES) throw unreachable(bucket.address, end.reason);
    await pauseBefore(tries, signal);
  }
}

/** What is left there is removed by the next who prunes. */
export async function removeAll(
  { bucket, top }: Spot,
  keys: readonly string[],
): Promise<void> {
  try {
    await atOnce(keys, (key) => bucket.remove(`${top}${key}`));
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
  }
}
