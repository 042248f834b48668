import { OrcError } from "../base/error.ts";
import { decide } from "../engine/decide.ts";
import { summarize, type Summary } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import {
  assertChangeable,
  type OpenedSession,
} from "../repository/open_session.ts";
import type { Place } from "../repository/place.ts";
import { maskAction } from "../secrets/mask_action.ts";
import { sessionMasker } from "../secrets/masker.ts";
import { assertWritable } from "../session/read.ts";
import type { Session, Updated } from "../session/session_store.ts";
import type { Action, Caller, SessionState } from "../workflow/types.ts";

/** What a change did, and where the session stands now. */
export interface Changed {
  /** Which session was changed, and where it is. */
  readonly place: Place;
  /** False when there was nothing to do: then nothing was written. */
  readonly changed: boolean;
  /**
   * What the log now holds of it, in order; empty when nothing changed. Ids are
   * ULIDs in lower case, types those of {@linkcode EventType}.
   */
  readonly events: readonly { readonly type: string; readonly id: string }[];
  /**
   * Number of the session's last update; 0 when only the Python tool wrote it.
   */
  readonly serial: number;
  /** Where the session stands now. */
  readonly summary: Summary;
  /** What went wrong after the change counted, as sentences for people. */
  readonly warnings: readonly string[];
}

/** An action as it may be stored and shown: without secrets. */
export async function withoutSecrets(
  host: Host,
  opened: OpenedSession,
  action: Action,
): Promise<Action> {
  const { mask } = await sessionMasker(host, opened);
  return maskAction(action, mask);
}

/**
 * Decides and stores an action, without the secrets in it, on the state as it is under the lock;
 * a legacy session is adopted first.
 */
export async function applyAction(
  host: Host,
  opened: OpenedSession,
  action: Action,
  caller: Caller = host.caller(),
): Promise<Changed> {
  const masked = await withoutSecrets(host, opened, action);
  const updated = await updateWith(host, opened, masked, caller);
  return {
    place: opened.place,
    changed: updated.events.length > 0,
    events: updated.events.map(({ type, id }) => ({ type, id })),
    serial: updated.session.serial,
    summary: summarize(opened.workflow, updated.session.state),
    warnings: updated.warnings,
  };
}

async function updateWith(
  host: Host,
  opened: OpenedSession,
  action: Action,
  caller: Caller,
): Promise<Updated> {
  assertChangeable(opened);
  const { repository, session, workflow } = opened;
  const change = (fresh: Session) => {
    const { state } = fresh;
    if (action.type === "advance") assertSamePhase(session.state, state);
    const at = host.now();
    const decision = decide(workflow, state, action, { at, caller });
    if (action.type === "restore") assertSameUpdate(session, fresh);
    return decision;
  };
  if (session.legacyPath !== null) {
    // An action that is refused or does nothing must not adopt anything either.
    if (change(session).events.length === 0) {
      return { session, events: [], warnings: [] };
    }
    assertWritable(session, session.legacyPath);
    const { adoptLegacySession } = await import("./legacy.ts");
    await adoptLegacySession(host, repository, session.id);
  }
  return await repository.store.update(session.id, change);
}

/** Who leaves a phase means the one they saw, and a human's yes holds for no other. */
function assertSamePhase(seen: SessionState, now: SessionState): void {
  if (now.currentPhaseId === seen.currentPhaseId) return;
  throw new OrcError(
    "conflict",
    "phase_left",
    `Cannot leave phase "${seen.currentPhaseId}": another process left it meanwhile`,
    { hint: "orc status" },
  );
}

/** Who was shown what a checkpoint takes back agreed to that, and not to what was done since. */
function assertSameUpdate(seen: Session, now: Session): void {
  const isSame = now.serial === seen.serial &&
    now.state.updatedAt === seen.state.updatedAt;
  if (isSame) return;
  throw new OrcError(
    "conflict",
    "session_changed",
    "Cannot restore the checkpoint: another process changed the session meanwhile",
    { hint: "orc resume --dry-run" },
  );
}
