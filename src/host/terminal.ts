import { escapeControls } from "../base/text.ts";
import { type Host, Interrupted, type Terminal } from "./host.ts";

const DEFAULT_COLUMNS = 80;

/** Longest answer that is read; a person types far less. */
const MAX_ANSWER_BYTES = 4096;

/** A pipe that another program made non-blocking is asked again after this long. */
const EMPTY_PIPE_PAUSE_MS = 5;

/** The terminal that orc was started from, if it was. */
export function openTerminal(env: Host["env"]): Terminal {
  return {
    get isInteractive() {
      return Deno.stdin.isTerminal() && Deno.stderr.isTerminal() &&
        !env("CI") && !env("GITHUB_ACTIONS");
    },
    get isOutputTerminal() {
      return Deno.stdout.isTerminal();
    },
    get isErrorTerminal() {
      return Deno.stderr.isTerminal();
    },
    get columns() {
      return columnsOf(env);
    },
    readLine(question) {
      show(escapeControls(question));
      return readAnswer();
    },
    readHidden(question) {
      const answer = readHiddenAnswer(question);
      show("\n");
      return answer;
    },
    showProgress: lineDrawer(env),
  };
}

/** Draws one line again and again, from the margin on. */
function lineDrawer(env: Host["env"]): Terminal["showProgress"] {
  let shown = "";
  let isGone = false;
  return (line = "") => {
    if (line === shown || isGone || !Deno.stderr.isTerminal()) return;
    if (env("TERM") === "dumb") return;
    shown = line;
    try {
      show(`\r${escapeControls(line)}\x1b[K`);
    } catch {
      // A terminal that has gone away must not end what goes on.
      isGone = true;
    }
  };
}

function columnsOf(env: Host["env"]): number {
  const isTerminal = [Deno.stdin, Deno.stdout, Deno.stderr]
    .some((stream) => stream.isTerminal());
  // Without a terminal Deno throws; a terminal that does not know its size says 0.
  const columns = isTerminal
    ? Deno.consoleSize().columns
    : Number(env("COLUMNS"));
  return Number.isSafeInteger(columns) && columns > 0
    ? columns
    : DEFAULT_COLUMNS;
}

function show(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += Deno.stderr.writeSync(bytes.subarray(written));
  }
}

/** Reads standard input to its end, but no more than one byte beyond the limit. */
export function readInput(limitBytes: number): Uint8Array {
  const input = new Uint8Array(limitBytes + 1);
  let length = 0;
  while (length < input.length) {
    const count = readSome(input.subarray(length));
    if (count === null) break;
    length += count;
  }
  return input.subarray(0, length);
}

function readSome(buffer: Uint8Array): number | null {
  try {
    return Deno.stdin.readSync(buffer);
  } catch (error) {
    if (!(error instanceof Error && error.name === "WouldBlock")) throw error;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(cell, 0, 0, EMPTY_PIPE_PAUSE_MS);
    return 0;
  }
}

/** Reads byte by byte: what follows the line belongs to the next question. */
function readAnswer(): string | undefined {
  const byte = new Uint8Array(1);
  const answer: number[] = [];
  let read = Deno.stdin.readSync(byte);
  if (read === null) return undefined;
  while (read !== null && byte[0] !== 0x0a) {
    if (answer.length < MAX_ANSWER_BYTES) answer.push(byte[0] ?? 0);
    read = Deno.stdin.readSync(byte);
  }
  const text = new TextDecoder().decode(new Uint8Array(answer));
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

/** Far more than any secret that is typed or pasted on one line. */
const MAX_HIDDEN_BYTES = 64 * 1024;

/** What a terminal sends for keys that do not stand for a character. */
const KEY = {
  interrupt: 0x03,
  endOfInput: 0x04,
  backspace: 0x08,
  newline: 0x0a,
  enter: 0x0d,
  eraseLine: 0x15,
  delete: 0x7f,
} as const;

function readHiddenAnswer(question: string): string | undefined {
  // Signals are off too: one that ended orc would leave a terminal that shows nothing.
  Deno.stdin.setRaw(true);
  try {
    // Only here: whoever answered before would be shown.
    show(escapeControls(question));
    const byte = new Uint8Array(1);
    return readKeys(() =>
      Deno.stdin.readSync(byte) === null ? undefined : byte[0]
    );
  } finally {
    Deno.stdin.setRaw(false);
  }
}

export function readKeys(next: () => number | undefined): string | undefined {
  let typed: number[] = [];
  for (;;) {
    const key = next();
    switch (key) {
      case KEY.interrupt:
        throw new Interrupted("SIGINT");
      case undefined:
      case KEY.endOfInput:
        if (typed.length === 0) return undefined;
        return new TextDecoder().decode(new Uint8Array(typed));
      case KEY.enter:
      case KEY.newline:
        return new TextDecoder().decode(new Uint8Array(typed));
      case KEY.backspace:
      case KEY.delete:
        typed = withoutLastCharacter(typed);
        break;
      case KEY.eraseLine:
        typed = [];
        break;
      default:
        if (typed.length < MAX_HIDDEN_BYTES) typed.push(key);
    }
  }
}

/** In UTF-8 a character is its first byte and those that continue it. */
function withoutLastCharacter(bytes: readonly number[]): number[] {
  const start = bytes.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  return bytes.slice(0, Math.max(0, start));
}
