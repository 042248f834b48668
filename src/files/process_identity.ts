/** Who holds a lock, precisely enough to tell whether that process still lives. */
export interface ProcessIdentity {
  /** Process id, as its own namespace counts. */
  readonly pid: number;
  /** Kernel start time of the process; empty when it cannot be read. */
  readonly start: string;
  /** Wall clock of the process start in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** Identity of this boot of the machine; empty when it cannot be read. */
  readonly boot: string;
  /** Process id namespace; empty when it cannot be read. */
  readonly namespace: string;
  /** Name of the machine; empty when it may not be read. */
  readonly host: string;
  /** What runs orc and its version, such as `deno 2.9.6`; shown to people. */
  readonly runtime: string;
}

/**
 * Whether another process can still act: `dead` only when that is certain,
 * `unknown` when it cannot be looked up, as on another machine.
 */
export type Liveness = "alive" | "dead" | "unknown";
