import type { Masker } from "../base/mask.ts";
import type { RequiredCheck } from "../engine/check.ts";
import { fileKind } from "../files/read.ts";
import type { Host, ProgramProgress } from "../host/host.ts";
import { maskResult } from "../secrets/mask_action.ts";
import type { CheckResult } from "../workflow/types.ts";
import { findWorkingFile, type WorkingFile } from "./complete.ts";

type CommandCheck = Extract<RequiredCheck, { type: "command" }>;

/** Where a check runs, and who wants to know of it. */
export interface CheckSite {
  /** Absolute; what a check looks at or runs in lies inside. */
  readonly workingTree: string;
  /** What a program gets besides the environment of orc. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Variables of orc's environment that a program does not get. */
  readonly withheld?: readonly string[];
  /** Takes secrets out of what a program prints. */
  readonly masker?: Masker;
  readonly onProgress?: (progress: ProgramProgress) => void;
}

/** Runs a check. No lock is held meanwhile. Undefined when there is nothing to run. */
export async function runCheck(
  host: Host,
  check: RequiredCheck,
  site: CheckSite,
): Promise<CheckResult | undefined> {
  switch (check.type) {
    case "none":
    case "approval":
      return undefined;
    case "file_exists": {
      const { path, problem } = findWorkingFile(site.workingTree, check.path);
      const passed = problem === null;
      return { type: "file_exists", passed, name: check.path, path, problem };
    }
    case "command":
      return await runCommand(host, check, site);
  }
}

async function runCommand(
  host: Host,
  check: CommandCheck,
  { workingTree, ...bounds }: CheckSite,
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
  const { path, problem } = findDirectory(workingTree, check.workingDir);
  if (problem !== null) return { ...common, ...NEVER_RAN, problem };
  const ended = await host.runProgram({
    command: plan.kind === "shell" ? { shell: plan.text } : plan.words,
    workingDirectory: path,
    timeoutMs: check.timeoutMs,
    ...bounds,
  });
  const passed = ended.problem === null &&
    ended.exitCode === check.expectExitCode;
  const result = { ...common, ...ended, passed };
  const { masker } = bounds;
  return masker === undefined ? result : maskResult(result, masker.mask);
}

/** A program must not be run where the workflow has no say: links are followed before it is judged. */
function findDirectory(tree: string, directory: string | null): WorkingFile {
  if (directory === null) return { path: tree, problem: null };
  const { path, problem } = findWorkingFile(tree, directory);
  if (problem !== null) {
    return { path, problem: `Working directory ${problem}` };
  }
  if (fileKind(path) === "directory") return { path, problem: null };
  return { path, problem: `Working directory ${directory} is a file` };
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
  notUtf8: [],
  durationSeconds: 0,
} as const;
