import type { OutputName } from "../workflow/types.ts";
import { BoundedOutput } from "./bounded_output.ts";
import type { ProgramRequest, ProgramResult } from "./host.ts";
import { Interrupted } from "./interrupted.ts";
import { endGroup } from "./process_group.ts";
import { problemOfStart, startProgram } from "./program_start.ts";
import { type SignalWatch, watchSignals } from "./signal_watch.ts";
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";

/** How long a process that a program left behind may keep its output open. */
const OUTPUT_GRACE_MS = 500;

/** A person reads no more than a few lines of progress a second. */
const PROGRESS_INTERVAL_MS = 250;

/** A timer cannot run longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

type Ending = Pick<ProgramResult, "exitCode" | "problem">;

const OUTPUT_NAMES: readonly OutputName[] = ["stdout", "stderr"];

type Output = Readonly<Record<OutputName, BoundedOutput>>;

/** How the system reports that a program ended or never began. */
type Exit =
  | { readonly error: Error }
  | { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/**
 * Runs a program, in bounded time and memory, and ends what keeps its output open.
 *
 * A process that made a session of its own escapes, as it would from a terminal.
 *
 * @throws {OrcError} `permission_missing` if orc may not run programs.
 * @throws {Interrupted} If a signal reached orc meanwhile; the program has been ended.
 */
export async function runProgram(
  request: ProgramRequest,
): Promise<ProgramResult> {
  const startedAtMs = performance.now();
  const output: Output = {
    stdout: new BoundedOutput(request.masker?.stream()),
    stderr: new BoundedOutput(request.masker?.stream()),
  };
  const watch = watchSignals();
  try {
    const ending = await runToEnd(request, output, watch);
    const signal = watch.caught();
    if (signal !== undefined) throw new Interrupted(signal);
    for (const name of OUTPUT_NAMES) output[name].end();
    return {
      ...ending,
      stdout: output.stdout.text(),
      stderr: output.stderr.text(),
      notUtf8: OUTPUT_NAMES.filter((name) => !output[name].isUtf8()),
      durationSeconds: Math.round(performance.now() - startedAtMs) / 1000,
    };
  } finally {
    watch.stop();
  }
}

async function runToEnd(
  request: ProgramRequest,
  output: Output,
  watch: SignalWatch,
): Promise<Ending> {
  const child = startProgram(request);
  if (child instanceof Error) return neverRun(request, child);
  feed(child, request.input);
  const stopProgress = collect(child, output, request.onProgress);
  try {
    return await endOf(child, request, watch);
  } finally {
    stopProgress();
    // Whoever still holds the other end must not keep orc waiting.
    child.stdin?.destroy();
    child.stdout?.destroy();
    child.stderr?.destroy();
    if (child.pid !== undefined) child.unref();
  }
}

function neverRun(request: ProgramRequest, error: Error): Ending {
  return { exitCode: -1, problem: problemOfStart(request, error) };
}

/** Waits for the end of the program, the time limit or a signal, whatever comes first. */
async function endOf(
  child: ChildProcess,
  request: ProgramRequest,
  watch: SignalWatch,
): Promise<Ending> {
  const exited = exitOf(child);
  const closed = new Promise<true>((resolve) => {
    child.once("close", () => resolve(true));
  });
  const first = await within(
    request.timeoutMs,
    Promise.race([exited, watch.first]),
  );
  const hasExited = typeof first === "object";
  if (hasExited && "error" in first) return neverRun(request, first.error);
  if (!hasExited || !await within(OUTPUT_GRACE_MS, closed)) {
    const hurry = typeof first === "string" ? watch.second : watch.first;
    await endGroup(child, Promise.race([closed, hurry]));
    await within(OUTPUT_GRACE_MS, closed);
  }
  return hasExited ? endingOf(first) : {
    exitCode: -1,
    problem: `Ended after the time limit of ${request.timeoutMs / 1000} s`,
  };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ error }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** The promise's value; undefined when the time is over first. */
async function within<Value>(
  limitMs: number,
  promise: Promise<Value>,
): Promise<Value | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeIsOver = new Promise<undefined>((resolve) => {
    const delayMs = Math.min(limitMs, MAX_TIMER_MS);
    timer = setTimeout(() => resolve(undefined), delayMs);
  });
  try {
    return await Promise.race([promise, timeIsOver]);
  } finally {
    clearTimeout(timer);
  }
}

/** Reports a signal as 128 plus its number, as a shell does. */
function endingOf({ code, signal }: Exclude<Exit, { error: Error }>): Ending {
  const signalNumber = signal === null ? 0 : constants.signals[signal];
  return { exitCode: code ?? 128 + signalNumber, problem: null };
}

/** A program may end, or never begin, without reading what it is given: how it ended tells the rest. */
function feed({ stdin }: ChildProcess, input: string | undefined): void {
  if (stdin === null || input === undefined) return;
  stdin.on("error", () => {});
  stdin.end(input);
}

/** Collects the output and reports now and then how far it is; returns what ends the reports. */
function collect(
  child: ChildProcess,
  output: Output,
  onProgress: ProgramRequest["onProgress"],
): () => void {
  let latest: BoundedOutput | undefined;
  for (const name of OUTPUT_NAMES) {
    child[name]?.on("data", (bytes: Uint8Array) => {
      latest = output[name];
      latest.add(bytes);
    });
  }
  if (onProgress === undefined) return () => {};
  const startedAtMs = performance.now();
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedAtMs;
    onProgress({ elapsedMs, lastLine: latest?.lastLine() });
  }, PROGRESS_INTERVAL_MS);
  return () => clearInterval(timer);
}
