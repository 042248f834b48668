import { refused } from "../base/error.ts";
import { isWithin, normalisePath, resolvePath } from "../base/path.ts";
import {
  checkToRun,
  failedCheck,
  leadsOutOfTree,
  type RequiredCheck,
} from "../engine/check.ts";
import { approvalPending } from "../engine/item.ts";
import { type ActionOf, findItem } from "../engine/situation.ts";
import { asOrcError, codeOf, isAbsent } from "../files/errors.ts";
import { butThereIs } from "../files/near.ts";
import {
  fileKind,
  ifAllowed,
  readBeginning,
  realOrGiven,
} from "../files/read.ts";
import {
  type Host,
  type ProgramProgress,
  type ProgramRequest,
  type ProgramResult,
  variableOf,
} from "../host/host.ts";
import {
  assertChangeable,
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import {
  type CheckSecrets,
  maskResult,
  secretsForCheck,
} from "../secrets/masker.ts";
import { type ConfigSite, readValue } from "../settings/files.ts";
import type { CheckResult, Item } from "../workflow/types.ts";
import {
  applyAction,
  type Changed,
  droppedBy,
  requireApproval,
} from "./change.ts";
import { type EvidenceSource, readEvidence } from "./evidence.ts";

/** An item to complete. */
export interface CompleteOptions extends SessionOptions {
  /** An item of the current phase. */
  readonly itemId: string;
  /** What was done; at most 2000 characters. */
  readonly notes?: string;
  /**
   * What supports that it is done; at most 64 KiB. Kept even if the check fails: the next try needs
   * none.
   */
  readonly evidence?: EvidenceSource;
  /** Completes without the check: an act of a human, and never on a gate or a manual gate. */
  readonly skipVerify?: boolean;
  /** Called four times a second while the check runs a program. */
  readonly onProgress?: (progress: ProgramProgress) => void;
}

/** A completed item, and the check that allowed it. */
export interface Completed extends Changed {
  /** Id of the item. */
  readonly itemId: string;
  /** The check orc ran; null when none was needed or the item was completed before. */
  readonly check: CheckResult | null;
}

/**
 * Completes an item of the current phase, after running its check. The check runs without any lock;
 * then the rules are applied to the session as it is by then. A failed check is counted and logged
 * before the error is thrown. Completing what is completed does nothing. Where the supervision mode
 * lets a manual gate pass without a human, it is skipped; if a human is given time to answer, the
 * first call only starts the clock.
 *
 * A check may run as long as its item says, else the setting `check_timeout_seconds`, 300 seconds
 * by default. The program gets the environment of this process, and `ORCHESTRATOR_CHECK` with the
 * session and the item it checks, such as `01k9…/tests_pass`. Of the secrets that the workflow names
 * it gets those of the item alone; their values are replaced in all that is stored and answered.
 *
 * Requires `--allow-read`, `--allow-write` and, for items that run a program, `--allow-run` and
 * `--allow-env`.
 *
 * @throws {OrcError} `check_failed` (refused) if the check fails; `details` holds the item, the
 *   number of tries and the {@linkcode CheckResult}
 * @throws {OrcError} `evidence_missing` or `evidence_invalid` (refused) if the item has a schema
 *   that its evidence does not follow; `details` holds all problems
 * @throws {OrcError} `evidence_too_large` (usage) if the evidence is; of files `no_such_file`
 *   (not_found), `file_too_large`, `invalid_utf8`, `invalid_json`, `invalid_yaml` or
 *   `invalid_evidence` (config)
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if a file of evidence lies
 *   outside of the working tree, links followed, and no human says yes
 * @throws {OrcError} `inside_own_check` (refused) if the check of the item asks for it
 * @throws {OrcError} `cannot_complete` (refused) if the item was skipped, or is a gate to be passed
 *   without its check
 * @throws {OrcError} `approval_required` if the item is a manual gate (refused), or the check is to
 *   be left out and no human is there (denied); `approval_declined` (denied) if they do not type
 *   the id
 * @throws {OrcError} `approval_pending` (refused) while a human may still answer;
 *   `details.passesAt` says for how long
 * @throws {OrcError} `out_of_order`, `item_in_other_phase` (refused) or `no_such_item` (not_found)
 *   if it is not the turn of the item
 * @throws {OrcError} `notes_too_long` (usage) if the notes are
 * @throws {OrcError} `permission_missing`, `secret_missing` or `secret_locked` (denied) if the
 *   check may not run a program, or lacks a secret that the item names
 */
export async function completeItem(
  host: Host,
  options: CompleteOptions,
): Promise<Completed> {
  const opened = await openSession(host, options, {
    itemId: true,
    notes: true,
    evidence: true,
    skipVerify: true,
    onProgress: true,
  });
  assertChangeable(opened);
  assertOutsideOwnCheck(host, opened.session.id, options.itemId);
  const action = await judgedAction(host, opened, options);
  const { itemId, skipVerify, result } = action;
  const request = `complete item "${itemId}" without its check`;
  const act = skipVerify
    ? { request, confirmation: itemId, itemId }
    : undefined;
  const changed = await applyAction(host, opened, action, act);
  const item = changed.summary.items.find(({ id }) => id === itemId);
  if (result && !result.passed && changed.changed) {
    const { workflow, session } = opened;
    const failed = findItem(workflow, session.state, itemId).item;
    throw failedCheck(failed, result, item?.tries ?? 1);
  }
  // A clock that was started is stored, and reported like every later try before its end.
  if (item?.passesAt) throw approvalPending(itemId, item.passesAt);
  const dropped = droppedBy(opened, changed, itemId, action);
  return {
    ...changed,
    warnings: [...changed.warnings, ...dropped],
    itemId,
    check: result ?? null,
  };
}

/** The action with the evidence and with the result of its check. */
async function judgedAction(
  host: Host,
  opened: OpenedSession,
  options: CompleteOptions,
): Promise<ActionOf<"complete">> {
  const { workflow, session, repository } = opened;
  const { itemId, notes = null, skipVerify = false } = options;
  const item = workflow.phases.flatMap(({ items }) => items)
    .find(({ id }) => id === itemId);
  const schema = item?.evidenceSchema;
  const tree = realOrGiven(repository.found.workingTree);
  const permit = async (path: string): Promise<void> => {
    if (isWithin(tree, path)) return;
    const request = `take evidence from "${path}", outside of the repository`;
    const act = { request, confirmation: itemId };
    await requireApproval(host, repository, act, "the same command");
  };
  const { evidence: source } = options;
  const evidence = await readEvidence(host, source, schema, permit);
  const request = { itemId, notes, evidence, skipVerify };
  const check = checkToRun(workflow, session.state, request);
  // A check that runs no program gets nothing and prints nothing.
  const secrets = item !== undefined && check.type === "command"
    ? await secretsForCheck(host, opened, item)
    : undefined;
  const limited = await withTimeLimit(host, repository, check, item);
  const result = await runCheck(host, limited, {
    workingTree: repository.found.workingTree,
    ...secrets,
    variables: {
      ...secrets?.variables,
      ...checkVariables(host, session.id, itemId),
    },
    onProgress: options.onProgress,
    signal: options.signal,
  });
  return { type: "complete", ...request, result };
}

interface CheckSite
  extends Partial<CheckSecrets>, Pick<ProgramRequest, "onProgress" | "signal"> {
  /** Absolute; what a check looks at or runs in lies inside. */
  readonly workingTree: string;
}

type FileCheck = Extract<RequiredCheck, { type: "file_exists" }>;
type CommandCheck = Extract<RequiredCheck, { type: "command" }>;

/** Runs a check. No lock is held meanwhile. Undefined when there is nothing to run. */
export async function runCheck(
  host: Host,
  check: RequiredCheck,
  site: CheckSite,
): Promise<CheckResult | undefined> {
  switch (check.type) {
    case "none":
      return undefined;
    case "file_exists": {
      const found = findWorkingFile(site.workingTree, check.path);
      const { path } = found;
      const problem = found.problem ?? unlikeAsked(path, check);
      const passed = problem === null;
      return { type: "file_exists", passed, name: check.path, path, problem };
    }
    case "command":
      return await runCommand(host, check, site);
  }
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
    command: plan.kind === "shell"
      ? { shell: plan.text, values: plan.values }
      : plan.words,
    workingDirectory: path,
    timeoutMs: check.timeoutMs,
    ...bounds,
  });
  const result = { ...common, ...await judged(check, ended) };
  const { masker } = bounds;
  return masker === undefined ? result : maskResult(result, masker.mask);
}

/** Whether a program ended as the check asks; a run without tests proves nothing. */
async function judged(
  { expectExitCode, expectTests, plan }: CommandCheck,
  ended: ProgramResult,
): Promise<ProgramResult & { readonly passed: boolean }> {
  const passed = ended.problem === null && ended.exitCode === expectExitCode;
  if (!passed || !expectTests) return { ...ended, passed };
  const { noTestRan } = await import("../workflow/runners.ts");
  const command = plan.kind === "words" ? plan.filled : "";
  const output = `${ended.stdout}\n${ended.stderr}`;
  const problem = noTestRan(output, command) ?? null;
  return { ...ended, passed: problem === null, problem };
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

/** Lets the settings say how long a check may run, where its item does not. */
async function withTimeLimit(
  host: Host,
  site: ConfigSite,
  check: RequiredCheck,
  item: Item | undefined,
): Promise<RequiredCheck> {
  if (check.type !== "command" || item?.timeoutSeconds !== undefined) {
    return check;
  }
  const seconds = await readValue(host, site, "check_timeout_seconds");
  return { ...check, timeoutMs: Number(seconds) * 1000 };
}

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

/** What a check finds in its environment: `session/item` of itself, after those it runs inside of. */
const VARIABLE = "ORCHESTRATOR_CHECK";

export function checkVariables(
  host: Host,
  sessionId: string,
  itemId: string,
): Readonly<Record<string, string>> {
  const names = [...surroundingChecks(host), `${sessionId}/${itemId}`];
  return { [VARIABLE]: names.join(" ") };
}

/** Refuses a check that asks for its own verdict, and would be run again for ever. */
export function assertOutsideOwnCheck(
  host: Host,
  sessionId: string,
  itemId: string,
): void {
  if (!surroundingChecks(host).includes(`${sessionId}/${itemId}`)) return;
  throw refused(
    "inside_own_check",
    `Cannot complete item "${itemId}": its own check asks for it`,
    {
      hint:
        "a check only tests; take orc complete out of it, and run that outside",
      details: { itemId },
    },
  );
}

function surroundingChecks(host: Host): readonly string[] {
  return (variableOf(host, VARIABLE) ?? "").split(" ").filter((name) =>
    name !== ""
  );
}
