import type { CheckResult } from "../core/types.ts";
import type { RequiredCheck } from "../core/verification.ts";
import type { Host } from "../host/host.ts";
import { findWorkingFile } from "../store/working_file.ts";

type CommandCheck = Extract<RequiredCheck, { type: "command" }>;

/** Runs a check. No lock is held meanwhile. Undefined when there is nothing to run. */
export async function runCheck(
  host: Host,
  check: RequiredCheck,
  workingTree: string,
): Promise<CheckResult | undefined> {
  switch (check.type) {
    case "none":
    case "approval":
      return undefined;
    case "file_exists": {
      const { path, problem } = findWorkingFile(workingTree, check.path);
      const passed = problem === null;
      return { type: "file_exists", passed, name: check.path, path, problem };
    }
    case "command":
      return await runCommand(host, check, workingTree);
  }
}

async function runCommand(
  host: Host,
  check: CommandCheck,
  workingTree: string,
): Promise<CheckResult> {
  const { plan } = check;
  const common = {
    type: "command",
    originalCommand: check.originalCommand,
    expectExitCode: check.expectExitCode,
    command: textOf(plan) ?? check.originalCommand,
    words: plan.kind === "words" ? plan.words : [],
    shell: plan.kind === "shell",
  } as const;
  if (plan.kind === "invalid") {
    return { ...common, ...NEVER_RAN, problem: plan.problem };
  }
  const ended = await host.runProgram({
    command: plan.kind === "shell" ? { shell: plan.text } : plan.words,
    workingDirectory: workingTree,
    timeoutMs: check.timeoutMs,
  });
  const passed = ended.problem === null &&
    ended.exitCode === check.expectExitCode;
  return { ...common, ...ended, passed };
}

function textOf(plan: CommandCheck["plan"]): string | undefined {
  if (plan.kind === "invalid") return undefined;
  return plan.kind === "shell" ? plan.text : plan.filled;
}

const NEVER_RAN = {
  passed: false,
  exitCode: -1,
  stdout: "",
  stderr: "",
  durationSeconds: 0,
} as const;
