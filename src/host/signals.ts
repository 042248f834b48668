/** The signals that end the program orc. Nothing else may touch them: a library's process is not its own. */
import {
  type EndingSignal,
  Interrupted,
  type ProgramRequest,
  type ProgramResult,
  type SignalHold,
} from "./host.ts";

export const ENDING_SIGNALS: readonly EndingSignal[] = [
  "SIGHUP",
  "SIGINT",
  "SIGTERM",
];

/** Keeps the signals that end orc waiting while it brings something to its end, for milliseconds. */
export function holdSignals(): SignalHold {
  let caught: EndingSignal | undefined;
  const stop = onEndingSignal((signal) => caught ??= signal);
  const throwIfCaught = (): void => {
    if (caught !== undefined) throw new Interrupted(caught);
  };
  return {
    throwIfCaught,
    release: () => {
      stop();
      throwIfCaught();
    },
  };
}

/** Runs a program that the first signal ends politely, and the second by force. */
export async function runInterruptibly(
  request: ProgramRequest,
): Promise<ProgramResult> {
  // Every change holds signals, and few run a program: what that takes is loaded only then.
  const { runProgram } = await import("./process.ts");
  const end = new AbortController();
  const hurry = new AbortController();
  const stop = onEndingSignal((signal) => {
    if (end.signal.aborted) hurry.abort();
    else end.abort(new Interrupted(signal));
  });
  try {
    const signal = request.signal === undefined
      ? end.signal
      : AbortSignal.any([request.signal, end.signal]);
    return await runProgram({ ...request, signal, hurry: hurry.signal });
  } finally {
    stop();
  }
}

/** Takes from the signals that end orc what they do by default; returns what gives it back. */
function onEndingSignal(handler: (signal: EndingSignal) => void): () => void {
  const stops = ENDING_SIGNALS.map((signal) => {
    const listener = () => handler(signal);
    try {
      Deno.addSignalListener(signal, listener);
    } catch (error) {
      // A signal that this system does not know.
      if (error instanceof TypeError) return undefined;
      throw error;
    }
    return () => Deno.removeSignalListener(signal, listener);
  });
  return () => stops.forEach((stop) => stop?.());
}
