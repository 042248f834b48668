import { asObject } from "../base/json.ts";
import { headOf } from "../base/markdown.ts";
import { countOf, inOneLine, listOf, shellWord } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import {
  approvalCommand,
  forHuman,
  hasCome,
  passageOf,
  passesAt,
} from "../workflow/supervision.ts";
import { subjectOfCheck } from "../workflow/template.ts";
import type {
  Event,
  Item,
  ItemState,
  Phase,
  SessionState,
  Workflow,
} from "../workflow/types.ts";
import { openBefore, openItemsBefore } from "./situation.ts";
import {
  awaitsApproval,
  isClosed,
  isDone,
  isPhaseApproved,
  itemStateOf,
  nextPhase,
  phaseBlockers,
  phaseStateOf,
  rejectionOf,
} from "./state.ts";

/** What a human can approve now. */
export interface WaitingApproval {
  /** The phase it is in, or that is left with it. */
  readonly phaseId: string;
  /** The item; null for the leaving of a phase. */
  readonly itemId: string | null;
  /** Name of the item or the phase, for people. */
  readonly name: string;
  /** Since when it can be approved, an instant in UTC; null where the state does not say. */
  readonly since: string | null;
  /** What the human runs. */
  readonly command: string;
}

/**
 * What waits for a human, in the order of the workflow: manual gates whose turn it is, those too
 * that pass by themselves later, and phases of which nothing else is open.
 */
export function waitingIn(
  workflow: Workflow,
  state: SessionState,
): readonly WaitingApproval[] {
  const phase = workflow.phases.find(({ id }) => id === state.currentPhaseId);
  if (phase === undefined || isClosed(state.status)) return [];
  const since = lastClosing(state, phase);
  const phaseState = phaseStateOf(state, phase);
  const items = phase.items.flatMap((item): readonly WaitingApproval[] => {
    const { type } = passageOf(workflow, item) ?? {};
    const itemState = itemStateOf(phaseState, item.id);
    const isAsked = type === "human" || type === "clock";
    if (!isAsked || isDone(itemState)) return [];
    if (openBefore(state, { phase, item })) return [];
    const command = approvalCommand(workflow, item.id);
    return [{
      phaseId: phase.id,
      itemId: item.id,
      name: item.name,
      since,
      command,
    }];
  });
  // Nobody goes back: what was left without approval is asked for at the end.
  const left = nextPhase(workflow, state) ? [phase] : workflow.phases;
  const phases = left.filter((other) =>
    awaitsApproval(state, other) &&
    phaseBlockers(state, other).every(({ code }) => code !== "item_open")
  );
  return [
    ...items,
    ...phases.map(({ id, name }): WaitingApproval => ({
      phaseId: id,
      itemId: null,
      name,
      since,
      command: forHuman(workflow, `orc approve --phase ${shellWord(id)}`),
    })),
  ];
}

/** When the last item of the phase was done, or else the phase was entered. */
function lastClosing(state: SessionState, phase: Phase): string | null {
  const { startedAt, items } = phaseStateOf(state, phase);
  const instants = items.flatMap(({ completedAt, skippedAt }) => [
    completedAt,
    skippedAt,
  ]);
  const [last = null] = [startedAt, ...instants]
    .filter((instant) => epochMsOf(instant) !== undefined)
    .toSorted((a, b) => (epochMsOf(b) ?? 0) - (epochMsOf(a) ?? 0));
  return last;
}

/** What a human is asked, and when somebody began to wait for the answer. */
export interface Question {
  readonly phaseId: string;
  /** The item; null for the leaving of the phase. */
  readonly itemId: string | null;
  /** The session when the waiting began. */
  readonly before: SessionState;
  /** Items after whose no something was done before that: such a no has had its effect. */
  readonly reworked?: ReadonlySet<string>;
  /** Whether the item is approved, and has to be once more since its files changed. */
  readonly renews?: boolean;
}

/** What a human said. */
export interface Awaited {
  /**
   * `passed` is what nobody has to answer any more: it was skipped or left by force, or it passes by
   * itself now.
   */
  readonly answer: "approved" | "rejected" | "passed" | "waiting";
  /** Why it was rejected; of what still waits, the last no that somebody has reworked; null without one. */
  readonly reason: string | null;
  /** The item that was rejected, which may be another of the phase; null where none was. */
  readonly rejectedItemId: string | null;
}

/** Looks for the answer in a later state of the session. */
export function answerTo(
  workflow: Workflow,
  state: SessionState,
  question: Question,
  at: string,
): Awaited {
  const { phaseId, itemId, before, renews = false } = question;
  const told = (answer: Awaited["answer"], reason: string | null = null) => ({
    ...{ answer, reason, rejectedItemId: null },
  });
  const phase = workflow.phases.find(({ id }) => id === phaseId);
  if (phase === undefined) return told("passed");
  const isLeft = state.currentPhaseId !== before.currentPhaseId;
  const stateOf = (session: SessionState, id: string) =>
    itemStateOf(phaseStateOf(session, phase), id);
  const now = itemId === null ? undefined : stateOf(state, itemId);
  if (now === undefined && isPhaseApproved(state, phaseId)) {
    return told("approved");
  }
  if (itemId !== null && now?.status === "completed") {
    const { completedAt } = stateOf(before, itemId);
    const isOld = renews && now.completedAt === completedAt;
    if (!isOld) return told("approved");
  }
  if (now?.status === "skipped" || isLeft) return told("passed");
  let last: string | null = null;
  // A no to any item of the phase is what the human says to all of it: nobody else is to act now.
  for (const { id } of phase.items) {
    const reason = rejectionOf(stateOf(state, id));
    if (reason === null) continue;
    const isOld = question.reworked?.has(id) &&
      rejectedAtOf(stateOf(state, id)) === rejectedAtOf(stateOf(before, id));
    if (!isOld) return { answer: "rejected", reason, rejectedItemId: id };
    if (id === itemId) last = reason;
  }
  const item = phase.items.find(({ id }) => id === itemId);
  const passage = item && passageOf(workflow, item);
  const instant = passage?.type === "clock" && now
    ? passesAt(passage, now)
    : null;
  const isOver = instant !== null && hasCome(instant, at);
  return isOver ? told("passed") : told("waiting", last);
}

/** When the item was rejected, in milliseconds; undefined where nobody did. */
export function rejectedAtOf(
  { verificationResult }: ItemState,
): number | undefined {
  const instant = asObject(verificationResult)?.get("rejected_at");
  return typeof instant === "string" ? epochMsOf(instant) : undefined;
}

/** Whether an event tells that somebody worked on: neither what a human says, nor a try that was refused. */
export function isWork(
  { type, details }: Pick<Event, "details"> & { readonly type: string },
): boolean {
  return type !== "error" && !details.has("origin");
}

/** A human reads no more than this before they type. */
const MAX_LINES_SHOWN = 12;
const MAX_LINE_LENGTH = 200;
const MAX_NAMED = 5;

/** What a human is shown of an item before they say yes or no: what it asks, and what is open before it. */
export function questionLines(
  workflow: Workflow,
  state: SessionState,
  itemId: string,
): readonly string[] {
  const phase = workflow.phases.find(({ items }) =>
    items.some(({ id }) => id === itemId)
  );
  const item = phase?.items.find(({ id }) => id === itemId);
  if (phase === undefined || item === undefined) return [];
  const { name, description, notes, verification } = item;
  const texts = [
    `Phase ${phase.id}, item ${itemId}: ${name}`,
    verification.description ?? "",
    description ?? "",
    ...notes,
  ];
  const lines = texts.flatMap((text) => text.split("\n"))
    .filter((line) => line.trim() !== "");
  const open = openItemsBefore(state, { phase, item }).map(({ id }) => id);
  return [
    ...lines.slice(0, MAX_LINES_SHOWN).map((line) =>
      headOf(line, MAX_LINE_LENGTH)
    ),
    ...lines.length > MAX_LINES_SHOWN
      ? [`(${lines.length - MAX_LINES_SHOWN} more lines in the workflow)`]
      : [],
    ...open.length === 0
      ? []
      : [`Still open before it: ${listOf(open, MAX_NAMED)}`],
  ];
}

/** What a human is shown of a phase before they let it be left: how each of its items was done. */
export function phaseLines(
  workflow: Workflow,
  state: SessionState,
  phaseId: string,
): readonly string[] {
  const phase = workflow.phases.find(({ id }) => id === phaseId);
  if (phase === undefined) return [];
  const items = phase.items.map((item) => {
    const itemState = itemStateOf(phaseStateOf(state, phase), item.id);
    return { item, itemState, isChecked: hasPassed(item, itemState) };
  });
  // Where there are too many, what nobody checked is what has to be looked at.
  const shown = items.length <= MAX_ITEMS_SHOWN ? items : [
    ...items.filter(({ isChecked }) => !isChecked),
    ...items.filter(({ isChecked }) => isChecked),
  ].slice(0, MAX_ITEMS_SHOWN);
  return [
    `Phase ${phaseId}: ${phase.name}`,
    ...shown.map(({ item, itemState, isChecked }) => {
      const how = isChecked
        ? `checked by orc: ${
          subjectOfCheck(item.verification, workflow.settings)
        }`
        : doneText(item, itemState);
      return inOneLine(headOf(`  ${item.id}: ${how}`, MAX_LINE_LENGTH));
    }),
    ...items.length > shown.length
      ? [`  (${countOf(items.length - shown.length, "more item")})`]
      : [],
  ];
}

const MAX_ITEMS_SHOWN = 20;

/** Whether orc itself saw the item's check pass. */
function hasPassed(
  { verification }: Item,
  { status, verificationResult, gateResult }: ItemState,
): boolean {
  if (status !== "completed") return false;
  const gate = asObject(gateResult);
  if (gate !== undefined) return gate.get("success") === true;
  const result = asObject(verificationResult);
  if (result === undefined || result.has("error")) return false;
  if (verification.type === "file_exists") return result.get("exists") === true;
  return verification.type === "command" &&
    result.get("exit_code") === verification.expectExitCode;
}

/** How an item stands of which orc saw no check pass. */
function doneText(
  { verification: { type }, required }: Item,
  { status, notes, skipReason, verificationResult }: ItemState,
): string {
  if (status === "skipped") return `skipped: ${skipReason ?? "no reason"}`;
  if (status !== "completed") return required ? "open" : "open, optional";
  if (asObject(verificationResult)?.get("approved") === true) return "approved";
  const said = notes ? `said by the agent: ${notes}` : "said to be done";
  return type === "none" ? said : `not checked; ${said}`;
}
