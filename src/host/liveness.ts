import { epochMsOf } from "../base/time.ts";
import { codeOf } from "../files/errors.ts";
import type { Liveness, ProcessIdentity } from "../files/lock_record.ts";
import { ifAllowed, isGranted } from "../files/read.ts";

/** Clocks that say when a process began, the lock's and the kernel's, differ by this at most. */
const START_TOLERANCE_MS = 5_000;

/** `ps` rounds to seconds. */
const LOCK_TOLERANCE_MS = 2_000;

/** Whoever waits for a lock looks many times a second; starting `ps` each time would be dear. */
const LISTING_LIFETIME_MS = 1_000;

const MAX_PID = 2 ** 31 - 1;

let own: ProcessIdentity | undefined;
const listings = new Map<
  number,
  { readonly process: ListedProcess | undefined; readonly readAtMs: number }
>();

/** Who this process is, as exactly as orc may know. */
export function ownIdentity(): ProcessIdentity {
  // The stand-in for Deno in the npm package says what it runs on.
  const version: { deno: string; runtime?: string } = Deno.version;
  const namespace = "/proc/self/ns/pid";
  own ??= {
    pid: Deno.pid,
    start: processStat(Deno.pid)?.start ?? "",
    startedAtMs: Math.round(performance.timeOrigin),
    boot: kernelText("/proc/sys/kernel/random/boot_id")?.trim() ?? "",
    namespace: ifAllowed(
      { name: "read", path: namespace },
      () => `pid:[${Deno.statSync(namespace).ino}]`,
    ) ?? "",
    host: isGranted({ name: "sys", kind: "hostname" }) ? Deno.hostname() : "",
    runtime: version.runtime ?? `deno ${version.deno}`,
  };
  return own;
}

/** Tells whether the holder of a lock can still act; `dead` only when it certainly cannot. */
export function livenessOf(
  holder: ProcessIdentity,
  lockedAt: string,
): Liveness {
  const isPid = Number.isSafeInteger(holder.pid) && holder.pid > 0 &&
    holder.pid <= MAX_PID;
  if (!isPid) return "unknown";
  const self = ownIdentity();
  const host = compare(holder.host, self.host);
  const boot = compare(holder.boot, self.boot);
  const namespace = compare(holder.namespace, self.namespace);
  if (boot === "different") return host === "same" ? "dead" : "unknown";
  // A machine keeps its boot when its name changes, and containers share the boot of their machine.
  const isHere = namespace !== "different" &&
    (host === "same" || boot === "same" && namespace === "same");
  return isHere ? livenessHere(holder, lockedAt) : "unknown";
}

function compare(one: string, other: string): "same" | "different" | "unknown" {
  if (one === "" || other === "") return "unknown";
  return one === other ? "same" : "different";
}

function livenessHere(holder: ProcessIdentity, lockedAt: string): Liveness {
  const stat = holder.start === "" ? undefined : processStat(holder.pid);
  if (stat !== undefined) {
    const isGone = stat.start !== holder.start || stat.isDefunct;
    return isGone ? "dead" : "alive";
  }
  const running = isRunning(holder.pid);
  if (running === false) return "dead";
  const listed = recentlyListed(holder.pid);
  if (listed === undefined) return running ? "alive" : "unknown";
  return listed.isDefunct || isYounger(listed, holder, lockedAt)
    ? "dead"
    : "alive";
}

function recentlyListed(pid: number): ListedProcess | undefined {
  const nowMs = performance.now();
  const known = listings.get(pid);
  if (known !== undefined && nowMs - known.readAtMs < LISTING_LIFETIME_MS) {
    return known.process;
  }
  const process = listedProcess(pid);
  listings.set(pid, { process, readAtMs: nowMs });
  return process;
}

/** A process that began after the lock was taken cannot be its holder: its id was used again. */
function isYounger(
  { startedAtMs }: ListedProcess,
  holder: ProcessIdentity,
  lockedAt: string,
): boolean {
  const lockedAtMs = epochMsOf(lockedAt) ?? NaN;
  return startedAtMs > lockedAtMs + LOCK_TOLERANCE_MS &&
    Math.abs(startedAtMs - holder.startedAtMs) > START_TOLERANCE_MS;
}

/** What the kernel tells about a process in `/proc`. */
interface ProcessStat {
  /** Start of the process in clock ticks since boot: with its id, unique until the next boot. */
  readonly start: string;
  readonly isDefunct: boolean;
}

/** What `ps` tells about a process. */
interface ListedProcess {
  /** NaN when it was not understood. */
  readonly startedAtMs: number;
  readonly isDefunct: boolean;
}

/** Reads `/proc/PID/stat`; undefined without such a process, or without the right to look. */
function processStat(pid: number): ProcessStat | undefined {
  const text = kernelText(`/proc/${pid}/stat`);
  // The name in parentheses may itself hold parentheses and blanks.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, threads, start] = [fields?.[0], fields?.[17], fields?.[19]];
  if (start === undefined) return undefined;
  // Another thread of a dead main thread can still write.
  const isDefunct = (state === "Z" || state === "X") && Number(threads) <= 1;
  return { start, isDefunct };
}

/** Whether a process has this id; undefined without the right to ask. */
function isRunning(pid: number): boolean | undefined {
  if (!isGranted({ name: "run" })) return undefined;
  try {
    Deno.kill(pid, 0);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (["NotFound", "ESRCH"].includes(code)) return false;
    return ["PermissionDenied", "EPERM"].includes(code) ? true : undefined;
  }
}

/** Asks `ps`; undefined when it lists no such process or cannot answer. */
export function listedProcess(pid: number): ListedProcess | undefined {
  const line = ifAllowed({ name: "run", command: "ps" }, () => {
    const { stdout } = new Deno.Command("ps", {
      args: ["-o", "stat=,lstart=", "-p", String(pid)],
      env: { TZ: "UTC", LC_ALL: "C" },
      stdin: "null",
    }).outputSync();
    return new TextDecoder().decode(stdout).trim();
  });
  if (!line) return undefined;
  const [state = "", ...start] = line.split(/\s+/);
  return {
    startedAtMs: Date.parse(`${start.join(" ")} UTC`),
    // `l` marks a process with several threads.
    isDefunct: /^[ZX]/.test(state) && !state.includes("l"),
  };
}

/** Reads one of the kernel's small files, which come whole with the first read. */
function kernelText(path: string): string | undefined {
  return ifAllowed({ name: "read", path }, () => {
    const file = Deno.openSync(path);
    try {
      const bytes = new Uint8Array(4096);
      const size = file.readSync(bytes) ?? 0;
      return new TextDecoder().decode(bytes.subarray(0, size));
    } finally {
      file.close();
    }
  });
}
