import { invalidHost } from "../base/error.ts";
import type { Masker } from "../base/mask.ts";
import type { Clock } from "../base/time.ts";
import type { Liveness, ProcessIdentity } from "../files/lock_record.ts";
import type { Caller } from "../workflow/types.ts";
import type { AgentAbove } from "./ancestors.ts";
import type {
  Approval,
  ApprovalRequest,
  ProgramRequest,
  ProgramResult,
} from "./request.ts";

export type { AgentAbove, Liveness, ProcessIdentity };
export type {
  Approval,
  ApprovalRequest,
  ProgramProgress,
  ProgramRequest,
  ProgramResult,
  ProgramTrace,
} from "./request.ts";

/** The terminal, or what stands in its place. */
export interface Terminal {
  /** Whether input and error output are terminals, and no CI is detected. */
  readonly isInteractive: boolean;
  /** Whether standard output is a terminal. */
  readonly isOutputTerminal: boolean;
  /** Whether error output is a terminal. */
  readonly isErrorTerminal: boolean;
  /** Width for people in columns; 80 where none can be found out. */
  readonly columns: number;
  /** Asks on error output for one line of at most 4096 bytes; undefined when input ended. */
  readLine(question: string): string | undefined;
  /** As `readLine`, for what nobody may see while it is typed. */
  readHidden(question: string): string | undefined;
  /**
   * Shows a line without control characters in place of the one before; undefined takes it away.
   * Does nothing where no line can be redrawn.
   */
  showProgress(line: string | undefined): void;
}

/** Signals that are kept waiting while something is brought to its end. */
export interface SignalHold {
  /** Throws `Interrupted` if a signal has come: for places where ending is harmless. */
  throwIfCaught(): void;
  /** Gives the signals back their effect; throws `Interrupted` if one has come. */
  release(): void;
}

/**
 * This machine: the only source of time, randomness, environment, programs and prompts. {@linkcode
 * denoHost} makes one; programs and tests may replace members of it: `{ ...denoHost(), env: () =>
 * undefined }` takes no setting from the environment.
 */
export interface Host {
  /** Absolute. Reading it may throw `no_working_directory` (external). */
  readonly workingDirectory: string;
  /** Where people are asked, for approvals unless there is {@linkcode Host.approve}. */
  readonly terminal: Terminal;
  /** Instant in UTC, such as `2026-11-20T07:34:57.231000Z`. */
  now(): string;
  /** Local time without offset, with six fraction digits, as in Python. */
  localNow(): string;
  /** Value of a variable; undefined when it is unset or may not be read. */
  env(name: string): string | undefined;
  /** Reads standard input, but no more than one byte beyond the limit. */
  readInput(limitBytes: number): Uint8Array;
  /** 128 random bits as 32 hex digits. */
  newToken(): string;
  /** Loads what makes ULIDs, ascending and in lower case. */
  idSource(): Promise<() => string>;
  /** The user's directory, whose `.orchestrator` belongs to no repository. */
  homeDirectory(): string | undefined;
  /** Who this process is, for whoever waits for its lock. */
  identity(): ProcessIdentity;
  /** Tells whether who took a lock at the instant `lockedAt` can still act. */
  livenessOf(holder: ProcessIdentity, lockedAt: string): Liveness;
  /**
   * Keeps the signals that would end this process waiting, for milliseconds. Only the program orc has
   * it, whose process is its own: in a library the signals belong to whoever calls it.
   */
  readonly holdSignals?:
    | (() => SignalHold | Promise<SignalHold>)
    | undefined;
  /**
   * Runs a program to its end, without a terminal; that it fails or is missing is a result. Throws
   * `permission_missing` (denied) where none may be run.
   */
  runProgram(request: ProgramRequest): Promise<ProgramResult>;
  /** The agent that calls, without any approval. */
  caller(): Caller;
  /** Finds an agent's program among the processes that led to this one, where the machine shows them. */
  agentAbove?(): Promise<AgentAbove | undefined>;
  /**
   * Asks a human, wherever they are, and may take its time: instead of the terminal, and for an agent
   * that calls too, since it cannot answer here. No lock is held meanwhile.
   */
  approve?(request: ApprovalRequest): Promise<Approval>;
}

/** Value of a variable; what a host answers to this may decide where something is written. */
export function variableOf(host: Host, name: string): string | undefined {
  const value: unknown = host.env(name);
  if (value === undefined || typeof value === "string") return value;
  throw invalidHost("env()", "a text, or undefined where it is unset", value);
}

/** Tiny, because every command asks here: what knows secrets is loaded only by those that use them. */
const maskers = new WeakMap<Host, Masker>();

/** Has everything masked that this machine shows from now on. */
export function rememberMasker(host: Host, masker: Masker): void {
  maskers.set(host, masker);
}

/** The masker of what this machine shows; undefined as long as no secret is known. */
export function rememberedMasker(host: Host): Masker | undefined {
  return maskers.get(host);
}

/** The signals that end orc, with the exit code a shell reports for each. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type EndingSignal = keyof typeof EXIT_CODES;

/** A signal reached orc and was taken from its default action: whoever catches this must end orc. */
export class Interrupted extends Error {
  /** The class name, which survives where `instanceof` does not. */
  override readonly name = "Interrupted";
  /** What orc must exit with. */
  readonly exitCode: number;

  constructor(readonly signal: EndingSignal) {
    super(`Interrupted by ${signal}`);
    this.exitCode = EXIT_CODES[signal];
  }
}

export function clockOf(host: Host): Clock {
  return { now: host.now(), localNow: host.localNow() };
}
