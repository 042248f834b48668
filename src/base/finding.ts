/**
 * How much a finding matters: an `error` keeps somebody from working, a
 * `warning` will or may, an `info` is good to know and does no harm.
 */
export type Severity = "error" | "warning" | "info";

/** One result of doctor. */
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

/** Somebody cannot work. */
export function errorFinding(said: Said): Finding {
  return finding("error", said);
}

/** Somebody will not be able to work, or may not. */
export function warningFinding(said: Said): Finding {
  return finding("warning", said);
}

/** Good to know. */
export function infoFinding(said: Said): Finding {
  return finding("info", said);
}

function finding(severity: Severity, said: Said): Finding {
  const { code, path, session = null, message, remedy } = said;
  const { fixable = false } = said;
  return { severity, code, path, session, message, remedy, fixable };
}

/** Whether a finding is more than good to know. */
export function isProblem({ severity }: Finding): boolean {
  return severity !== "info";
}
