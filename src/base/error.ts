import type { DetailsOf, ErrorDetails, OrcErrorCode } from "./codes.ts";
import { membersOf } from "./plain.ts";

/**
 * What went wrong, as a class that decides the exit code.
 *
 * - `usage` (2): wrong arguments, flags or names of settings
 * - `refused` (3): the rules say no
 * - `not_found` (4): no such repository, session, phase, item or file
 * - `conflict` (5): a lock is held, or somebody else was faster
 * - `corrupt` (6): data that cannot be trusted
 * - `external` (7): the disk, the system or a program could not do its part
 * - `pending` (75): no answer yet, and the time to wait for it is over
 * - `denied` (77): a permission or the yes of a human is missing
 * - `config` (78): the workflow or the configuration is invalid
 */
export type ErrorKind =
  | "usage"
  | "refused"
  | "not_found"
  | "conflict"
  | "corrupt"
  | "external"
  | "pending"
  | "denied"
  | "config";

/** What an {@linkcode OrcError} may carry besides its message. */
export interface OrcErrorOptions {
  /** What to do next; names a command that exists and loses nothing. */
  hint?: string;
  /** The error that led to this one. */
  cause?: unknown;
  /** The file or directory the error is about. */
  path?: string;
  /** Facts for programs, shown in the JSON output. */
  details?: Readonly<Record<string, unknown>>;
}

/** All that an {@linkcode OrcError} says, as plain data. */
export type OrcErrorData =
  & Pick<OrcError, "name" | "kind" | "code" | "message">
  & Partial<Pick<OrcError, "hint" | "path" | "details">>;

/**
 * The one error class of orc: a condition that is the caller's to handle. Any other error is a bug in
 * orc, except for the reason of an `AbortSignal` that the caller handed in.
 */
export class OrcError extends Error {
  /** The class name, which survives where `instanceof` does not. */
  override readonly name = "OrcError";
  /** Decides the exit code. */
  readonly kind: ErrorKind;
  /** Stable name of the condition, for programs; an error of your own may have one of yours. */
  readonly code: OrcErrorCode;
  /** What to do next. */
  readonly hint?: string;
  /** The file or directory the error is about. */
  readonly path?: string;
  /** Facts for programs. */
  readonly details?: Readonly<Record<string, unknown>>;

  /** Makes an error of the given kind with a stable code and a sentence for people. */
  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    options: OrcErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.code = code as OrcErrorCode;
    this.hint = options.hint;
    this.path = options.path;
    this.details = options.details && membersOf(options.details);
  }

  /** All of it as plain data, as `JSON.stringify` prints it; `structuredClone` keeps only this whole. */
  toJSON(): OrcErrorData {
    const { name, kind, code, message, hint, path, details } = this;
    return { name, kind, code, message, hint, path, details };
  }
}

/** Makes an error of one kind. Where there is nothing to tell but what to do next, a hint is enough. */
type ErrorMaker = <Code extends OrcErrorCode>(
  code: Code,
  message: string,
  ...more: Code extends keyof ErrorDetails
    ? [OrcErrorOptions & { details: ErrorDetails[Code] }]
    : [(string | OrcErrorOptions)?]
) => OrcError;

function errorsOf(kind: ErrorKind): ErrorMaker {
  return (code, message, ...[more]: [(string | OrcErrorOptions)?]) => {
    const options = typeof more === "string" ? { hint: more } : more;
    return new OrcError(kind, code, message, options);
  };
}

export const usage: ErrorMaker = errorsOf("usage");
export const refused: ErrorMaker = errorsOf("refused");
export const notFound: ErrorMaker = errorsOf("not_found");
export const conflict: ErrorMaker = errorsOf("conflict");
export const corrupt: ErrorMaker = errorsOf("corrupt");
export const external: ErrorMaker = errorsOf("external");
export const pending: ErrorMaker = errorsOf("pending");
export const denied: ErrorMaker = errorsOf("denied");
export const misconfigured: ErrorMaker = errorsOf("config");

/** What a host of somebody's own answers wrongly. */
export function invalidHost(
  member: string,
  expected: string,
  value: unknown,
): OrcError {
  const given = String(JSON.stringify(value)).slice(0, 100);
  const message = `The host's ${member} must be ${expected}, and is ${given}`;
  return usage("invalid_host", message, {
    hint: "see Host in docs/library.md, or take that member from denoHost()",
    details: { member, expected },
  });
}

const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  usage: 2,
  refused: 3,
  not_found: 4,
  conflict: 5,
  corrupt: 6,
  external: 7,
  pending: 75,
  denied: 77,
  config: 78,
};

/** Exit code of a bug in orc: anything thrown that is not an {@linkcode OrcError}. */
export const INTERNAL_EXIT_CODE = 1;

/** Returns the exit code that stands for an error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof OrcError
    ? EXIT_CODES[error.kind]
    : INTERNAL_EXIT_CODE;
}

/**
 * Tells whether it is an error of orc, of a certain code if one is named: also of another copy of
 * orc, which `instanceof` does not know.
 */
export function isOrcError<Code extends OrcErrorCode = OrcErrorCode>(
  error: unknown,
  code?: Code,
): error is OrcError & {
  readonly code: Code;
  readonly details: DetailsOf<Code>;
} {
  return error instanceof Error && error.name === "OrcError" &&
    "code" in error && (code === undefined || error.code === code);
}

/** Makes a handler for what orc refuses or cannot do; any other error is a bug, and thrown on. */
export function onRefusal<Answer>(
  answer: (error: OrcError) => Answer,
): (error: unknown) => Answer {
  return (error) => {
    if (error instanceof OrcError) return answer(error);
    throw error;
  };
}

/** What an act comes to, or what is made of the error with which orc refuses it. */
export function orElse<Result, Answer>(
  act: () => Result,
  answer: (error: OrcError) => Answer,
): Result | Answer {
  try {
    return act();
  } catch (error) {
    return onRefusal(answer)(error);
  }
}

/** What is damaged tells nothing. */
export function unlessCorrupt<Value>(read: () => Value): Value | undefined {
  return orElse(read, nothingIfCorrupt);
}

export function nothingIfCorrupt(error: unknown): undefined {
  if (error instanceof OrcError && error.kind === "corrupt") return undefined;
  throw error;
}
