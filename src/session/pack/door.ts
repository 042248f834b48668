/**
 * What lies in the directory of a session, whether by itself or in its pack. A pack counts while there is
 * no `state.json`: that is the first file to go when a session is packed, and the last to come when it is
 * unpacked, so that at each moment one form is whole. Of the other there may be leftovers, which are equal.
 */
import { isSessionId } from "../../base/ids.ts";
import {
  asObject,
  decodeUtf8,
  type JsonObject,
  parseJson,
} from "../../base/json.ts";
import {
  repositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../../base/layout.ts";
import { MAX_SMALL_FILE_BYTES, MAX_STATE_BYTES } from "../../base/limits.ts";
import { nameOf, relativePath } from "../../base/path.ts";
import { ifThere } from "../../files/errors.ts";
import {
  entriesIn,
  guardPath,
  isThere,
  readRegularFile,
} from "../../files/read.ts";
import {
  openRegular,
  type ReadableFile,
  regularFileAt,
} from "../../files/write.ts";
import { DAMAGED_STATE_HINT } from "../codec.ts";
import { damagedPack, type PackedFile } from "./format.ts";
import { looseState, noSuchSession, readSessionMeta } from "../read.ts";
import { openPack, type Pack, packedBytes } from "./read.ts";

/** A file of a session as it was looked at. */
export interface SeenFile {
  readonly size: number;
  /** Undefined when it is gone by now. */
  open(): ReadableFile | undefined;
}

/** Looks at a regular file of a session, or of any other directory below the root; undefined where there is none. */
export function lookAtFile(root: string, path: string): SeenFile | undefined {
  return looseFile(root, path) ?? packedFile(root, path) ??
    // It may have been unpacked in between.
    looseFile(root, path);
}

/** Length of a log that does not lie by itself; 0 where there is none. */
export function packedLogBytes(root: string, id: string): number {
  return packedFile(root, sessionLayout(root, id).log)?.size ?? 0;
}

function looseFile(root: string, path: string): SeenFile | undefined {
  const info = regularFileAt(path, "read");
  return info && {
    size: info.size,
    open: () =>
      ifThere(() => openRegular(path, info, "read", { read: true })) ??
        packedFile(root, path)?.open(),
  };
}

function packedFile(root: string, path: string): SeenFile | undefined {
  const place = placeOf(root, path);
  const file = place?.pack.find(place.name);
  return place && file && {
    size: file.sizeBytes,
    open: () =>
      ifThere(() => place.pack.open(file)) ?? looseFile(root, path)?.open(),
  };
}

/** Reads a whole file of a session; undefined where there is none. */
export function bytesOf(
  root: string,
  path: string,
  maxBytes: number,
): Uint8Array | undefined {
  return readRegularFile(path, maxBytes) ??
    bytesInPack(placeOf(root, path), maxBytes) ??
    readRegularFile(path, maxBytes);
}

/** What a directory in that of a session holds. */
export function entriesOf(
  root: string,
  path: string,
  doing: string,
): readonly Pick<Deno.DirEntry, "name" | "isFile">[] {
  const place = placeOf(root, path);
  const entries = entriesIn(path, doing);
  if (place === undefined) return entries;
  const names = place.pack.index.files.map(({ name }) => name)
    .filter((name) => `${place.name}/${nameOf(name)}` === name)
    .map(nameOf)
    .filter((name) => !entries.some((entry) => entry.name === name));
  return [...entries, ...names.map((name) => ({ name, isFile: true }))];
}

/** The text of a state that does not lie by itself. */
export function stateText(
  root: string,
  paths: SessionLayout,
  id: string,
): string {
  const { state } = paths;
  const place = placeOf(root, state);
  const bytes = bytesInPack(place, MAX_STATE_BYTES);
  if (bytes !== undefined) return decodeUtf8(bytes, state, DAMAGED_STATE_HINT);
  const text = looseState(paths);
  if (text !== undefined) return text;
  if (place === undefined) throw noSuchSession(id, state);
  throw damagedPack(place.pack.path, "it holds no state");
}

/** Reads a state as it lies. */
export function readState(
  root: string,
  paths: SessionLayout,
  id: string,
): string {
  return looseState(paths) ?? stateText(root, paths, id);
}

/** What is said of a session, where that does not lie by itself. */
export function packedMeta(root: string, id: string): JsonObject | undefined {
  const { meta } = sessionLayout(root, id);
  const place = placeOf(root, meta);
  const bytes = bytesInPack(place, MAX_SMALL_FILE_BYTES);
  if (place === undefined || bytes === undefined) return undefined;
  const said = asObject(parseJson(decodeUtf8(bytes, meta), meta));
  if (said !== undefined) return said;
  throw damagedPack(place.pack.path, `${place.name} in it holds no object`);
}

/** The same wherever it lies. */
export function readMeta(root: string, id: string): JsonObject | undefined {
  return readSessionMeta(sessionLayout(root, id).meta) ?? packedMeta(root, id);
}

/** The pack of a session, where it counts. */
export function packOf(root: string, id: string): Pack | undefined {
  const { state, packed } = sessionLayout(root, id);
  if (isThere(state)) return undefined;
  guardPath(root, packed);
  return openPack(packed);
}

interface PackPlace {
  readonly pack: Pack;
  /** Seen from the directory of the session. */
  readonly name: string;
}

function placeOf(root: string, path: string): PackPlace | undefined {
  const below = relativePath(repositoryLayout(root).sessions, path);
  const [id = "", ...parts] = below?.split("/") ?? [];
  if (!isSessionId(id)) return undefined;
  const pack = packOf(root, id);
  return pack && { pack, name: parts.join("/") };
}

function bytesInPack(
  place: PackPlace | undefined,
  maxBytes: number,
): Uint8Array | undefined {
  const file: PackedFile | undefined = place?.pack.find(place.name);
  return place && file &&
    ifThere(() => packedBytes(place.pack, file, maxBytes));
}
