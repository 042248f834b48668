import { OrcError } from "../base/error.ts";
import { decide } from "../engine/decide.ts";
import type { Host } from "../host/host.ts";
import {
  assertChangeable,
  type OpenedSession,
} from "../repository/open_session.ts";
import type { ConfigSite } from "../settings/files.ts";
import { readValue } from "../settings/read_config.ts";
import type { Action, Caller, Decision } from "../workflow/types.ts";
import { applyAction, type Changed, withoutSecrets } from "./change.ts";

/** An act of a human, and what has to be typed to confirm it. */
export interface HumanAct {
  /** What is asked for, as the log tells it: `approve item "plan"`. */
  readonly request: string;
  /** The word the human types, so that no stray key approves anything. */
  readonly confirmation: string;
  readonly itemId: string | null;
}

/**
 * Takes an action that only a human may take. Whether it is possible at all is decided before
 * anybody is asked; whoever is not known to be a human is refused, and the try is logged.
 */
export async function applyHumanAction(
  host: Host,
  opened: OpenedSession,
  action: Action,
  act: HumanAct,
): Promise<Changed> {
  assertChangeable(opened);
  const caller = host.caller();
  const masked = await withoutSecrets(host, opened, action);
  const decideAs = (approval: Caller["approval"]): Decision =>
    decide(opened.workflow, opened.session.state, masked, {
      at: host.now(),
      caller: { ...caller, approval },
    });
  decideAs("terminal");
  if (!needsHuman(() => decideAs(null))) {
    return await applyAction(host, opened, action, caller);
  }
  const approval = await askForApproval(host, opened.repository, act);
  if (approval === null) {
    await applyAction(host, opened, {
      type: "refuse_approval",
      request: act.request,
      itemId: act.itemId,
    }, caller);
  }
  return await applyAction(host, opened, action, { ...caller, approval });
}

/** Not all that looks like an act of a human is one, such as what is done already. */
function needsHuman(attempt: () => Decision): boolean {
  try {
    attempt();
    return false;
  } catch (error) {
    if (error instanceof OrcError && error.kind === "denied") return true;
    throw error;
  }
}

/** Establishes whether a human is there; null when nobody can be asked. */
export async function askForApproval(
  host: Host,
  site: ConfigSite,
  act: Pick<HumanAct, "request" | "confirmation">,
): Promise<Caller["approval"]> {
  const setting = await readValue(host, site, "approvals");
  // An agent could set the variable as easily as it could type the answer.
  if (host.caller().agent !== null) return null;
  if (setting === "any") return "setting";
  if (!host.terminal.isInteractive) return null;
  const word = visible(act.confirmation);
  const answer = host.terminal.readLine(
    `To ${visible(act.request)}, type ${word}: `,
  );
  if (answer?.trim() === word) return "terminal";
  throw new OrcError(
    "denied",
    "approval_declined",
    `Cannot ${act.request}: "${word}" was not typed`,
  );
}

/** An id in a workflow may hold what moves a cursor: nobody shall approve something else than they see. */
function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
