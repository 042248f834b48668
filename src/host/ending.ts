import process from "node:process";
import { CHECK_KILL_GRACE_MS } from "../base/limits.ts";
import { codeOf } from "../files/errors.ts";
import { ifAllowed } from "../files/read.ts";
import { pause } from "../files/wait.ts";
import { systemProgram } from "./windows_rules.ts";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The system tells nobody when the last process of a group ends, so orc has to look. */
const LOOK_INTERVAL_MS = 20;

/** What is being killed may start one more process meanwhile; whatever does so for ever is left. */
const MAX_KILL_ROUNDS = 5;

/** Holds the marks of all runs that a process belongs to, the outermost first. */
const MARK_VARIABLE = "ORCHESTRATOR_RUN";

/** The environment with the mark of one run, which all that is started in the run inherit. */
export function withMark(
  variables: NodeJS.ProcessEnv,
  mark: string,
): NodeJS.ProcessEnv {
  const around = variables[MARK_VARIABLE];
  const marks = around ? `${around} ${mark}` : mark;
  return { ...variables, [MARK_VARIABLE]: marks };
}

/** Sends a signal to all processes that are meant; false when none is left to get it. */
type Send = (signal: "SIGTERM" | "SIGKILL" | 0) => boolean;

/** Ends processes: politely, and by force after a grace period or when nothing is to be waited for. */
async function end(send: Send, isOver: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + CHECK_KILL_GRACE_MS;
  let isAlive = send("SIGTERM");
  while (isAlive && !isOver() && performance.now() < deadlineMs) {
    await pause(LOOK_INTERVAL_MS);
    isAlive = send(0);
  }
  for (let round = 0; isAlive && round < MAX_KILL_ROUNDS; round++) {
    isAlive = send("SIGKILL");
  }
}

/** Ends the program and all that stayed in its group. */
export async function endGroup(
  child: ChildProcess,
  isOver: () => boolean,
): Promise<void> {
  if (process.platform === "win32") return await endTree(child);
  await end((signal) => signalGroup(child, signal), isOver);
}

function signalGroup(
  child: ChildProcess,
  signal: Parameters<Send>[0],
): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Without the right to signal any process orc still may signal its own child.
    if (error.name === "NotCapable") return child.kill(signal);
    return isOutOfReach(error);
  }
}

/** Always false. macOS answers EPERM when only dead processes are left. */
function isOutOfReach(error: Error): false {
  if (codeOf(error) === "ESRCH" || codeOf(error) === "EPERM") return false;
  throw error;
}

/**
 * Ends what left the group, as with `setsid`: it is known by the session of the program, or by the
 * run's mark. Only Linux tells both, in `/proc`, and Deno reads that only with all permissions;
 * elsewhere this does nothing.
 */
export async function endEscaped(
  child: ChildProcess,
  mark: string,
  isOver: () => boolean,
): Promise<void> {
  const send: Send = (signal) =>
    processIds()
      .filter((pid) => isEscaped(pid, child, mark))
      .filter((pid) => signalProcess(pid, signal)).length > 0;
  await end(send, isOver);
}

function processIds(): readonly number[] {
  const names = ifAllowed(
    { name: "read", path: "/proc" },
    () => readdirSync("/proc"),
  );
  return names?.map(Number).filter((pid) => pid > 0) ?? [];
}

function isEscaped(pid: number, child: ChildProcess, mark: string): boolean {
  const stat = factOf(pid, "stat");
  // The name in parentheses may itself hold parentheses and blanks.
  const [state = "X", , , session] =
    stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  if (state === "Z" || state === "X") return false;
  return Number(session) === child.pid ||
    (factOf(pid, "environ")?.includes(mark) ?? false);
}

/** What the kernel tells of a process; undefined when it ended meanwhile, or is somebody else's. */
function factOf(pid: number, name: "stat" | "environ"): string | undefined {
  const path = `/proc/${pid}/${name}`;
  return ifAllowed({ name: "read", path }, () => readFileSync(path, "latin1"));
}

function signalProcess(pid: number, signal: Parameters<Send>[0]): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return isOutOfReach(error);
  }
}

/**
 * Windows has no groups to signal, and a console program cannot be asked politely. Waits until
 * all are told to end: orc may end right afterwards.
 */
function endTree(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const program = systemProgram("taskkill.exe", process.env);
    spawn(program, ["/pid", String(child.pid), "/T", "/F"], {
      stdio: "ignore",
      windowsHide: true,
    }).once("exit", () => resolve()).once("error", () => {
      child.kill();
      resolve();
    });
  });
}
