/**
 * Whether a server keeps to the conditions under which something is put there, found out by trying:
 * where it does not, whoever writes last wins, and updates are lost.
 */
import { sha256Hex } from "../base/checksum.ts";
import { onRefusal, orElse } from "../base/error.ts";
import { asObject, parseJson } from "../base/json.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { DAY_MS, epochMsOf } from "../base/time.ts";
import { keep, readCached, stage } from "../checks/tree_cache.ts";
import { isSameBytes } from "../files/write.ts";
import type { Host } from "../host/host.ts";
import {
  type Bucket,
  type Condition,
  type EtagForm,
  inForm,
  MAX_TRIES,
  noConditions,
  pauseBefore,
  type Put,
  unreachable,
} from "./bucket.ts";

/** What was tried. */
export interface ConditionTrial {
  /** The key that was written and removed again. */
  readonly key: string;
  /** Whether a key that is there is not created again. */
  readonly creates: boolean;
  /** Whether only what was seen is replaced. */
  readonly replaces: boolean;
  /** How the server wants what it is to compare; null where it compares nothing. */
  readonly etag: EtagForm | null;
  /** Whether the key is gone again. */
  readonly removed: boolean;
}

const encoder = new TextEncoder();

/** Tries both conditions on a key of its own. */
export async function tryConditions(
  bucket: Bucket,
  token: string,
  signal?: AbortSignal,
): Promise<ConditionTrial> {
  const key = `${bucket.address.prefix}probe/${token}`;
  const first = encoder.encode(`first ${token}`);
  if ((await attempt(first, "absent")).kind === "unsupported") {
    return { key, creates: false, replaces: false, etag: null, removed: true };
  }
  const stale = await etagNow();
  const second = await attempt(encoder.encode("again"), "absent");
  const creates = second.kind === "lost" && await isStill(first);
  const etag = creates ? await formOf() : null;
  const replaces = etag !== null && await isStaleRefused();
  return { key, creates, replaces, etag, removed: await isRemoved() };

  async function etagNow(): Promise<string> {
    return (await bucket.read(key, MAX_BYTES))?.etag ?? "";
  }

  async function isStill(bytes: Uint8Array): Promise<boolean> {
    const now = await bucket.read(key, MAX_BYTES);
    return isSameBytes(now?.bytes, bytes);
  }

  /** Nothing is proved by a server that could not answer. */
  async function attempt(
    bytes: Uint8Array,
    when: Condition,
  ): Promise<Put | typeof UNKNOWN_THERE> {
    for (let tries = 1;; tries++) {
      const end = await bucket.put(key, bytes, when).catch(
        onRefusal((error) => {
          if (error.code === "no_conditional_writes") return UNKNOWN_THERE;
          throw error;
        }),
      );
      if (end.kind !== "unknown") return end;
      if (tries >= MAX_TRIES) throw unreachable(bucket.address, end.reason);
      await pauseBefore(tries, signal);
    }
  }

  /** Some servers compare only what has no quotes, others only what has. */
  async function formOf(): Promise<EtagForm | null> {
    for (const form of ["quoted", "bare"] as const) {
      const now = inForm(await etagNow(), form);
      const bytes = encoder.encode(`${form} ${token}`);
      await attempt(bytes, { etag: now });
      if (await isStill(bytes)) return form;
    }
    return null;
  }

  async function isStaleRefused(): Promise<boolean> {
    for (const form of ["quoted", "bare"] as const) {
      const bytes = encoder.encode(`stale ${form}`);
      const end = await attempt(bytes, { etag: inForm(stale, form) });
      if (end.kind === "done") return false;
    }
    return true;
  }

  async function isRemoved(): Promise<boolean> {
    await bucket.remove(key);
    return await bucket.read(key, MAX_BYTES) === undefined;
  }
}

const MAX_BYTES = 1024;

const UNKNOWN_THERE = { kind: "unsupported" } as const;

/** How long it is believed that a server keeps to its conditions. */
const BELIEVED_MS = 7 * DAY_MS;

/**
 * How a server wants what it is to compare. What was found out is believed for a week; a server that was
 * refused is tried again each time.
 *
 * @throws {OrcError} `no_conditional_writes` (external)
 */
export async function assertConditions(
  host: Host,
  layout: RepositoryLayout,
  bucket: Bucket,
  signal?: AbortSignal,
): Promise<EtagForm> {
  const { url } = bucket.address;
  const path = await memoryPath(layout, url);
  const known = parseMemory(readCached(layout, path), url, host.now());
  if (known !== undefined) return known;
  const trial = await probeConditions(host, layout, bucket, signal);
  const { creates, etag } = trial;
  if (etag !== null && isKept(trial)) return etag;
  const what = creates
    ? "what somebody else wrote meanwhile is replaced"
    : "what is there already is written again";
  throw noConditions(bucket.address, what);
}

/** Tries it anew, whatever is believed, and remembers it. */
export async function probeConditions(
  host: Host,
  layout: RepositoryLayout,
  bucket: Bucket,
  signal?: AbortSignal,
): Promise<ConditionTrial> {
  const { url } = bucket.address;
  const path = await memoryPath(layout, url);
  const trial = await tryConditions(bucket, host.newToken(), signal);
  const { etag } = trial;
  rememberTrial(host, layout, path, { url, etag: isKept(trial) ? etag : null });
  return trial;
}

async function memoryPath(
  { cache }: RepositoryLayout,
  url: string,
): Promise<string> {
  const hash = await sha256Hex(encoder.encode(url));
  return `${cache}/buckets/${hash.slice(0, 32)}.json`;
}

function parseMemory(
  text: string | undefined,
  url: string,
  now: string,
): EtagForm | undefined {
  const object = text === undefined
    ? undefined
    : orElse(() => asObject(parseJson(text, "a trial")), () => undefined);
  const [etag, at] = [object?.get("etag"), object?.get("at")];
  if (object?.get("url") !== url || typeof at !== "string") return undefined;
  const passedMs = (epochMsOf(now) ?? 0) - (epochMsOf(at) ?? 0);
  const isFresh = passedMs >= 0 && passedMs < BELIEVED_MS;
  return isFresh && (etag === "quoted" || etag === "bare") ? etag : undefined;
}

/** Nothing rests on it but that it is not tried again. */
function rememberTrial(
  host: Host,
  layout: RepositoryLayout,
  path: string,
  found: { readonly url: string; readonly etag: EtagForm | null },
): void {
  const staged = stage(layout, path, host.newToken());
  if (staged === undefined) return;
  keep(layout, staged, JSON.stringify({ ...found, at: host.now() }));
}

/** Whether sessions can lie there without being lost. */
export function isKept({ creates, replaces }: ConditionTrial): boolean {
  return creates && replaces;
}
