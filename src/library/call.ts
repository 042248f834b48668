import { usage } from "../base/error.ts";
import { nearest, quoted } from "../base/text.ts";
import type { Host } from "../host/host.ts";
import type { SessionOptions } from "../repository/select.ts";

/** What every call of a handle takes. */
export interface CallOptions {
  /** Ends all waiting with its reason; what is stored by then stays so. */
  readonly signal?: AbortSignal;
  /** Milliseconds to wait for a lock, where that is not the handle's own. */
  readonly lockTimeoutMs?: number;
}

/** The options of a function without those that a handle knows, or that its method names. */
export type Given<Options, Named extends PropertyKey = never> = Omit<
  Options,
  Named | "found" | "root" | "session" | "lockTimeout" | "purpose"
>;

/** Where the calls of a handle go. */
export interface Site {
  /** The machine. */
  readonly host: Host;
  /** What every call is given. */
  readonly base: SessionOptions;
}

/** The names of all options of a call: the compiler sees to it that none is missing. */
export type Names<Options> = Readonly<
  Record<Exclude<keyof Options, keyof CallOptions>, true>
>;

/** What every call takes. */
const COMMON: Names<unknown> & Readonly<Record<keyof CallOptions, true>> = {
  signal: true,
  lockTimeoutMs: true,
};

/** What a function is called with: what the handle knows, and what is given to one call. */
export function callIn<Options extends CallOptions>(
  { base }: Site,
  given: Options,
  names: Names<Options>,
): Options & SessionOptions {
  assertKnown(given, names);
  const { found, session } = base;
  const signals = [base.signal, given.signal].filter((each) =>
    each !== undefined
  );
  const [signal] = signals.length < 2 ? signals : [AbortSignal.any(signals)];
  return {
    ...base,
    ...given,
    ...found && { found },
    ...session !== undefined && { session },
    ...signal && { signal },
  };
}

/**
 * Refuses what a call does not take: it would do nothing, and nobody would be told.
 *
 * @throws {OrcError} `unknown_option` (usage), with the name that may be meant
 */
export function assertKnown(
  given: object,
  names: Readonly<Record<string, true>>,
): void {
  const known = Object.keys({ ...names, ...COMMON });
  const option = Object.keys(given).find((key) => !known.includes(key));
  if (option === undefined) return;
  const meant = nearest(option, known) ?? null;
  throw usage("unknown_option", `No option ${quoted(option)} here`, {
    hint: meant === null
      ? `it takes ${known.join(", ")}`
      : `did you mean ${meant}?`,
    details: { option, meant },
  });
}
