import { epochMsOf } from "../base/time.ts";
import type { Liveness, ProcessIdentity } from "../files/process_identity.ts";
import {
  bootId,
  isGranted,
  isRunning,
  type ListedProcess,
  listedProcess,
  processNamespace,
  processStat,
} from "./process_table.ts";

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
  own ??= {
    pid: Deno.pid,
    start: processStat(Deno.pid)?.start ?? "",
    startedAtMs: Math.round(performance.timeOrigin),
    boot: bootId(),
    namespace: processNamespace(),
    host: isGranted({ name: "sys", kind: "hostname" }) ? Deno.hostname() : "",
    runtime: runtimeName(),
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
  switch (placeOf(holder, ownIdentity())) {
    case "earlier boot":
      return "dead";
    case "elsewhere":
      return "unknown";
    case "here":
      return livenessHere(holder, lockedAt);
  }
}

/** Whether the holder's process id means anything to this process. */
function placeOf(
  holder: ProcessIdentity,
  self: ProcessIdentity,
): "here" | "earlier boot" | "elsewhere" {
  const host = compare(holder.host, self.host);
  const boot = compare(holder.boot, self.boot);
  const namespace = compare(holder.namespace, self.namespace);
  if (boot === "different") {
    return host === "same" ? "earlier boot" : "elsewhere";
  }
  if (namespace === "different") return "elsewhere";
  // A machine keeps its boot when its name changes, and containers share the boot of their machine.
  const isHere = host === "same" || boot === "same" && namespace === "same";
  return isHere ? "here" : "elsewhere";
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

/** The stand-in for Deno in the npm package says what it runs on. */
interface Version {
  readonly deno: string;
  readonly runtime?: string;
}

/** What runs this program, such as `deno 2.9.6` or `node 22.1.0`. */
function runtimeName(): string {
  const { deno, runtime = `deno ${deno}` }: Version = Deno.version;
  return runtime;
}
