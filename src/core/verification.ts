import { OrcError } from "./error.ts";
import { type JsonObject, jsonObject } from "./json.ts";
import { withOffset } from "./instant.ts";
import { CHECK_TIMEOUT_MS, STORED_OUTPUT_LENGTH } from "./limits.ts";
import { type CommandPlan, fillTemplate, planCommand } from "./template.ts";
import { tailOf, uncapitalised } from "./text.ts";
import type { CheckResult, Item, Workflow } from "./types.ts";

/** Lines of a failed program's output that are shown at once; the state keeps more. */
const SHOWN_OUTPUT_LINES = 10;
const MAX_SHOWN_LINE_LENGTH = 300;

/** What has to be found out before an item can be completed. */
export type RequiredCheck =
  | { readonly type: "none" }
  | { readonly type: "approval" }
  | { readonly type: "file_exists"; readonly path: string }
  | {
    readonly type: "command";
    readonly originalCommand: string;
    readonly plan: CommandPlan;
    readonly expectExitCode: number;
    readonly timeoutMs: number;
    /** Relative to the working tree; null for the tree itself. */
    readonly workingDir: string | null;
  };

/** Says what must be checked for an item, with the workflow's settings filled in. */
export function requiredCheck(workflow: Workflow, item: Item): RequiredCheck {
  const { verification } = item;
  switch (verification.type) {
    case "none":
      return { type: "none" };
    case "manual_gate":
      return { type: "approval" };
    case "file_exists":
      return {
        type: "file_exists",
        path: fillTemplate(verification.path, workflow.settings),
      };
    case "command":
      return {
        type: "command",
        originalCommand: verification.command,
        plan: planCommand(verification.command, workflow.settings),
        expectExitCode: verification.expectExitCode,
        timeoutMs: item.timeoutSeconds === undefined
          ? CHECK_TIMEOUT_MS
          : item.timeoutSeconds * 1000,
        workingDir: item.workingDir,
      };
  }
}

/** One sentence that says how a check ended, for the log and for the caller. */
export function describeResult(result: CheckResult): string {
  if (result.type === "file_exists") {
    return result.problem ?? `File found: ${result.path}`;
  }
  if (result.problem !== null) return result.problem;
  const verb = result.passed ? "passed" : "failed";
  return `Command ${verb} (exit code ${result.exitCode}, expected ${result.expectExitCode})`;
}

/** The Python tool's `verification_result` of an item that is not a gate. */
export function encodeVerificationResult(
  result: CheckResult,
  at: string,
): JsonObject {
  const head = { type: result.type, timestamp: withOffset(at) };
  if (result.type === "file_exists") {
    return jsonObject({
      ...head,
      path: result.path,
      exists: result.passed,
      ...(result.problem === null ? {} : { error: result.problem }),
    });
  }
  return jsonObject({
    ...head,
    command: result.command,
    command_args: result.words,
    original_command: result.originalCommand,
    exit_code: result.exitCode,
    stdout: tailOf(result.stdout, STORED_OUTPUT_LENGTH),
    stderr: tailOf(result.stderr, STORED_OUTPUT_LENGTH),
    duration_seconds: result.durationSeconds,
    ...(result.problem === null ? {} : { error: result.problem }),
  });
}

/** The Python tool's `gate_result`. */
export function encodeGateResult(
  result: CheckResult & { readonly type: "command" },
): JsonObject {
  return jsonObject({
    success: result.passed,
    exit_code: result.exitCode,
    stdout: tailOf(result.stdout, STORED_OUTPUT_LENGTH),
    stderr: tailOf(result.stderr, STORED_OUTPUT_LENGTH),
    command: result.command,
    duration_seconds: result.durationSeconds,
    error: result.problem,
  });
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
      hint: `${remedyFor(result, item)}, then run: orc complete ${item.id}`,
      details: { item: item.id, tries: retryCount, result },
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

/** Where the check is put in words, the item's own advice says more than its command. */
function remedyFor(result: CheckResult, item: Item): string {
  const [advice] = item.notes;
  const isWorded = item.verification.description !== null;
  if (isWorded && advice && result.problem === null) return advice;
  if (result.type === "file_exists") return `write ${result.name}`;
  const { command, expectExitCode } = result;
  return expectExitCode === 0
    ? `make \`${command}\` succeed`
    : `make \`${command}\` end with exit code ${expectExitCode}`;
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
