/**
 * What a snapshot holds: first what it says of itself, then files of sessions under the names that
 * they have in `.orchestrator/`, last the hashes of all of them.
 */
import { corrupt, type OrcError } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import { jsonObject, parseJson } from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { sessionPathsWithin } from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES, MAX_STATE_BYTES } from "../base/limits.ts";
import { CHECKPOINT_SUFFIX, isCheckpointId } from "../base/names.ts";
import { isWithin, nameOf } from "../base/path.ts";
import {
  elements,
  field,
  openDocument,
  type Place,
  readCount,
  readObject,
  readText,
  readTextOrNull,
  refuseProblems,
  report,
} from "../base/shape.ts";
import { quoted } from "../base/text.ts";

/** The first entry. */
export const IDENTITY_NAME = "snapshot.json";
/** The last entry. */
export const MANIFEST_NAME = "manifest.json";

/** Number of the meaning of a snapshot; greater ones are for a newer orc. */
const SNAPSHOT_FORMAT = 1;

/** What a snapshot says of itself. */
export interface SnapshotIdentity {
  /** Version of the orc that made it. */
  readonly orcVersion: string;
  /** When it was made. */
  readonly exportedAt: string;
  /** The machine that made it; null where it may not tell. */
  readonly machine: string | null;
  /** Of the repository that its sessions are from; null where that has no identity. */
  readonly repoId: string | null;
  /** The remote of that repository, without credentials. */
  readonly gitRemote: string | null;
  /** By their ids. */
  readonly sessions: readonly SnapshotSession[];
}

/** A session as it is in a snapshot. */
export interface SnapshotSession {
  /** Its id. */
  readonly id: string;
  /** The run of a workflow that it is. */
  readonly workflowId: string;
  /** What is to be done in it. */
  readonly task: string;
  /** How it stands. */
  readonly status: string;
  /** Number of its last update. */
  readonly serial: number;
  /** When it was changed last. */
  readonly updatedAt: string;
  /** Id of its last event; null where only other tools wrote. */
  readonly lastEventId: string | null;
  /** SHA-256 of its state. */
  readonly stateSha256: string;
}

export function encodeIdentity(identity: SnapshotIdentity): string {
  const value = jsonObject({
    format: SNAPSHOT_FORMAT,
    orc_version: identity.orcVersion,
    exported_at: identity.exportedAt,
    machine: identity.machine,
    repo_id: identity.repoId,
    git_remote: identity.gitRemote,
    sessions: identity.sessions.map((session) =>
      jsonObject({
        id: session.id,
        workflow_id: session.workflowId,
        task: session.task,
        status: session.status,
        serial: session.serial,
        updated_at: session.updatedAt,
        last_event_id: session.lastEventId,
        state_sha256: session.stateSha256,
      })
    ),
  });
  return `${printJson(value, 2)}\n`;
}

/** @throws {OrcError} `newer_format` (corrupt) if a newer orc made it */
export function decodeIdentity(text: string, source: string): SnapshotIdentity {
  const place = openDocument(parseJson(text, source));
  readObject(place);
  const format = readCount(field(place, "format"));
  if (format > SNAPSHOT_FORMAT) {
    throw corrupt(
      "newer_format",
      `The snapshot was made by a newer orc (format ${format}, this one knows ${SNAPSHOT_FORMAT})`,
      { hint: "update orc; nothing was changed" },
    );
  }
  const sessions = elements(field(place, "sessions")).map((each) => ({
    id: readAs(field(each, "id"), "the id of a session", isSessionId),
    workflowId: readText(field(each, "workflow_id")),
    task: readText(field(each, "task")),
    status: readText(field(each, "status")),
    serial: readCount(field(each, "serial")),
    updatedAt: readText(field(each, "updated_at")),
    lastEventId: readTextOrNull(field(each, "last_event_id")),
    stateSha256: readAs(field(each, "state_sha256"), "a SHA-256", isSha256),
  }));
  const identity = {
    orcVersion: readText(field(place, "orc_version")),
    exportedAt: readText(field(place, "exported_at")),
    machine: readTextOrNull(field(place, "machine")),
    repoId: readTextOrNull(field(place, "repo_id")),
    gitRemote: readTextOrNull(field(place, "git_remote")),
    sessions,
  };
  refuseProblems(place, `Cannot use "${source}"`);
  const ids = sessions.map(({ id }) => id);
  const again = ids.find((id, index) => ids.indexOf(id) !== index);
  if (again !== undefined) throw unfit(`it names session "${again}" twice`);
  return identity;
}

/** A file of a snapshot. */
export interface SnapshotFile {
  /** As it lies in `.orchestrator/`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export function encodeManifest(files: readonly SnapshotFile[]): string {
  const value = jsonObject({
    files: files.map(({ path, sizeBytes, sha256 }) =>
      jsonObject({ path, size: sizeBytes, sha256 })
    ),
  });
  return `${printJson(value, 1)}\n`;
}

/** Refuses a snapshot whose files are not those of its last entry, to the byte. */
export function checkManifest(
  text: string,
  found: ReadonlyMap<string, SnapshotFile>,
): void {
  const place = openDocument(parseJson(text, MANIFEST_NAME));
  const listed = elements(field(place, "files")).map((each) => ({
    path: readText(field(each, "path")),
    sizeBytes: readCount(field(each, "size")),
    sha256: readText(field(each, "sha256")),
  }));
  refuseProblems(place, `Cannot use "${MANIFEST_NAME}"`);
  const missing = new Set(found.keys());
  for (const { path, sizeBytes, sha256 } of listed) {
    const file = found.get(path);
    if (file === undefined || !missing.delete(path)) {
      throw unfit(`it lacks ${quoted(path)}`);
    }
    if (file.sizeBytes !== sizeBytes || file.sha256 !== sha256) {
      throw unfit(`${quoted(path)} is not what was put into it`);
    }
  }
  const [more] = missing;
  if (more !== undefined) throw unfit(`nothing vouches for ${quoted(more)}`);
}

/** What a file of a session is for. */
type FileRole =
  | "state"
  | "log"
  | "meta"
  | "feedback"
  | "checkpoint"
  | "output";

/** Where a file of a snapshot belongs. */
export interface FilePlace {
  readonly session: string;
  readonly role: FileRole;
  /** More are in no such file; a log may be of any size. */
  readonly maxBytes: number;
}

/** What a check printed, named by its receipt. */
const OUTPUT_NAME = /^[0-9a-f]{32}\.txt$/;

/** The place of a file by its name; undefined for every name that orc does not give to one. */
export function placeOfFile(name: string): FilePlace | undefined {
  const id = name.split("/")[1] ?? "";
  if (!isSessionId(id)) return undefined;
  const paths = sessionPathsWithin(id);
  const role = roleOf(name, paths);
  if (role === undefined) return undefined;
  const maxBytes = role === "log" || role === "feedback"
    ? Infinity
    : role === "meta"
    ? MAX_SMALL_FILE_BYTES
    : MAX_STATE_BYTES;
  return { session: id, role, maxBytes };
}

function roleOf(
  name: string,
  paths: ReturnType<typeof sessionPathsWithin>,
): FileRole | undefined {
  const { state, log, meta, toolFeedback, processFeedback } = paths;
  if (name === state) return "state";
  if (name === log) return "log";
  if (name === meta) return "meta";
  if (name === toolFeedback || name === processFeedback) return "feedback";
  const last = nameOf(name);
  if (name === `${paths.outputs}/${last}` && OUTPUT_NAME.test(last)) {
    return "output";
  }
  const isCheckpoint = name === `${paths.checkpoints}/${last}` &&
    last.endsWith(CHECKPOINT_SUFFIX) &&
    isCheckpointId(last.slice(0, -CHECKPOINT_SUFFIX.length));
  return isCheckpoint && isWithin(paths.directory, name)
    ? "checkpoint"
    : undefined;
}

/** The header of an entry as an archive has it. */
export interface EntryHeader {
  readonly name: string;
  readonly size: number;
  readonly type?: string | undefined;
  readonly mode?: number | undefined;
  readonly linkname?: string | undefined;
}

/** Refuses everything that orc never puts into a snapshot. */
export function checkHeader(
  { name, size, type = "file", mode = 0, linkname = "" }: EntryHeader,
): FilePlace {
  const place = placeOfFile(name);
  if (place === undefined) throw unfit(`it holds ${quoted(name)}`);
  if (type !== "file" || linkname !== "") {
    throw unfit(`${quoted(name)} is no regular file`);
  }
  if (mode > 0o777) throw unfit(`${quoted(name)} has a special mode`);
  if (size > place.maxBytes) throw unfit(`${quoted(name)} is too large`);
  return place;
}

/** Refuses a snapshot that lacks a file without which a session is none. */
export function checkComplete(
  { sessions }: SnapshotIdentity,
  files: ReadonlyMap<string, SnapshotFile>,
): void {
  for (const { id, stateSha256 } of sessions) {
    const { state, log, meta } = sessionPathsWithin(id);
    for (const path of [state, log, meta]) {
      if (!files.has(path)) throw unfit(`it lacks ${quoted(path)}`);
    }
    if (files.get(state)?.sha256 !== stateSha256) {
      throw unfit(`${quoted(state)} is not what was put into it`);
    }
  }
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
};

/** The bytes that a size stands for as people type it, such as `50MB`; undefined for what is none. */
export function parseSize(text: string): number | undefined {
  const [, digits = "", letters = ""] =
    /^(\d{1,12}(?:\.\d{1,3})?) ?([a-z]*)$/i.exec(text.trim()) ?? [];
  const unit = UNITS[letters.toUpperCase()];
  const size = Math.round(Number(digits) * (unit ?? NaN));
  return digits !== "" && Number.isSafeInteger(size) && size > 0
    ? size
    : undefined;
}

/** The error for what a snapshot holds; the path is added by who reads it. */
export function unfit(reason: string): OrcError {
  return corrupt("snapshot_unreadable", reason);
}

const SHA256 = /^[0-9a-f]{64}$/;

function isSha256(text: string): boolean {
  return SHA256.test(text);
}

function readAs(
  place: Place,
  expected: string,
  isRight: (text: string) => boolean,
): string {
  const { value } = place;
  if (typeof value === "string" && isRight(value)) return value;
  report(place, expected);
  return "";
}
