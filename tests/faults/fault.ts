import type { Session } from "../../src/session/store.ts";
import type { Ended, Repository } from "../journey/orc.ts";
import type { Call } from "./trace.ts";

/** A command that is broken at one of its calls, and the one that goes on afterwards. */
export interface Scenario {
  /** The command as it is typed, and what it finds. */
  readonly name: string;
  readonly args: readonly string[];
  /** Variables with which it is called. */
  readonly env?: Readonly<Record<string, string>>;
  /** Makes the repository it runs in. */
  prepare(repository: Repository): Promise<unknown>;
  /** Whether what the command does is there. */
  isStored(sessions: readonly Session[], repository: Repository): boolean;
  /** Whether what failed may be there all the same; the error has to say so then. */
  readonly mayFailStored: boolean;
  /** How many of its calls are broken in a usual run, so that the suite takes less than a minute. */
  readonly usualCount: number;
  /** What somebody does next; it has to work at once. */
  goOn(repository: Repository, isStored: boolean): Promise<Ended>;
}

/** How a call is broken: its process is killed instead of it, or it fails with an error. */
export type Breakage = "kill" | "ENOSPC" | "EDQUOT" | "EIO" | "EMFILE";

/** A call, and how it is broken. */
export interface Fault {
  readonly call: Call;
  readonly breakage: Breakage;
}

const NO_ROOM: readonly Breakage[] = ["ENOSPC", "EDQUOT", "EIO"];

/** What the kernel may answer to each call that writes. */
const ERRORS: Readonly<Record<string, readonly Breakage[]>> = {
  write: NO_ROOM,
  fsync: NO_ROOM,
  fdatasync: NO_ROOM,
  pwrite64: NO_ROOM,
  rename: NO_ROOM,
  link: NO_ROOM,
  linkat: NO_ROOM,
  mkdir: NO_ROOM,
  unlink: ["EIO"],
  rmdir: ["EIO"],
  chmod: ["EIO"],
  fchmodat: ["EIO"],
  ftruncate: ["EIO"],
};

/** Calls that strace has to look at. */
export const TRACED_CALLS: readonly string[] = [
  "openat",
  ...Object.keys(ERRORS),
];

/**
 * All errors with which calls can fail. Each call comes once before any comes again, with one
 * error or another, so that the first of them say most.
 */
export function errorsAt(calls: readonly Call[]): readonly Fault[] {
  const errors = calls.map((call, index) => rotated(errorsOf(call), index));
  const rounds = Math.max(...errors.map(({ length }) => length));
  return Array.from(
    { length: rounds },
    (_, round) =>
      calls.flatMap((call, index) => {
        const breakage = errors[index]?.[round];
        return breakage === undefined ? [] : [{ call, breakage }];
      }),
  ).flat();
}

function rotated<Value>(
  values: readonly Value[],
  count: number,
): readonly Value[] {
  const start = values.length === 0 ? 0 : count % values.length;
  return [...values.slice(start), ...values.slice(0, start)];
}

function errorsOf(call: Call): readonly Breakage[] {
  const { name, what } = call;
  if (name !== "openat") return ERRORS[name] ?? [];
  return what.includes("O_CREAT") ? [...NO_ROOM, "EMFILE"] : ["EIO", "EMFILE"];
}

/** Kills before each call that writes: nothing differs before one that only reads. */
export function killsAt(calls: readonly Call[]): readonly Fault[] {
  return calls
    .filter(({ name, what }) => name !== "openat" || what.includes("O_CREAT"))
    .map((call) => ({ call, breakage: "kill" }));
}

/** So many of the faults, at least two, evenly from the first call to the last. */
export function sample(
  faults: readonly Fault[],
  count: number,
): readonly Fault[] {
  if (count >= faults.length) return faults;
  const calls = new Set(faults.map(({ call }) => call)).size;
  const step = Math.max(1, (calls - 1) / (count - 1));
  return Array.from({ length: count }, (_, index) => Math.round(index * step))
    .flatMap((index) => faults[index] ?? []);
}
