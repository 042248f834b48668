/** Checks that are run again, on a clean checkout and in a clean environment. */
import { isObjectId } from "../base/ids.ts";
import { listOf, quoted, uncapitalised } from "../base/text.ts";
import type { Base } from "../checks/base.ts";
import { proveCheck } from "../checks/prove.ts";
import { type CheckRun, type CheckSite, runCheck } from "../checks/run.ts";
import { NoTree } from "../checks/tree_files.ts";
import {
  describeResult,
  isLasting,
  type RequiredCheck,
  requiredCheck,
} from "../engine/check.ts";
import { checkVariables } from "../host/check_mark.ts";
import type { Repository } from "../repository/open.ts";
import { secretsForCheck } from "../secrets/masker.ts";
import { readValue } from "../settings/files.ts";
import { planCommand } from "../workflow/command.ts";
import type { CheckResult, Item, Workflow } from "../workflow/types.ts";
import { type Git, type Turned, withCheckout } from "./committed.ts";
import { finding, type TrustFinding } from "./finding_rules.ts";
import { type ClaimedBases, workBase } from "./proofs.ts";
import type { RerunOptions } from "./use.ts";

/** What is run again. */
export interface Rerun {
  readonly git: Git;
  readonly repository: Repository;
  readonly commit: string;
  readonly workflow: Workflow;
  readonly session: string;
  /** Ids of the items that are completed. */
  readonly completed: ReadonlySet<string>;
  /** On which commits their checks were proved able to fail. */
  readonly claimed: ClaimedBases;
  /** What the base is the merge base with, where an item names nothing else; without it, the claim counts. */
  readonly base: string | undefined;
}

/** What came of it. */
export interface Rerunning {
  /** How many checks ran. */
  readonly count: number;
  readonly findings: readonly TrustFinding[];
}

/** Runs the checks of the completed items again whose result has to be so still, in the order of the workflow. */
export async function rerunChecks(
  rerun: Rerun,
  { setup, onProgress }: RerunOptions,
): Promise<Rerunning> {
  const { git, repository, commit, workflow, session, completed } = rerun;
  const { host, signal } = git;
  const { layout } = repository;
  const checks = workflow.phases.flatMap(({ items }) => items)
    .filter((item) => completed.has(item.id) && isLasting(item))
    .map((item) => ({ item, check: requiredCheck(workflow, item) }));
  const limitMs =
    Number(await readValue(host, repository, "check_timeout_seconds")) * 1000;
  const bounded = (check: RequiredCheck, item?: Item): RequiredCheck =>
    check.type !== "command" || item?.timeoutSeconds !== undefined
      ? check
      : { ...check, timeoutMs: limitMs };
  return await withCheckout(git, layout, commit, async (
    workingTree,
    turned,
  ) => {
    const site = {
      workingTree,
      environment: "clean",
      onProgress,
      signal,
    } as const;
    const findings: TrustFinding[] = turned.length === 0
      ? []
      : [otherBytes(turned)];
    if (setup !== undefined) {
      const ran = await runCheck(host, bounded(setupCheck(setup)), site);
      if (ran?.result.passed === false) {
        const message = `The setup failed: ${reasonOf(ran.result)}`;
        const failed = finding("rerun_failed", message);
        return { count: 0, findings: [...findings, failed] };
      }
    }
    for (const { item, check } of checks) {
      const secrets = await secretsForCheck(
        host,
        { repository, workflow },
        item,
      );
      const own = {
        ...site,
        ...secrets,
        env: item.env,
        variables: {
          ...secrets.variables,
          ...checkVariables(host, session, item.id),
        },
      };
      const ran = await runProved(rerun, item.id, bounded(check, item), own);
      if (ran === undefined || ran.result.passed) continue;
      const message = `The check of item ${
        quoted(item.id)
      } failed when it was run again: ${reasonOf(ran.result)}`;
      findings.push(finding("rerun_failed", message, item.id));
    }
    return { count: checks.length, findings };
  });
}

/** Runs a check, and on the base too where its green result has to be proved able to be red. */
async function runProved(
  rerun: Rerun,
  itemId: string,
  check: RequiredCheck,
  site: CheckSite,
): Promise<CheckRun | undefined> {
  const { git, repository: { layout: { root } } } = rerun;
  const ran = await runCheck(git.host, check, site);
  if (!ran?.result.passed || check.type !== "command" || !check.prove) {
    return ran;
  }
  const { prove } = check;
  const find = () => baseAgain(rerun, itemId, prove.base);
  return await proveCheck(git.host, prove, { check, site, root, ran }, find);
}

async function baseAgain(
  { git, commit, claimed, base }: Rerun,
  itemId: string,
  own: string | null,
): Promise<Base> {
  const ref = base === undefined ? undefined : own ?? base;
  const found = ref === undefined
    ? undefined
    : await workBase(git, commit, ref);
  if (found !== undefined) {
    return { commit: found, origin: `merge base with ${ref}` };
  }
  const proved = claimed.get(itemId);
  if (proved !== undefined && isObjectId(proved)) {
    return { commit: proved, origin: "as it was proved" };
  }
  throw new NoTree("nothing says on which commit it was red");
}

/** Enough time for a large installation is what the settings give to a check. */
function setupCheck(command: string): RequiredCheck {
  return {
    type: "command",
    originalCommand: command,
    plan: planCommand(command, new Map()),
    expectExitCode: 0,
    expectTests: false,
    timeoutMs: 0,
    workingDir: null,
  };
}

const MAX_NAMES = 5;

function otherBytes(turned: Turned): TrustFinding {
  const names = listOf(turned.map(quoted), MAX_NAMES);
  const message =
    `The checks ran on other bytes than were committed, which a filter or a damaged object gave: ${names}`;
  return finding("checkout_differs", message);
}

function reasonOf(result: CheckResult): string {
  return uncapitalised(describeResult(result));
}
