import { decodeLogLine, type RecordedEvent } from "../engine/event.ts";
import { asOrcError } from "../files/errors.ts";
import { guardPath } from "../files/read.ts";
import type { ReadableFile } from "../files/write.ts";
import { type Line, linesBackwards, linesFrom } from "./log.ts";
import { lookAtFile } from "./pack/door.ts";

/** More torn lines in front of one event than crashes in a row could leave. */
const MAX_TORN_LINES = 8;

interface DamageFinder<Line> {
  /** Takes the next line, its text, undefined when it is none, and whether it is whole. */
  take(line: Line, text: string | undefined, isWhole: boolean): void;
  /** Torn lines of which only the next line tells what they are. */
  pending(): readonly Line[];
}

/**
 * Reports the damaged lines of a log that is read from its beginning on. What a crash tore and
 * the next update wrote again is not damaged: it is the beginning of the line that follows, or
 * consists of the zeros that a power cut leaves.
 */
export function damageFinder<Line>(
  report: (line: Line) => void,
): DamageFinder<Line> {
  let torn: { readonly line: Line; readonly beginning: string }[] = [];
  const settle = (following: string | undefined): void => {
    for (const { line, beginning } of torn) {
      if (!following?.startsWith(beginning)) report(line);
    }
    torn = [];
  };
  return {
    take: (line, text, isWhole) => {
      const read = withoutZeros(text);
      if (isWhole) return settle(read);
      if (read === "") return;
      if (torn.length === MAX_TORN_LINES) settle(undefined);
      if (read === undefined) report(line);
      else torn.push({ line, beginning: read });
    },
    pending: () => torn.map(({ line }) => line),
  };
}

interface DamageCount {
  /** Takes the next line, undefined when it is no text, and whether it is whole. */
  take(text: string | undefined, isWhole: boolean): void;
  total(): number;
}

/** Counts the damaged lines of a log, as {@linkcode damageFinder} tells them. */
export function damageCount(direction: "forwards" | "backwards"): DamageCount {
  let count = 0;
  if (direction === "forwards") {
    const finder = damageFinder(() => count++);
    return {
      take: (text, isWhole) => finder.take(undefined, text, isWhole),
      total: () => count + finder.pending().length,
    };
  }
  let following = "";
  return {
    take: (text, isWhole) => {
      const read = withoutZeros(text);
      if (isWhole) following = read ?? "";
      else if (read === undefined || !following.startsWith(read)) count++;
    },
    total: () => count,
  };
}

/** An empty line, and one of zeros only, hold nothing that could be damaged. */
function withoutZeros(text: string | undefined): string | undefined {
  return text?.replace(/\0+$/, "");
}

export interface LogSource {
  readonly root: string;
  /** Below the root; there need not be a file. */
  readonly path: string;
  /** Without it the events of every workflow are read. */
  readonly workflowId?: string;
  /** Events of the last update, which a crash may have kept out of the log. */
  readonly lastEvents?: readonly RecordedEvent[];
}

export interface LogReadOptions {
  /** Where a line begins; what stands before it is left out. */
  readonly startBytes?: number;
  /** Leaves a last line without its end to a later reading, as it may still be written. */
  readonly isGrowing?: boolean;
  /** Keeps apart what several readings of one log have in common. */
  readonly isRepeat?: IsRepeat;
}

/** A log that is being read. What it tells besides the events is true so far. */
export interface LogReading {
  /** To be gone through once; the file is open until the end, or until the loop is left. */
  readonly events: Iterable<RecordedEvent>;
  /** How many lines hold no event: torn, damaged, or written for another purpose. */
  damagedLines(): number;
  /** Where the last line that was read ends. */
  endBytes(): number;
  /** How long the file was when it was opened. */
  sizeBytes(): number;
  /** How much of it was read. */
  readBytes(): number;
}

/** Reads the events of a log in constant memory, each once; what is damaged is counted and skipped. */
export function readLog(
  source: LogSource,
  options: LogReadOptions = {},
): LogReading {
  const { startBytes = 0, isGrowing = false } = options;
  const reader = newReader(source, "forwards", options.isRepeat);
  const { tally } = reader;
  tally.endBytes = startBytes;
  function* lines(file: ReadableFile): Generator<Line> {
    for (const line of linesFrom(file, startBytes)) {
      if (isGrowing && !line.isEnded) return;
      tally.endBytes = line.endBytes;
      yield line;
    }
  }
  function* events(): Generator<RecordedEvent> {
    yield* loggedEvents(reader, lines);
    const last = source.lastEvents ?? [];
    yield* last.filter(({ id }) => !reader.isRepeat(id));
  }
  return readingOf(events(), tally);
}

/** As {@linkcode readLog}, the last event first. A later reading goes on at `endBytes`. */
export function readLogBackwards(source: LogSource): LogReading {
  const reader = newReader(source, "backwards");
  const { tally } = reader;
  function* lines(file: ReadableFile): Generator<Line> {
    for (const line of linesBackwards(file)) {
      if (tally.endBytes === 0) {
        tally.endBytes = line.isEnded ? line.endBytes : line.startBytes;
      }
      yield line;
    }
  }
  function* events(): Generator<RecordedEvent> {
    const logged = loggedEvents(reader, lines);
    try {
      const taken = takeDownTo(source.lastEvents ?? [], logged);
      const known = new Set(taken.map(({ id }) => id));
      const last = source.lastEvents?.toReversed() ?? [];
      yield* last.filter(({ id }) => !known.has(id) && !reader.isRepeat(id));
      yield* taken;
      yield* logged;
    } finally {
      logged.return();
    }
  }
  return readingOf(events(), tally);
}

/** Events that are looked through for the last ones; another tool may have written behind them. */
const MAX_TAKEN_EVENTS = 1024;

/** Takes events backwards until all of these were met, or must be missing. */
function takeDownTo(
  lastEvents: readonly RecordedEvent[],
  logged: Iterator<RecordedEvent>,
): readonly RecordedEvent[] {
  const awaited = new Set(lastEvents.map(({ id }) => id));
  const firstSerial = Math.min(...lastEvents.map(({ serial }) => serial));
  const taken: RecordedEvent[] = [];
  while (awaited.size > 0 && taken.length < MAX_TAKEN_EVENTS) {
    const { value, done } = logged.next();
    if (done) break;
    taken.push(value);
    awaited.delete(value.id);
    if (value.id !== "" && value.serial < firstSerial) break;
  }
  return taken;
}

interface Reader {
  readonly source: LogSource;
  readonly isRepeat: IsRepeat;
  readonly tally: {
    readonly damage: DamageCount;
    endBytes: number;
    sizeBytes: number;
    readBytes: number;
  };
}

function newReader(
  source: LogSource,
  direction: "forwards" | "backwards",
  isRepeat?: IsRepeat,
): Reader {
  const rememberedIds = source.lastEvents?.length;
  const damage = damageCount(direction);
  const tally = { damage, endBytes: 0, sizeBytes: 0, readBytes: 0 };
  return {
    source,
    isRepeat: isRepeat ?? repeatFilter({ rememberedIds }),
    tally,
  };
}

function readingOf(
  events: Iterable<RecordedEvent>,
  tally: Readonly<Reader["tally"]>,
): LogReading {
  return {
    events,
    damagedLines: () => tally.damage.total(),
    endBytes: () => tally.endBytes,
    sizeBytes: () => tally.sizeBytes,
    readBytes: () => tally.readBytes,
  };
}

function* loggedEvents(
  reader: Reader,
  lines: (file: ReadableFile) => Iterable<Line>,
): Generator<RecordedEvent, void> {
  const file = openForReading(reader.source);
  if (file === undefined) return;
  try {
    reader.tally.sizeBytes = file.statSync().size;
    for (const line of lines(file)) {
      reader.tally.readBytes += line.endBytes - line.startBytes;
      const event = wantedEvent(reader, line);
      if (event !== undefined) yield event;
    }
  } finally {
    file.close();
  }
}

function wantedEvent(
  { source, isRepeat, tally }: Reader,
  { text }: Line,
): RecordedEvent | undefined {
  if (text?.trim() === "") return undefined;
  const event = text === undefined ? undefined : decodeLogLine(text);
  tally.damage.take(text, event !== undefined);
  if (event === undefined) return undefined;
  const { workflowId = event.workflowId } = source;
  const isWanted = event.workflowId === workflowId && !isRepeat(event.id);
  return isWanted ? event : undefined;
}

/** Opens a file of a session where it lies: by itself, or in the pack of its session. */
export function openForReading(
  { root, path }: LogSource,
): ReadableFile | undefined {
  try {
    guardPath(root, path);
    return lookAtFile(root, path)?.open();
  } catch (error) {
    throw asOrcError(error, "read", path);
  }
}

/** Ids that are remembered at least: some times the events that travel in state.json. */
const MIN_REMEMBERED_IDS = 64;

type IsRepeat = (id: string) => boolean;

/**
 * Makes a test for events that come a second time in a log, read in either direction. After a crash
 * the last events may be written again; nothing of orc stands between them and their first writing.
 * Events of the Python tool have no id and repeat none.
 */
export function repeatFilter(
  { known = [], rememberedIds = 0 }: {
    readonly known?: readonly string[];
    /** As many ids as may stand between an event and its repeat, or more. */
    readonly rememberedIds?: number;
  } = {},
): IsRepeat {
  const size = Math.max(MIN_REMEMBERED_IDS, rememberedIds, known.length);
  // Two small sets by turns: one of all ids costs far more memory in a long log.
  let older: ReadonlySet<string> = new Set();
  let newer = new Set(known);
  return (id) => {
    if (id === "") return false;
    if (newer.has(id) || older.has(id)) return true;
    if (newer.size >= size) {
      older = newer;
      newer = new Set();
    }
    newer.add(id);
    return false;
  };
}
