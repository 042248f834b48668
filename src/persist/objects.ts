/**
 * A bucket as a place for copies. Of each session one object counts, `copy.json`: it says which copy it is,
 * and names each object that the copy is made of, with its hash. Those are written before it, each under
 * a key that nobody else has, and never changed. So a reader sees one copy or another, and nothing between.
 */
import { sha256Hex } from "../base/checksum.ts";
import { denied, OrcError, orElse } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { sessionLayoutAt } from "../base/layout.ts";
import { nameOf } from "../base/path.ts";
import { DAY_MS, epochMsOf } from "../base/time.ts";
import { isSameBytes, joinedBytes } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import { addressOf } from "../objects/address_rules.ts";
import {
  atOnce,
  type Bucket,
  type EtagForm,
  inForm,
  MAX_TRIES,
  pauseBefore,
  type Stored,
  unreachable,
} from "../objects/bucket.ts";
import { assertConditions } from "../objects/conditions.ts";
import {
  newKey,
  objectsJson,
  parseObjects,
  type StoredObject,
} from "../objects/manifest_rules.ts";
import { bucketOf, sessionsKey } from "../objects/place.ts";
import { type LastSent, noteSent, readSent } from "../objects/sent.ts";
import type { Repository } from "../repository/open.ts";
import type { Captured } from "./capture.ts";
import { labelOf, labelOr, storedFiles } from "./copies.ts";
import { gitOf } from "./git.ts";
import {
  COPY_FORMAT,
  LABEL,
  type Label,
  labelText,
  objectIn,
  placeInSession,
  unreadable,
} from "./label_rules.ts";
import type { PushEnd } from "./remote_rules.ts";
import type { PersistSettings } from "./settings.ts";
import type { Found, Shelf, StoredCopy } from "./shelf.ts";

const { log, state } = sessionLayoutAt("");
const [LOG, STATE] = [nameOf(log), nameOf(state)];
const NOTHING = new Uint8Array();

/** Names ten thousand objects at most. */
const MAX_HEAD_BYTES = 4 * 1024 * 1024;

/** More pieces of a log are put together to one. */
const MAX_PIECES = 16;

/** As often as this a copy may be replaced while it is read. */
const MAX_READS = 5;

/** What nothing names after so long was left by a push that was killed. */
const MAX_UNNAMED_MS = DAY_MS;

/** What counts of a session, as it was seen last. */
interface Head {
  readonly etag: string;
  readonly bytes: Uint8Array;
  /** Null for one that was removed on purpose. */
  readonly label: Label | OrcError | null;
  readonly objects: readonly StoredObject[];
}

/** Where the copy of one session is read and written. */
interface Spot {
  readonly id: string;
  readonly bucket: Bucket;
  /** Begins all keys of the session. */
  readonly top: string;
}

export function objectShelf(
  host: Host,
  repository: Repository,
  { settings, signal }: {
    readonly settings: PersistSettings;
    readonly signal: AbortSignal | undefined;
  },
): Shelf {
  const { layout } = repository;
  const { recipient } = settings;
  const url = settings.s3Url === null ? "s3" : addressOf(settings.s3Url).url;
  const directory = orElse(
    () => gitOf(host, layout.root).directory,
    () => "",
  );
  const heads = new Map<string, Head>();
  let opened: Promise<{ bucket: Bucket; top: string }> | undefined;
  let isSeen = false;

  const open = () =>
    opened ??= (async () => {
      const bucket = await bucketOf(host, repository, settings, signal);
      return { bucket, top: await sessionsKey(bucket, repository) };
    })();

  async function spotOf(id: string): Promise<Spot> {
    const { bucket, top } = await open();
    return { id, bucket, top: `${top}${id}/` };
  }

  async function look(ids?: readonly string[]): Promise<void> {
    const { bucket, top } = await open();
    const all = ids ?? await idsBelow(bucket, top);
    if (ids === undefined) heads.clear();
    await atOnce(all, async (id) => {
      const head = await readHead(await spotOf(id));
      if (head === undefined) heads.delete(id);
      else heads.set(id, head);
    });
    isSeen = true;
  }

  return {
    remote: url,
    branch: null,
    keptHere: null,
    isRemembered: false,
    address: () => Promise.resolve(url),
    async sizes() {
      if (!isSeen) await look();
      return new Map(
        [...heads].flatMap(([id, { label }]): [string, number][] =>
          isLabel(label) ? [[id, label.sizeBytes]] : []
        ),
      );
    },
    keep: () => Promise.resolve(),
    async open() {
      if (!isSeen) await look();
    },
    look,
    copies() {
      const read = async (id: string, head: Head) =>
        await readCopy(await spotOf(id), head);
      return Promise.resolve(copiesIn(heads, directory, read));
    },
    expected() {
      const etags = new Map([...heads].map(([id, { etag }]) => [id, etag]));
      return Promise.resolve((id: string) => etags.get(id));
    },
    removed() {
      const gone = [...heads].filter(([, { label }]) => label === null);
      return Promise.resolve(new Set(gone.map(([id]) => id)));
    },
    async own() {
      const own = new Set<string>();
      for (const [id, { bytes }] of heads) {
        const last = readSent(layout, { url, id });
        if (last?.head === await sha256Hex(bytes)) own.add(id);
      }
      return own;
    },
    async hasState(id, bytes) {
      const parts = heads.get(id)?.objects.filter(({ path }) => path === STATE);
      const [only, ...others] = parts ?? [];
      return only !== undefined && others.length === 0 &&
        only.sha256 === await sha256Hex(bytes);
    },
    async follows(captured) {
      const { id } = captured.session;
      const head = heads.get(id);
      const last = readSent(layout, { url, id });
      return head !== undefined && last !== undefined &&
        await isAfter(captured, head, last);
    },
    async put(outgoing) {
      const { bucket } = await open();
      const form = await assertConditions(host, layout, bucket, signal);
      const ends = new Map<string, PushEnd>();
      await atOnce(outgoing, async ({ id, captured }) => {
        const head = await putCopy(host, await spotOf(id), {
          ...{ captured, base: heads.get(id), form, directory, recipient },
          signal,
        });
        ends.set(id, head === undefined ? STALE : { kind: "done" });
        if (head === undefined || captured === undefined) return;
        const log = captured.files.get(LOG) ?? NOTHING;
        await noteSent(host, layout, { url, id, head, log });
      });
      return ends;
    },
    async note({ label: { session: id }, log }) {
      const head = heads.get(id)?.bytes;
      if (head !== undefined) {
        await noteSent(host, layout, { url, id, head, log });
      }
    },
    async forget() {
      const { bucket, top } = await open();
      const nowMs = epochMsOf(host.now()) ?? 0;
      const ids = await idsBelow(bucket, top);
      await atOnce(ids, async (id) => {
        await removeUnnamed(await spotOf(id), nowMs);
      });
    },
    refusal: (reason) =>
      denied("remote_refused", `"${url}" does not take it: ${reason}`, {
        hint: "try again; see what is there: orc persist status",
      }),
  };
}

const STALE: PushEnd = { kind: "stale", reason: "somebody else was faster" };

function sinceMs(host: Host, at: string): number {
  return (epochMsOf(host.now()) ?? 0) - (epochMsOf(at) ?? 0);
}

function isLabel(label: Label | OrcError | null | undefined): label is Label {
  return label !== null && label !== undefined && "content" in label;
}

/** The copies of this root, but those that were removed. */
function copiesIn(
  heads: ReadonlyMap<string, Head>,
  directory: string,
  read: (id: string, head: Head) => Promise<StoredCopy>,
): ReadonlyMap<string, Found> {
  return new Map(
    [...heads].flatMap(([id, head]): [string, Found][] => {
      const { label } = head;
      const isElsewhere = isLabel(label) && label.directory !== directory;
      if (label === null || isElsewhere) return [];
      return [[id, { label, read: () => read(id, head) }]];
    }),
  );
}

/** Whether a session goes on from what was sent from here last, and that is what is there. */
async function isAfter(
  { session: { serial }, files }: Captured,
  { label, bytes }: Head,
  { head, logBytes, logHash }: LastSent,
): Promise<boolean> {
  const log = files.get(LOG)?.subarray(0, logBytes);
  return isLabel(label) && serial >= label.serial &&
    await sha256Hex(bytes) === head &&
    log?.length === logBytes && await sha256Hex(log) === logHash;
}

async function idsBelow(
  bucket: Bucket,
  top: string,
): Promise<readonly string[]> {
  const { prefixes } = await bucket.list(top, { isFlat: false });
  return [...new Set(prefixes.map((each) => each.slice(top.length, -1)))]
    .filter(isSessionId);
}

async function readHead({ id, bucket, top }: Spot): Promise<Head | undefined> {
  const stored = await bucket.read(`${top}${LABEL}`, MAX_HEAD_BYTES);
  return stored && headIn(id, stored);
}

function headIn(id: string, { bytes, etag }: Stored): Head {
  const object = orElse(() => objectIn(id, bytes), () => undefined);
  if (object?.get("removed") === true) {
    return { etag, bytes, label: null, objects: [] };
  }
  const label = labelOr(id, bytes);
  const objects = parseObjects(object?.get("objects"));
  if (objects !== undefined) return { etag, bytes, label, objects };
  const nonsense = unreadable(id, `its ${LABEL} names no objects`);
  const why = isLabel(label) ? nonsense : label;
  return { etag, bytes, label: why, objects: [] };
}

/** Stands for a copy that was removed: another machine does not bring it back unasked. */
function removalText(host: Host, session: string): string {
  const [removed_at, token] = [host.now(), host.newToken()];
  const object = { format: COPY_FORMAT, session, removed: true, removed_at };
  return `${JSON.stringify({ ...object, token }, null, 2)}\n`;
}

/** What is there may be replaced while it is read: then the next one is. */
async function readCopy(spot: Spot, known: Head): Promise<StoredCopy> {
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
async function putCopy(
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
): Promise<Uint8Array | undefined> {
  const began = host.now();
  const made = captured === undefined
    ? { text: removalText(host, spot.id), objects: [], added: [] }
    : await addObjects(host, spot, { captured, base, ...how });
  // A machine that slept so long may name what was removed meanwhile.
  if (sinceMs(host, began) > MAX_UNNAMED_MS / 2) return undefined;
  const bytes = new TextEncoder().encode(made.text);
  const end = await putHead(spot, { bytes, base, form, signal });
  if (end !== "done") {
    // What somebody may have seen stays, until it is certain that nothing names it.
    if (end === "lost") await removeAll(spot, made.added);
    return undefined;
  }
  const named = new Set(made.objects.map(({ key }) => key));
  const before = (base?.objects ?? []).map(({ key }) => key);
  await removeAll(spot, before.filter((key) => !named.has(key)));
  return bytes;
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

/** Puts what counts in the place of what was seen; what nobody knows of is looked at. */
async function putHead(
  { id, bucket, top }: Spot,
  { bytes, base, form, signal }: {
    readonly bytes: Uint8Array;
    readonly base: Head | undefined;
    readonly form: EtagForm;
    readonly signal: AbortSignal | undefined;
  },
): Promise<"done" | "lost" | "unknown"> {
  const key = `${top}${LABEL}`;
  const when = base === undefined
    ? "absent"
    : { etag: inForm(base.etag, form) } as const;
  let wasUnknown = false;
  for (let tries = 1;; tries++) {
    const end = await bucket.put(key, bytes, when);
    if (end.kind === "done") return "done";
    if (end.kind === "lost" && !wasUnknown) return "lost";
    wasUnknown = true;
    const now = await readHead({ id, bucket, top });
    if (isSameBytes(now?.bytes, bytes)) return "done";
    if (now?.etag !== base?.etag || end.kind === "lost") return "unknown";
    if (tries >= MAX_TRIES) throw unreachable(bucket.address, end.reason);
    await pauseBefore(tries, signal);
  }
}

/** What is left there is removed by the next who prunes. */
async function removeAll(
  { bucket, top }: Spot,
  keys: readonly string[],
): Promise<void> {
  try {
    await atOnce(keys, (key) => bucket.remove(`${top}${key}`));
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
  }
}

async function removeUnnamed(spot: Spot, nowMs: number): Promise<void> {
  const { bucket, top } = spot;
  const { keys } = await bucket.list(top);
  const old = keys.filter(({ at = "" }) =>
    nowMs - (epochMsOf(at) ?? nowMs) > MAX_UNNAMED_MS
  ).map(({ key }) => key.slice(top.length)).filter((key) => key !== LABEL);
  if (old.length === 0) return;
  // Listed first: what is named since then is younger.
  const head = await readHead(spot);
  const isUnclear = head === undefined ||
    head.label !== null && !isLabel(head.label);
  if (isUnclear) return;
  const named = new Set(head.objects.map(({ key }) => key));
  await removeAll(spot, old.filter((key) => !named.has(key)));
}
