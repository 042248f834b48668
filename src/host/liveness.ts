import { epochMsOf } from "../base/time.ts";
import { codeOf } from "../files/errors.ts";
import type { Liveness, ProcessIdentity } from "../files/lock_record.ts";
import { ifAllowed, isGranted } from "../files/read.ts";

/** Clocks that say when a process began, the lock's and the kernel's, differ by this at most. */
const START_TOLERANCE_MS = 5_000;

/** `ps` rounds to seconds. */
const LOCK_TOLERANCE_MS = 2_000;

/** Whoever waits for a lock looks many times a second; `ps` or all of `/proc` each time would be dear. */
const ANSWER_LIFETIME_MS = 1_000;

const MAX_PID = 2 ** 31 - 1;

/** The kernel's own process namespace, from where every process of the machine is seen. */
const INITIAL_NAMESPACE = "pid:[4026531836]";

let own: ProcessIdentity | undefined;
const listed = lately<ListedProcess | undefined>();
const searched = lately<Liveness>();

/** Who this process is, as exactly as orc may know. */
export function ownIdentity(): ProcessIdentity {
  // The stand-in for Deno in the npm package says what it runs on.
  const version: { deno: string; runtime?: string } = Deno.version;
  own ??= {
    pid: Deno.pid,
    start: processStat(Deno.pid)?.start ?? "",
    startedAtMs: Math.round(performance.timeOrigin),
    boot: kernelText("/proc/sys/kernel/random/boot_id")?.trim() ?? "",
    namespace: namespaceAt("/proc/self") ?? "",
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
  // Two machines may have one name: only what was locked before this one booted is of before.
  if (boot === "different") {
    return host === "same" && isBeforeBoot(lockedAt) ? "dead" : "unknown";
  }
  // A machine keeps its boot when its name changes, and containers share the boot of their machine.
  if (namespace === "different") {
    return boot === "same" ? livenessElsewhere(holder) : "unknown";
  }
  const isHere = host === "same" || boot === "same" && namespace === "same";
  return isHere ? livenessHere(holder, lockedAt) : "unknown";
}

function isBeforeBoot(lockedAt: string): boolean {
  const uptimeSeconds = parseFloat(kernelText("/proc/uptime") ?? "");
  const lockedAtMs = epochMsOf(lockedAt) ?? NaN;
  return lockedAtMs < Date.now() - uptimeSeconds * 1000;
}

/**
 * Judges a holder in another process namespace of this machine. Its process id says nothing here.
 * Only where all processes are seen, the absence of one that had that id in a namespace of its own
 * proves that it has ended.
 */
function livenessElsewhere(holder: ProcessIdentity): Liveness {
  const seesAll = ownIdentity().namespace === INITIAL_NAMESPACE &&
    processStat(1) !== undefined;
  if (!seesAll) return "unknown";
  const { pid, namespace, start } = holder;
  return searched(`${namespace} ${pid}`, () => {
    const pids = ifAllowed(
      { name: "read", path: "/proc" },
      () => [...Deno.readDirSync("/proc")].map(({ name }) => name),
    );
    const found = pids?.map(Number).filter((id) =>
      id > 0 && mayBeHolder(`/proc/${id}`, holder)
    );
    if (found?.length === 0) return "dead";
    const isThere = found?.some((id) => processStat(id)?.start === start);
    return isThere ? "alive" : "unknown";
  });
}

/** Whether a process may be the holder; one that ended meanwhile is not. */
function mayBeHolder(
  directory: string,
  { pid, namespace }: ProcessIdentity,
): boolean {
  const status = kernelText(`${directory}/status`);
  if (status === undefined) {
    const path = directory;
    return ifAllowed({ name: "read", path }, () => Deno.statSync(path)) !==
      undefined;
  }
  // The first of its ids is the one here, the last the one in its own namespace.
  const ids = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/);
  if (ids && (ids.length === 1 || Number(ids.at(-1)) !== pid)) return false;
  // Only who owns a process, or may look into all, is told its namespace.
  return (namespaceAt(directory) ?? namespace) === namespace;
}

/** The process namespace of a process by its directory in `/proc`. */
function namespaceAt(directory: string): string | undefined {
  const path = `${directory}/ns/pid`;
  return ifAllowed(
    { name: "read", path },
    () => `pid:[${Deno.statSync(path).ino}]`,
  );
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
  const process = listed(`${holder.pid}`, () => listedProcess(holder.pid));
  if (process === undefined) return running ? "alive" : "unknown";
  return process.isDefunct || isYounger(process, holder, lockedAt)
    ? "dead"
    : "alive";
}

/** Makes what is asked again at once content with the answer from before. */
function lately<Answer>() {
  const answers = new Map<string, { answer: Answer; atMs: number }>();
  return (question: string, ask: () => Answer): Answer => {
    const atMs = performance.now();
    const known = answers.get(question);
    if (known && atMs - known.atMs < ANSWER_LIFETIME_MS) return known.answer;
    const answer = ask();
    answers.set(question, { answer, atMs });
    return answer;
  };
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
export function kernelText(path: string): string | undefined {
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
