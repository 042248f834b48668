import process from "node:process";
import { CHECK_KILL_GRACE_MS } from "../base/limits.ts";
import { codeOf } from "./program_start.ts";
import { type ChildProcess, spawn } from "node:child_process";

/** The system tells nobody when the last process of a group ends, so orc has to look. */
const LOOK_INTERVAL_MS = 20;

/**
 * Ends a program with all processes it started: politely, and by force after a grace period.
 *
 * The grace period ends early when `over` resolves: what is left of the program then is of no use.
 */
export async function endGroup(
  child: ChildProcess,
  over: Promise<unknown>,
): Promise<void> {
  let isOver = false;
  over.then(() => isOver = true);
  const deadlineMs = performance.now() + CHECK_KILL_GRACE_MS;
  let isAlive = signalGroup(child, "SIGTERM");
  while (isAlive && !isOver && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
    isAlive = signalGroup(child, 0);
  }
  if (isAlive) signalGroup(child, "SIGKILL");
}

/** Sends a signal to all processes of the group; false when none is left to get it. */
function signalGroup(
  child: ChildProcess,
  signal: "SIGTERM" | "SIGKILL" | 0,
): boolean {
  if (child.pid === undefined) return false;
  if (process.platform === "win32") return endTree(child);
  try {
    return process.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Without the right to signal any process orc still may signal its own child.
    if (error.name === "NotCapable") return child.kill(signal);
    // macOS answers EPERM when only dead processes are left.
    if (codeOf(error) === "ESRCH" || codeOf(error) === "EPERM") return false;
    throw error;
  }
}

/** Windows has no groups to signal, and a console program cannot be asked politely. Not yet tested there. */
function endTree(child: ChildProcess): boolean {
  spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], {
    stdio: "ignore",
    windowsHide: true,
  }).on("error", () => child.kill());
  return false;
}
