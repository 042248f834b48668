import type { RecordedEvent } from "../../src/engine/event.ts";
import { itemOf } from "./session.ts";

/** What was acknowledged, what is there, and what was done to the processes. */
export interface Outcome {
  /** By process. */
  readonly acknowledged: readonly number[];
  /** By process, with the update that healed the session, which the first one's item counts. */
  readonly stored: readonly number[];
  /** By process. */
  readonly kills: readonly number[];
  readonly stops: number;
  readonly dead: ReadonlySet<string>;
  readonly complaints: readonly string[];
  /** Number of the last update. */
  readonly serial: number;
  /** The lines of the log; a torn one is undefined. */
  readonly events: readonly (RecordedEvent | undefined)[];
  readonly files: readonly string[];
  readonly durationMs: number;
}

const FILES = "log.jsonl meta.json state.json";

/** Everything that must not be; empty when the store kept its promises. */
export function violations(outcome: Outcome): readonly string[] {
  const { stored, serial, events, files, complaints } = outcome;
  const found = [...complaints];
  for (let process = 0; process < stored.length; process++) {
    found.push(...violationsOf(process, outcome));
  }
  // Starting the session was an update too.
  if (serial !== 1 + sum(stored)) {
    found.push(`the state counts ${serial} updates, of ${1 + sum(stored)}`);
  }
  const { gaps, repeats, torn } = flawsOf(events, serial);
  if (gaps > 0) found.push(`${gaps} updates are not in the log`);
  if (repeats > 0) found.push(`${repeats} events are in the log again`);
  if (torn > 0) found.push(`${torn} lines of the log are torn`);
  if (files.join(" ") !== FILES) found.push(`there are files: ${files}`);
  return found;
}

function violationsOf(
  process: number,
  { acknowledged, stored, kills, events }: Outcome,
): readonly string[] {
  const there = stored[process] ?? 0;
  const least = (acknowledged[process] ?? 0) + (process === 0 ? 1 : 0);
  const found: string[] = [];
  if (there < least) {
    found.push(`process ${process} lost ${least - there} updates`);
  }
  // A killed process may have stored one that it did not live to hear of.
  if (there > least + (kills[process] ?? 0)) {
    found.push(`process ${process} made ${there} updates out of ${least}`);
  }
  const logged = events
    .filter((event) => event?.itemId === itemOf(process))
    .map((event) => event?.details.get("note"));
  if (logged.some((note, index) => note !== `${index + 1}`)) {
    found.push(`the log counts for process ${process}: ${logged}`);
  }
  return found;
}

/** The figures, a line for each. */
export function report(outcome: Outcome): string {
  const { acknowledged, stored, kills, serial, events } = outcome;
  const { gaps, repeats, torn } = flawsOf(events, serial);
  const lost = stored.map((there, process) =>
    Math.max(0, (acknowledged[process] ?? 0) - there)
  );
  const rows: [string, number][] = [
    ["processes", stored.length],
    ["acknowledged", sum(acknowledged)],
    ["stored", sum(stored) - 1],
    ["lost", sum(lost)],
    ["log gaps", gaps],
    ["log repeats", repeats],
    ["log torn", torn],
    ["takeovers", outcome.dead.size],
    ["kills", sum(kills)],
    ["stops", outcome.stops],
    ["seconds", Math.round(outcome.durationMs / 1000)],
  ];
  return rows.map(([name, count]) => `${name.padEnd(14)}${count}`).join("\n");
}

interface Flaws {
  readonly gaps: number;
  readonly repeats: number;
  readonly torn: number;
}

function flawsOf(events: Outcome["events"], serial: number): Flaws {
  const whole = events.filter((event) => event !== undefined);
  const serials = new Set(whole.map((event) => event.serial));
  const ids = new Set(whole.map(({ id }) => id));
  return {
    gaps: numbersUpTo(serial).filter((number) => !serials.has(number)).length,
    repeats: whole.length - ids.size,
    torn: events.length - whole.length,
  };
}

function numbersUpTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
