/** How the store is tortured. */
export interface Options {
  readonly processes: number;
  /** Acknowledged updates of each process. */
  readonly updates: number;
  /** When to stop, done or not. */
  readonly seconds: number;
  /** Whether each call of real commands is broken afterwards. */
  readonly faultPoints: "all" | "none";
}

const DEFAULTS: Options = {
  processes: 50,
  updates: 200,
  seconds: 600,
  faultPoints: "all",
};

/** What may be said on the command line. */
export const USAGE =
  `deno task torture [--processes ${DEFAULTS.processes}] [--updates ${DEFAULTS.updates}] [--seconds ${DEFAULTS.seconds}] [--fault-points all|none]`;

/** Reads the command line; undefined if it is not understood. */
export function parseOptions(args: readonly string[]): Options | undefined {
  let options = DEFAULTS;
  for (let index = 0; index < args.length; index += 2) {
    const option = parseOption(args[index] ?? "", args[index + 1] ?? "");
    if (option === undefined) return undefined;
    options = { ...options, ...option };
  }
  return options;
}

function parseOption(
  flag: string,
  value: string,
): Partial<Options> | undefined {
  if (flag === "--fault-points") {
    return value === "all" || value === "none"
      ? { faultPoints: value }
      : undefined;
  }
  const number = /^[1-9]\d{0,5}$/.test(value) ? Number(value) : undefined;
  if (number === undefined) return undefined;
  switch (flag) {
    case "--processes":
      return { processes: number };
    case "--updates":
      return { updates: number };
    case "--seconds":
      return { seconds: number };
  }
}
