import { OrcError } from "../base/error.ts";
import { parentDirectory } from "../base/path.ts";
import { encodeLogLine, type RecordedEvent } from "../engine/event.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { syncDirectory, writeAll } from "../files/file_system.ts";
import { openSame } from "../files/read.ts";
import { lastSerialIn, missingFrom, tornLine } from "./log_tail.ts";

/** What was found wrong with the log's end, and mended. */
export type LogRepair = "none" | "completed" | "recreated";

/** Which file a log is, and where it ends: as long as both stay, nobody else wrote to it. */
export interface LogEnd {
  readonly device: number;
  readonly inode: number | null;
  readonly sizeBytes: number;
}

/** What the log has to agree with. */
export interface Settlement {
  /** Events that the log may lack, or not hold durably: those that travel in state.json. */
  readonly lastEvents: readonly RecordedEvent[];
  /** Whether the log is to be made durable, because the events leave state.json. */
  readonly isDurable: boolean;
  /** Called with the serial the log is at before anything is mended; throws to stop it. */
  readonly judge: (lastSerial: number) => void;
  /** Called immediately before anything is mended; throws if the lock is lost. */
  readonly fence: () => void;
}

/** Appends the events of one update with a single write. Only the holder of the session's lock may. */
export function appendEvents(
  path: string,
  events: readonly RecordedEvent[],
): LogEnd {
  const file = openLog(path, { append: true });
  try {
    writeAll(file, new TextEncoder().encode(textOf(events)));
    return endOf(file.statSync());
  } finally {
    file.close();
  }
}

/** Where a log ends now; undefined when there is none. */
export function findLogEnd(path: string): LogEnd | undefined {
  const info = look(path);
  return info && endOf(info);
}

function endOf({ dev, ino, size }: Deno.FileInfo): LogEnd {
  return { device: dev, inode: ino, sizeBytes: size };
}

/** Makes a log durable that is known to be whole. */
export function syncLog(path: string): void {
  const file = openLog(path, { read: true, append: true });
  try {
    file.syncDataSync();
  } finally {
    file.close();
  }
}

/**
 * Brings the log up to the last update. It must succeed, and durably, before an update drops
 * events from state.json, which until then holds their only safe copy.
 *
 * Nothing is ever removed: what is missing of a line that a crash tore is written behind it.
 * Whoever wakes up here after the lock was taken over can at worst repeat events, which
 * readers know by their ids.
 */
export function settleLog(
  path: string,
  { lastEvents, isDurable, judge, fence }: Settlement,
): LogRepair {
  const isNew = makeIfAbsent(path);
  const file = openLog(path, { read: true, append: true });
  try {
    judge(lastSerialIn(file));
    const missing = missingFrom(file, lastEvents);
    const mending = mendingOf(tornLine(file), textOf(missing));
    if (mending !== "") {
      fence();
      writeAll(file, new TextEncoder().encode(mending));
    }
    if (isDurable || mending !== "") file.syncDataSync();
    if (missing.length === 0) return "none";
    return isNew ? "recreated" : "completed";
  } finally {
    file.close();
  }
}

/**
 * Appends one line to a file of lines, durably. What a crash left torn is ended first, so that
 * it takes no other line with it. Only the holder of the session's lock may.
 */
export function appendLine(path: string, line: string): void {
  makeIfAbsent(path);
  const file = openLog(path, { read: true, append: true });
  try {
    const end = tornLine(file) === "" ? "" : "\n";
    writeAll(file, new TextEncoder().encode(`${end}${line}\n`));
    file.syncDataSync();
  } finally {
    file.close();
  }
}

/** A torn line is gone on with where it broke off, or ended if it is not ours. */
function mendingOf(torn: string, missing: string): string {
  if (torn === "") return missing;
  const isOurs = missing.startsWith(torn);
  return isOurs ? missing.slice(torn.length) : `\n${missing}`;
}

function textOf(events: readonly RecordedEvent[]): string {
  return events.map(encodeLogLine).join("");
}

function makeIfAbsent(path: string): boolean {
  if (look(path) !== undefined) return false;
  Deno.openSync(path, { createNew: true, write: true, mode: 0o644 }).close();
  syncDirectory(parentDirectory(path) ?? path);
  return true;
}

/** Opens a log that is there. */
function openLog(path: string, options: Deno.OpenOptions): Deno.FsFile {
  const file = openLooked(path, options);
  if (file !== undefined) return file;
  throw new OrcError(
    "conflict",
    "file_replaced",
    `Cannot write "${path}": it was replaced at the same moment`,
    { path, hint: "try again when the other programs have ended" },
  );
}

/** That the whole directory is gone is for the caller to tell. */
function openLooked(
  path: string,
  options: Deno.OpenOptions,
): Deno.FsFile | undefined {
  const seen = look(path);
  try {
    return openSame(path, seen, options);
  } catch (error) {
    throw isAbsent(error) ? error : asOrcError(error, "write", path);
  }
}

function look(path: string): Deno.FileInfo | undefined {
  try {
    const info = Deno.lstatSync(path);
    if (info.isFile) return info;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  throw new OrcError(
    "corrupt",
    "not_a_regular_file",
    `Cannot write "${path}": it is not a regular file`,
    { path, hint: "put a regular file in its place, or move it away" },
  );
}
