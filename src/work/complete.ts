import { onRefusal, refused } from "../base/error.ts";
import { headOf } from "../base/markdown.ts";
import { isWithin } from "../base/path.ts";
import { countOf, listOf, quoted } from "../base/text.ts";
import {
  type CheckEnvironment,
  isCheckEnvironment,
  strictestOf,
} from "../checks/environment_rules.ts";
import {
  type CheckRun,
  type CheckSite,
  explainFailure,
  runCheck,
} from "../checks/run.ts";
import { findStale } from "../checks/stale.ts";
import {
  compareTree,
  readTree,
  type TreeIdentity,
  treeReceipt,
} from "../checks/tree.ts";
import type { ActionOf } from "../engine/action.ts";
import {
  checkToRun,
  failedCheck,
  type RequiredCheck,
} from "../engine/check.ts";
import { approvalPending } from "../engine/item.ts";
import { encodeReceipt } from "../engine/receipt.ts";
import { findChecked } from "../engine/situation.ts";
import { isDone, itemStateOf, phaseStateOf } from "../engine/state.ts";
import { GIT_MAY_NOT_RUN, mayAskGit } from "../files/git_index.ts";
import { realOrGiven } from "../files/read.ts";
import { checkVariables, surroundingChecks } from "../host/check_mark.ts";
import type { Host, ProgramProgress } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import {
  assertChangeable,
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { secretsForCheck } from "../secrets/masker.ts";
import type { KeptOutput } from "../session/store.ts";
import { type ConfigSite, readSetting, readValue } from "../settings/files.ts";
import { valueOf } from "../settings/merge.ts";
import { whyUnfailing } from "../workflow/shell_list.ts";
import { sameCommand } from "../workflow/supervision.ts";
import { fillTemplate } from "../workflow/template.ts";
import type { CheckResult, Item, Workflow } from "../workflow/types.ts";
import { type Ahead, withNext } from "./agent.ts";
import { apply, type Changed, droppedBy, requireApproval } from "./change.ts";
import { type EvidenceSource, readEvidence } from "./evidence.ts";

/** An item to complete. */
export interface CompleteOptions extends SessionOptions {
  /** An item of the current phase, or of an earlier one that a command checks. */
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
export interface Completed extends Changed, Ahead {
  /** Id of the item. */
  readonly itemId: string;
  /** The check orc ran; null when none was needed, or the one from before still holds. */
  readonly check: CheckResult | null;
  /** Whether it was completed before, and its check passed on the files as they are now. */
  readonly renewed: boolean;
}

/**
 * Completes an item of the current phase, after running its check. The check runs without any lock;
 * then the rules are applied to the session as it is by then. A failed check is counted and logged
 * before the error is thrown. Completing what is completed does nothing, unless its check saw other
 * files than there are now: then it runs again, and where it fails the item is open again. Where the supervision mode
 * lets a manual gate pass without a human, it is skipped; if a human is given time to answer, the
 * first call only starts the clock.
 *
 * A check may run as long as its item says, else the setting `check_timeout_seconds`, 300 seconds
 * by default. The program gets the environment of this process without what changes what a command
 * means (see the setting `check_environment`), and `ORCHESTRATOR_CHECK` with the session and the item
 * it checks, such as `01k9…/tests_pass`. Of the secrets that the workflow names
 * it gets those of the item alone; their values are replaced in all that is stored and answered.
 *
 * Requires `--allow-read`, `--allow-write` and, for items that run a program, `--allow-run` and
 * `--allow-env`.
 *
 * @throws {OrcError} `check_failed` (refused) if the check fails; `details` holds the item, the
 *   number of tries and the {@linkcode CheckResult}
 * @throws {OrcError} `no_test_ran` (refused), with the same details, if it ends as it should but a
 *   test runner in it says that no test ran
 * @throws {OrcError} `not_proved` (refused), with the same details, if the item asks for a proof that its
 *   check can fail, and the command was not seen to be red on the base
 * @throws {OrcError} `environment_loosened` (refused) if a variable of an agent asks for all of its
 *   environment to be inherited
 * @throws {OrcError} `evidence_missing` or `evidence_invalid` (refused) if the item has a schema
 *   that its evidence does not follow; `details` holds all problems
 * @throws {OrcError} `evidence_too_large` (usage) if the evidence is; of files `no_such_file`
 *   (not_found), `file_too_large`, `invalid_utf8`, `invalid_json`, `invalid_yaml` or
 *   `invalid_evidence` (config)
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if a file of evidence lies
 *   outside of the working tree, links followed, and no human says yes
 * @throws {OrcError} `nothing_changed` (refused) if the item asks for a change, and no file of its patterns
 *   differs from the start of the session
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
 * @throws {OrcError} `session_not_trusted` (denied) if the session was not begun here and its check
 *   is a command: {@linkcode trustSession} says how it may run
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
  const { workflow, session } = opened;
  const unmeasured = await assertChanged(host, opened, options);
  const { action, output, warnings } = await judgedAction(
    host,
    opened,
    options,
  );
  const { itemId, skipVerify, result } = action;
  const request = `complete item "${itemId}" without its check`;
  const act = skipVerify
    ? { request, confirmation: itemId, itemId }
    : undefined;
  const { changed, after } = await apply(host, opened, action, act);
  await output?.settle(changed.changed);
  const item = changed.summary.items.find(({ id }) => id === itemId);
  if (result && !result.passed && changed.changed) {
    const { item: failed, itemState } = findChecked(
      workflow,
      session.state,
      itemId,
    );
    const tries = item?.tries ?? itemState.retryCount + 1;
    const seen = explainFailure(host, result, {
      workingTree: opened.repository.found.workingTree,
      workingDir: failed.workingDir,
    });
    throw failedCheck(failed, result, tries, seen);
  }
  // A clock that was started is stored, and reported like every later try before its end.
  if (item?.passesAt) throw approvalPending(workflow, itemId, item.passesAt);
  const dropped = droppedBy(opened, changed, itemId, action);
  return await withNext(host, after, {
    ...changed,
    warnings: [...unmeasured, ...warnings, ...changed.warnings, ...dropped],
    itemId,
    check: result ?? null,
    renewed: changed.changed && action.renews === true,
  });
}

/** Whether a change that an item asks for was made; returns why that cannot be told. */
async function assertChanged(
  host: Host,
  opened: OpenedSession,
  { itemId, skipVerify, signal }: CompleteOptions,
): Promise<readonly string[]> {
  const { workflow, session: { state } } = opened;
  // What is done, or not its turn, is told as ever.
  const phase = workflow.phases.find(({ id }) => id === state.currentPhaseId);
  const item = phase?.items.find(({ id }) => id === itemId);
  const isOpen = phase &&
    !isDone(itemStateOf(phaseStateOf(state, phase), itemId));
  // Without git nothing was measured at the start, which was said then.
  if (
    !isOpen || !item?.changes.length || skipVerify ||
    !state.metadata.has("start_tree")
  ) {
    return [];
  }
  const { changedSince, hasChanged } = await import("../checks/change.ts");
  const changed = await changedSince(host, opened, signal);
  if (typeof changed === "string") {
    return [`Whether item "${itemId}" changed files is not known: ${changed}`];
  }
  if (hasChanged(changed, item.changes)) return [];
  throw refused(
    "nothing_changed",
    `Cannot complete item "${itemId}": no file differs from the start of the session (changes: ${
      listOf(item.changes, MAX_CHANGED)
    })`,
    {
      hint:
        'do the work first; if nothing is to be done: orc finish --abandon --reason "<why>"',
      details: { itemId },
    },
  );
}

/** What is to be decided, and the output that its event is to name. */
interface Judged {
  readonly action: ActionOf<"complete">;
  readonly output: KeptOutput | undefined;
  readonly warnings: readonly string[];
}

/** The action with the evidence, with the result of its check and with what that leaves. */
async function judgedAction(
  host: Host,
  opened: OpenedSession,
  options: CompleteOptions,
): Promise<Judged> {
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
    await requireApproval(host, repository, act, sameCommand(workflow));
  };
  const { evidence: source } = options;
  const evidence = await readEvidence(host, source, schema, permit);
  const renews = !skipVerify && await isStale(host, opened, itemId);
  const request = {
    itemId,
    notes,
    evidence,
    skipVerify,
    ...renews && { renews },
  };
  const check = checkToRun(workflow, session.state, request);
  if (check.type === "command") {
    const { assertTrusted } = await import("../trust/foreign.ts");
    const command = fillTemplate(check.originalCommand, workflow.settings);
    await assertTrusted(host, opened, `run ${quoted(headOf(command, 80))}`);
  }
  // A check that runs no program gets nothing and prints nothing.
  const secrets = item !== undefined && check.type === "command"
    ? await secretsForCheck(host, opened, item)
    : undefined;
  const limited = await withTimeLimit(host, repository, check, item);
  const environment = check.type === "command"
    ? await environmentSaid(host, repository, workflow)
    : undefined;
  // What the check sees is what lies there before it runs: it may write files itself.
  const seen = check.type === "command"
    ? await treeSeen(host, repository, item, options.signal)
    : undefined;
  const ran = await runProved(host, limited, opened, {
    workingTree: repository.found.workingTree,
    environment,
    env: item?.env,
    ...secrets,
    variables: {
      ...secrets?.variables,
      ...checkVariables(host, session.id, itemId),
    },
    onProgress: options.onProgress,
    signal: options.signal,
  });
  const complete = { type: "complete", ...request } as const;
  if (ran === undefined) {
    const action = { ...complete, result: undefined };
    return { action, output: undefined, warnings: [] };
  }
  const { result, receipt } = ran;
  const warnings: string[] = unfailingWarning(check, itemId);
  // What a check found counts, though the disk does not take all that it printed.
  const outputs = await repository.store.outputs(session);
  const output = await outputs.keep(outputText(result))
    .catch(onRefusal(({ message }) => {
      warnings.push(`What the check printed is not kept: ${message}`);
      return undefined;
    }));
  if (result.passed && seen?.id) {
    warnings.push(...await changedMeanwhile(host, repository, item, seen.id));
  }
  const named = {
    ...receipt,
    ...seen && treeReceipt(seen, item?.inputs),
    output: output?.name ?? null,
  };
  const action = { ...complete, result, receipt: encodeReceipt(named) };
  return { action, output, warnings };
}

/** What a check printed, as it is kept; empty where it printed nothing. */
function outputText(result: CheckResult): string {
  if (result.type !== "command") return "";
  return streamsText(result);
}

/** Both streams of a check in one text, each with its name above it. */
export function streamsText(
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
): string {
  return [["stdout", stdout], ["stderr", stderr]]
    .flatMap(([name, text]) => text ? [`==> ${name} <==\n${text}`] : [])
    .join("\n");
}

/** Whether an item is completed, and its check saw other files than there are now. */
async function isStale(
  host: Host,
  opened: OpenedSession,
  itemId: string,
): Promise<boolean> {
  const { stale } = await findStale(host, opened, ({ id }) => id === itemId);
  return stale.length > 0;
}

/** Runs a check, and on the base too where its green result has to be proved able to be red. */
async function runProved(
  host: Host,
  check: RequiredCheck,
  opened: OpenedSession,
  site: CheckSite,
): Promise<CheckRun | undefined> {
  const ran = await runCheck(host, check, site);
  if (!ran?.result.passed || check.type !== "command" || !check.prove) {
    return ran;
  }
  const { baseOfSession, proveCheck } = await import("../checks/prove.ts");
  const { prove } = check;
  const { root } = opened.repository.layout;
  const find = baseOfSession(host, opened, prove, site.signal);
  return await proveCheck(host, prove, { check, site, root, ran }, find);
}

/** Says so where a check that ran proves nothing, since it could not have failed. */
function unfailingWarning(check: RequiredCheck, itemId: string): string[] {
  if (check.type !== "command" || check.expectExitCode !== 0) return [];
  const { plan } = check;
  if (plan.kind === "invalid") return [];
  const why = whyUnfailing(plan.kind === "shell" ? plan.text : plan.filled);
  return why === undefined
    ? []
    : [`The check of item "${itemId}" cannot fail: ${why}`];
}

/** What lies where a check runs; nothing is looked at or kept for a check that may run nothing. */
async function treeSeen(
  host: Host,
  { found, layout }: Repository,
  item: Item | undefined,
  signal: AbortSignal | undefined,
): Promise<TreeIdentity> {
  if (!mayAskGit()) return { id: null, reason: GIT_MAY_NOT_RUN };
  const inputs = item?.inputs;
  if (inputs?.length === 0) {
    return { id: null, reason: "Its item depends on no file" };
  }
  const site = { root: layout.root, workingTree: found.workingTree };
  return await readTree(host, site, { inputs, keeps: true, signal });
}

/** A check that writes what it is bound to would be stale at once, and nobody would know why. */
async function changedMeanwhile(
  host: Host,
  { found, layout }: Repository,
  item: Item | undefined,
  treeId: string,
): Promise<readonly string[]> {
  const site = { root: layout.root, workingTree: found.workingTree };
  const options = { inputs: item?.inputs, limit: MAX_CHANGED };
  const [change] = await compareTree(host, site, [treeId], options);
  if (item === undefined || change?.isSame !== false) return [];
  const { names, count } = change;
  const files = countOf(count ?? names.length, "file");
  return [
    `${files} changed while the check of item "${item.id}" ran (${
      listOf(names.map(quoted), MAX_CHANGED)
    }), and it did not see them; what it writes itself, let git ignore, or the item leave out (inputs: ["!coverage/**"])`,
  ];
}

/** Files that changed meanwhile, and are named at once. */
const MAX_CHANGED = 3;

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

/**
 * What the workflow and the settings say about the environment of checks. Who runs a check for an
 * agent's work is the agent: what it sets for itself must not loosen what a check means.
 */
async function environmentSaid(
  host: Host,
  site: ConfigSite,
  { settings }: Workflow,
): Promise<CheckEnvironment> {
  const said = settings.get("check_environment");
  const workflow = isCheckEnvironment(said) ? said : undefined;
  const statement = await readSetting(host, site, "check_environment");
  const value = valueOf(statement);
  const isDefault = statement.origin.type === "default";
  const setting = isDefault || !isCheckEnvironment(value) ? undefined : value;
  const environment = strictestOf(workflow, setting);
  const isFromCaller = statement.origin.type === "environment";
  if (
    isFromCaller && environment === "inherit" && workflow !== "inherit" &&
    host.caller().agent !== null
  ) {
    throw refused(
      "environment_loosened",
      "Cannot run the check: its environment is to be inherited because an environment variable of an agent says so",
      {
        hint:
          `unset ${statement.origin.variable}; what a check needs is named by its item in workflow.yaml: env: [NAME]`,
      },
    );
  }
  return environment;
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
