import type { LineSample } from "../core/diagnosis_facts.ts";
import { MAX_PROBLEMS } from "../core/limits.ts";

/** Numbers of lines, some of which are kept. */
export interface LineCollector {
  add(number: number): void;
  result(): LineSample;
}

/** Counts all and keeps the first few. */
export function lineCollector(): LineCollector {
  const numbers: number[] = [];
  let count = 0;
  return {
    add: (number) => {
      if (++count <= MAX_PROBLEMS) numbers.push(number);
    },
    result: () => ({ count, numbers }),
  };
}

/** More torn lines in front of one event than crashes in a row could leave. */
const MAX_TORN_LINES = 8;

/** Which lines hold nothing anybody can read. */
export interface DamagedLines {
  /** Takes a line that holds no event; undefined when it is no text. */
  take(number: number, text: string | undefined): void;
  /** Takes the text of a line that holds an event. */
  takeWhole(text: string): void;
  result(): LineSample;
}

/** As `damageCount`, with the numbers: what was torn and then written again is not damaged. */
export function damagedLines(): DamagedLines {
  const damaged = lineCollector();
  let torn: { readonly number: number; readonly beginning: string }[] = [];
  const settle = (following: string | undefined): void => {
    for (const { number, beginning } of torn) {
      if (!following?.startsWith(beginning)) damaged.add(number);
    }
    torn = [];
  };
  return {
    take: (number, text) => {
      const beginning = text?.replace(/\0+$/, "");
      if (beginning === "") return;
      if (torn.length === MAX_TORN_LINES) settle(undefined);
      if (beginning === undefined) damaged.add(number);
      else torn.push({ number, beginning });
    },
    takeWhole: settle,
    result: () => {
      settle(undefined);
      return damaged.result();
    },
  };
}

/** A wider gap is told by its first updates. */
const MAX_MISSING = 1000;

/** Which updates between the first and the last one are in no line. */
export interface MissingUpdates {
  take(serial: number): void;
  lastSerial(): number;
  result(): LineSample;
}

/** After a power cut restored events may stand behind later ones. */
export function missingUpdates(): MissingUpdates {
  const missing = new Set<number>();
  let lastSerial = 0;
  return {
    take: (serial) => {
      missing.delete(serial);
      const first = lastSerial === 0 ? serial : lastSerial + 1;
      for (let each = first; each < serial; each++) {
        if (missing.size === MAX_MISSING) break;
        missing.add(each);
      }
      lastSerial = Math.max(lastSerial, serial);
    },
    lastSerial: () => lastSerial,
    result: () => ({
      count: missing.size,
      numbers: [...missing].slice(0, MAX_PROBLEMS),
    }),
  };
}
