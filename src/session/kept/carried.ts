/** A session on its way between files and a database, byte for byte. */
import { conflict, corrupt, type OrcError } from "../../base/error.ts";
import {
  asObject,
  type JsonObject,
  jsonObject,
  textAt,
} from "../../base/json.ts";
import { printJson } from "../../base/json_print.ts";
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../../base/layout.ts";
import { checkpointPath, isCheckpointId } from "../../base/names.ts";
import { encodeLogLine, type RecordedEvent } from "../../engine/event.ts";
import { guardDirectory } from "../../files/read.ts";
import {
  ensureDirectories,
  joinedBytes,
  type ReadableFile,
  writeNewFile,
  writeNewPieces,
} from "../../files/write.ts";
import { assertWritable } from "../encode.ts";
import { bytesOfLine, linesFrom } from "../log.ts";
import { openForReading } from "../log_read.ts";
import { bytesOf, entriesOf, readMeta, readState } from "../pack/door.ts";
import { decodeState } from "../read.ts";
import type { Remark } from "../create.ts";
import type { KeptCheckpoint, Session, SessionStore } from "../store.ts";
import { checkpointIds, checkpointsIn } from "./checkpoints.ts";
import { MAX_OUTPUT_BYTES, OUTPUT_NAME } from "./outputs.ts";

/** A session as one place keeps it; all but its feedback, which is no part of it and only ever added. */
export interface Carried {
  readonly session: Session;
  /** Its state as it is kept. */
  readonly state: string;
  /** What is said of it, but for what means nothing elsewhere. */
  readonly meta: JsonObject;
  /** The lines of its log up to that state, without their ends. */
  log(): AsyncIterable<Uint8Array>;
  checkpoints(): AsyncIterable<Pick<KeptCheckpoint, "id" | "text">>;
  outputs(): AsyncIterable<CarriedOutput>;
}

export interface CarriedOutput {
  /** As receipts name it. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** A store in no files, as sessions are carried to it and from it. */
export interface CarryingStore {
  readonly store: SessionStore;
  /** What it is called, for people. */
  readonly address: string;
  /** Reads a session; undefined where there is none. A log only ever grows: what stood behind it then is left. */
  carriedOf(id: string): Promise<Carried | undefined>;
  /**
   * Keeps a session that is new here, or goes on from the one that is: all of it, or nothing. `before` is the
   * state that was judged; undefined where there was none.
   *
   * @throws {OrcError} `session_changed` (conflict) if it is another by now
   */
  keepCarried(carried: Carried, before: string | undefined): Promise<void>;
  /** Keeps what a session has beside its state and log, where it is not there yet. */
  keepBeside(carried: Carried): Promise<void>;
  /** Says something of a session, also what orc does not let people say. */
  remark(remark: Remark): Promise<void>;
}

/** What is to be replaced is another by now than the one that was judged. */
export function changedMeanwhile(label: string): OrcError {
  return conflict(
    "session_changed",
    `Cannot replace ${label}: it was changed meanwhile`,
    { hint: "try again" },
  );
}

/** Says in `meta.json` where a session counts instead, since when. */
export const MOVED = "moved";

export function isMoved(meta: JsonObject | undefined): boolean {
  return asObject(meta?.get(MOVED)) !== undefined;
}

/** Where a session counts that was moved away. */
export interface MovedAway {
  /** Says so, for people. */
  readonly message: string;
  /** What makes orc look there. */
  readonly remedy: string;
}

/** Undefined for a session that was not moved away. */
export function movedAway(
  meta: JsonObject | undefined,
): MovedAway | undefined {
  const moved = asObject(meta?.get(MOVED));
  if (moved === undefined) return undefined;
  const [address, at, to] = ["address", "at", "to"].map((key) =>
    textAt(moved, key)
  );
  const message =
    `This session counts elsewhere since it was moved at ${at}, to ${address}`;
  return { message, remedy: `orc config set store ${to} --global` };
}

/** Both in one sentence. */
export function movedText({ message, remedy }: MovedAway): string {
  return `${message}: ${remedy}`;
}

/** What of its `meta.json` a session takes along: where on this disk it lies means nothing elsewhere. */
export function carriedMeta(meta: JsonObject | undefined): JsonObject {
  return new Map(
    [...meta ?? jsonObject({})]
      .filter(([key]) => key !== MOVED && key !== "place"),
  );
}

/**
 * Reads a session from files. Only the holder of its lock may count on it.
 *
 * @throws {OrcError} `changed_outside` or `newer_format` (corrupt): what nobody vouches for stays where it is
 */
export async function carriedFrom(
  { root }: RepositoryLayout,
  id: string,
): Promise<Carried> {
  const paths = sessionLayout(root, id);
  guardDirectory(root, paths.directory);
  const state = readState(root, paths, id);
  const session = await decodeState(state, paths, id);
  assertWritable(session, paths.state);
  return {
    ...{ session, state },
    meta: carriedMeta(readMeta(root, id)),
    log: () => settledLines(root, paths.log, session.lastEvents),
    checkpoints: () => checkpointsOf(root, paths.checkpoints),
    outputs: () => outputsOf(root, paths),
  };
}

/** The lines as they are once the log is up to the state; what a crash tore is whole then, or ended. */
async function* settledLines(
  root: string,
  path: string,
  lastEvents: readonly RecordedEvent[],
): AsyncGenerator<Uint8Array> {
  const missing = new Map(
    lastEvents.map((event) => [event.id, encodeLogLine(event).trimEnd()]),
  );
  let torn: Uint8Array | undefined;
  const file = openForReading({ root, path });
  try {
    for (const { line, bytes } of linesOf(file)) {
      if (!line.isEnded) {
        torn = bytes;
        break;
      }
      for (const [id, text] of missing) {
        if (line.text === text) missing.delete(id);
      }
      yield bytes;
    }
  } finally {
    file?.close();
  }
  const rest = [...missing.values()];
  const text = torn && new TextDecoder().decode(torn);
  if (torn !== undefined && !(text && rest[0]?.startsWith(text))) yield torn;
  for (const line of rest) yield new TextEncoder().encode(line);
}

function* linesOf(file: ReadableFile | undefined) {
  if (file === undefined) return;
  for (const line of linesFrom(file, 0)) {
    yield { line, bytes: joinedBytes([...bytesOfLine(file, line)]) };
  }
}

async function* checkpointsOf(
  root: string,
  directory: string,
): AsyncGenerator<KeptCheckpoint> {
  const { read } = checkpointsIn(root, directory);
  for (const id of checkpointIds(root, directory)) yield await read(id);
}

async function* outputsOf(
  root: string,
  { directory, outputs }: SessionLayout,
): AsyncGenerator<CarriedOutput> {
  guardDirectory(root, outputs);
  for (const entry of entriesOf(root, outputs, "read")) {
    const name = `outputs/${entry.name}`;
    if (!OUTPUT_NAME.test(name)) continue;
    const path = `${directory}/${name}`;
    const content = bytesOf(root, path, MAX_OUTPUT_BYTES);
    if (content !== undefined) yield { name, content };
  }
}

/** Writes a session as durable files into a directory that nobody reads yet. */
export async function stageCarried(
  { session, state, meta, log, checkpoints, outputs }: Carried,
  paths: SessionLayout,
): Promise<void> {
  ensureDirectories(paths.directory);
  writeNewFile(paths.meta, printJson(meta, 2));
  await writeNewPieces(paths.log, ended(log()));
  writeNewFile(paths.state, state);
  for await (const { id, text } of checkpoints()) {
    if (!isCheckpointId(id)) throw misnamed(session.id, id);
    ensureDirectories(paths.checkpoints);
    writeNewFile(checkpointPath(paths.checkpoints, id), text);
  }
  for await (const { name, content } of outputs()) {
    if (!OUTPUT_NAME.test(name)) throw misnamed(session.id, name);
    ensureDirectories(paths.outputs);
    writeNewFile(`${paths.directory}/${name}`, content);
  }
}

const NEWLINE = new Uint8Array([10]);

async function* ended(
  lines: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield joinedBytes([line, NEWLINE]);
}

/** A database is written by others too: no name of theirs leads out of the session's directory. */
function misnamed(session: string, name: string): Error {
  return corrupt(
    "copy_unreadable",
    `What is kept with session "${session}" is called "${name}", as no file of orc is`,
  );
}
