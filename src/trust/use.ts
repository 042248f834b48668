import { findStale } from "../checks/stale.ts";
import type { Host, ProgramProgress } from "../host/host.ts";
import {
  type ClockStep,
  clockStepText,
  type GivenApproval,
  type SessionStart,
} from "../replay/account.ts";
import { doneElsewhere } from "../replay/elsewhere.ts";
import type { SessionPlace } from "../repository/open.ts";
import {
  isOtherWorkflow,
  overridesIn,
  overrideText,
} from "../repository/overrides.ts";
import { openSession, type SessionOptions } from "../repository/select.ts";
import { readAccount } from "../session/account.ts";
import type { Session } from "../session/store.ts";
import { traceSession } from "../session/trace.ts";
import type { SessionStatus } from "../workflow/types.ts";
import { staleApprovals } from "./approvals.ts";
import { finding, type TrustFinding } from "./finding_rules.ts";
import { unsignedActs } from "./signing.ts";

/** What a session is worth. */
export interface Verified {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** Whether nothing speaks against it. */
  readonly holds: boolean;
  /** What does, the worst first. */
  readonly findings: readonly TrustFinding[];
  /** How the session stands. */
  readonly status: SessionStatus;
  /** Number of its last update. */
  readonly serial: number;
  /**
   * The update from which on the chain of its events covers everything, 1 being its start; null
   * where none does, as before orc's first update of a session of the older tool.
   */
  readonly coveredFrom: number | null;
  /** What it began with, as its first event says it; null where no event tells of a start. */
  readonly start: SessionStart | null;
  /**
   * Each yes that still counts, forced steps among them, in the order in which they were given. A
   * human's are no findings.
   */
  readonly approvals: readonly GivenApproval[];
  /** Whose key signed the attestation; null where none was asked for. */
  readonly signedBy: string | null;
  /** How many checks were run again; null where it was not asked for. */
  readonly rerun: number | null;
}

/** How checks are run again. */
export interface RerunOptions {
  /** Runs every command check again, on a clean checkout. */
  readonly rerun?: boolean;
  /** A command that runs there first, such as `npm ci`; without any secret. */
  readonly setup?: string;
  /** Called four times a second while a program runs. */
  readonly onProgress?: (progress: ProgramProgress) => void;
}

/** What is checked besides. */
export interface VerifyOptions extends SessionOptions, RerunOptions {
  /**
   * A commit whose workflow.yaml the session has to have followed, and from which its work goes out, such as
   * `origin/main`.
   */
  readonly base?: string;
}

/**
 * Checks whether what a session says is so: that its log is as orc wrote it, that its events lead to
 * its state by the rules, that orc itself saw each item done, and that it was finished. Reads all of
 * the log, and changes nothing.
 *
 * Where its checks saw other files than there are now, it names them. It runs git to list files. With
 * `base` the session has to have followed the workflow that was committed there, and what was to fail without
 * the change must have done so on no commit before the merge base, from which its change has to fit its size.
 * With `rerun` its checks are run again, on a
 * clean checkout of `HEAD` and in a clean environment, and those on the base, too.
 *
 * It notices what was changed behind orc's back. It cannot notice what somebody with the same account
 * writes by the rules and with the right hashes: they are no secret.
 *
 * Signed approvals are verified again, against the approvers of the base branch.
 *
 * Requires `--allow-read` and, for git, `--allow-run`: without it checks are not compared with files.
 * For signatures and with `rerun` also `--allow-write` for `.orchestrator/`: `ssh-keygen` reads
 * signatures from files below `.orchestrator/cache/`.
 *
 * @throws {OrcError} `no_session` or `no_such_session` (not_found), `invalid_json` or
 *   `invalid_state` (corrupt)
 * @throws {OrcError} `not_in_git` or `no_such_commit` (not_found), `invalid_workflow` (config) or
 *   `git_failed` (external) for `base` or `rerun`
 */
export async function verifySession(
  host: Host,
  options: VerifyOptions = {},
): Promise<Verified> {
  const opened = await openSession(host, options, {
    base: true,
    rerun: true,
    setup: true,
    onProgress: true,
  });
  const { place, repository, session, workflow } = opened;
  const { state, serial } = session;
  const traced = await traceSession(repository, session, workflow);
  const account = await readAccount(repository.store, session);
  const overrides = overridesIn(state.metadata);
  const fresh = await findStale(host, opened);
  const findings: TrustFinding[] = [
    ...traced.contradictions,
    ...traced.vouchedAt === null ? [] : [{
      ...finding(
        "vouched",
        `The state was signed as it was at update ${traced.vouchedAt}: what led there is not checked`,
      ),
      serial: traced.vouchedAt,
    }],
    ...doneElsewhere(state, traced.replayed.elsewhere).map(
      ({ message, itemId }) => finding("done_elsewhere", message, itemId),
    ),
    ...account.approvals.filter(({ origin }) => origin === "setting").map(
      ({ message, serial, itemId }) => ({
        ...finding("approved_by_setting", `${message}: nobody was asked`),
        serial,
        itemId,
      }),
    ),
    ...[
      ...account.clockSteps,
      ...account.hasWaited ? clockNow(host, session) : [],
    ].map(
      ({ message, serial }) => ({
        ...finding("clock_backwards", message),
        serial,
      }),
    ),
    ...overrides.filter(isOtherWorkflow)
      .map((override) => finding("other_workflow", overrideText(override))),
    ...overrides.filter(({ loosens }) => loosens)
      .map((override) => finding("loosened", overrideText(override))),
    ...await unsignedActs(host, opened),
    ...(await staleApprovals(opened)).map(({ itemId, message }) =>
      finding("approval_stale", message, itemId)
    ),
    ...fresh.stale.map(({ itemId, message }) =>
      finding("stale", message, itemId)
    ),
    ...fresh.unknown.map(({ itemId, message }) =>
      finding("tree_unknown", message, itemId)
    ),
    ...ending(state.status),
  ];
  const beyond = options.base === undefined && !options.rerun
    ? { findings: [], rerun: null }
    : await (await import("./beyond.ts")).lookBeyond(host, opened, options);
  findings.push(...beyond.findings);
  return {
    place,
    holds: findings.length === 0,
    findings,
    status: state.status,
    serial,
    coveredFrom: traced.coveredFrom,
    start: account.start,
    approvals: account.approvals,
    signedBy: null,
    rerun: beyond.rerun,
  };
}

/** A session cannot have been changed later than now. */
function clockNow(
  host: Host,
  { state, serial }: Session,
): readonly ClockStep[] {
  const step = clockStepText(state.updatedAt, host.now());
  return step === undefined ? [] : [{
    serial,
    message: `The clock ran backwards since update ${serial}, ${step}`,
  }];
}

function ending(status: SessionStatus): readonly TrustFinding[] {
  if (status === "completed") return [];
  return status === "abandoned"
    ? [finding("session_abandoned", "The session was abandoned")]
    : [finding("session_open", "The session is not finished")];
}
