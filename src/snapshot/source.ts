/** What of a session goes into a snapshot: as it was at one update, without keeping anybody from the next. */
import { sha256Hex } from "../base/checksum.ts";
import { conflict, type OrcError, orElse } from "../base/error.ts";
import { type JsonObject, jsonObject } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import {
  type SessionLayout,
  sessionLayout,
  sessionPathsWithin,
} from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { isClosed } from "../engine/state.ts";
import { entriesIn, guardDirectory, readRegularFile } from "../files/read.ts";
import { openRegular, readAt, regularFileAt } from "../files/write.ts";
import type { Repository } from "../repository/open.ts";
import { settleArrival } from "../session/arrival.ts";
import { withSessionLock } from "../session/create.ts";
import { assertWritable } from "../session/encode.ts";
import {
  decodeState,
  noSuchSession,
  readSessionMeta,
} from "../session/read.ts";
import type { Session } from "../session/store.ts";
import type { Packed } from "./archive.ts";
import { placeOfFile, type SnapshotSession } from "./rules.ts";

/** What is taken along besides state, log, and what checks printed. */
export type Extra = "checkpoints" | "feedback";

/** A session as it is to be packed. */
export interface Captured {
  readonly session: SnapshotSession;
  /** Kept only where the session may go on meanwhile: there may be thousands. */
  readonly state: Uint8Array | undefined;
  readonly log: Deno.FileInfo | undefined;
  /** The other files, as they lie and by their names in the snapshot. */
  readonly others: readonly { readonly path: string; readonly name: string }[];
  /** Bytes of all of them. */
  readonly sizeBytes: number;
}

/** How often a session is looked at that changes all the time; then it is locked. */
const MAX_LOOKS = 5;

/** Looks at a session; reads its state and no more. */
export async function capture(
  repository: Repository,
  id: string,
  extras: readonly Extra[],
): Promise<Captured> {
  const { layout, context } = repository;
  const paths = sessionLayout(layout.root, id);
  guardDirectory(layout.root, paths.directory);
  await settleArrival(layout, context, id);
  const doing = "take a snapshot of the session";
  const act = { id, guarded: paths.directory, doing };
  const { bytes, log } = look(paths, id) ??
    await withSessionLock(layout, context, act, () => lookOnce(paths, id));
  const text = new TextDecoder().decode(bytes);
  const session = await decodeState(text, paths, id);
  // What nobody vouches for is not handed on.
  if (session.checksum === "changed") assertWritable(session, paths.state);
  const others = otherFiles(paths, id, extras);
  const sizes = others.map(({ path }) =>
    regularFileAt(path, "read")?.size ?? 0
  );
  return {
    session: await factsOf(session, bytes),
    state: isClosed(session.state.status) ? undefined : bytes,
    log,
    others,
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0) + bytes.length +
      (log?.size ?? 0),
  };
}

interface Look {
  readonly bytes: Uint8Array;
  readonly log: Deno.FileInfo | undefined;
}

/** The log holds no more than the state says, as long as that stays what it is. */
function look(paths: SessionLayout, id: string): Look | undefined {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const seen = lookOnce(paths, id);
    const after = readState(paths, id);
    if (isSame(seen.bytes, after)) return seen;
  }
  return undefined;
}

function lookOnce(paths: SessionLayout, id: string): Look {
  const bytes = readState(paths, id);
  return { bytes, log: regularFileAt(paths.log, "read") };
}

function readState({ state }: SessionLayout, id: string): Uint8Array {
  const bytes = readRegularFile(state, MAX_STATE_BYTES);
  if (bytes === undefined) throw noSuchSession(id, state);
  return bytes;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length &&
    one.every((byte, index) => byte === other[index]);
}

async function factsOf(
  { id, state, serial, lastEvents }: Session,
  bytes: Uint8Array,
): Promise<SnapshotSession> {
  return {
    id,
    workflowId: state.workflowId,
    task: state.task,
    status: state.status,
    serial,
    updatedAt: state.updatedAt,
    lastEventId: lastEvents.at(-1)?.id || null,
    stateSha256: await sha256Hex(bytes),
  };
}

/** Only what orc itself names so; what is half written has another name. */
function otherFiles(
  paths: SessionLayout,
  id: string,
  extras: readonly Extra[],
): Captured["others"] {
  const within = sessionPathsWithin(id);
  const pairs = [
    [paths.outputs, within.outputs],
    ...extras.includes("checkpoints")
      ? [[paths.checkpoints, within.checkpoints]]
      : [],
    ...extras.includes("feedback") ? [[paths.feedback, within.feedback]] : [],
  ];
  return pairs.flatMap(([directory = "", name = ""]) =>
    entriesIn(directory, "list").filter(({ isFile }) => isFile)
      .map((entry) => ({
        path: `${directory}/${entry.name}`,
        name: `${name}/${entry.name}`,
      }))
      .filter(({ name }) => placeOfFile(name) !== undefined)
  ).sort((one, other) => one.name < other.name ? -1 : 1);
}

/** The files of a session, always in one order, the state last. */
export function* filesOf(
  { layout: { root } }: Repository,
  { session, state, log, others }: Captured,
): Generator<Packed> {
  const paths = sessionLayout(root, session.id);
  const within = sessionPathsWithin(session.id);
  for (const { path, name } of others) {
    // A checkpoint may be removed meanwhile: nothing needs it.
    const info = regularFileAt(path, "read");
    if (info === undefined) continue;
    yield { name, sizeBytes: info.size, pieces: piecesOf(path, info) };
  }
  yield {
    name: within.log,
    sizeBytes: log?.size ?? 0,
    pieces: log === undefined ? [] : piecesOf(paths.log, log),
  };
  const meta = new TextEncoder().encode(metaText(paths, session.id));
  yield whole(within.meta, meta);
  yield whole(within.state, state ?? readState(paths, session.id));
}

function whole(name: string, bytes: Uint8Array): Packed {
  return { name, sizeBytes: bytes.length, pieces: [bytes] };
}

const PIECE_BYTES = 256 * 1024;

/** As much of a file as there was when it was looked at: a log grows meanwhile. */
function* piecesOf(path: string, info: Deno.FileInfo): Generator<Uint8Array> {
  const file = openRegular(path, info, "read", { read: true });
  try {
    for (let at = 0; at < info.size;) {
      const piece = readAt(file, at, Math.min(PIECE_BYTES, info.size - at));
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
    `Cannot take a snapshot of "${path}": it was replaced meanwhile`,
    { path, hint: "try again" },
  );
}

/** What says of a session where on this disk it lies, and whose it is here, means nothing elsewhere. */
const LOCAL_KEYS: readonly string[] = ["place", "owner"];

function metaText({ meta }: SessionLayout, id: string): string {
  const known = orElse(() => readSessionMeta(meta), () => undefined) ??
    jsonObject({ session_id: id });
  return printJson(withoutLocal(known), 2);
}

export function withoutLocal(meta: JsonObject): JsonObject {
  return new Map([...meta].filter(([key]) => !LOCAL_KEYS.includes(key)));
}
