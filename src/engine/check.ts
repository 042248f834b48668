import { type JsonObject, jsonObject } from "../base/json.ts";
import {
  CHECK_TIMEOUT_MS,
  STORED_HEAD_LENGTH,
  STORED_OUTPUT_LENGTH,
} from "../base/limits.ts";
import { endsOf } from "../base/text.ts";
import { withOffset } from "../base/time.ts";
import {
  type CommandPlan,
  fillTemplate,
  planCommand,
} from "../workflow/command.ts";
import type { CheckResult, Item, Workflow } from "../workflow/types.ts";

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
    stdout: stored(result.stdout),
    stderr: stored(result.stderr),
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
    stdout: stored(result.stdout),
    stderr: stored(result.stderr),
    command: result.command,
    duration_seconds: result.durationSeconds,
    error: result.problem,
  });
}

/** Most programs say first what they were asked for, and at the end what went wrong. */
function stored(output: string): string {
  return endsOf(output, STORED_OUTPUT_LENGTH, STORED_HEAD_LENGTH);
}
