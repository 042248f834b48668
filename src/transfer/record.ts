import { corrupt, type OrcError, refused } from "../base/error.ts";
import {
  asObject,
  isJsonList,
  type JsonValue,
  numberOf,
} from "../base/json.ts";
import type { LegacyFile } from "../files/tree.ts";

export interface PlacedFile {
  /** Seen from `.orchestrator/`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface MigrationRecord {
  /** Names its backup. */
  readonly id: string;
  readonly at: string;
  /** Of the orc that did it. */
  readonly version: string;
  /** Where the files were copied from; null when they were moved. */
  readonly importedFrom: string | null;
  /** Legacy files as they were. */
  readonly files: readonly LegacyFile[];
  /** Those of them, and their directories, that moved into the backup. */
  readonly retired: readonly string[];
  readonly placed: readonly PlacedFile[];
  readonly units: readonly MigrationUnit[];
  readonly sessions: readonly string[];
  /** What had to be made first: `.` is `.orchestrator/` itself. */
  readonly made: readonly string[];
}

const FORMAT = 1;

export function encodeMigrationRecord(record: MigrationRecord): string {
  const { id, at, version, importedFrom, sessions, made, retired } = record;
  const fields = {
    format: FORMAT,
    ...{ id, at, version },
    imported_from: importedFrom,
    ...{ sessions, made, retired, units: record.units },
    files: record.files.map((file) => ({
      path: file.path,
      kind: file.kind,
      size_bytes: file.sizeBytes,
      mode: file.mode,
      mtime_ms: file.mtimeMs,
      sha256: file.sha256,
    })),
    placed: record.placed.map(({ path, sizeBytes, sha256 }) => ({
      path,
      size_bytes: sizeBytes,
      sha256,
    })),
  };
  return `${JSON.stringify(fields, null, 1)}\n`;
}

/** Decodes a record. Its paths are used: what leads out of the directory is refused. */
export function decodeMigrationRecord(
  value: JsonValue,
  source: string,
): MigrationRecord {
  const fields = reader(value, source);
  const each = <Value>(key: string, decode: (fields: Fields) => Value) =>
    fields.list(key).map((one) => decode(reader(one, source)));
  if (fields.number("format") > FORMAT) {
    throw refused("newer_format", `"${source}" was made by a newer orc`, {
      path: source,
      hint: "update orc; reading still works: orc status",
    });
  }
  return {
    id: fields.path("id"),
    at: fields.text("at"),
    version: fields.text("version"),
    importedFrom: fields.textOrNull("imported_from"),
    sessions: fields.list("sessions").map((one) => textOf(one, source)),
    made: fields.list("made").map((one) => pathOf(one, source)),
    retired: fields.list("retired").map((one) => pathOf(one, source)),
    units: each("units", (unit) => ({
      path: unit.path("path"),
      replaces: unit.flag("replaces"),
    })),
    files: each("files", (file) => ({
      kind: file.kind("kind"),
      path: file.path("path"),
      sizeBytes: file.number("size_bytes"),
      mode: file.number("mode"),
      mtimeMs: file.number("mtime_ms"),
      sha256: file.textOrNull("sha256"),
    })),
    placed: each("placed", (placed) => ({
      path: placed.path("path"),
      sizeBytes: placed.number("size_bytes"),
      sha256: placed.text("sha256"),
    })),
  };
}

type Fields = ReturnType<typeof reader>;

const KINDS = ["file", "directory", "symlink", "other"] as const;

function reader(value: JsonValue, source: string) {
  const object = asObject(value);
  if (object === undefined) throw invalid(source, "$");
  const need = <Value>(key: string, found: Value | undefined): Value => {
    if (found === undefined) throw invalid(source, key);
    return found;
  };
  const text = (key: string): string => {
    const found = object.get(key);
    return need(key, typeof found === "string" ? found : undefined);
  };
  return {
    text,
    textOrNull: (key: string) => object.get(key) === null ? null : text(key),
    kind: (key: string) =>
      need(key, KINDS.find((kind) => kind === object.get(key))),
    path: (key: string) => pathOf(object.get(key) ?? null, source),
    number: (key: string) => need(key, numberOf(object.get(key))),
    flag: (key: string) => object.get(key) === true,
    list: (key: string): readonly JsonValue[] => {
      const found = object.get(key);
      return need(key, isJsonList(found) ? found : undefined);
    },
  };
}

function textOf(value: JsonValue, source: string): string {
  if (typeof value === "string") return value;
  throw invalid(source, "a text");
}

/** Somebody may have written the record by hand. */
function pathOf(value: JsonValue, source: string): string {
  const path = textOf(value, source);
  const isPlain = path === "." ||
    path.split("/").every((part) =>
      part !== "" && part !== "." && part !== ".." && !/[\\]/.test(part)
    );
  if (isPlain) return path;
  throw invalid(source, "a path");
}

function invalid(path: string, what: string): OrcError {
  return corrupt(
    "invalid_record",
    `"${path}" is no record of a migration: ${what} is wrong`,
    {
      path,
      hint: "put back a good copy of the file; the originals are beside it",
    },
  );
}

/** A file or directory that gets its place in one piece. */
export interface MigrationUnit {
  /** Seen from `.orchestrator/`. */
  readonly path: string;
  /** Whether something stands there, which is kept. */
  readonly replaces: boolean;
}

/** What stands in the way of taking a migration back. */
export interface RollbackFacts {
  /** Originals that the backup lacks. */
  readonly missing: readonly string[];
  /** Originals in it that somebody changed. */
  readonly altered: readonly string[];
  /** Legacy files that are there again. */
  readonly inTheWay: readonly string[];
  readonly changed: readonly ChangedUnit[];
}

/** Something new that has changed since the migration. */
export interface ChangedUnit {
  /** Seen from `.orchestrator/`. */
  readonly path: string;
  /** Its files that changed, were added, or are gone. */
  readonly files: readonly string[];
  /** What orc has recorded in its log since, the last of it. */
  readonly updates: readonly string[];
}
