import { external, usage } from "../base/error.ts";
import { instantOf } from "../base/time.ts";
import {
  detectAgent,
  ENDING_SIGNALS,
  type EndingSignal,
  Interrupted,
} from "./environment.ts";
import type { Host, SignalHold } from "./host.ts";
import { isGranted, livenessOf, ownIdentity } from "./liveness.ts";
import { openTerminal, readInput } from "./terminal.ts";

/**
 * Opens this machine for orc. What takes long to load is loaded by the first
 * call that needs it.
 *
 * Requires no permission by itself: a variable that may not be read counts as
 * unset. With `--allow-read`, `--allow-run` and `--allow-sys=hostname` it tells
 * at once that the holder of a lock is dead; otherwise the lock it left behind
 * keeps others waiting.
 */
export function denoHost(): Host {
  return {
    get workingDirectory() {
      return workingDirectory();
    },
    terminal: openTerminal(readVariable),
    now: () => instantOf(Date.now()),
    localNow: () => localTime(new Date()),
    env: readVariable,
    readInput,
    newToken,
    idSource,
    homeDirectory,
    identity: ownIdentity,
    livenessOf,
    holdSignals,
    runProgram: async (request) => {
      const { runProgram } = await import("./process.ts");
      return runProgram(request);
    },
    caller: () => ({ agent: detectAgent(readVariable), approval: null }),
  };
}

function workingDirectory(): string {
  try {
    return Deno.cwd();
  } catch (cause) {
    const isUnreadable = cause instanceof Error && cause.name === "InvalidData";
    throw external(
      "no_working_directory",
      isUnreadable
        ? "Cannot use the working directory: its path is not valid Unicode"
        : "Cannot find the working directory: it no longer exists",
      { hint: "change to another directory, or use --root", cause },
    );
  }
}

/** A variable orc may not read is as good as unset. */
function readVariable(name: string): string | undefined {
  if (!isReadable(name)) return undefined;
  try {
    return Deno.env.get(name);
  } catch (cause) {
    throw usage(
      "environment_invalid",
      `Cannot read the environment variable "${name}": it is not valid Unicode`,
      { hint: `unset ${name}`, cause },
    );
  }
}

/** Asked once for all variables where all are granted: one by one, it takes as long as a file. */
let isAllReadable: boolean | undefined;

function isReadable(variable: string): boolean {
  isAllReadable ??= isGranted({ name: "env" });
  return isAllReadable || isGranted({ name: "env", variable });
}

/** Local time in the form of Python's `isoformat()`, which counts microseconds. */
function localTime(date: Date): string {
  const offsetMs = date.getTimezoneOffset() * 60_000;
  const local = new Date(date.getTime() - offsetMs).toISOString();
  return `${local.slice(0, -1)}000`;
}

function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

async function idSource(): Promise<() => string> {
  const { monotonicUlid } = await import("@std/ulid");
  return () => monotonicUlid().toLowerCase();
}

/** The user's directory; undefined when the environment names none that could be meant. */
function homeDirectory(): string | undefined {
  const path = readVariable("HOME") || readVariable("USERPROFILE");
  return path && /^(?:\/|\\\\|[A-Za-z]:[\\/])/.test(path) ? path : undefined;
}

/**
 * Keeps the signals that end orc waiting, so that what is under way for milliseconds is
 * brought to its end and leaves nothing the next command must wait for.
 */
export function holdSignals(): SignalHold {
  let caught: EndingSignal | undefined;
  const stops = ENDING_SIGNALS.map((signal) =>
    listen(signal, () => caught ??= signal)
  );
  const throwIfCaught = (): void => {
    if (caught !== undefined) throw new Interrupted(caught);
  };
  return {
    throwIfCaught,
    release: () => {
      for (const stop of stops) stop?.();
      throwIfCaught();
    },
  };
}

/** Undefined for a signal this system does not know. */
function listen(
  signal: EndingSignal,
  handler: () => void,
): (() => void) | undefined {
  try {
    Deno.addSignalListener(signal, handler);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  return () => Deno.removeSignalListener(signal, handler);
}
