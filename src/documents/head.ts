/**
 * The one document by which a session counts: its state, what is said of it, and the end of its log. Whatever
 * else belongs to it is found by this, so that replacing it is all of an update.
 */
import { corrupt, refused } from "../base/error.ts";
import {
  asObject,
  isJsonList,
  type JsonObject,
  type JsonValue,
  parseJson,
  textAt,
} from "../base/json.ts";
import { lineAt } from "../session/kept/paged.ts";
import type { LogLine } from "../session/store.ts";

export interface Head {
  /** Made with the session: what an earlier one of this id left behind has another. */
  readonly life: string;
  /** The number of the state's last update. */
  readonly serial: number;
  readonly state: string;
  /** What is said of the session besides its work; JSON. */
  readonly meta: string;
  /** How much of the log lies in documents of its own. */
  readonly pagedBytes: number;
  /** The lines behind that, without their ends. */
  readonly tail: readonly Uint8Array[];
}

/** With more than this behind its pages, a log gets one more. */
const MAX_TAIL_BYTES = 16 * 1024;

const FORMAT = 1;

export function logBytesOf({ pagedBytes, tail }: Head): number {
  return tail.reduce((sum, { length }) => sum + length + 1, pagedBytes);
}

export function isTailFull(head: Head): boolean {
  return logBytesOf(head) - head.pagedBytes > MAX_TAIL_BYTES;
}

/** Lines that follow each other from a place on. */
export function linesAt(
  startBytes: number,
  lines: readonly Uint8Array[],
): readonly LogLine[] {
  let place = startBytes;
  return lines.map((bytes) => {
    const line = lineAt(place, bytes);
    place = line.endBytes;
    return line;
  });
}

export function encodeHead(head: Head): string {
  const { life, serial, state, meta, pagedBytes, tail } = head;
  return JSON.stringify({
    ...{ format: FORMAT, life, serial, paged_bytes: pagedBytes },
    ...{ tail: tail.map(plainLine), meta, state },
  });
}

/** @throws {OrcError} `invalid_json` or `invalid_state` (corrupt) */
export function decodeHead(text: string, label: string): Head {
  const head = asObject(parseJson(text, label));
  const [life, state, meta] = ["life", "state", "meta"]
    .map((key) => head && textAt(head, key));
  const [format, serial, pagedBytes] = ["format", "serial", "paged_bytes"]
    .map((key) => countAt(head, key));
  const tail = linesIn(head?.get("tail"));
  if (format !== undefined && format > FORMAT) {
    throw refused(
      "newer_format",
      `${label} was made by a newer orc (format ${format}, this one knows ${FORMAT})`,
      { hint: "update orc" },
    );
  }
  const isWhole = life && state && meta && tail && serial !== undefined &&
    pagedBytes !== undefined;
  if (isWhole) return { life, serial, state, meta, pagedBytes, tail };
  throw corrupt(
    "invalid_state",
    `Cannot use ${label}: it is not what orc keeps there`,
    { hint: "put back a good copy of the document" },
  );
}

export function encodeLines(lines: readonly Uint8Array[]): string {
  return JSON.stringify(lines.map(plainLine));
}

export function decodeLines(
  text: string,
  label: string,
): readonly Uint8Array[] {
  const lines = linesIn(parseJson(text, label));
  if (lines !== undefined) return lines;
  throw corrupt(
    "invalid_state",
    `Cannot use ${label}: it holds no lines of a log`,
  );
}

/** A line as text where it is one; JSON has no bytes. */
function plainLine(bytes: Uint8Array): string | readonly number[] {
  return lineAt(0, bytes).text ?? [...bytes];
}

const encoder = new TextEncoder();

function linesIn(
  value: JsonValue | undefined,
): readonly Uint8Array[] | undefined {
  if (!isJsonList(value ?? null)) return undefined;
  const lines: Uint8Array[] = [];
  for (const line of value as readonly JsonValue[]) {
    if (typeof line === "string") lines.push(encoder.encode(line));
    else if (isJsonList(line)) lines.push(Uint8Array.from(line.map(Number)));
    else return undefined;
  }
  return lines;
}

function countAt(
  object: JsonObject | undefined,
  key: string,
): number | undefined {
  const count = Number(object?.get(key) ?? NaN);
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}
