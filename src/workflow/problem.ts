import type { OrcErrorCode } from "../base/codes.ts";
import { misconfigured, type OrcError } from "../base/error.ts";
import { MAX_PROBLEMS } from "../base/limits.ts";
import { nearest } from "../base/text.ts";

/** Keys and list indexes, from 0, that lead to a value; empty for the whole. */
export type Path = readonly (string | number)[];

/** Where an entry of a workflow file begins. */
export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** The scalar as the file spells it, for values whose spelling YAML loses. */
  readonly text?: string;
  /** Where it is not in the file that was read, but in one that this includes: that one. */
  readonly file?: string;
  /** The path in that file. */
  readonly path?: Path;
}

/**
 * Finds where the entry at a path begins: its key or, in a list, the value itself. A key that is
 * no string, and so no part of a path, is given beside the path of its mapping; its spelling is
 * that of the key.
 */
export type Locate = (path: Path, key?: unknown) => Position | undefined;

/** One thing that is wrong or doubtful in a workflow file. */
export interface Problem {
  /** Stable name of the condition, for programs, such as `duplicate_id`. */
  readonly code: string;
  /** An `error` refuses the file, or makes `validate` fail; a `warning` keeps nothing from working. */
  readonly severity: "error" | "warning";
  /** Such as `phases[0].items[2].id`; empty for the file as a whole. */
  readonly path: string;
  /** For people: one line without a period that says how to write it right. */
  readonly message: string;
  /** From 1; missing when the position is not known. */
  readonly line?: number;
  /** From 1, in UTF-16 units; missing when the position is not known. */
  readonly column?: number;
  /** The included file that it is in; missing for the file that was read. */
  readonly file?: string;
}

/** A problem that has not been looked up in the file yet. */
export interface ProblemDraft extends Omit<Problem, "path"> {
  readonly path: Path;
  /** A key in the mapping at the path that is wrong since it is no string. */
  readonly wrongKey?: {
    readonly key: unknown;
    /** What to say where it is known how the file spells the key. */
    readonly spelled: (text: string) => string;
  };
}

type Drafter = (path: Path, code: string, message: string) => ProblemDraft;

function drafterOf(severity: Problem["severity"]): Drafter {
  return (path, code, message) => ({ code, severity, path, message });
}

export const errorAt: Drafter = drafterOf("error");
export const warningAt: Drafter = drafterOf("warning");

/** Names the word that was probably meant; empty when none is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined ? "" : `: did you mean "${meant}"?`;
}

/** Looks up where a problem is: at its entry, or at the nearest one around it. */
export function placeProblem(
  { wrongKey, ...draft }: ProblemDraft,
  locate: Locate,
): Problem {
  const path = formatPath(draft.path);
  const own = wrongKey && locate(draft.path, wrongKey.key);
  if (wrongKey !== undefined && own !== undefined) {
    const { line, column, text, file } = own;
    const message = text === undefined ? draft.message : wrongKey.spelled(text);
    return { ...draft, message, path, line, column, ...file && { file } };
  }
  for (let length = draft.path.length; length >= 0; length--) {
    const position = locate(draft.path.slice(0, length));
    if (position === undefined) continue;
    const { line, column, file, path: inFile } = position;
    const own = inFile && formatPath([...inFile, ...draft.path.slice(length)]);
    return { ...draft, path: own ?? path, line, column, ...file && { file } };
  }
  return { ...draft, path };
}

export function invalidWorkflow(
  problems: readonly Problem[],
  path?: string,
  source?: string,
): OrcError {
  const shown = mostTelling(problems);
  const total = problems.length;
  const [first] = shown;
  const hint = HINTS[first?.code ?? ""];
  return invalidFile("invalid_workflow", shown, total, { path, source, hint });
}

/** The code of a file that is another program's. */
export const FOREIGN_FILE = "foreign_file";

/** The code of an include that names no one commit. */
export const UNPINNED = "include_unpinned";

/** The ways on that are not to correct the file. */
const HINTS: Readonly<Record<string, string>> = {
  [FOREIGN_FILE]:
    "leave it to its program, and name a workflow of orc: orc start -w FILE",
  [UNPINNED]: "let orc write the commit: orc include update",
};

/** The one error for all problems of a file, of which some are shown; what is no file has a name as its `source`. */
export function invalidFile(
  code: OrcErrorCode,
  problems: readonly Problem[],
  total: number,
  {
    path,
    source = path ?? "workflow",
    hint = "correct the file, then run orc validate",
  }: {
    readonly path?: string;
    readonly source?: string;
    readonly hint?: string;
  },
): OrcError {
  const message = problemLines(problems, total, source);
  return misconfigured(code, message, { hint, path, details: { problems } });
}

/** One line per problem, `file:line:column: path: message`. */
export function problemLines(
  shown: readonly Problem[],
  total: number,
  source: string,
): string {
  const lines = shown.map((problem) => problemLine(problem, source));
  const hidden = total - shown.length;
  return (hidden > 0 ? [...lines, `… and ${hidden} more problems`] : lines)
    .join("\n");
}

/** `workflow.yaml:7:5: phases[0].id: Expected a string, found the number 1`. */
export function problemLine(problem: Problem, source: string): string {
  const file = problem.file ?? source;
  const place = problem.line === undefined
    ? file
    : `${file}:${problem.line}:${problem.column}`;
  const path = problem.path === "" ? "" : `${problem.path}: `;
  return `${place}: ${path}${problem.message}`;
}

/** Writes a path as people read it: `phases[0].items[2].id`. */
export function formatPath(path: Path): string {
  return path.map((step, index) => {
    if (typeof step === "number") return `[${step}]`;
    if (!/^[\p{L}\p{N}_-]+$/u.test(step)) return `[${JSON.stringify(step)}]`;
    return index === 0 ? step : `.${step}`;
  }).join("");
}

/** In the order of the file; where there are too many, errors go before warnings. */
export function mostTelling(problems: readonly Problem[]): readonly Problem[] {
  const inOrder = problems.toSorted((a, b) => place(a) - place(b));
  const rank = ({ severity }: Problem) => severity === "error" ? 0 : 1;
  const bySeverity = inOrder.toSorted((a, b) => rank(a) - rank(b));
  const kept = new Set(bySeverity.slice(0, MAX_PROBLEMS));
  return inOrder.filter((problem) => kept.has(problem));
}

/** Orders by line, then by column; columns beyond 99,999 count as equal. */
function place({ line = 0, column = 0 }: Problem): number {
  return line * 100_000 + Math.min(column, 99_999);
}
