import { asObject } from "../base/json.ts";
import { headOf } from "../base/markdown.ts";
import { listOf, shellWord } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import {
  approvalCommand,
  forHuman,
  hasCome,
  passageOf,
  passesAt,
} from "../workflow/supervision.ts";
import type {
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
}

/** What a human said. */
export interface Awaited {
  /**
   * `passed` is what nobody has to answer any more: it was skipped or left by force, or it passes by
   * itself now.
   */
  readonly answer: "approved" | "rejected" | "passed" | "waiting";
  /** Why it was rejected; null where it was not. */
  readonly reason: string | null;
}

/** Looks for the answer in a later state of the session. */
export function answerTo(
  workflow: Workflow,
  state: SessionState,
  { phaseId, itemId, before }: Question,
  at: string,
): Awaited {
  const told = (answer: Awaited["answer"]) => ({ answer, reason: null });
  const phase = workflow.phases.find(({ id }) => id === phaseId);
  if (phase === undefined) return told("passed");
  const isLeft = state.currentPhaseId !== before.currentPhaseId;
  if (itemId === null) {
    if (isPhaseApproved(state, phaseId)) return told("approved");
    return told(isLeft ? "passed" : "waiting");
  }
  const now = itemStateOf(phaseStateOf(state, phase), itemId);
  if (now.status === "completed") return told("approved");
  if (now.status === "skipped" || isLeft) return told("passed");
  const reason = rejectionOf(now);
  const rejectedAt = rejectedAtOf(now);
  const then = itemStateOf(phaseStateOf(before, phase), itemId);
  // What was done since a no is the answer to it, and a new question.
  const isNews = rejectedAt !== rejectedAtOf(then) ||
    rejectedAt === epochMsOf(before.updatedAt);
  if (reason !== null && isNews) return { answer: "rejected", reason };
  const item = phase.items.find(({ id }) => id === itemId);
  const passage = item && passageOf(workflow, item);
  const instant = passage?.type === "clock" ? passesAt(passage, now) : null;
  const isOver = instant !== null && hasCome(instant, at);
  return told(isOver ? "passed" : "waiting");
}

function rejectedAtOf({ verificationResult }: ItemState): number | undefined {
  const instant = asObject(verificationResult)?.get("rejected_at");
  return typeof instant === "string" ? epochMsOf(instant) : undefined;
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
