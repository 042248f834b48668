import type { ReadVariable } from "./environment.ts";
import type { Terminal } from "./host.ts";

const DEFAULT_COLUMNS = 80;

/** Longest answer that is read; a person types far less. */
const MAX_ANSWER_BYTES = 4096;

/** The terminal that orc was started from, if it was. */
export function openTerminal(env: ReadVariable): Terminal {
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
      writeAll(new TextEncoder().encode(question));
      return readAnswer();
    },
  };
}

function columnsOf(env: ReadVariable): number {
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

function writeAll(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += Deno.stderr.writeSync(bytes.subarray(written));
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
