/** Files that are passed over where a workflow is looked for: another program's, or one with another name. */
import { OrcError, orElse } from "../base/error.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { joinPath, nameOf, parentDirectory } from "../base/path.ts";
import { entriesIn, readText } from "../files/read.ts";
import { FOREIGN_FILE, type Problem } from "../workflow/problem.ts";
import { keysAtMargin } from "../workflow/value.ts";

const OTHER_NAME = /^workflow\.ya?ml(?:\.txt)?$/i;

/** Names that people take for that of the workflow, where the file looks like one. */
export function otherNames(own: string): readonly Problem[] {
  const tree = parentDirectory(own) ?? own;
  const wanted = nameOf(own);
  const textOf = (name: string): string =>
    orElse(
      () => readText(joinPath(tree, name), MAX_WORKFLOW_BYTES),
      () => "",
    ) ??
      "";
  return entriesIn(tree, "list").map(({ name }) => name).filter((name) =>
    OTHER_NAME.test(name) && name !== wanted &&
    keysAtMargin(textOf(name)).includes("phases")
  ).map((name) =>
    passing(
      "other_name",
      `Used though there is "${name}": only "${wanted}" is read; rename it, or name it: orc start -w ${name}`,
    )
  );
}

/** Says that a file was passed over, after the name of what is used instead. */
export function passing(code: string, message: string): Problem {
  return { code, severity: "warning", path: "", message };
}

/** The problem of a file that is another program's; undefined for any other error. */
export function foreignIn(error: unknown): Problem | undefined {
  if (!(error instanceof OrcError)) return undefined;
  const problems = error.details?.problems;
  const [first]: readonly Problem[] = Array.isArray(problems) ? problems : [];
  return first?.code === FOREIGN_FILE ? first : undefined;
}
