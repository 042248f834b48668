/** What has to be checked or approved again before a session can go on, since files changed. */
import {
  findStale,
  renewalOf,
  staleWarning,
  staleWarnings,
} from "../checks/stale.ts";
import type { NextStep } from "../engine/standing.ts";
import { summarizeItems } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import type { OpenedSession } from "../repository/select.ts";
import { staleApprovals } from "../trust/approvals.ts";
import { approvalCommand } from "../workflow/supervision.ts";
import type { Item } from "../workflow/types.ts";

/** The step that comes before the end of a phase or a session. */
export interface Renewal {
  readonly next: NextStep;
  /** One sentence that says why. */
  readonly warning: string;
}

/** The check or the approval that is to be renewed first, where the next step is to go on; else undefined. */
export async function renewalBefore(
  host: Host,
  opened: OpenedSession,
  next: NextStep | null,
): Promise<Renewal | undefined> {
  const action = next?.action;
  if (action !== "advance" && action !== "finish") return undefined;
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
  return {
    next: { action: "approve_item", item, command, human: true },
    warning: approval.message,
  };
}

/** All that is to be renewed, as sentences for people. */
export async function renewalWarnings(
  host: Host,
  opened: OpenedSession,
): Promise<readonly string[]> {
  const approvals = await staleApprovals(opened);
  return [
    ...await staleWarnings(host, opened),
    ...approvals.map(({ message }) => message),
  ];
}
