/** What of a session leaves a machine: as it was at one update, without keeping anybody from the next. */
import { conflict, type OrcError, orElse } from "../base/error.ts";
import { type JsonObject, jsonObject, withFields } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { sessionLayout } from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { guardDirectory } from "../files/read.ts";
import { isSameBytes, readAt } from "../files/write.ts";
import type { Repository } from "../repository/open.ts";
import { ARRIVALS } from "../session/account.ts";
import { settleArrival } from "../session/arrival.ts";
import { withSessionLock } from "../session/create.ts";
import { assertWritable } from "../session/encode.ts";
import { bytesOf, lookAtFile, type SeenFile } from "../session/pack/door.ts";
import { decodeState, noSuchSession } from "../session/read.ts";
import type { Session } from "../session/store.ts";

/** A session as it was at one update. */
export interface Look {
  readonly session: Session;
  /** Its state as it was read. */
  readonly bytes: Uint8Array;
  /** As much of its log as there was then; undefined without any. */
  readonly log: SeenFile | undefined;
}

/** How often a session is looked at that changes all the time; then it is locked. */
const MAX_LOOKS = 5;

/**
 * Looks at a session; reads its state and no more.
 *
 * @throws {OrcError} `changed_outside` (corrupt): what nobody vouches for is not handed on
 */
export async function lookAt(
  { layout, context }: Repository,
  id: string,
  doing: string,
): Promise<Look> {
  const paths = sessionLayout(layout.root, id);
  guardDirectory(layout.root, paths.directory);
  await settleArrival(layout, context, id);
  const act = { id, guarded: paths.directory, doing, leavesPack: true };
  const { root } = layout;
  const { bytes, log } = unlocked(root, id) ??
    await withSessionLock(layout, context, act, () => once(root, id));
  const text = new TextDecoder().decode(bytes);
  const session = await decodeState(text, paths, id);
  if (session.checksum === "changed") assertWritable(session, paths.state);
  return { session, bytes, log };
}

type Seen = Omit<Look, "session">;

/** The log holds no more than the state says, as long as that stays what it is. */
function unlocked(root: string, id: string): Seen | undefined {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const seen = once(root, id);
    if (isSameBytes(seen.bytes, readStateBytes(root, id))) return seen;
  }
  return undefined;
}

function once(root: string, id: string): Seen {
  const bytes = readStateBytes(root, id);
  return { bytes, log: lookAtFile(root, sessionLayout(root, id).log) };
}

export function readStateBytes(root: string, id: string): Uint8Array {
  const { state } = sessionLayout(root, id);
  const bytes = bytesOf(root, state, MAX_STATE_BYTES);
  if (bytes === undefined) throw noSuchSession(id, state);
  return bytes;
}

const PIECE_BYTES = 256 * 1024;

/** As much of a file as there was when it was looked at: a log grows meanwhile. */
export function* piecesOf(
  path: string,
  seen: SeenFile,
): Generator<Uint8Array> {
  const file = seen.open();
  if (file === undefined) throw changedMeanwhile(path);
  try {
    for (let at = 0; at < seen.size;) {
      const piece = readAt(file, at, Math.min(PIECE_BYTES, seen.size - at));
      if (piece.length === 0) throw changedMeanwhile(path);
      yield piece;
      at += piece.length;
    }
  } finally {
    file.close();
  }
}

function changedMeanwhile(path: string): OrcError {
  return conflict(
    "session_changed",
    `Cannot take a copy of "${path}": it was replaced meanwhile`,
    { path, hint: "try again" },
  );
}

/**
 * Where on this disk a session lies, whose it is here, and how it came here, means nothing elsewhere: what
 * is brought and sent back is the same.
 */
const LOCAL_KEYS: readonly string[] = ["place", "owner", "origin", ARRIVALS];

/** The `meta.json` of a session as it leaves; one that cannot be read leaves as if there was none. */
export function metaText(
  read: () => JsonObject | undefined,
  id: string,
): string {
  const known = orElse(read, () => undefined);
  const own = withFields(known ?? jsonObject({}), { session_id: id });
  return printJson(withoutLocal(own), 2);
}

export function withoutLocal(meta: JsonObject): JsonObject {
  return new Map([...meta].filter(([key]) => !LOCAL_KEYS.includes(key)));
}
