import { OrcError } from "../base/error.ts";
import { TOLD_HEAD_LENGTH, TOLD_OUTPUT_LENGTH } from "../base/limits.ts";
import { leadsOut } from "../base/path.ts";
import { endsOf, uncapitalised } from "../base/text.ts";
import type { CheckResult, Item } from "../workflow/types.ts";
import { describeResult } from "./check.ts";

/** Lines of a failed program's output that are shown at once; the state keeps more. */
const SHOWN_OUTPUT_LINES = 10;
const MAX_SHOWN_LINE_LENGTH = 300;

/** The result without the bulk of its output: an agent reads all of an error. */
function told(result: CheckResult): CheckResult {
  if (result.type !== "command") return result;
  const cut = (output: string): string =>
    endsOf(output, TOLD_OUTPUT_LENGTH, TOLD_HEAD_LENGTH);
  return { ...result, stdout: cut(result.stdout), stderr: cut(result.stderr) };
}

/** The refusal a caller gets after a failed check was recorded. */
export function failedCheck(
  item: Item,
  result: CheckResult,
  retryCount: number,
): OrcError {
  const { description } = item.verification;
  return new OrcError(
    "refused",
    "check_failed",
    `Cannot complete item "${item.id}": ${reasonOf(result, description)}${
      lastWordsOf(result)
    }`,
    {
      hint: hintFor(result, item),
      details: { item: item.id, tries: retryCount, result: told(result) },
    },
  );
}

/** What is said about a file begins with its name, which keeps its capitals. */
function reasonOf(result: CheckResult, description: string | null): string {
  const reason = describeResult(result);
  if (result.type === "file_exists") return reason;
  return description === null || result.problem !== null
    ? uncapitalised(reason)
    : `its check expects that ${description}`;
}

/** Nobody is to write a file outside of the tree because a workflow asks for it. */
function hintFor(result: CheckResult, item: Item): string {
  return result.type === "file_exists" && leadsOut(result.name)
    ? "the workflow is wrong: a path must be relative to the working tree and stay in it; correct workflow.yaml, then start a new session"
    : `${remedyFor(result, item)}, then run: orc complete ${item.id}`;
}

/** Where the check is put in words, the item's own advice says more than its command. */
function remedyFor(result: CheckResult, item: Item): string {
  const [advice] = item.notes;
  const isWorded = item.verification.description !== null;
  if (isWorded && advice && result.problem === null) return advice;
  if (result.type === "file_exists") return fileRemedy(result);
  const { command, expectExitCode, problem } = result;
  if (problem !== null) return `mend this first: ${uncapitalised(problem)}`;
  return expectExitCode === 0
    ? `make \`${command}\` succeed`
    : `make \`${command}\` end with exit code ${expectExitCode}`;
}

function fileRemedy(
  { name, problem }: CheckResult & { readonly type: "file_exists" },
): string {
  return problem === leadsOutOfTree(name)
    ? `put a file of the working tree in the place of ${name}`
    : `write ${name}`;
}

/** What is wrong with a file that lies elsewhere. */
export function leadsOutOfTree(name: string): string {
  return `${name} leads out of the repository`;
}

/** Most programs say at the end what went wrong. */
function lastWordsOf(result: CheckResult): string {
  if (result.type === "file_exists") return "";
  const output = result.stderr.trim() || result.stdout.trim();
  if (output === "") return "";
  const lines = output.split("\n").slice(-SHOWN_OUTPUT_LINES);
  return [...lines, ...encodingRemark(result)]
    .map((line) => `\n  ${line.slice(0, MAX_SHOWN_LINE_LENGTH)}`)
    .join("");
}

function encodingRemark(
  { notUtf8 }: CheckResult & { readonly type: "command" },
): readonly string[] {
  if (notUtf8.length === 0) return [];
  return [`(${notUtf8.join(" and ")} not valid UTF-8: \ufffd stands for it)`];
}
