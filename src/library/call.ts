import { assertOptions, unknownOption } from "../base/text.ts";
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
  | Named
  | "found"
  | "root"
  | "session"
  | "lockTimeout"
  | "purpose"
  | "documents"
>;

/** Where the calls of a handle go. */
export interface Site {
  /** The machine. */
  readonly host: Host;
  /** What every call is given. */
  readonly base: SessionOptions;
}

/** What a handle knows, and no call says. */
const KNOWN = [
  ...["found", "root", "session", "lockTimeout", "purpose"],
  "documents",
];

/**
 * What a function is called with: what the handle knows, and what is given to one call. The function
 * refuses what it does not take.
 *
 * @throws {OrcError} `unknown_option` (usage) for what the handle knows
 */
export function callIn<Options extends CallOptions>(
  { base }: Site,
  given: Options,
): Options & SessionOptions {
  const option = KNOWN.find((name) => Object.hasOwn(given, name));
  if (option !== undefined) throw unknownOption(option, COMMON);
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

/** What every call of a handle takes. */
const COMMON: readonly (keyof CallOptions)[] = ["signal", "lockTimeoutMs"];

/** Refuses what one who makes a handle does not take. */
export function assertOnly(
  given: object,
  names: readonly string[],
): void {
  assertOptions(given, [...names, ...COMMON]);
}
