import { OrcError } from "../base/error.ts";
import { legacySessionId } from "../base/names.ts";
import { asObject, decodeUtf8 } from "../base/json.ts";
import { sha256Hex } from "../base/checksum.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES, MAX_STATE_BYTES } from "../base/limits.ts";
import { decodeLogLine } from "../engine/event.ts";
import {
  fileKind,
  guardPath,
  readJson,
  readRegularFile,
} from "../files/read.ts";
import { rememberBegun } from "./begun.ts";
import { DAMAGED_STATE_HINT, decodeSession } from "./codec.ts";
import { publishSession, sessionMeta } from "./create.ts";
import { assertWritable, encodeSession } from "./encode.ts";
import { readOlderState } from "./ownership.ts";
import type { Session } from "./store.ts";

/** A legacy state in its place, with the hash that tells whether it changes later. */
export interface LegacyState {
  readonly session: Session;
  readonly sha256: string;
}

/**
 * Reads the legacy state in place, of the root or of an engine without sessions; undefined when
 * there is none. What another program keeps under the name is none. Never writes.
 */
export async function readLegacyState(
  layout: RepositoryLayout,
): Promise<LegacyState | undefined> {
  return await readStateAt(layout.legacyState) ??
    await readSessionless(layout);
}

/** The Python tool without sessions keeps its state where an orc without any may find it. */
async function readSessionless(
  { root, sessionlessState: path }: RepositoryLayout,
): Promise<LegacyState | undefined> {
  if (fileKind(path) === "absent") return undefined;
  guardPath(root, path);
  return await readStateAt(path);
}

async function readStateAt(path: string): Promise<LegacyState | undefined> {
  const older = readOlderState(path);
  if (older.isForeign || older.bytes === undefined) return undefined;
  const { bytes } = older;
  const text = decodeUtf8(bytes, path, DAMAGED_STATE_HINT);
  const stored = await decodeSession(text, path);
  const id = legacySessionId(stored.state.workflowId);
  return {
    session: { ...stored, id, legacyPath: path },
    sha256: await sha256Hex(bytes),
  };
}

/**
 * Writes a legacy session to the new place, with its part of the legacy log; the old files
 * stay as they are. Does nothing when it was adopted before. Only the holder of the
 * repository's lock may.
 */
export async function adoptLegacy(
  layout: RepositoryLayout,
  { session, sha256 }: LegacyState,
  { localTime, token }: { readonly localTime: string; readonly token: string },
): Promise<void> {
  const target = sessionLayout(layout.root, session.id).directory;
  if (fileKind(target) !== "absent") return;
  // It is signed anew below, which must not make a changed state look untouched.
  assertWritable(session, session.legacyPath ?? layout.legacyState);
  const meta = {
    ...sessionMeta(session.id, localTime),
    adopted_from: session.legacyPath,
    adopted_sha256: sha256,
  };
  await rememberBegun(layout, session);
  publishSession(layout, session.id, {
    meta,
    log: eventsOf(layout, session),
    state: await encodeSession(
      { ...session, sessionId: session.id },
      session.state.updatedAt,
    ),
  }, token);
}

/** Hash of the legacy file a session was adopted from; undefined when it was not. */
export function readAdoption(
  layout: RepositoryLayout,
  sessionId: string,
): string | undefined {
  const path = sessionLayout(layout.root, sessionId).meta;
  guardPath(layout.root, path);
  const meta = asObject(readJson(path, MAX_SMALL_FILE_BYTES));
  const sha256 = meta?.get("adopted_sha256");
  return typeof sha256 === "string" ? sha256 : undefined;
}

/** Says so when a legacy state lies beside the new one and holds something else. */
export async function legacyConflict(
  layout: RepositoryLayout,
): Promise<readonly string[]> {
  let path = layout.legacyState;
  try {
    const legacy = await readLegacyState(layout);
    if (!legacy) return [];
    const adopted = readAdoption(layout, legacy.session.id);
    if (adopted === legacy.sha256) return [];
    path = legacy.session.legacyPath ?? path;
  } catch (error) {
    // A legacy file that cannot be read differs from anything.
    if (!(error instanceof OrcError)) throw error;
  }
  return [
    `Both "${layout.directory}" and "${path}" hold a session; the first one is used`,
  ];
}

/** The log that the older tool kept beside a state. */
export function legacyLogOf(
  { legacyLog, sessionlessState, sessionlessLog }: RepositoryLayout,
  legacyPath: string,
): string {
  return legacyPath === sessionlessState ? sessionlessLog : legacyLog;
}

/** One legacy log holds the events of many workflows, one after the other. */
function eventsOf(
  layout: RepositoryLayout,
  { legacyPath, state: { workflowId } }: Session,
): string {
  const path = legacyLogOf(layout, legacyPath ?? layout.legacyState);
  // One that cannot be read is no reason to go on without the history.
  const bytes = readRegularFile(path, MAX_STATE_BYTES);
  if (bytes === undefined) return "";
  return new TextDecoder().decode(bytes)
    .split("\n")
    .filter((line) => decodeLogLine(line)?.workflowId === workflowId)
    .map((line) => `${line}\n`)
    .join("");
}
