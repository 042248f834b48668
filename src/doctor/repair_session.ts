import { OrcError } from "../base/error.ts";
import type { Finding } from "../base/finding.ts";
import { matchSessionId } from "../base/ids.ts";
import { humanEvent } from "../engine/situation.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import type { ConfigSite } from "../settings/files.ts";
import { askForApproval, type HumanAct } from "../work/approval.ts";
import type { Caller } from "../workflow/types.ts";
import { repairSession, type SessionRepair } from "./session_repair.ts";

export type { SessionRepair };

/** What a human wants done with a session that no update can change any more. */
export interface RepairRequest {
  /** How it is to be put right. */
  readonly repair: SessionRepair;
  /** Id of the session, or an unambiguous part of it. */
  readonly session: string;
}

/** What was done with a session. */
export interface Repaired {
  /** How it was put right. */
  readonly repair: SessionRepair;
  /** Id of the session. */
  readonly session: string;
  /** Number of the update that did it. */
  readonly serial: number;
  /** Where the file is that was replaced; null when none was. */
  readonly aside: string | null;
}

interface RepairText {
  /** What a human is asked for; goes on with the session. */
  readonly request: string;
  /** What the log says of it. */
  readonly message: string;
  /** Findings that it puts right. */
  readonly codes: readonly string[];
}

const TEXTS: Readonly<Record<SessionRepair, RepairText>> = {
  trust_state: {
    request: "go on from the older state of",
    message: "Went on from an older state; the log was put aside",
    codes: ["state_behind_log"],
  },
  resign: {
    request: "sign the changed state of",
    message: "Signed the state as somebody had changed it outside orc",
    codes: ["changed_outside"],
  },
  restore: {
    request: "return to the newest checkpoint of",
    message: "Returned to the newest checkpoint, as the state was destroyed",
    codes: ["damaged_state", "foreign_state", "unfinished_session"],
  },
};

/**
 * Puts a session right by a decision that only a human may take.
 *
 * @throws {OrcError} `not_damaged` (refused) if there is nothing to put right
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if no
 *   human says yes
 */
export async function repairDamaged(
  host: Host,
  repository: Repository,
  { repair, session }: RepairRequest,
  findings: readonly Finding[],
): Promise<
  { readonly repaired: Repaired; readonly warnings: readonly string[] }
> {
  const { layout, context, store } = repository;
  const id = matchSessionId(session, store.ids());
  const { request, message, codes } = TEXTS[repair];
  const act = `${request} session "${id}"`;
  const isNeeded = findings.some((finding) =>
    finding.session === id && codes.includes(finding.code)
  );
  if (!isNeeded) throw notDamaged(act);
  const approval = await approvalFor(host, repository, {
    request: act,
    confirmation: id,
  });
  const caller = { ...host.caller(), approval };
  const { serial, aside, warnings } = await repairSession({
    layout,
    context,
    id,
    eventFor: ({ currentPhaseId }) =>
      humanEvent("human_override", { phaseId: currentPhaseId }, {
        message,
        details: { repair },
      }, caller),
  }, repair);
  return { repaired: { repair, session: id, serial, aside }, warnings };
}

async function approvalFor(
  host: Host,
  site: ConfigSite,
  act: Pick<HumanAct, "request" | "confirmation">,
): Promise<Caller["approval"]> {
  const approval = await askForApproval(host, site, act);
  if (approval !== null) return approval;
  throw new OrcError(
    "denied",
    "approval_required",
    `Cannot ${act.request}: only a human may, at a terminal`,
    { hint: "ask a human to run the same command in a terminal" },
  );
}

function notDamaged(request: string): OrcError {
  return new OrcError(
    "refused",
    "not_damaged",
    `Cannot ${request}: there is no need`,
    { hint: "see what is found: orc doctor" },
  );
}
