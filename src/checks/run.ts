import { isWithin, normalisePath, resolvePath } from "../base/path.ts";
import { VERSION } from "../base/version.ts";
import { leadsOutOfTree, type RequiredCheck } from "../engine/check.ts";
import type { Receipt } from "../engine/receipt.ts";
import { asOrcError, codeOf, isAbsent } from "../files/errors.ts";
import { butThereIs } from "../files/near.ts";
import {
  fileKind,
  ifAllowed,
  readBeginning,
  realOrGiven,
} from "../files/read.ts";
import type { Host, ProgramRequest, ProgramResult } from "../host/host.ts";
import { type CheckSecrets, maskResult } from "../secrets/masker.ts";
import { mannerOf } from "../workflow/shell_list.ts";
import type { CheckResult } from "../workflow/types.ts";
import {
  type CheckEnvironment,
  environmentForCheck,
} from "./environment_rules.ts";
import type { RecognisedTests } from "./runner_rules.ts";
import { explainSearch, searchOf } from "./search_rules.ts";

/** What a check runs in. */
export interface CheckSite
  extends Partial<CheckSecrets>, Pick<ProgramRequest, "onProgress" | "signal"> {
  /** Absolute; what a check looks at or runs in lies inside. */
  readonly workingTree: string;
  /** What of orc's environment its program gets; `filtered` without it. */
  readonly environment?: CheckEnvironment;
  /** Names of variables that stay in its environment although they change what commands mean. */
  readonly env?: readonly string[];
  /** The tree of the work, where the check runs in a copy: what it holds comes last on `PATH`, too. */
  readonly copyOf?: string;
}

type FileCheck = Extract<RequiredCheck, { type: "file_exists" }>;
type CommandCheck = Extract<RequiredCheck, { type: "command" }>;

/** How a check ended, and what is kept of it. */
export interface CheckRun {
  readonly result: CheckResult;
  /** Names no output yet: that is for who keeps it. */
  readonly receipt: Receipt;
}

/** Runs a check. No lock is held meanwhile. Undefined when there is nothing to run. */
export async function runCheck(
  host: Host,
  check: RequiredCheck,
  site: CheckSite,
): Promise<CheckRun | undefined> {
  switch (check.type) {
    case "none":
      return undefined;
    case "file_exists": {
      const found = findWorkingFile(site.workingTree, check.path);
      const { path } = found;
      const problem = found.problem ?? unlikeAsked(path, check);
      const passed = problem === null;
      const { path: name } = check;
      return {
        result: { type: "file_exists", passed, name, path, problem },
        receipt: NOTHING_RAN,
      };
    }
    case "command":
      return await runCommand(host, check, site);
  }
}

/** A larger document is not searched for what a check missed in it. */
const MAX_SEARCHED_BYTES = 1_000_000;

/** Why a check failed that searches a file, in lines for whoever mends it; nothing for other checks. */
export function explainFailure(
  { workingDirectory }: Pick<Host, "workingDirectory">,
  result: CheckResult,
  { workingTree, workingDir }: Pick<CheckSite, "workingTree"> & {
    readonly workingDir: string | null;
  },
): readonly string[] {
  if (result.type !== "command" || result.problem !== null) return [];
  const search = searchOf(result.words);
  if (search === undefined) return [];
  const path = [...workingDir === null ? [] : [workingDir], search.path]
    .join("/");
  const found = findWorkingFile(workingTree, path);
  const bytes = found.problem !== null ? undefined : ifAllowed(
    { name: "read", path: found.path },
    () => readBeginning(found.path, MAX_SEARCHED_BYTES),
  );
  const text = bytes && new TextDecoder().decode(bytes);
  const seen = explainSearch({ ...search, path }, text);
  const isAtRoot = realOrGiven(workingDirectory) === realOrGiven(workingTree);
  return seen.length === 0 || isAtRoot
    ? seen
    : [...seen, `paths begin at the root of the repository: ${workingTree}`];
}

/** Says what lies at a path in the place of what the check asks for. Only a small file is opened. */
function unlikeAsked(
  path: string,
  { path: name, mayBeEmpty, directory }: FileCheck,
): string | null {
  const { isFile, isDirectory, size } = lookAt(path);
  if (directory && isDirectory) return null;
  if (isFile && !directory) {
    if (mayBeEmpty) return null;
    if (size === 0) return `${name} is empty`;
    return isBlank(path, size) ? `${name} holds nothing but blanks` : null;
  }
  const asked = directory ? "a directory" : "a file";
  if (isFile) return `${name} is a file, and not ${asked}`;
  const found = isDirectory ? "a directory" : "a pipe, socket or device";
  return `${name} is ${found}, and not ${asked}`;
}

/** A larger file than this was not made by `echo > plan.md`. */
const MAX_BLANK_BYTES = 4096;

/** Whether there is nothing to read in a file; one that orc may not open is none of these. */
function isBlank(path: string, size: number): boolean {
  if (size > MAX_BLANK_BYTES) return false;
  const bytes = ifAllowed(
    { name: "read", path },
    () => readBeginning(path, MAX_BLANK_BYTES),
  );
  return bytes !== undefined &&
    new TextDecoder().decode(bytes).replaceAll("\0", "").trim() === "";
}

async function runCommand(
  host: Host,
  check: CommandCheck,
  site: CheckSite,
): Promise<CheckRun> {
  const { workingTree, masker } = site;
  const { plan } = check;
  const common = {
    type: "command",
    originalCommand: check.originalCommand,
    expectExitCode: check.expectExitCode,
    command: textOf(plan) ?? check.originalCommand,
    words: plan.kind === "words" ? plan.words : [],
    shell: plan.kind === "shell",
  } as const;
  const neverRan = (problem: string): CheckRun => ({
    result: { ...common, ...NEVER_RAN, problem },
    receipt: { ...NOTHING_RAN, command: common.command },
  });
  if (plan.kind === "invalid") return neverRan(plan.problem);
  const { path, problem } = findDirectory(workingTree, check.workingDir);
  if (problem !== null) return neverRan(problem);
  const { environment = "filtered" } = site;
  const bounds = boundsOf(host, { ...site, environment }, path);
  const { trace, ...ended } = await host.runProgram({
    command: plan.kind === "shell"
      ? {
        shell: plan.text,
        values: plan.values,
        manner: mannerOf(plan.text),
      }
      : plan.words,
    workingDirectory: path,
    timeoutMs: check.timeoutMs,
    ...bounds.request,
  });
  const { ended: judgement, tests } = await judged(check, ended);
  const whole = { ...common, ...judgement };
  const result = masker === undefined ? whole : maskResult(whole, masker.mask);
  return {
    result,
    receipt: {
      ...NOTHING_RAN,
      command: result.type === "command" ? result.command : null,
      program: trace?.program ?? null,
      exitCode: ended.exitCode,
      durationMs: Math.round(ended.durationSeconds * 1000),
      stdout: trace?.stdout ?? null,
      stderr: trace?.stderr ?? null,
      environment,
      takenOut: bounds.takenOut(),
      runner: tests?.runner ?? null,
      testsRun: tests?.testsRun ?? null,
    },
  };
}

const NOTHING_RAN: Receipt = {
  command: null,
  program: null,
  exitCode: null,
  durationMs: null,
  stdout: null,
  stderr: null,
  output: null,
  orcVersion: VERSION,
  environment: null,
  takenOut: [],
  runner: null,
  testsRun: null,
  tree: null,
  treeReason: null,
  proved: null,
};

/** What a program gets besides its command. */
interface Bounds {
  readonly request: Omit<
    ProgramRequest,
    "command" | "workingDirectory" | "timeoutMs"
  >;
  /** What of orc's environment it did not get; known once it has run. */
  takenOut(): readonly string[];
}

function boundsOf(
  host: Host,
  { workingTree, environment: kind, env: named = [], copyOf, ...bounds }:
    & CheckSite
    & { readonly environment: CheckEnvironment },
  workingDirectory: string,
): Bounds {
  const trees = [workingTree, copyOf ?? workingTree].map(realOrGiven);
  const isInTree = (entry: string): boolean => {
    const plain = entry.replaceAll('"', "") || ".";
    const real = realOrGiven(resolvePath(workingDirectory, plain));
    return trees.some((tree) => isWithin(tree, real));
  };
  const isWindows = Deno.build.os === "windows";
  const site = { kind, named, isInTree, isWindows };
  let takenOut: readonly string[] = [];
  return {
    request: {
      ...bounds,
      environment: (own) => {
        const made = environmentForCheck(own, site);
        takenOut = made.takenOut;
        return made.variables;
      },
      variables: { ...agentMark(host, kind), ...bounds.variables },
    },
    takenOut: () => takenOut,
  };
}

/** A check that an agent asks for is not run by a human, whatever its environment was rid of. */
function agentMark(
  host: Host,
  kind: CheckEnvironment,
): Readonly<Record<string, string>> {
  const [name] = host.caller().agent?.split(":") ?? [];
  return kind === "clean" && name !== undefined ? { AI_AGENT: name } : {};
}

type Ended = Omit<ProgramResult, "trace">;

/** How a program ended, and what of its tests could be told. */
interface Judgement {
  readonly ended: Ended & { readonly passed: boolean };
  readonly tests: RecognisedTests | null;
}

/** Whether a program ended as the check asks; a run without tests proves nothing. */
async function judged(
  { expectExitCode, expectTests, plan }: CommandCheck,
  ended: Ended,
): Promise<Judgement> {
  const { noTestRan, recogniseTests } = await import("./runner_rules.ts");
  const command = textOf(plan) ?? "";
  const output = `${ended.stdout}\n${ended.stderr}`;
  const tests = recogniseTests(output, command);
  const passed = ended.problem === null && ended.exitCode === expectExitCode;
  if (!passed || expectTests === false) {
    return { ended: { ...ended, passed }, tests };
  }
  const isExpected = expectTests === true;
  const problem = noTestRan(output, command, isExpected, tests) ?? null;
  return { ended: { ...ended, passed: problem === null, problem }, tests };
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

interface WorkingFile {
  readonly path: string;
  readonly problem: string | null;
}

/**
 * Looks for a file or directory below a working tree. Links are followed, but what they lead
 * to must lie in the tree too: a check must not be passed by somebody else's file.
 */
export function findWorkingFile(tree: string, path: string): WorkingFile {
  if (path === "" || path.includes("\0")) {
    return { path, problem: "The workflow names no file to look for" };
  }
  const absolute = resolvePath(tree, path);
  try {
    const real = realPath(absolute);
    const isInside = isWithin(realPath(tree), real);
    return { path: real, problem: isInside ? null : leadsOutOfTree(path) };
  } catch (error) {
    if (isAbsent(error) || codeOf(error) === "ENOTDIR") {
      const problem = `${path} does not exist${thereInTree(tree, path)}`;
      return { path: absolute, problem };
    }
    throw asOrcError(error, "look for a file", absolute);
  }
}

/** What lies outside of the tree is named to nobody. */
function thereInTree(tree: string, path: string): string {
  const isInside = isWithin(tree, resolvePath(tree, path));
  return isInside ? butThereIs(tree, path) : "";
}

function lookAt(path: string): Deno.FileInfo {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    throw asOrcError(error, "look at", path);
  }
}

function realPath(path: string): string {
  return normalisePath(Deno.realPathSync(path));
}
