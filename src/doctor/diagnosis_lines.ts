import { MAX_PROBLEMS } from "../base/limits.ts";
import type { LineSample } from "./diagnosis_facts.ts";

/** Numbers of lines, some of which are kept. */
export interface LineCollector {
  add(this: void, number: number): void;
  /** What was kept, and these besides. */
  result(more?: readonly number[]): LineSample;
}

/** Counts all and keeps the first few. */
export function lineCollector(): LineCollector {
  const numbers: number[] = [];
  let count = 0;
  return {
    add: (number) => {
      if (++count <= MAX_PROBLEMS) numbers.push(number);
    },
    result: (more = []) => ({
      count: count + more.length,
      numbers: [...numbers, ...more].slice(0, MAX_PROBLEMS),
    }),
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
