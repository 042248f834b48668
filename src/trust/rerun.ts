/** Checks that are run again, on a clean checkout and in a clean environment. */
import { listOf, quoted, uncapitalised } from "../base/text.ts";
import { checkVariables } from "../checks/mark.ts";
import { runCheck } from "../checks/run.ts";
import {
  describeResult,
  isLasting,
  type RequiredCheck,
  requiredCheck,
} from "../engine/check.ts";
import type { Repository } from "../repository/open.ts";
import { secretsForCheck } from "../secrets/masker.ts";
import { readValue } from "../settings/files.ts";
import { planCommand } from "../workflow/command.ts";
import type { CheckResult, Item, Workflow } from "../workflow/types.ts";
import { type Git, type Turned, withCheckout } from "./committed.ts";
import { finding, type TrustFinding } from "./finding_rules.ts";
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
}

/** What came of it. */
export interface Rerunning {
  /** How many checks ran. */
  readonly count: number;
  readonly findings: readonly TrustFinding[];
}

/** Runs the checks of the completed items again whose result has to be so still, in the order of the workflow. */
export async function rerunChecks(
  { git, repository, commit, workflow, session, completed }: Rerun,
  { setup, onProgress }: RerunOptions,
): Promise<Rerunning> {
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
      const ran = await runCheck(host, bounded(check, item), {
        ...site,
        ...secrets,
        env: item.env,
        variables: {
          ...secrets.variables,
          ...checkVariables(host, session, item.id),
        },
      });
      if (ran === undefined || ran.result.passed) continue;
      const message = `The check of item ${
        quoted(item.id)
      } failed when it was run again: ${reasonOf(ran.result)}`;
      findings.push(finding("rerun_failed", message, item.id));
    }
    return { count: checks.length, findings };
  });
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
