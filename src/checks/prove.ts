/**
 * Proves that a check can fail. A test that was green before the change says nothing of it: so the command
 * runs on the base as well, with the tests as they are now, and has to be red there.
 */
import { OrcError } from "../base/error.ts";
import { isObjectId } from "../base/ids.ts";
import { textAt } from "../base/json.ts";
import { uncapitalised } from "../base/text.ts";
import {
  notProved,
  type RequiredCheck,
  SHOWS_NO_CHANGE,
} from "../engine/check.ts";
import type { BaseReceipt, BaseRun } from "../engine/receipt.ts";
import { findGit } from "../files/git_index.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import { eachEvent } from "../session/kept/each.ts";
import type { BaseCheck, CheckResult } from "../workflow/types.ts";
import { type Base, findBase } from "./base.ts";
import { LOOKS_LIKE_TESTS } from "./base_rules.ts";
import { type BaseRequest, withBaseTree } from "./base_tree.ts";
import type { GitTree } from "./git_program.ts";
import { type CheckRun, type CheckSite, runCheck } from "./run.ts";
import { NO_GIT, NoTree } from "./tree_files.ts";
import { matcherOf } from "./tree_rules.ts";

type CommandCheck = Extract<RequiredCheck, { type: "command" }>;
type CommandResult = Extract<CheckResult, { type: "command" }>;

/** A check that ended as it should, and where it ran. */
export interface GreenCheck {
  readonly check: CommandCheck;
  readonly site: CheckSite;
  /** The directory that holds `.orchestrator/`. */
  readonly root: string;
  readonly ran: CheckRun;
}

/**
 * Finds the commit on which a check has to be red.
 *
 * @throws {NoTree} where there is none
 */
export type FindBase = (git: GitTree) => Promise<Base>;

/** What was found out so far, and what the last run on the base printed. */
interface Findings {
  base: Base | null;
  red: BaseRun | null;
  control: BaseRun | null;
  last: CommandResult | null;
}

/** Runs a green check on the base; it stays green only if it is red there for want of the change. */
export async function proveCheck(
  host: Host,
  proof: Pick<BaseCheck, "with">,
  green: GreenCheck,
  find: FindBase,
): Promise<CheckRun> {
  const found: Findings = { base: null, red: null, control: null, last: null };
  const reason = await whyNotProved(host, proof, green, { found, find });
  const { base, red, control, last } = found;
  const proved: BaseReceipt = {
    ...{ base: base?.commit ?? null, origin: base?.origin ?? null },
    ...{ red, control, reason },
  };
  const { result, receipt } = green.ran;
  const seen = reason === null || result.type !== "command" ? result : {
    ...withOutput(result, last),
    passed: false,
    problem: notProved(reason),
  };
  return { result: seen, receipt: { ...receipt, proved } };
}

/** What stands in the way of a proof, as a sentence without its period; null where there is one. */
async function whyNotProved(
  host: Host,
  proof: Pick<BaseCheck, "with">,
  green: GreenCheck,
  { found, find }: { readonly found: Findings; readonly find: FindBase },
): Promise<string | null> {
  const { signal } = green.site;
  try {
    const git = findGit(green.site.workingTree);
    if (git === undefined) throw new NoTree(NO_GIT);
    const base = await find(git);
    found.base = base;
    const run = async (
      request: Pick<BaseRequest, "isLaidOver">,
    ): Promise<CommandResult & { readonly run: BaseRun }> => {
      const { root, site: { workingTree } } = green;
      return await withBaseTree(
        host,
        { root, workingTree },
        git,
        { commit: base.commit, signal, ...request },
        (copy) => runIn(host, copy, green, found),
      );
    };
    const patterns = proof.with.length > 0 ? proof.with : LOOKS_LIKE_TESTS;
    const red = await run({ isLaidOver: matcherOf(patterns) });
    found.red = red.run;
    const whyNot = whyNotRed(green.check, red, base);
    if (whyNot !== undefined) return whyNot;
    const control = await run({});
    found.control = control.run;
    return whyNoControl(green.check, control, base) ?? null;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NoTree || error instanceof OrcError) {
      return uncapitalised(error.message);
    }
    throw error;
  }
}

async function runIn(
  host: Host,
  workingTree: string,
  { check, site }: GreenCheck,
  found: Findings,
): Promise<CommandResult & { readonly run: BaseRun }> {
  const copyOf = site.workingTree;
  const ran = await runCheck(host, check, { ...site, workingTree, copyOf });
  if (ran?.result.type !== "command") throw new Error("No command ran");
  const { result, receipt } = ran;
  found.last = result;
  const { exitCode } = result;
  return { ...result, run: { exitCode, testsRun: receipt.testsRun } };
}

/** What shells end with where a command is missing or no program. */
const CANNOT_RUN: readonly number[] = [126, 127];

function whyNotRed(
  check: CommandCheck,
  { exitCode, problem, run }: CommandResult & { readonly run: BaseRun },
  base: Base,
): string | undefined {
  const where = `on the base ${nameOfBase(base)}`;
  const isGreen = exitCode === check.expectExitCode;
  const ranNone = run.testsRun === 0 && check.expectTests !== false;
  if (isGreen && problem === null) {
    return `the check passes ${where} too: ${SHOWS_NO_CHANGE}`;
  }
  if (problem !== null && !isGreen) {
    return `${where} the check did not run to its end: ${
      uncapitalised(problem)
    }`;
  }
  if (CANNOT_RUN.includes(exitCode)) {
    return `${where} a command was not found (exit code ${exitCode})`;
  }
  return ranNone || isGreen
    ? `${where} no test ran, so that none was seen to fail: a test has to load there`
    : undefined;
}

/** Red with its own tests and none that ran, the base may be red for any reason. */
function whyNoControl(
  check: CommandCheck,
  { exitCode, problem, run }: CommandResult & { readonly run: BaseRun },
  base: Base,
): string | undefined {
  const isGreen = exitCode === check.expectExitCode;
  const hasRun = problem === null && !CANNOT_RUN.includes(exitCode) &&
    (run.testsRun ?? 0) > 0;
  if (isGreen || hasRun) return undefined;
  const how = problem === null
    ? `exit code ${exitCode}`
    : uncapitalised(problem);
  return `the base ${
    nameOfBase(base)
  } does not pass with its own tests, and none was seen to run (${how}): it may be red for another reason`;
}

function nameOfBase({ commit, origin }: Base): string {
  return `${commit.slice(0, 12)} (${origin})`;
}

/** Adds what the run on the base printed, which is what the reader needs. */
function withOutput(
  result: CommandResult,
  last: CommandResult | null,
): CommandResult {
  if (last === null) return result;
  const joined = (one: string, other: string): string =>
    other === "" ? one : `${one}\n==> on the base <==\n${other}`;
  return {
    ...result,
    stdout: joined(result.stdout, last.stdout),
    stderr: joined(result.stderr, last.stderr),
    notUtf8: Array.from(new Set([...result.notUtf8, ...last.notUtf8])),
  };
}

/** Finds the base of the work of a session. */
export function baseOfSession(
  host: Host,
  opened: SessionFiles,
  { base: ref }: Pick<BaseCheck, "base">,
  signal: AbortSignal | undefined,
): FindBase {
  return async (git) => {
    const start = await startOf(opened);
    return await findBase(host, git, { ref, start, signal });
  };
}

type SessionFiles = Pick<OpenedSession, "repository" | "session">;

/** The commit that the session started from, as its first event tells it. */
async function startOf(
  { repository, session }: SessionFiles,
): Promise<string | undefined> {
  for await (const event of eachEvent(repository.store, session)) {
    if (event.type !== "workflow_started") continue;
    const commit = textAt(event.details, "commit") ?? "";
    return isObjectId(commit) ? commit : undefined;
  }
  return undefined;
}
