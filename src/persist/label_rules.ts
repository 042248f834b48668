/** What a copy of a session is made of, and what of it says which one it is. */
import { corrupt, type OrcError } from "../base/error.ts";
import {
  asObject,
  decodeUtf8,
  type JsonObject,
  parseJson,
} from "../base/json.ts";
import { sessionLayoutAt } from "../base/layout.ts";
import { CHECKPOINT_SUFFIX, isCheckpointId } from "../base/names.ts";
import { nameOf } from "../base/path.ts";

/** The form of copies that this orc writes and reads. */
export const COPY_FORMAT = 1;

/** Says in each copy which one it is; never encrypted. */
export const LABEL = "copy.json";

/** Ends the names of files that are encrypted. */
export const ENCRYPTED_SUFFIX = ".age";

/** The names that files have in the directory of a session. */
const LAYOUT = sessionLayoutAt("");

/** The only directory of a copy. */
export const CHECKPOINTS: string = nameOf(LAYOUT.checkpoints);

const DIRECTORY = `${CHECKPOINTS}/`;

/** What a copy is of. */
export interface Label {
  readonly session: string;
  readonly serial: number;
  readonly status: string;
  readonly updatedAt: string;
  /** The machine that it was made on; null where it has no name. */
  readonly machine: string | null;
  /** Where orc's root lies in git's repository; empty for its top. */
  readonly directory: string;
  /** SHA-256 over names and contents, before anything was encrypted. */
  readonly content: string;
  readonly sizeBytes: number;
  /** What tells to whom it is encrypted, but not who that is; null where it is not. */
  readonly encryptedTo: string | null;
}

/** A label as the text of its file, and what a place adds that keeps files apart. */
export function labelText(
  label: Label,
  more: Readonly<Record<string, unknown>> = {},
): string {
  const object = {
    format: COPY_FORMAT,
    session: label.session,
    serial: label.serial,
    status: label.status,
    updated_at: label.updatedAt,
    machine: label.machine,
    directory: label.directory,
    content: label.content,
    size_bytes: label.sizeBytes,
    encrypted_to: label.encryptedTo,
    ...more,
  };
  return `${JSON.stringify(object, null, 2)}\n`;
}

/**
 * Reads the label of a copy, which anybody may have made who can write to the remote.
 *
 * @throws {OrcError} corrupt `copy_unreadable`, or `newer_format` for one of a newer orc
 */
export function parseLabel(
  session: string,
  bytes: Uint8Array | undefined,
): Label {
  const object = objectIn(session, bytes);
  const format = numberAt(object, "format");
  if (format !== undefined && format > COPY_FORMAT) {
    throw corrupt(
      "newer_format",
      `The copy of session "${session}" was made by a newer orc (format ${format}, this one knows ${COPY_FORMAT})`,
      "update orc; nothing was changed",
    );
  }
  const label: Label = {
    session: textAt(object, "session") ?? "",
    serial: numberAt(object, "serial") ?? -1,
    status: textAt(object, "status") ?? "",
    updatedAt: textAt(object, "updated_at") ?? "",
    machine: textAt(object, "machine") ?? null,
    directory: textAt(object, "directory") ?? "",
    content: textAt(object, "content") ?? "",
    sizeBytes: numberAt(object, "size_bytes") ?? -1,
    encryptedTo: textAt(object, "encrypted_to") ?? null,
  };
  const isWhole = format === COPY_FORMAT && label.session === session &&
    label.serial >= 0 && label.sizeBytes >= 0 &&
    /^[0-9a-f]{64}$/.test(label.content);
  if (!isWhole) throw unreadable(session, `its ${LABEL} does not fit it`);
  return label;
}

/** The object that stands in a label, whatever it says. */
export function objectIn(
  session: string,
  bytes: Uint8Array | undefined,
): JsonObject {
  if (bytes === undefined) throw unreadable(session, `it has no ${LABEL}`);
  try {
    const object = asObject(parseJson(decodeUtf8(bytes, LABEL), LABEL));
    if (object !== undefined) return object;
  } catch (error) {
    throw unreadable(session, `its ${LABEL} is damaged`, error);
  }
  throw unreadable(session, `its ${LABEL} holds no object`);
}

function textAt(object: JsonObject, key: string): string | undefined {
  const value = object.get(key);
  return typeof value === "string" ? value : undefined;
}

function numberAt(object: JsonObject, key: string): number | undefined {
  const value = object.get(key);
  return typeof value === "number" && Number.isSafeInteger(value)
    ? value
    : undefined;
}

export function unreadable(
  session: string,
  reason: string,
  cause?: unknown,
): OrcError {
  return corrupt(
    "copy_unreadable",
    `The copy of session "${session}" cannot be read: ${reason}`,
    {
      hint:
        `put a good one in its place from a machine that has the session: orc persist push ${session}`,
      cause,
    },
  );
}

/**
 * The name that a file of a copy has in a session's directory; undefined for what orc does not write
 * there. Nothing that stands in a copy leads to another place.
 */
export function placeInSession(
  path: string,
  { encryptedTo }: Pick<Label, "encryptedTo">,
): string | undefined {
  const suffix = encryptedTo === null ? "" : ENCRYPTED_SUFFIX;
  if (!path.endsWith(suffix)) return undefined;
  const name = path.slice(0, path.length - suffix.length);
  if (MAIN.includes(name)) return name;
  if (!name.startsWith(DIRECTORY)) return undefined;
  const file = name.slice(DIRECTORY.length);
  if (!file.endsWith(CHECKPOINT_SUFFIX)) return undefined;
  const id = file.slice(0, -CHECKPOINT_SUFFIX.length);
  return isCheckpointId(id) ? name : undefined;
}

/** Without these there is no session. */
export const MAIN: readonly string[] = [LAYOUT.state, LAYOUT.log, LAYOUT.meta]
  .map(nameOf);
