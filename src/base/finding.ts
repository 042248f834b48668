/** Whether somebody cannot work (`error`), will not or may not (`warning`), or can (`info`). */
export type Severity = "error" | "warning" | "info";

/** One result of doctor: what is wrong, told and not thrown. */
export interface Finding {
  /** How much it matters. */
  readonly severity: Severity;
  /** Stable name, for programs. */
  readonly code: string;
  /** The file or directory it is about, absolute. */
  readonly path: string;
  /** Id of the session it is about; null when it is about the repository. */
  readonly session: string | null;
  /** What it means: a sentence that names the path. */
  readonly message: string;
  /** What to do about it: a command that exists, or an act. */
  readonly remedy: string;
  /** Whether `orc doctor --fix` puts it right, which loses nothing. */
  readonly fixable: boolean;
}

/** What a check says; the rest of a {@linkcode Finding} can be left out. */
export type Said =
  & Pick<Finding, "code" | "path" | "message" | "remedy">
  & Partial<Pick<Finding, "session" | "fixable">>;

export function findingsOf(severity: Severity): (said: Said) => Finding {
  return ({ code, path, session = null, message, remedy, fixable = false }) => (
    { severity, code, path, session, message, remedy, fixable }
  );
}

export const errorFinding: (said: Said) => Finding = findingsOf("error");

export const warningFinding: (said: Said) => Finding = findingsOf("warning");

export const infoFinding: (said: Said) => Finding = findingsOf("info");

export function isProblem({ severity }: Finding): boolean {
  return severity !== "info";
}

const RANKS: Readonly<Record<Severity, number>> = {
  error: 0,
  warning: 1,
  info: 2,
};

/** Orders findings for a sort, which leaves those of one severity as they are. */
export function worstFirst(one: Finding, other: Finding): number {
  return RANKS[one.severity] - RANKS[other.severity];
}
