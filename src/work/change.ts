import { conflict, denied, OrcError } from "../base/error.ts";
import { handed } from "../base/handed.ts";
import { sessionLayout } from "../base/layout.ts";
import { type JsonObject, jsonObject, type JsonValue } from "../base/json.ts";
import { plainOf } from "../base/plain.ts";
import { escapeControls } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import type { Action } from "../engine/action.ts";
import type { ShownFile } from "../engine/approval.ts";
import { decide } from "../engine/decide.ts";
import { isSigned } from "../engine/situation.ts";
import { isClosed, pendingItem } from "../engine/state.ts";
import type { Summary } from "../engine/standing.ts";
import { summarize } from "../engine/summary.ts";
import { fileKind } from "../files/read.ts";
import { unlessAborted } from "../files/wait.ts";
import { CHECK_VARIABLE } from "../host/check_mark.ts";
import {
  type AgentAbove,
  type Approval,
  type Host,
  variableOf,
} from "../host/host.ts";
import { assertInFiles, IN_FILES } from "../repository/in_files.ts";
import type { Repository, SessionPlace } from "../repository/open.ts";
import { assertChangeable, type OpenedSession } from "../repository/select.ts";
import { maskAction, sessionMasker } from "../secrets/masker.ts";
import { assertWritable } from "../session/encode.ts";
import { readCurrent } from "../session/read.ts";
import type { Session, SessionChange, Updated } from "../session/store.ts";
import { type ConfigSite, readValue } from "../settings/files.ts";
import { hasCome, supervisionMode } from "../workflow/supervision.ts";
import type {
  Caller,
  Decision,
  EventType,
  SessionState,
} from "../workflow/types.ts";

/** What a change did, and where the session stands now. */
export interface Changed {
  /** Which session was changed, and where it is. */
  readonly place: SessionPlace;
  /** False when there was nothing to do: then nothing was written. */
  readonly changed: boolean;
  /**
   * What the log now holds of it, in order; empty when nothing changed. Ids are ULIDs in lower
   * case, types those of {@linkcode EventType}.
   */
  readonly events: readonly { readonly type: EventType; readonly id: string }[];
  /** Number of the session's last update; 0 when only the Python tool wrote it. */
  readonly serial: number;
  /** Where the session stands now. */
  readonly summary: Summary;
  /** What went wrong after the change counted, as sentences for people. */
  readonly warnings: readonly string[];
}

/** A change, and the session as it is after it. */
export interface Applied {
  readonly changed: Changed;
  readonly after: OpenedSession;
}

/** The answer where there was nothing to do. */
export function unchanged(
  { place, session, workflow }: OpenedSession,
): Changed {
  return {
    place,
    changed: false,
    events: [],
    serial: session.serial,
    summary: summarize(workflow, session.state),
    warnings: [],
  };
}

/** An act of a human, and what has to be typed to confirm it. */
interface HumanAct {
  /** What is asked for, as the log tells it: `approve item "plan"`. */
  readonly request: string;
  /** The word the human types, so that no stray key approves anything. */
  readonly confirmation: string;
  readonly itemId?: string | null;
  /** The session it is done to, where there is one. */
  readonly session?: string;
  /** What the human reads before they are asked, each in a line of its own. */
  readonly lines?: readonly string[];
  /** The files that they approve. */
  readonly shown?: readonly ShownFile[] | undefined;
  /** Whether a signature has to follow, so that no setting stands in for a human. */
  readonly signs?: boolean;
  /** Looks at what is approved once a human will be asked, and throws where there is nothing to approve. */
  readonly prepare?: () => Promise<void>;
}

/** More of a no than anybody wants to read in an error. */
const MAX_REASON_SHOWN = 500;

/** Where it is asked for, and what ends the waiting. */
type ApprovalSite = ConfigSite & Partial<Pick<Repository, "context">>;

/**
 * Decides and stores an action, without the secrets in it, on the state as it is under the lock; a
 * legacy session is adopted first. Whether an act of a human is possible at all is decided before
 * anybody is asked; whoever is not known to be one is refused, and the try is logged.
 */
export async function applyAction(
  host: Host,
  opened: OpenedSession,
  action: Action,
  act?: HumanAct,
): Promise<Changed> {
  return (await apply(host, opened, action, act)).changed;
}

/** The same, for who goes on from there. */
export async function apply(
  host: Host,
  opened: OpenedSession,
  action: Action,
  act?: HumanAct,
): Promise<Applied> {
  assertChangeable(opened);
  const { mask } = await sessionMasker(host, opened);
  const masked = maskAction(action, mask);
  if (act === undefined) {
    return await applyAs(host, opened, masked, host.caller());
  }
  const { lookAt, ...sights } = await import("./sight.ts");
  const sight = await lookAt(host, opened, masked);
  const caller: Caller = {
    ...host.caller(),
    ...sight && { sight: sights.shownBy(sight) },
  };
  if (!needsHuman(host, opened, masked, caller)) {
    return await applyAs(host, opened, masked, caller);
  }
  const signs = needsSignature(host, opened, masked, caller);
  const lines = sights.linesFor(opened, masked, sight?.files);
  let seen: JsonObject | undefined;
  const signing = signs ? await import("../trust/signing.ts") : undefined;
  const prepare = async (): Promise<void> => {
    await signing?.assertCanSign(host, opened, act.request);
    if (sight === undefined) return;
    sights.assertShowable(sight);
    seen = await sights.seenBy(host, opened, sight);
  };
  const asked = {
    ...act,
    session: opened.session.id,
    lines: [...lines, ...act.lines ?? []],
    shown: sight && sights.filesIn(sight),
    signs,
    prepare,
  };
  const askedAt = host.now();
  const approval = await askForApproval(host, opened.repository, asked);
  if (approval === null) {
    const { request, itemId = null } = act;
    const refusal: Action = { type: "refuse_approval", request, itemId };
    const above = await agentAt(host);
    const agent = caller.agent ?? above?.agent ?? null;
    // What has ended keeps nothing any more, not even that.
    const isOpen = !isClosed(opened.session.state.status);
    const asker = { ...host.caller(), agent };
    if (isOpen) await applyAs(host, opened, refusal, asker);
    if (above !== undefined) throw belowAgent(request, above);
  }
  const presence = approval === "terminal"
    ? { presence: presenceSince(host, askedAt) }
    : {};
  const human: Caller = {
    ...caller,
    approval,
    ...presence,
    ...seen && { sight: seen },
  };
  const check = async (): Promise<void> => {
    if (sight) await sights.assertUnchanged(opened, sight);
  };
  if (approval !== null) await check();
  const events = signing && approval !== null &&
    decide(opened.workflow, opened.session.state, masked, {
      at: host.now(),
      caller: { ...human, signature: new Map() },
    }).events;
  if (!events) return await applyAs(host, opened, masked, human);
  const { signature, covers } = await signing.signActs(
    host,
    opened,
    act.request,
    events,
  );
  await check();
  const signer = { ...human, signature };
  return await applyAs(host, opened, masked, signer, (decision) => {
    if (covers(decision.events)) return;
    throw conflict(
      "session_changed",
      `Cannot ${act.request}: another process changed the session while you signed; nothing was changed`,
      "run the same command again",
    );
  });
}

/** The agent whose terminal this is, though it does not say so; undefined where nobody types in one. */
async function agentAt(host: Host): Promise<AgentAbove | undefined> {
  const isSaid = host.caller().agent !== null;
  const isAsked = host.approve === undefined && host.terminal.isInteractive;
  return isAsked && !isSaid ? await host.agentAbove?.() : undefined;
}

function belowAgent(request: string, { agent, pid }: AgentAbove): OrcError {
  return denied(
    "approval_required",
    `Cannot ${request}: only a human may, and ${agent} (process ${pid}) runs this terminal`,
    "ask a human to run the same command in a terminal of their own",
  );
}

/** Who typed, as far as the machine says: whoever looks back may ask them. */
function presenceSince(host: Host, askedAt: string): JsonObject {
  const user = variableOf(host, "USER") ?? variableOf(host, "USERNAME") ?? null;
  const terminal = variableOf(host, "SSH_TTY") ?? null;
  const [from, to] = [askedAt, host.now()].map((at) => epochMsOf(at) ?? 0);
  return jsonObject({
    user,
    host: host.identity().host,
    ...terminal === null ? {} : { terminal },
    prompt_ms: (to ?? 0) - (from ?? 0),
  });
}

/** Says what was given to an item that was done already, and is kept nowhere. */
export function droppedBy(
  { session: { state } }: OpenedSession,
  changed: Changed,
  itemId: string,
  given: { readonly notes: string | null; readonly evidence?: JsonValue },
): readonly string[] {
  if (changed.changed) return [];
  const before = state.phases.flatMap(({ items }) => items)
    .find(({ id }) => id === itemId) ?? pendingItem(itemId);
  const { notes, evidence } = given;
  const textOf = (value: JsonValue) => JSON.stringify(plainOf(value));
  const dropped = [
    ...notes && notes !== before.notes ? ["notes"] : [],
    ...evidence !== undefined && textOf(evidence) !== textOf(before.evidence)
      ? ["evidence"]
      : [],
  ].join(" and ");
  return dropped === "" ? [] : [
    `Item "${itemId}" was done already, and the new ${dropped} are not kept; orc note "<text>" --item ${itemId} keeps a text`,
  ];
}

/** Not all that looks like an act of a human is one, such as what is done already. */
function needsHuman(
  host: Host,
  { workflow, session }: OpenedSession,
  action: Action,
  caller: Caller,
): boolean {
  const tryAs = (fields: Partial<Caller>): Decision =>
    decide(workflow, session.state, action, {
      at: host.now(),
      caller: { ...caller, ...fields },
    });
  tryAs({ approval: "terminal", signature: new Map() });
  return isDenied(() => tryAs({ approval: null }));
}

/** Whether the yes of a human is not enough; asked where it is possible at all. */
function needsSignature(
  host: Host,
  { workflow, session }: OpenedSession,
  action: Action,
  caller: Caller,
): boolean {
  if (!isSigned(workflow)) return false;
  const unsigned = { ...caller, approval: "terminal" } as const;
  return isDenied(() =>
    decide(workflow, session.state, action, {
      at: host.now(),
      caller: unsigned,
    })
  );
}

function isDenied(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof OrcError && error.kind === "denied") return true;
    throw error;
  }
}

async function applyAs(
  host: Host,
  opened: OpenedSession,
  action: Action,
  caller: Caller,
  check?: (decision: Decision) => void,
): Promise<Applied> {
  const updated = await updateAs(host, opened, action, caller, check);
  const { session } = updated;
  const changed = {
    place: opened.place,
    changed: updated.events.length > 0,
    events: updated.events.map(({ type, id }) => ({ type, id })),
    serial: session.serial,
    summary: summarize(opened.workflow, session.state),
    warnings: updated.warnings,
  };
  return { changed, after: { ...opened, session } };
}

async function updateAs(
  host: Host,
  { repository, session, workflow }: OpenedSession,
  action: Action,
  caller: Caller,
  check?: (decision: Decision) => void,
): Promise<Updated> {
  const isTimed = action.type === "complete" &&
    supervisionMode(workflow) === "hybrid";
  const change: SessionChange = (fresh, at, clock) => {
    const { state } = fresh;
    if (action.type === "advance") assertSamePhase(session.state, state);
    const decision = decide(workflow, state, action, { at, caller });
    const kept = isTimed ? clock() : undefined;
    // Time to answer is over when the clock of the store says so too.
    if (kept !== undefined && !hasCome(at, kept)) {
      decide(workflow, state, action, { at: kept, caller });
    }
    const isBack = action.type === "restore" || action.type === "undo";
    if (isBack) assertSameUpdate(session, fresh);
    check?.(decision);
    return decision;
  };
  if (session.legacyPath !== null) {
    // An action that is refused or does nothing must not adopt anything either.
    const at = handed("now()", host.now());
    if (change(session, at, () => undefined).events.length === 0) {
      return { session, events: [], warnings: [] };
    }
    assertWritable(session, session.legacyPath);
    await adoptLegacySession(host, repository, session.id);
  }
  return await repository.store.update(session.id, change);
}

/** Moves a legacy session's state to the new place; the old files stay. Safe to repeat. */
export async function adoptLegacySession(
  host: Host,
  repository: Repository,
  id: string,
): Promise<void> {
  const { adoptLegacy, readLegacyState } = await import("../session/legacy.ts");
  const { writeCurrent } = await import("../session/create.ts");
  const { withPreparedRepository } = await import("../repository/prepare.ts");
  const wayOn = `begin anew, or go on with it in files: ${IN_FILES} orc status`;
  await assertInFiles(repository, "take over an older session", wayOn);
  const { layout } = repository;
  const work = async (lock: { token: string }): Promise<void> => {
    const legacy = await readLegacyState(layout);
    const { directory } = sessionLayout(layout.root, id);
    // A migration was faster: the session is in its new place.
    if (legacy === undefined && fileKind(directory) === "directory") return;
    if (legacy?.session.id !== id) {
      const path = layout.legacyState;
      throw conflict(
        "legacy_state_gone",
        `"${path}" was removed or replaced while its session was being adopted`,
        { path, hint: "orc status" },
      );
    }
    const localTime = host.localNow();
    await adoptLegacy(layout, legacy, { localTime, token: lock.token });
    if (readCurrent(layout) === undefined) writeCurrent(layout, id, lock);
  };
  await withPreparedRepository(host, repository, {}, work);
}

/** Who leaves a phase means the one they saw, and a human's yes holds for no other. */
function assertSamePhase(seen: SessionState, now: SessionState): void {
  if (now.currentPhaseId === seen.currentPhaseId) return;
  throw conflict(
    "phase_left",
    `Cannot leave phase "${seen.currentPhaseId}": another process left it meanwhile`,
    "orc status",
  );
}

/** Who was shown what going back takes back agreed to that, and not to what was done since. */
function assertSameUpdate(seen: Session, now: Session): void {
  const isSame = now.serial === seen.serial &&
    now.state.updatedAt === seen.state.updatedAt;
  if (isSame) return;
  throw conflict(
    "session_changed",
    "Cannot go back: another process changed the session meanwhile",
    "see what it would change now: the same command with --dry-run",
  );
}

/** Establishes whether a human is there; null when nobody can be asked. */
export async function askForApproval(
  host: Host,
  site: ApprovalSite,
  act: HumanAct,
): Promise<Caller["approval"]> {
  // What the agent wrote is running: no setting, host or terminal makes that a human.
  if (variableOf(host, CHECK_VARIABLE)) return null;
  const setting = await readValue(host, site, "approvals");
  const isAgent = host.caller().agent !== null;
  if (setting === "any" && !isAgent && !act.signs) {
    await act.prepare?.();
    return "setting";
  }
  if (host.approve !== undefined) {
    await act.prepare?.();
    return await askHost(host, site, act);
  }
  // An agent could set the variable as easily as it could type the answer.
  if (isAgent) return null;
  if (!host.terminal.isInteractive) return null;
  // Only now: looking at processes costs more than all else that is asked here.
  if (await host.agentAbove?.() !== undefined) return null;
  await act.prepare?.();
  const word = visible(act.confirmation);
  const lines = (act.lines ?? []).map((line) => `${visible(line)}\n`);
  const answer = host.terminal.readLine(
    `${lines.join("")}To ${visible(act.request)}, type ${word}: `,
  );
  if (answer?.trim() === word) return "terminal";
  throw denied(
    "approval_declined",
    `Cannot ${act.request}: "${word}" was not typed`,
  );
}

/** The host asks whom it knows; who stops waiting does not wait for their answer either. */
async function askHost(
  host: Host,
  { layout: { root }, context }: ApprovalSite,
  { request, itemId = null, session, shown = [] }: HumanAct,
): Promise<"host"> {
  const text = visible(request);
  const signal = context?.signal;
  const asked = {
    ...{ request: text, itemId, root, shown },
    session: session ?? null,
  };
  const answer = await unlessAborted<Approval | undefined>(
    signal,
    (end, fail) => {
      Promise.resolve(host.approve?.({ ...asked, signal })).then(end, fail);
      return () => {};
    },
  );
  const checked = handed("approve()", answer);
  if (checked?.approved) return "host";
  const why = visible(checked?.reason?.slice(0, MAX_REASON_SHOWN) ?? "");
  throw denied(
    "approval_declined",
    `Cannot ${text}: the human who was asked said no${why && `: ${why}`}`,
  );
}

/** The yes of a human, without whom it is refused; the command is what they are asked to run. */
export async function requireApproval(
  host: Host,
  site: ApprovalSite,
  act: HumanAct,
  command: string,
): Promise<NonNullable<Caller["approval"]>> {
  const approval = await askForApproval(host, site, act);
  if (approval !== null) return approval;
  const above = await agentAt(host);
  if (above !== undefined) throw belowAgent(act.request, above);
  throw denied(
    "approval_required",
    `Cannot ${act.request}: only a human may, at a terminal`,
    `ask a human to run ${command} in a terminal`,
  );
}

/** An id in a workflow may hold what moves a cursor: nobody shall approve something else than they see. */
function visible(text: string): string {
  const shown = text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return escapeControls(shown);
}
