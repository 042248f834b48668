import { nearest } from "../base/suggest.ts";
import type { Locate, Path, ProblemDraft } from "./problem.ts";
import { scalarText } from "./value.ts";
import type { BaseIssue, IssuePathItem } from "valibot";

type Issue = BaseIssue<unknown>;

/** Puts what the schema found into words. */
export function schemaProblems(
  issues: readonly Issue[],
  locate: Locate,
): readonly ProblemDraft[] {
  return issues.map((issue) => {
    const path = pathOf(issue);
    const advice = adviceFor(issue, path, locate);
    return { ...wordingOf(issue, advice), severity: "error", path };
  });
}

function wordingOf(
  issue: Issue,
  advice: string,
): Pick<ProblemDraft, "code" | "message"> {
  if (isMissingKey(issue)) {
    return { code: "missing_key", message: "Missing" };
  }
  const isType = issue.kind === "schema" && issue.type !== "picklist";
  return {
    code: isType ? "invalid_type" : "invalid_value",
    message: issue.message + advice,
  };
}

/** Shows how to write what YAML took for something else, and the word that was meant. */
function adviceFor(issue: Issue, path: Path, locate: Locate): string {
  const { input, type } = issue;
  if (type === "picklist" && typeof input === "string") {
    const meant = nearest(input, wordsOf(issue));
    return meant === undefined ? "" : `: did you mean "${meant}"?`;
  }
  const plain = scalarText(input);
  if (type !== "string" || plain === undefined) return "";
  return `: write "${locate(path)?.text ?? plain}" in quotes`;
}

function wordsOf({ expected }: Issue): readonly string[] {
  return Array.from(
    (expected ?? "").matchAll(/"([^"]+)"/g),
    ([, word]) => word ?? "",
  );
}

function isMissingKey({ path }: Issue): boolean {
  const last: IssuePathItem | undefined = path?.at(-1);
  return last !== undefined && "origin" in last && last.origin === "key";
}

function pathOf({ path }: Issue): Path {
  return (path ?? []).map(({ key }) =>
    typeof key === "number" ? key : String(key)
  );
}
