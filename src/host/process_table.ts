/** What the kernel tells about a process in `/proc`. */
export interface ProcessStat {
  /** Start of the process in clock ticks since boot: with its id, unique until the next boot. */
  readonly start: string;
  readonly isDefunct: boolean;
}

/** What `ps` tells about a process. */
export interface ListedProcess {
  /** NaN when it was not understood. */
  readonly startedAtMs: number;
  readonly isDefunct: boolean;
}

/** Reads `/proc/PID/stat`; undefined without such a process, or without the right to look. */
export function processStat(pid: number): ProcessStat | undefined {
  const text = kernelText(`/proc/${pid}/stat`);
  // The name in parentheses may itself hold parentheses and blanks.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, threads, start] = [fields?.[0], fields?.[17], fields?.[19]];
  if (start === undefined) return undefined;
  // Another thread of a dead main thread can still write.
  const isDefunct = (state === "Z" || state === "X") && Number(threads) <= 1;
  return { start, isDefunct };
}

/** Identity of this boot of the machine; empty when it cannot be read. */
export function bootId(): string {
  return kernelText("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
}

/** Namespace in which process ids count; empty when it cannot be read. */
export function processNamespace(): string {
  const path = "/proc/self/ns/pid";
  return attempt({ name: "read", path }, () => {
    return `pid:[${Deno.statSync(path).ino}]`;
  }) ?? "";
}

/** Whether a process has this id; undefined without the right to ask. */
export function isRunning(pid: number): boolean | undefined {
  if (!isGranted({ name: "run" })) return undefined;
  try {
    Deno.kill(pid, 0);
    return true;
  } catch (error) {
    if (isNamed(error, "NotFound", "ESRCH")) return false;
    return isNamed(error, "PermissionDenied", "EPERM") ? true : undefined;
  }
}

/** Asks `ps`; undefined when it lists no such process or cannot answer. */
export function listedProcess(pid: number): ListedProcess | undefined {
  const line = attempt({ name: "run", command: "ps" }, () => {
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
  return attempt({ name: "read", path }, () => {
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

/** Whatever hides a process from orc, orc then does not know about it. */
function attempt<Value>(
  permission: Deno.PermissionDescriptor,
  ask: () => Value,
): Value | undefined {
  if (!isGranted(permission)) return undefined;
  try {
    return ask();
  } catch {
    return undefined;
  }
}

function isNamed(error: unknown, ...names: readonly string[]): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return names.includes(error.name) || names.includes(code);
}

/**
 * Whether an operation is allowed without asking.
 *
 * What orc can do without is never worth a permission prompt.
 */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
