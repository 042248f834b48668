/**
 * What was sent to a bucket or brought from it last, of each session. It only spares reading what is there:
 * without it a copy is read and compared.
 */
import { sha256Hex } from "../base/checksum.ts";
import { orElse } from "../base/error.ts";
import { asObject, parseJson } from "../base/json.ts";
import type { RepositoryLayout } from "../base/layout.ts";
import { keep, readCached, stage } from "../checks/tree_cache.ts";
import type { Host } from "../host/host.ts";

export interface LastSent {
  /** SHA-256 of the object that counts, which names all others with their hashes. */
  readonly head: string;
  /** Its log, which all that comes after it begins with. */
  readonly logBytes: number;
  readonly logHash: string;
}

export async function noteSent(
  host: Host,
  layout: RepositoryLayout,
  { url, id, head: counting, log }: {
    readonly url: string;
    readonly id: string;
    readonly head: Uint8Array;
    readonly log: Uint8Array;
  },
): Promise<void> {
  const staged = stage(layout, pathOf(layout, id), host.newToken());
  if (staged === undefined) return;
  const [head, log_hash] = [await sha256Hex(counting), await sha256Hex(log)];
  const sent = { url, head, log_bytes: log.length, log_hash };
  keep(layout, staged, JSON.stringify(sent));
}

export function readSent(
  layout: RepositoryLayout,
  { url, id }: { readonly url: string; readonly id: string },
): LastSent | undefined {
  const path = pathOf(layout, id);
  const text = readCached(layout, path);
  const object = text === undefined
    ? undefined
    : orElse(() => asObject(parseJson(text, path)), () => undefined);
  const [head, logBytes, logHash] = ["head", "log_bytes", "log_hash"]
    .map((name) => object?.get(name));
  const isRight = object?.get("url") === url && typeof head === "string" &&
    typeof logBytes === "number" && typeof logHash === "string";
  return isRight ? { head, logBytes, logHash } : undefined;
}

function pathOf({ cache }: RepositoryLayout, id: string): string {
  return `${cache}/objects/${id}.json`;
}
