import { named } from "./error.ts";
import { fs, load, process } from "./node.ts";

/** How long to wait for a terminal that another program made non-blocking. */
const EMPTY_INPUT_PAUSE_MS = 10;

/** What is no character device is no terminal, and to know that needs no module of terminals. */
function isTerminal(fd: number): boolean {
  try {
    if (!fs.fstatSync(fd).isCharacterDevice()) return false;
  } catch {
    // Windows describes no console.
  }
  return load<typeof import("node:tty")>("node:tty").isatty(fd);
}

function readInput(buffer: Uint8Array): number | null {
  for (;;) {
    try {
      return fs.readSync(0, buffer) || null;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "EOF") return null;
      if (code !== "EAGAIN") throw error;
      const never = new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(never, 0, 0, EMPTY_INPUT_PAUSE_MS);
    }
  }
}

/** Standard input. */
export const stdin = {
  isTerminal: () => isTerminal(0),
  readSync: readInput,
  setRaw: (mode: boolean): void => void process.stdin.setRawMode?.(mode),
};

/** What orc writes to. */
export interface Output {
  isTerminal(): boolean;
  writeSync(bytes: Uint8Array): number;
}

/** Standard output or standard error. */
export function outputOf(fd: 1 | 2): Output {
  return {
    isTerminal: () => isTerminal(fd),
    writeSync: (bytes) => named(() => fs.writeSync(fd, bytes)),
  };
}

/** Zeros stand for a terminal that does not tell; without any it throws, as Deno does. */
export function consoleSize(): { columns: number; rows: number } {
  for (const { columns, rows } of [process.stdout, process.stderr]) {
    if (columns) return { columns, rows };
  }
  if ([0, 1, 2].some(isTerminal)) return { columns: 0, rows: 0 };
  throw new Error("No terminal");
}
