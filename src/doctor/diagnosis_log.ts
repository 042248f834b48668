import { MAX_CHECKED_LOG_BYTES } from "../base/limits.ts";
import { repeatFilter } from "../base/repeats.ts";
import { decodeLogLine, type RecordedEvent } from "../engine/event.ts";
import { damageFinder } from "../session/damage_count.ts";
import { type Line, linesFrom } from "../session/log_read.ts";
import { openForReading } from "../session/store_log_read.ts";
import { troubleOf } from "./diagnosis_entries.ts";
import type { LogFacts } from "./diagnosis_facts.ts";
import { lineCollector, missingUpdates } from "./diagnosis_lines.ts";

/** A log, and the ids of its last events. */
export interface CheckedLog {
  readonly facts: LogFacts;
  readonly recentIds: ReadonlySet<string>;
}

/** More than a state ever carries. */
const MAX_RECENT_IDS = 64;

/** Reads a log line by line; of a long one the end, in constant memory. */
export function checkLog(root: string, path: string): CheckedLog {
  const tally = newTally(path);
  try {
    const file = openForReading({ root, path });
    if (file === undefined) return tally.result();
    try {
      tally.begin(file.statSync().size);
      for (const line of linesFrom(file, tally.fromByte())) tally.take(line);
    } finally {
      file.close();
    }
    return tally.result();
  } catch (error) {
    const { facts, recentIds } = tally.result();
    return { facts: { ...facts, trouble: troubleOf(error, path) }, recentIds };
  }
}

interface Tally {
  begin(sizeBytes: number): void;
  fromByte(): number;
  take(line: Line): void;
  result(): CheckedLog;
}

function newTally(path: string): Tally {
  const isRepeat = repeatFilter();
  const [damaged, repeated] = [lineCollector(), lineCollector()];
  const finder = damageFinder(damaged.add);
  const updates = missingUpdates();
  let recentIds: string[] = [];
  let [isThere, isTorn] = [false, false];
  let [number, fromByte] = [0, 0];
  const takeEvent = ({ id, serial }: RecordedEvent): void => {
    // Lines of the Python tool have no serial.
    if (serial > 0) updates.take(serial);
    if (isRepeat(id)) return repeated.add(number);
    recentIds.push(id);
    if (recentIds.length > 2 * MAX_RECENT_IDS) {
      recentIds = recentIds.slice(-MAX_RECENT_IDS);
    }
  };
  return {
    begin: (sizeBytes) => {
      isThere = true;
      fromByte = Math.max(0, sizeBytes - MAX_CHECKED_LOG_BYTES);
    },
    fromByte: () => fromByte,
    take: ({ text, isEnded }) => {
      number++;
      // A long log is entered in the middle of a line.
      if (number === 1 && fromByte > 0) return;
      isTorn = !isEnded;
      if (text?.trim() === "") return;
      const event = text === undefined ? undefined : decodeLogLine(text);
      const isWhole = event !== undefined;
      if (isWhole || isEnded) finder.take(number, text, isWhole);
      if (isWhole) takeEvent(event);
    },
    result: () => ({
      facts: {
        path,
        isThere,
        trouble: null,
        lastSerial: updates.lastSerial(),
        isTorn,
        fromByte,
        damaged: damaged.result(finder.pending()),
        repeated: repeated.result(),
        gaps: updates.result(),
      },
      recentIds: new Set(recentIds),
    }),
  };
}
