import process from "node:process";
import { denied } from "../base/error.ts";
import { OUTPUT_HEAD_BYTES, OUTPUT_TAIL_BYTES } from "../base/limits.ts";
import type { MaskingStream } from "../base/mask.ts";
import { normalisePath } from "../base/path.ts";
import type { StreamReceipt } from "../engine/receipt.ts";
import { codeOf } from "../files/errors.ts";
import { ifAllowed, visibleKind } from "../files/read.ts";
import { unlessAborted } from "../files/wait.ts";
import type { OutputName } from "../workflow/types.ts";
import { endEscaped, endGroup, withMark } from "./ending.ts";
import { type Environment, environmentOf } from "./environment_rules.ts";
import type { ProgramRequest, ProgramResult } from "./host.ts";
import {
  programFile,
  type ProgramSite,
  whyNeverRan,
  whyUnrunnable,
} from "./unrunnable.ts";
import { type WindowsStart, windowsStart } from "./windows_rules.ts";
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { type ChildProcess, spawn } from "node:child_process";
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

/** A request with what marks all that is started for it. */
type MarkedRequest = ProgramRequest & { readonly mark: string };

/** Runs a program, in bounds; what it left running ends with it, unless that closed its output. */
export async function runProgram(
  request: ProgramRequest,
): Promise<ProgramResult> {
  request.signal?.throwIfAborted();
  const startedAtMs = performance.now();
  const output: Output = {
    stdout: new BoundedOutput(request.masker?.stream()),
    stderr: new BoundedOutput(request.masker?.stream()),
  };
  // Found before it runs, and can change what is there.
  const program = ifAllowed({ name: "env" }, () => fileOf(request)) ?? null;
  const mark = crypto.randomUUID();
  const ending = await runToEnd({ ...request, mark }, output);
  request.signal?.throwIfAborted();
  for (const name of OUTPUT_NAMES) output[name].end();
  return {
    ...judged(request, ending, output),
    stdout: output.stdout.text(),
    stderr: output.stderr.text(),
    notUtf8: OUTPUT_NAMES.filter((name) => !output[name].isUtf8()),
    durationSeconds: Math.round(performance.now() - startedAtMs) / 1000,
    trace: {
      program,
      stdout: output.stdout.receipt(),
      stderr: output.stderr.receipt(),
    },
  };
}

/** The ending, unless another program ended in the place of one that cannot run. */
function judged(
  request: ProgramRequest,
  ending: Ending,
  output: Output,
): Ending {
  const { exitCode, problem } = ending;
  if (problem !== null) return ending;
  const words = "shell" in request.command ? undefined : request.command;
  const ended = { exitCode, stderr: output.stderr.text() };
  const reason = whyNeverRan(words, ended, siteOf(request));
  return reason === undefined ? ending : { exitCode: -1, problem: reason };
}

function siteOf(request: ProgramRequest): ProgramSite {
  const { workingDirectory } = request;
  return { workingDirectory, path: environmentFor(request).PATH };
}

/** The file that the system takes for the program of a request. */
function fileOf(request: ProgramRequest): string | null {
  const site = siteOf(request);
  const [program = ""] = wordsOf(request.command);
  if (!IS_WINDOWS) return programFile(program, site);
  const start = startOnWindows(request, environmentFor(request));
  return typeof start === "string" ? null : normalisePath(start.program);
}

async function runToEnd(
  request: MarkedRequest,
  output: Output,
): Promise<Ending> {
  const child = startProgram(request);
  if (child instanceof Error || typeof child === "string") {
    return endingOfStart(request, child);
  }
  feed(child, request.input);
  const stopProgress = collect(child, output, request);
  try {
    return await endOf(child, request);
  } finally {
    stopProgress();
    // Whoever still holds the other end must not keep orc waiting.
    child.stdin?.destroy();
    child.stdout?.destroy();
    child.stderr?.destroy();
    if (child.pid !== undefined) child.unref();
  }
}

/** Waits for the end of the program, the time limit or its abortion, whatever comes first. */
async function endOf(
  child: ChildProcess,
  request: MarkedRequest,
): Promise<Ending> {
  const exited = exitOf(child);
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => {
      isClosed = true;
      resolve();
    });
  });
  const { timeoutMs, signal: asked, hurry } = request;
  const first = await within(timeoutMs, exited, asked).catch(() => undefined);
  const hasExited = first !== undefined;
  if (hasExited && "error" in first) return endingOfStart(request, first.error);
  if (hasExited) await within(OUTPUT_GRACE_MS, closed);
  if (!hasExited || !isClosed) {
    // Who aborts what is being ended anyway is in a hurry.
    const more = asked?.aborted ? hurry : asked;
    const isHurried = () => more?.aborted ?? false;
    await endGroup(child, () => isClosed || isHurried());
    await within(OUTPUT_GRACE_MS, closed);
    // Behind a program that ended by itself, a service may live on that holds no output.
    if (!hasExited || !isClosed) {
      await endEscaped(child, request.mark, isHurried);
      await within(OUTPUT_GRACE_MS, closed);
    }
  }
  if (!hasExited) {
    const limit = `${request.timeoutMs / 1000} s`;
    return { exitCode: -1, problem: `Ended after the time limit of ${limit}` };
  }
  const { code, signal } = first;
  // Reports a signal as 128 plus its number, as a shell does.
  const signalNumber = signal === null ? 0 : constants.signals[signal];
  return { exitCode: code ?? 128 + signalNumber, problem: null };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ error }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** The promise's value; undefined when the time is over first. */
function within<Value>(
  limitMs: number,
  promise: Promise<Value>,
  signal?: AbortSignal,
): Promise<Value | undefined> {
  return unlessAborted<Value | undefined>(signal, (end, fail) => {
    promise.then(end, fail);
    const delayMs = Math.min(limitMs, MAX_TIMER_MS);
    const timer = setTimeout(() => end(undefined), delayMs);
    return () => clearTimeout(timer);
  });
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
  { onOutput, onProgress }: ProgramRequest,
): () => void {
  let latest: BoundedOutput | undefined;
  for (const name of OUTPUT_NAMES) {
    child[name]?.on("data", (bytes: Uint8Array) => {
      latest = output[name];
      latest.add(bytes);
      onOutput?.(name, bytes);
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

const IS_WINDOWS = process.platform === "win32";

/** Starts a program; its group, its output and its errors are the caller's. A text says why it has no start. */
function startProgram(request: MarkedRequest): ChildProcess | Error | string {
  try {
    const env = withMark(environmentFor(request), request.mark);
    const start = IS_WINDOWS
      ? startOnWindows(request, env)
      : posixStart(request.command);
    return typeof start === "string"
      ? start
      : spawn(start.program, start.args, {
        cwd: request.workingDirectory,
        env,
        stdio: [
          request.input === undefined ? "ignore" : "pipe",
          "pipe",
          "pipe",
        ],
        // A group of its own, which can be ended as a whole.
        detached: !IS_WINDOWS,
        windowsHide: true,
        windowsVerbatimArguments: start.isQuoted,
      });
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** Links count too: those that the system's own shop makes can be started, and not be followed. */
function isProgram(path: string): boolean | undefined {
  const kind = visibleKind(path);
  return kind === "denied" ? undefined : kind === "file" || kind === "symlink";
}

function startOnWindows(
  { command, workingDirectory }: ProgramRequest,
  variables: Environment,
): WindowsStart | string {
  return windowsStart(command, {
    workingDirectory: normalisePath(workingDirectory),
    variables,
    isProgram,
  });
}

function posixStart(command: ProgramRequest["command"]): WindowsStart {
  const [program = "", ...args] = wordsOf(command);
  return { program, args, isQuoted: false };
}

function environmentFor(request: ProgramRequest): Environment {
  return environmentOf(process.env, request, IS_WINDOWS);
}

/** What the system says of a program that cannot run, whatever the reason is. */
const NOT_RUNNABLE: Readonly<Record<string, string>> = {
  ENOENT: "was not found",
  EACCES: "is not executable",
  ENOEXEC: "has no form that this machine runs",
};

function endingOfStart(
  request: ProgramRequest,
  error: Error | string,
): Ending {
  const [program = ""] = wordsOf(request.command);
  if (typeof error !== "string" && error.name === "NotCapable") {
    throw denied(
      "permission_missing",
      `Cannot run "${program}": orc has no permission to run programs`,
      { hint: "run orc with --allow-run --allow-env", cause: error },
    );
  }
  // The system reports a missing working directory as a missing program.
  if (isMissing(request.workingDirectory)) {
    const directory = `Working directory "${request.workingDirectory}"`;
    return { exitCode: -1, problem: `${directory} does not exist` };
  }
  const reason = typeof error === "string"
    ? error
    : whyNotStarted(error, program, request);
  return { exitCode: -1, problem: `Program "${program}" ${reason}` };
}

function whyNotStarted(
  error: Error,
  program: string,
  request: ProgramRequest,
): string {
  const plain = NOT_RUNNABLE[codeOf(error) ?? ""];
  if (plain === undefined) return `could not be started: ${error.message}`;
  return whyUnrunnable(program, siteOf(request)) ?? plain;
}

/** Some shells have no such option, and would end at it. */
const PIPEFAIL = "(set -o pipefail) 2>/dev/null && set -o pipefail";

function wordsOf(command: ProgramRequest["command"]): readonly string[] {
  if (!("shell" in command)) return command;
  if (IS_WINDOWS) return ["cmd.exe"];
  const { shell, manner } = command;
  const text = manner?.pipefail ? `${PIPEFAIL}; ${shell}` : shell;
  return ["sh", ...manner?.stops ? ["-e"] : [], "-c", text];
}

function isMissing(directory: string): boolean {
  try {
    return !Deno.statSync(directory).isDirectory;
  } catch (error) {
    return error instanceof Error && codeOf(error) === "ENOENT";
  }
}

const KEPT_BYTES = OUTPUT_HEAD_BYTES + OUTPUT_TAIL_BYTES;

/** Keeps the beginning and the end of a stream, however much it carries. */
export class BoundedOutput {
  readonly #masking: MaskingStream | undefined;
  /** The beginning, and behind it at least the last bytes that came. */
  readonly #buffer = new Uint8Array(KEPT_BYTES + OUTPUT_TAIL_BYTES);
  #length = 0;
  #totalBytes = 0;
  readonly #hash = createHash("sha256");

  /** With a masking stream, no secret is kept, wherever reads and cuts divide it. */
  constructor(masking?: MaskingStream) {
    this.#masking = masking;
  }

  /** Takes the next bytes; they are copied, so that no large buffer stays alive. */
  add(bytes: Uint8Array): void {
    this.#keep(this.#masking?.push(bytes) ?? bytes);
  }

  /** Takes what the masking held back to see what follows. */
  end(): void {
    if (this.#masking !== undefined) this.#keep(this.#masking.end());
  }

  #keep(bytes: Uint8Array): void {
    this.#totalBytes += bytes.length;
    this.#hash.update(bytes);
    for (let taken = 0; taken < bytes.length;) {
      if (this.#length === this.#buffer.length) this.#compact();
      const room = this.#buffer.length - this.#length;
      const part = bytes.subarray(taken, taken + room);
      this.#buffer.set(part, this.#length);
      this.#length += part.length;
      taken += part.length;
    }
  }

  /** Moves the end right behind the beginning; returns both. */
  #compact(): Uint8Array {
    if (this.#length > KEPT_BYTES) {
      const start = this.#length - OUTPUT_TAIL_BYTES;
      this.#buffer.copyWithin(OUTPUT_HEAD_BYTES, start, this.#length);
      this.#length = KEPT_BYTES;
    }
    return this.#buffer.subarray(0, this.#length);
  }

  /** The text so far; where bytes were left out, a line says how many. */
  text(): string {
    const [start = this.#buffer, end] = this.#parts();
    if (end === undefined) return decode(start);
    const leftOut = this.#totalBytes - start.length - end.length;
    return `${decode(start)}\n… ${leftOut} bytes left out …\n${decode(end)}`;
  }

  /** What all of it was, also what is not kept. */
  receipt(): StreamReceipt {
    const sha256 = this.#hash.copy().digest("hex");
    return { bytes: this.#totalBytes, sha256 };
  }

  /** Whether the text shows all bytes as the characters they stand for. */
  isUtf8(): boolean {
    return this.#parts().every((part) => isUtf8(part));
  }

  /** All bytes, or the beginning and the end. */
  #parts(): readonly Uint8Array[] {
    const kept = this.#compact();
    return this.#totalBytes === kept.length ? [kept] : [
      withoutOpenSequence(kept.subarray(0, OUTPUT_HEAD_BYTES)),
      withoutSequenceRest(kept.subarray(OUTPUT_HEAD_BYTES)),
    ];
  }

  /** The last complete line that is not blank; undefined as long as there is none. */
  lastLine(): string | undefined {
    const lines = decode(this.#compact()).split(/[\r\n]+/);
    return lines.slice(0, -1).findLast((line) => line.trim() !== "");
  }
}

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  return DECODER.decode(bytes);
}

/** A cut in the middle of a character must not look like a broken character. */
function withoutOpenSequence(bytes: Uint8Array): Uint8Array {
  for (let length = 1; length <= 3; length++) {
    const byte = bytes.at(-length) ?? 0;
    if (isContinuation(byte)) continue;
    return sequenceLength(byte) > length ? bytes.subarray(0, -length) : bytes;
  }
  return bytes;
}

function withoutSequenceRest(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start] ?? 0)) start++;
  return bytes.subarray(start);
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Bytes of the UTF-8 sequence that this byte begins. */
function sequenceLength(byte: number): number {
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}
