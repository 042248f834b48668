/** What comes before the next step: a check or an approval again, since files changed, or a human's trust. */
import { shellWord } from "../base/text.ts";
import type { NextStep } from "../engine/standing.ts";
import { summarizeItems } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import { approvalCommand } from "../workflow/supervision.ts";
import type { Item } from "../workflow/types.ts";

/** The step that comes before the end of a phase or a session. */
export interface Renewal {
  readonly next: NextStep;
  /** One sentence that says why. */
  readonly warning: string;
}

/** What has to be done before the next step can be; undefined where that is possible. */
export async function firstBefore(
  host: Host,
  opened: OpenedSession,
  next: NextStep | null,
): Promise<Renewal | undefined> {
  return await trustBefore(host, opened, next) ??
    await renewalBefore(host, opened, next);
}

/** Of a session from elsewhere no command runs, and the way on is a human's. */
async function trustBefore(
  host: Host,
  opened: OpenedSession,
  next: NextStep | null,
): Promise<Renewal | undefined> {
  const isRun = next?.action === "complete" &&
    next.item.verification === "command";
  if (!isRun) return undefined;
  const { untrustedWorkflow } = await import("../trust/foreign.ts");
  if (await untrustedWorkflow(host, opened) === undefined) return undefined;
  const { id } = opened.session;
  const command = `orc trust ${id}`;
  return {
    next: { action: "trust", item: next.item, command, human: true },
    warning:
      "This session was not begun here: its commands run once a human trusts it",
  };
}

/** The check or the approval that is to be renewed first, where the next step is to go on; else undefined. */
export async function renewalBefore(
  host: Host,
  opened: OpenedSession,
  next: NextStep | null,
): Promise<Renewal | undefined> {
  const action = next?.action;
  if (action !== "advance" && action !== "finish") return undefined;
  const { findStale, renewalOf, staleWarning } = await import(
    "../checks/stale.ts"
  );
  const { staleApprovals } = await import("../trust/approvals.ts");
  const { workflow, session: { state } } = opened;
  const here = workflow.phases.filter(({ id }) =>
    action === "finish" || id === state.currentPhaseId
  );
  const itemOf = (itemId: string) =>
    here.flatMap((phase) => summarizeItems(workflow, state, phase))
      .find(({ id }) => id === itemId);
  const isAsked = (item: Item) =>
    item.required && here.some(({ items }) => items.includes(item));
  const [check] = (await findStale(host, opened, isAsked)).stale;
  if (check !== undefined) {
    const item = itemOf(check.itemId);
    const command = renewalOf(check);
    return item && {
      next: { action: "complete", item, command, human: false },
      warning: staleWarning(check),
    };
  }
  const phaseIds = here.map(({ id }) => id);
  const [approval] = await staleApprovals(opened, phaseIds);
  const item = itemOf(approval?.itemId ?? "");
  if (approval === undefined || item === undefined) return undefined;
  const command = approvalCommand(workflow, approval.itemId);
  const wait = `orc wait ${shellWord(approval.itemId)}`;
  return {
    next: { action: "approve_item", item, command, human: true, wait },
    warning: approval.message,
  };
}

/** All that is to be renewed, as sentences for people. */
export async function renewalWarnings(
  host: Host,
  opened: OpenedSession,
): Promise<readonly string[]> {
  const { staleWarnings } = await import("../checks/stale.ts");
  const { staleApprovals, staleApprovalWarning } = await import(
    "../trust/approvals.ts"
  );
  const approvals = await staleApprovals(opened);
  return [
    ...await staleWarnings(host, opened),
    ...approvals.map((each) => staleApprovalWarning(opened, each)),
  ];
}
