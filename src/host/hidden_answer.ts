import { Interrupted } from "./interrupted.ts";

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

/** Asks for a line that the terminal does not show; undefined when input ended. */
export function readHiddenAnswer(ask: () => void): string | undefined {
  // Signals are off too: one that ended orc would leave a terminal that shows nothing.
  Deno.stdin.setRaw(true);
  try {
    // Only now: whoever answers at once would be shown.
    ask();
    return readKeys(nextByte);
  } finally {
    Deno.stdin.setRaw(false);
  }
}

/** Makes a line of the keys that are pressed. */
export function readKeys(next: () => number | undefined): string | undefined {
  let typed: number[] = [];
  for (;;) {
    const key = next();
    switch (key) {
      case KEY.interrupt:
        throw new Interrupted("SIGINT");
      case KEY.enter:
      case KEY.newline:
        return new TextDecoder().decode(new Uint8Array(typed));
      case undefined:
      case KEY.endOfInput:
        if (typed.length === 0) return undefined;
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

function nextByte(): number | undefined {
  const byte = new Uint8Array(1);
  return Deno.stdin.readSync(byte) === null ? undefined : byte[0];
}
