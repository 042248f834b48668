/** The signals that end orc, with the exit code a shell reports for each. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A signal that ends orc. */
export type EndingSignal = keyof typeof EXIT_CODES;

/** All signals that end orc. */
export const ENDING_SIGNALS: readonly EndingSignal[] = [
  "SIGHUP",
  "SIGINT",
  "SIGTERM",
];

/**
 * Thrown when a signal reached orc while it ran a program; the program has been ended.
 *
 * The signal was taken from its default action, so whoever catches this must make orc end with
 * {@linkcode Interrupted.exitCode}.
 */
export class Interrupted extends Error {
  /** The class name, which survives where `instanceof` does not. */
  override readonly name = "Interrupted";
  /** What orc must exit with. */
  readonly exitCode: number;

  /** Says which signal came. */
  constructor(readonly signal: EndingSignal) {
    super(`Interrupted by ${signal}`);
    this.exitCode = EXIT_CODES[signal];
  }
}
