/** What a host is asked for: that a program runs, or that a human says yes. */
import type { Masker } from "../base/mask.ts";
import type { ShownFile } from "../engine/approval.ts";
import type { StreamReceipt } from "../engine/receipt.ts";
import type { OutputName } from "../workflow/types.ts";

/** A program to run, and the bounds it runs in. */
export interface ProgramRequest {
  /** Program and arguments, or one text for `sh`, on Windows for `cmd`, and what was filled into it. */
  readonly command:
    | readonly string[]
    | {
      readonly shell: string;
      readonly values?: readonly string[];
      /** Whether `sh` ends at the first program that fails, and a pipe fails with any of its programs. */
      readonly manner?: { readonly stops: boolean; readonly pipefail: boolean };
    };
  /** Where the program runs; absolute. */
  readonly workingDirectory: string;
  /** After this time the program and all it started are ended. */
  readonly timeoutMs: number;
  /** What the program reads from standard input; without it there is none. */
  readonly input?: string;
  /**
   * Makes the program's environment from orc's own; without it, that is all of it but what ties git
   * to one repository.
   */
  readonly environment?: (
    own: Readonly<Record<string, string | undefined>>,
  ) => Readonly<Record<string, string | undefined>>;
  /** Variables the program gets besides those of its environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Names of variables of that environment that the program does not get. */
  readonly withheld?: readonly string[];
  /** Takes secrets out of the output before any of it is kept or shown. */
  readonly masker?: Masker;
  /** Ends the program, and all it started, when it is aborted: then its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Once this is aborted too, the end is by force at once. */
  readonly hurry?: AbortSignal | undefined;
  /** Called with each piece of output as it comes: whole and unmasked, where the result keeps only its ends. */
  readonly onOutput?: (name: OutputName, piece: Uint8Array) => void;
  /** Called four times a second while the program runs. */
  readonly onProgress?: (progress: ProgramProgress) => void;
}

/** How far a program is. */
export interface ProgramProgress {
  /** How long it has been running. */
  readonly elapsedMs: number;
  /** The last line of output that is complete and not blank. */
  readonly lastLine: string | undefined;
}

/** How a program ended. */
export interface ProgramResult {
  /** 128 plus its number for a signal; -1 when it never ran or orc ended it. */
  readonly exitCode: number;
  /** First 4 KiB and last 16 KiB, as UTF-8; what was cut out is named. */
  readonly stdout: string;
  /** Cut in the same way. */
  readonly stderr: string;
  /** Which of the two held bytes that are no UTF-8, shown as U+FFFD. */
  readonly notUtf8: readonly OutputName[];
  /** How long it ran, to the millisecond. */
  readonly durationSeconds: number;
  /** Why it could not run or was ended by orc; null when it ended by itself. */
  readonly problem: string | null;
  /** What a receipt says of it, from a host that can tell. */
  readonly trace?: ProgramTrace;
}

/** What ran, and all that it printed in a few digits. */
export interface ProgramTrace {
  /** The file that ran, as it was found on `PATH`; null where nobody can tell, or nothing ran. */
  readonly program: string | null;
  /** All of standard output. */
  readonly stdout: StreamReceipt;
  /** All of error output. */
  readonly stderr: StreamReceipt;
}

/** An act that only a human may allow. */
export interface ApprovalRequest {
  /** What is asked for, without control characters, such as `approve item "plan"`. */
  readonly request: string;
  /** The item it is about; null when it is about none. */
  readonly itemId: string | null;
  /** Id of the session; null when it is about the repository. */
  readonly session: string | null;
  /** The directory that holds `.orchestrator/`. */
  readonly root: string;
  /** The files that the item shows a human, as they lie there; a yes counts only while they stay so. */
  readonly shown: readonly ShownFile[];
  /** Aborted once nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/** What a human answered. */
export interface Approval {
  /** Whether it was a yes. */
  readonly approved: boolean;
  /** Why not, in their words. */
  readonly reason?: string | undefined;
}
