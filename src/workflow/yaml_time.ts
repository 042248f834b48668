const PARTS =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Spells a date or time of YAML 1.1 as the Python tool writes it to JSON;
 * undefined when the calendar has no such moment.
 */
export function isoTimeOf(text: string): string | undefined {
  const parts = PARTS.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0] = parts.slice(1, 4).map(Number);
  if (year < 1 || day < 1 || day > daysIn(year, month)) return undefined;
  const date = [String(year).padStart(4, "0"), two(month), two(day)].join("-");
  if (parts[4] === undefined) return date;
  const clock = clockOf(parts);
  const offset = offsetOf(parts);
  return clock === undefined || offset === undefined
    ? undefined
    : `${date}T${clock}${offset}`;
}

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : DAYS[month - 1] ?? 0;
}

function clockOf(parts: RegExpExecArray): string | undefined {
  const [hour = 0, minute = 0, second = 0] = parts.slice(4, 7).map(Number);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const clock = [two(hour), two(minute), two(second)].join(":");
  const fraction = (parts[7] ?? "").slice(0, 6).padEnd(6, "0");
  return Number(fraction) === 0 ? clock : `${clock}.${fraction}`;
}

function offsetOf(parts: RegExpExecArray): string | undefined {
  const [zone, sign, hours, minutes] = parts.slice(8);
  if (zone === undefined) return "";
  const total = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  if (total >= 24 * 60) return undefined;
  if (total === 0) return "Z";
  return `${sign}${two(Math.floor(total / 60))}:${two(total % 60)}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
