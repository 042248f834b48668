import type { SignalHold } from "./host.ts";
import {
  ENDING_SIGNALS,
  type EndingSignal,
  Interrupted,
} from "./interrupted.ts";

/**
 * Keeps the signals that end orc waiting, so that what is under way for milliseconds is
 * brought to its end and leaves nothing the next command must wait for.
 */
export function holdSignals(): SignalHold {
  let caught: EndingSignal | undefined;
  const stops = ENDING_SIGNALS.flatMap((signal) => {
    const stop = listen(signal, () => caught ??= signal);
    return stop === undefined ? [] : [stop];
  });
  const throwIfCaught = (): void => {
    if (caught !== undefined) throw new Interrupted(caught);
  };
  return {
    throwIfCaught,
    release: () => {
      for (const stop of stops) stop();
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
