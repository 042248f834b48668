import process from "node:process";
import { ENDING_SIGNALS, type EndingSignal } from "./interrupted.ts";

/** Signals that reached orc while it watched; they do not end it. */
export interface SignalWatch {
  /** Resolves with the first signal. */
  readonly first: Promise<EndingSignal>;
  /** Resolves with the second signal: somebody is in a hurry. */
  readonly second: Promise<EndingSignal>;
  /** The first signal, if it has come. */
  caught(): EndingSignal | undefined;
  /** Gives the signals back their default action. */
  stop(): void;
}

/** Keeps the signals that end orc from ending it, until the watch is stopped. */
export function watchSignals(): SignalWatch {
  const arrived: EndingSignal[] = [];
  const waiting: ((signal: EndingSignal) => void)[] = [];
  const next = () =>
    new Promise<EndingSignal>((resolve) => waiting.push(resolve));
  const stops = ENDING_SIGNALS.map((signal) => {
    const handler = () => {
      arrived.push(signal);
      waiting.shift()?.(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return {
    first: next(),
    second: next(),
    caught: () => arrived[0],
    stop: () => stops.forEach((stop) => stop()),
  };
}
