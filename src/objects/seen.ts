/**
 * What was seen in a bucket last: of each session the object that counts, and what of its log was sent from
 * here or brought. It only spares reading what did not change: without it all is read.
 */
import { sha256Hex } from "../base/checksum.ts";
import { orElse } from "../base/error.ts";
import {
  asObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../base/json.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { keep, readCached, stage } from "../checks/tree_cache.ts";

export interface SeenObject {
  /** As the server says it; another one where something else lies there. */
  readonly etag: string;
  readonly text: string;
  /** The log that all that comes after begins with; null where another machine sent it, and it is not here. */
  readonly log: { readonly sizeBytes: number; readonly sha256: string } | null;
}

/** By the ids of sessions, of those whose keys begin alike. */
export async function readSeen(
  layout: RepositoryLayout,
  prefix: string,
): Promise<ReadonlyMap<string, SeenObject>> {
  const path = await pathOf(layout, prefix);
  const text = readCached(layout, path);
  const all = text === undefined
    ? undefined
    : orElse(() => asObject(parseJson(text, path)), () => undefined);
  if (all?.get("prefix") !== prefix) return new Map();
  return new Map(
    [...asObject(all.get("sessions")) ?? []].flatMap(([id, value]) => {
      const seen = parseSeen(asObject(value));
      return seen === undefined ? [] : [[id, seen] as const];
    }),
  );
}

export async function keepSeen(
  layout: RepositoryLayout,
  prefix: string,
  { seen, token }: {
    readonly seen: ReadonlyMap<string, SeenObject>;
    readonly token: string;
  },
): Promise<void> {
  const staged = stage(layout, await pathOf(layout, prefix), token);
  if (staged === undefined) return;
  const sessions = Object.fromEntries(
    [...seen].map(([id, { etag, text, log }]) => [
      id,
      { etag, text, log_bytes: log?.sizeBytes, log_hash: log?.sha256 },
    ]),
  );
  keep(layout, staged, JSON.stringify({ prefix, sessions }));
}

function parseSeen(object: JsonObject | undefined): SeenObject | undefined {
  const [etag, text, sizeBytes, sha256]: (JsonValue | undefined)[] = [
    "etag",
    "text",
    "log_bytes",
    "log_hash",
  ].map((name) => object?.get(name));
  if (typeof etag !== "string" || typeof text !== "string") return undefined;
  const isLog = typeof sizeBytes === "number" && typeof sha256 === "string";
  return { etag, text, log: isLog ? { sizeBytes, sha256 } : null };
}

async function pathOf(
  { cache }: RepositoryLayout,
  prefix: string,
): Promise<string> {
  const hash = await sha256Hex(new TextEncoder().encode(prefix));
  return `${cache}/objects/${hash.slice(0, 32)}.json`;
}
