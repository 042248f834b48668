import { type OrcError, refused, usage } from "../base/error.ts";
import {
  asObject,
  type JsonObject,
  jsonObject,
  type JsonValue,
} from "../base/json.ts";
import { plainOf } from "../base/plain.ts";
import {
  CHECK_TIMEOUT_MS,
  MAX_EVIDENCE_LENGTH,
  MAX_PROBLEMS,
  STORED_HEAD_LENGTH,
  STORED_OUTPUT_LENGTH,
  TOLD_HEAD_LENGTH,
  TOLD_OUTPUT_LENGTH,
} from "../base/limits.ts";
import { leadsOut } from "../base/path.ts";
import { endsOf, plainText, uncapitalised } from "../base/text.ts";
import { withOffset } from "../base/time.ts";
import { type CommandPlan, planCommand } from "../workflow/command.ts";
import {
  describeFields,
  EVIDENCE_SCHEMAS,
  validateEvidence,
} from "../workflow/evidence.ts";
import { GROWN_NOTE } from "../workflow/sizes.ts";
import { isManual } from "../workflow/supervision.ts";
import { fillTemplate } from "../workflow/template.ts";
import type {
  BaseCheck,
  CheckResult,
  Event,
  Item,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import type { ActionOf } from "./action.ts";
import {
  assertInOrder,
  assertNotesFit,
  assertOpen,
  findChecked,
  type Situation,
  subjectOf,
  systemEvent,
} from "./situation.ts";
import { isDone, type OpenItem } from "./state.ts";

export type RequiredCheck =
  | { readonly type: "none" }
  | {
    readonly type: "file_exists";
    readonly path: string;
    readonly mayBeEmpty: boolean;
    /** Whether a directory is asked for instead of a file. */
    readonly directory: boolean;
  }
  | {
    readonly type: "command";
    readonly originalCommand: string;
    readonly plan: CommandPlan;
    readonly expectExitCode: number;
    /** Whether the item says that tests have to run; undefined where it says nothing. */
    readonly expectTests: boolean | undefined;
    /** Where it has to be proved able to fail. */
    readonly prove?: BaseCheck | undefined;
    readonly timeoutMs: number;
    /** Relative to the working tree; null for the tree itself. */
    readonly workingDir: string | null;
  };

export function requiredCheck(workflow: Workflow, item: Item): RequiredCheck {
  const { verification } = item;
  switch (verification.type) {
    case "none":
    case "manual_gate":
      return { type: "none" };
    case "file_exists":
      return {
        type: "file_exists",
        path: fillTemplate(verification.path, workflow.settings),
        mayBeEmpty: verification.mayBeEmpty ?? false,
        directory: verification.directory ?? false,
      };
    case "command":
      return {
        type: "command",
        originalCommand: verification.command,
        plan: planCommand(verification.command, workflow.settings),
        expectExitCode: verification.expectExitCode,
        expectTests: verification.expectTests,
        prove: verification.prove,
        timeoutMs: item.timeoutSeconds === undefined
          ? CHECK_TIMEOUT_MS
          : item.timeoutSeconds * 1000,
        workingDir: item.workingDir,
      };
  }
}

/**
 * Whether what an item's check found has to be so until the end: not where it had to fail, as a test
 * before its fix, and not where it depends on no file.
 */
export function isLasting({ verification, inputs }: Item): boolean {
  if (inputs?.length === 0) return false;
  return verification.type === "file_exists" ||
    verification.type === "command" && verification.expectExitCode === 0;
}

/**
 * Tells two checks apart that run one command: one that asks for less, or gets another environment, says
 * nothing about the other.
 */
export function checkKey(
  { workingDir, inputs, env, secrets, verification }: Item,
  command: string,
): string {
  const rules = { ...verification, command, description: null };
  return JSON.stringify([rules, workingDir, inputs, env, secrets]);
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
  const { type, problem } = result;
  const found: Readonly<Record<string, JsonValue>> =
    result.type === "file_exists"
      ? { path: result.path, exists: result.passed }
      : {
        command: result.command,
        command_args: result.words,
        original_command: result.originalCommand,
        exit_code: result.exitCode,
        stdout: stored(result.stdout),
        stderr: stored(result.stderr),
        duration_seconds: result.durationSeconds,
      };
  return jsonObject({
    type,
    timestamp: withOffset(at),
    ...found,
    ...(problem === null ? {} : { error: problem }),
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

/**
 * Lines of a failed program's output that are shown at once; the state keeps more. Of what failed
 * most runners speak on standard output, and those that started them on standard error.
 */
const SHOWN_LINES = { stdout: 20, stderr: 10 } as const;
const MAX_SHOWN_LINE_LENGTH = 300;

/** The result without the bulk of its output: an agent reads all of an error. */
function told(result: CheckResult): CheckResult {
  if (result.type !== "command") return result;
  const cut = (output: string): string =>
    endsOf(plainText(output), TOLD_OUTPUT_LENGTH, TOLD_HEAD_LENGTH);
  return { ...result, stdout: cut(result.stdout), stderr: cut(result.stderr) };
}

export function failedCheck(
  item: Item,
  result: CheckResult,
  retryCount: number,
  /** What explains it better than its output, a line each. */
  seen: readonly string[] = [],
): OrcError {
  const { description } = item.verification;
  return refused(
    isNotProved(result)
      ? "not_proved"
      : isWithoutTests(result)
      ? "no_test_ran"
      : "check_failed",
    `Cannot complete item "${item.id}": ${reasonOf(result, description)}${
      seen.length === 0
        ? lastWordsOf(result)
        : seen.map((line) => `\n  ${line}`).join("")
    }`,
    {
      hint: hintFor(result, item),
      details: { itemId: item.id, tries: retryCount, result: told(result) },
    },
  );
}

/** It ended as it should, so what is wrong is what it did not do. */
function isWithoutTests(result: CheckResult): boolean {
  return result.type === "command" && result.problem !== null &&
    result.exitCode === result.expectExitCode;
}

const NOT_PROVED = "Not proved: ";

/** Why a check that ended as it should does not count: it was not seen to fail on the base. */
export function notProved(reason: string): string {
  return NOT_PROVED + uncapitalised(reason);
}

function isNotProved(result: CheckResult): boolean {
  return isWithoutTests(result) &&
    (result.problem ?? "").startsWith(NOT_PROVED);
}

/** What follows where the base is green. */
export const SHOWS_NO_CHANGE = "it does not show the change";

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
  const wrong = result.type === "file_exists" && wrongPath(result);
  return wrong
    ? `the workflow is wrong: a path ${wrong}; correct workflow.yaml, then start a new session`
    : `${remedyFor(result, item)}, then run: orc complete ${item.id}`;
}

function wrongPath({ name, problem }: FileResult): string | undefined {
  if (leadsOut(name)) {
    return "must be relative to the working tree and stay in it";
  }
  const isUnderstood = problem?.includes(THERE_IS) && /[*?\\]|^~/.test(name);
  return isUnderstood ? 'is no pattern, and has "/" between names' : undefined;
}

/** Where the check is put in words, the item's own advice says more than its command. */
function remedyFor(result: CheckResult, item: Item): string {
  const advice = item.notes.find((note) => !note.startsWith(GROWN_NOTE));
  const isWorded = item.verification.description !== null;
  if (isWorded && advice && result.problem === null) return advice;
  if (result.type === "file_exists") return fileRemedy(result, item);
  const { command, expectExitCode, problem } = result;
  if (isNotProved(result)) {
    return problem?.endsWith(SHOWS_NO_CHANGE)
      ? "write a test that fails without the change, in a file that the key prove takes along (tests/**, *.test.*, …)"
      : "mend what is in the way there: docs/workflow.md says what a proof needs";
  }
  if (isWithoutTests(result)) {
    return `write a test that \`${command}\` runs; a check that may do without says expect_tests: false`;
  }
  const [, missing] =
    /^Program "([^"/]+)" was not found$/.exec(problem ?? "") ??
      [];
  if (missing !== undefined) return `install ${missing}, or put it on PATH`;
  if (problem !== null) return `mend this first: ${uncapitalised(problem)}`;
  return expectExitCode === 0
    ? `make \`${command}\` succeed`
    : `make \`${command}\` end with exit code ${expectExitCode}`;
}

type FileResult = CheckResult & { readonly type: "file_exists" };

/** Begins what is said where the file lies there under another spelling. */
const THERE_IS = " does not exist, but ";

function fileRemedy(
  { name, problem }: FileResult,
  { verification }: Item,
): string {
  const isDirectory = verification.type === "file_exists" &&
    verification.directory;
  const asked = isDirectory ? "directory" : "file";
  if (problem === leadsOutOfTree(name)) {
    return `put a ${asked} of the working tree in the place of ${name}`;
  }
  if (problem?.endsWith(`, and not a ${asked}`)) {
    return `put a ${asked} in the place of ${name}`;
  }
  if (problem?.includes(THERE_IS)) {
    return `give what is there the name ${name}`;
  }
  return isDirectory ? `make the directory ${name}` : `write ${name}`;
}

export function leadsOutOfTree(name: string): string {
  return `${name} leads out of the repository`;
}

/** Most programs say at the end what went wrong. */
function lastWordsOf(result: CheckResult): string {
  if (result.type === "file_exists") return "";
  // What git warns of is about its own ways, and hides what it found.
  const stderr = result.words[0] === "git"
    ? result.stderr.replaceAll(/^warning: .*$/gm, "")
    : result.stderr;
  const lines = [
    ...lastLines(result.stdout, SHOWN_LINES.stdout),
    ...lastLines(stderr, SHOWN_LINES.stderr),
  ];
  const broken = result.notUtf8.join(" and ");
  if (broken !== "") {
    lines.push(`(${broken} not valid UTF-8: \ufffd stands for it)`);
  }
  return lines.map((line) => `\n  ${line.slice(0, MAX_SHOWN_LINE_LENGTH)}`)
    .join("");
}

/** Without what only a terminal understands, and lines of rules or of mere counts, as in TAP. */
function lastLines(output: string, limit: number): readonly string[] {
  return plainText(output).split("\n")
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
    .filter((line) => !/^# \w+ [\d.]+$/.test(line))
    .map((line) => line.trimEnd())
    .slice(-limit);
}

/**
 * Says what has to be run before an item can be completed; nothing when the answer does not
 * depend on it. Refuses what cannot be completed at all, so that no check runs in vain.
 */
export function checkToRun(
  workflow: Workflow,
  state: SessionState,
  request: Omit<ActionOf<"complete">, "type" | "result">,
): RequiredCheck {
  assertOpen(state);
  assertNotesFit(request.notes);
  const open = findChecked(workflow, state, request.itemId);
  if (isDone(open.itemState) && !isToRenew(open, request)) {
    return { type: "none" };
  }
  assertInOrder("complete", { workflow, state }, open);
  if (isManual(open.item)) return { type: "none" };
  assertEvidence(open, request.evidence);
  if (request.skipVerify) return { type: "none" };
  return requiredCheck(workflow, open.item);
}

/** Whether the check of a completed item runs again. What a human gave, or nothing checked, is not judged again. */
export function isToRenew(
  { item, itemState }: OpenItem,
  { renews, skipVerify }: Pick<ActionOf<"complete">, "renews" | "skipVerify">,
): boolean {
  const { type } = item.verification;
  return renews === true && !skipVerify && itemState.status === "completed" &&
    (type === "command" || type === "file_exists");
}

/** Keeps evidence that nothing asks for. */
export function handedIn(
  open: OpenItem,
  evidence: JsonObject | undefined,
): OpenItem {
  if (evidence === undefined) return open;
  assertEvidenceFits(evidence);
  return { ...open, itemState: { ...open.itemState, evidence } };
}

/** Takes the evidence that was handed in, or is content with the evidence from before. */
export function withEvidence(
  { caller }: Situation,
  open: OpenItem,
  evidence: JsonObject | undefined,
): { readonly open: OpenItem; readonly events: readonly Event[] } {
  assertEvidence(open, evidence);
  if (evidence === undefined) return { open, events: [] };
  const { evidenceSchema: schema } = open.item;
  const isValidated = schema !== null && EVIDENCE_SCHEMAS.includes(schema);
  const text = {
    message: "Evidence validated and stored",
    details: { evidence_schema: schema },
  };
  return {
    open: handedIn(open, evidence),
    events: isValidated
      ? [systemEvent("evidence_validated", subjectOf(open), text, caller)]
      : [],
  };
}

function assertEvidence(
  { item, itemState }: OpenItem,
  given: JsonObject | undefined,
): void {
  if (given !== undefined) assertEvidenceFits(given);
  const { id, evidenceSchema: schema } = item;
  if (schema === null) return;
  const hint =
    `orc complete ${id} --evidence FILE, where FILE is JSON or YAML with ${
      describeFields(schema)
    }`;
  const evidence = given ?? asObject(itemState.evidence);
  if (evidence === undefined) {
    throw refused(
      "evidence_missing",
      `Cannot complete item "${id}": it needs evidence (${schema})`,
      { hint, details: { itemId: id, schema } },
    );
  }
  const all = validateEvidence(schema, evidence);
  if (all.length === 0) return;
  const problems = all.slice(0, MAX_PROBLEMS);
  const lines = problems.map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`
  );
  const hidden = all.length - problems.length;
  if (hidden > 0) lines.push(`… and ${hidden} more problems`);
  const head =
    `Cannot complete item "${id}": its evidence is not valid (${schema})`;
  throw refused("evidence_invalid", [head, ...lines].join("\n  "), {
    hint,
    details: { itemId: id, schema, problems },
  });
}

function assertEvidenceFits(evidence: JsonObject): void {
  const { length } = JSON.stringify(plainOf(evidence));
  if (length <= MAX_EVIDENCE_LENGTH) return;
  throw usage(
    "evidence_too_large",
    `The evidence has ${length} characters as JSON; at most ${MAX_EVIDENCE_LENGTH} are kept`,
    "put the bulk into a file, and name that file in the evidence",
  );
}
