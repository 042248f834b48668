/** The log of a session that is read in pages, and followed: for stores that keep it in no file. */
import { MAX_LOG_LINE_BYTES } from "../../base/limits.ts";
import { decodeLogLine, type RecordedEvent } from "../../engine/event.ts";
import { unlessAborted } from "../../files/wait.ts";
import { damageCount, repeatFilter } from "../log_read.ts";
import { noSuchSession } from "../read.ts";
import type { EventBatch, EventsOptions, LogLine, Session } from "../store.ts";
import { damageWarnings, shortPause } from "./events.ts";

/** A log in pages. */
export interface PagedLog {
  /** What the log is called, for people. */
  readonly label: string;
  /** As many lines as fit into a page, from a place on, or before it, the next one first; undefined where there is no such session. */
  page(at: PagePlace): Promise<Page | undefined>;
  /** Begins to hear of changes; undefined where nothing tells of any. */
  hear(): Promise<Hearing | undefined>;
}

/** Which lines are wanted. */
export interface PagePlace {
  readonly place: number;
  readonly limit?: number;
  readonly isBackwards?: boolean;
}

export interface Page {
  readonly lines: readonly LogLine[];
  /** How long the whole log is. */
  readonly sizeBytes: number;
}

/** What is heard of one session. */
export interface Hearing {
  /** Waits until something changed since the last time, or no longer; says which it was. */
  next(signal: AbortSignal | undefined, timeoutMs: number): Promise<boolean>;
  end(): void;
}

/** Lines of one page: they are held in memory. */
export const PAGE_LINES = 64;
/** A line may have megabytes. */
export const PAGE_BYTES = 256 * 1024;

/** Most readers want the last few, and nothing is read that they do not get to. */
const FIRST_LINES_BACKWARDS = 4;

/** What is heard can get lost on its way, behind what shares connections among many. */
const LOOK_ANYWAY_MS = 2_000;

/** A line whose bytes are in memory; all but its end. */
export function lineAt(startBytes: number, line: Uint8Array): LogLine {
  return {
    text: line.length > MAX_LOG_LINE_BYTES ? undefined : textOf(line),
    startBytes,
    endBytes: startBytes + line.length + 1,
    isEnded: true,
    bytes: () => [line],
  };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The lines of a log as they are kept, from where one of them begins. */
export async function* pagedLines(
  source: Pick<PagedLog, "page">,
  startBytes = 0,
): AsyncGenerator<readonly LogLine[]> {
  for (let place = startBytes;;) {
    const page = await source.page({ place });
    const last = page?.lines.at(-1);
    if (page === undefined || last === undefined) return;
    yield page.lines;
    place = last.endBytes;
    if (place >= page.sizeBytes) return;
  }
}

/** Reads the events of a session. */
export async function* pagedEvents(
  source: PagedLog,
  session: Session,
  options: EventsOptions = {},
): AsyncGenerator<EventBatch> {
  const { after, backwards, follow, signal, pause = shortPause } = options;
  if (backwards) return yield* eventsBackwards(source, session, after);
  const reader = newReader(source, session, after, "forwards");
  let place = typeof after === "string"
    ? placeIn(after).place
    : await placeAfter(source, after ?? 0);
  // Before the first look: what comes behind it must be heard.
  const hearing = follow ? await source.hear() : undefined;
  let isDeaf = hearing === undefined;
  let wasHeard = true;
  try {
    for (let isFirst = true;; isFirst = false) {
      let isNews = isFirst;
      for (let isMore = true; isMore;) {
        const page = await source.page({ place });
        if (page === undefined && follow) throw noSuchSession(session.id);
        const { lines, sizeBytes } = page ?? { lines: [], sizeBytes: place };
        place = lines.at(-1)?.endBytes ?? place;
        isMore = lines.length > 0 && place < sizeBytes;
        isNews ||= lines.length > 0;
        if (!isNews) break;
        const events = reader.eventsIn(lines);
        const done = isMore ? Math.min(0.999, place / sizeBytes) : 1;
        yield { events, done, ...reader.said(place) };
      }
      if (!follow) return;
      // Where news came without being told of, nothing is told at all.
      isDeaf ||= !isFirst && isNews && !wasHeard;
      if (hearing === undefined || isDeaf) await pause(signal);
      else wasHeard = await hearing.next(signal, LOOK_ANYWAY_MS);
      signal?.throwIfAborted();
    }
  } finally {
    hearing?.end();
  }
}

async function* eventsBackwards(
  source: PagedLog,
  session: Session,
  after: EventsOptions["after"],
): AsyncGenerator<EventBatch> {
  const reader = newReader(source, session, after, "backwards");
  const earliest = typeof after === "string" ? placeIn(after).place : 0;
  let end: number | undefined;
  let place = Number.MAX_SAFE_INTEGER;
  for (
    let limit = FIRST_LINES_BACKWARDS;;
    limit = Math.min(2 * limit, PAGE_LINES)
  ) {
    const page = await source.page({ place, limit, isBackwards: true });
    const { lines, sizeBytes } = page ?? { lines: [], sizeBytes: 0 };
    end ??= sizeBytes;
    place = lines.at(-1)?.startBytes ?? 0;
    const events = reader.eventsIn(
      lines.filter(({ startBytes }) => startBytes >= earliest),
    );
    const isEnd = place <= earliest || reader.isOver();
    const done = isEnd ? 1 : Math.min(0.999, (sizeBytes - place) / sizeBytes);
    yield { events, done, ...reader.said(end) };
    if (isEnd) return;
  }
}

interface Reader {
  /** The events among these lines that are wanted. */
  eventsIn(lines: readonly LogLine[]): readonly RecordedEvent[];
  /** What there is to say of what was read, up to a place. */
  said(place: number): Pick<EventBatch, "end" | "warnings">;
  /** Whether nothing that is wanted comes any more. */
  isOver(): boolean;
}

function newReader(
  { label }: PagedLog,
  { state: { workflowId } }: Session,
  after: EventsOptions["after"],
  direction: "forwards" | "backwards",
): Reader {
  const damage = damageCount(direction);
  const isRepeat = repeatFilter();
  const before = typeof after === "string" ? placeIn(after).damaged : 0;
  let isOver = false;
  const eventIn = ({ text }: LogLine): readonly RecordedEvent[] => {
    if (isOver || text?.trim() === "") return [];
    const event = text === undefined ? undefined : decodeLogLine(text);
    damage.take(text, event !== undefined);
    if (event === undefined) return [];
    // What another tool wrote has no number: it belongs to the update before it.
    const isLate = typeof after !== "number" || event.serial === 0 ||
      event.serial > after;
    isOver ||= direction === "backwards" && !isLate;
    const isWanted = isLate && event.workflowId === workflowId &&
      !isRepeat(event.id);
    return isWanted ? [event] : [];
  };
  return {
    eventsIn: (lines) => lines.flatMap(eventIn),
    said: (place) => {
      const count = before + damage.total();
      const warnings = damageWarnings(label, count);
      return { end: `${place} ${count}`, warnings };
    },
    isOver: () => isOver,
  };
}

/** A place in a log: where the next line begins, and how many before it are damaged. */
function placeIn(
  text: string,
): { readonly place: number; readonly damaged: number } {
  const [place = 0, damaged = 0] = text.split(" ").map(Number);
  return { place, damaged };
}

/** The place behind the last line of an update, or of one before it. */
async function placeAfter(source: PagedLog, serial: number): Promise<number> {
  if (serial === 0) return 0;
  for (let place = Number.MAX_SAFE_INTEGER; place > 0;) {
    const page = await source.page({ place, isBackwards: true });
    const { lines = [] } = page ?? {};
    for (const { endBytes, text } of lines) {
      const logged = decodeLogLine(text ?? "")?.serial ?? 0;
      if (logged > 0 && logged <= serial) return endBytes;
    }
    place = lines.at(-1)?.startBytes ?? 0;
  }
  return 0;
}

/** What is heard of one session, by whoever calls back after each change; nothing is missed between two waits. */
export function hearing(
  listen: (changed: () => void) => (() => void) | undefined,
): Hearing {
  let isNews = false;
  let wake: (() => void) | undefined;
  const end = listen(() => {
    isNews = true;
    wake?.();
  });
  return {
    end: () => end?.(),
    next: (signal, timeoutMs) =>
      unlessAborted<boolean>(signal, (resolve) => {
        const settle = () => {
          const wasNews = isNews;
          isNews = false;
          resolve(wasNews);
        };
        const timer = setTimeout(settle, timeoutMs);
        wake = settle;
        if (isNews) queueMicrotask(settle);
        return () => {
          clearTimeout(timer);
          wake = undefined;
        };
      }),
  };
}
