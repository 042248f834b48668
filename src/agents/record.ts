/** What orc remembers of the files it wrote for agents' hosts, so that each byte can be put back. */
import {
  asObject,
  isJsonList,
  type JsonValue,
  numberOf,
} from "../base/json.ts";
import { MAX_HOST_FILE_BYTES } from "../base/limits.ts";
import { plainOf } from "../base/plain.ts";
import { guardPath, readJson } from "../files/read.ts";
import { removeDurably, writeAtomic } from "../files/write.ts";
import type { Step } from "./edit.ts";

/** One file that was written. */
export interface Written {
  /** Whether there was one before. */
  readonly existed: boolean;
  /** SHA-256 of what orc left there. */
  readonly after: string;
  /** What led from the text before to that. */
  readonly steps: readonly Step[];
  /** Directories made for it, the outermost first; seen as the file is. */
  readonly directories: readonly string[];
}

/** By path, as targets name it. */
export type InstallRecord = ReadonlyMap<string, Written>;

/** Reads what was written; nothing where there is no record. */
export function readRecord(base: string, path: string): InstallRecord {
  guardPath(base, path);
  const hint =
    "move it away; then orc agents uninstall goes by what stands in the files";
  const value = asObject(readJson(path, MAX_HOST_FILE_BYTES, hint));
  const files = asObject(value?.get("files")) ?? new Map();
  return new Map(
    Array.from(files, ([name, entry]) => [name, writtenOf(name, entry)]),
  );
}

function writtenOf(path: string, value: JsonValue): Written {
  const entry = asObject(value);
  const after = entry?.get("after");
  return {
    existed: entry?.get("existed") === true,
    after: typeof after === "string" ? after : "",
    steps: listOf(entry?.get("steps")).flatMap((step) => {
      const [at, removed, inserted] = listOf(step);
      const place = numberOf(at);
      return place !== undefined && typeof removed === "string" &&
          typeof inserted === "string"
        ? [[place, removed, inserted] as const]
        : [];
    }),
    // The file comes with a repository, and names no directory but those of its own file.
    directories: directoriesOf(path).filter((name) =>
      listOf(entry?.get("directories")).includes(name)
    ),
  };
}

/** Those that a file lies in, the outermost first, seen as the file is. */
export function directoriesOf(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return value !== undefined && isJsonList(value) ? value : [];
}

/** Keeps what was written; a record of nothing is removed. */
export function writeRecord(
  path: string,
  record: InstallRecord,
  token: string,
): readonly string[] {
  if (record.size === 0) {
    removeDurably(path);
    return [];
  }
  const files = plainOf(new Map(record));
  const text = `${JSON.stringify({ format: 1, files }, null, 1)}\n`;
  return writeAtomic(path, text, { token, mode: 0o600 });
}
