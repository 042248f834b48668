/** The rules for phases and for the session, as the handbook tells them to people. */
import { cardOf, isDone } from "./board.ts";
import { isGate, isManual, isRequired, type PhaseText } from "./definition.ts";
import {
  type Game,
  isOn,
  lookUp,
  needHuman,
  phaseNow,
  Refusal,
  refuseIf,
} from "./game.ts";
import type { Act } from "./move.ts";
import { lacksReview, notesOf } from "./rules.ts";

type ActOf<Type extends Act["type"]> = Extract<Act, { type: Type }>;
type Events = readonly string[];

/** Whether something keeps the session in a phase. */
export function isBlocked(game: Game, phase: PhaseText): boolean {
  return hasOpenItem(game, phase) || awaitsApproval(game, phase);
}

function hasOpenItem(game: Game, { items }: PhaseText): boolean {
  return isOn(game, "required items block") &&
    items.some((item) =>
      isRequired(item) && !isDone(cardOf(game.board, item.id))
    );
}

function awaitsApproval(
  game: Game,
  { id, exit_gate }: PhaseText,
): boolean {
  return exit_gate === "human_approval" && !game.board.approved.has(id) &&
    isOn(game, "phases await approval");
}

export function advance(game: Game, { force }: ActOf<"advance">): Events {
  const { board, definition } = game;
  const blocked = isBlocked(game, phaseNow(game));
  const isLast = board.current === definition.phases.length - 1;
  const stops = isLast && isOn(game, "nothing lies behind the last phase");
  refuseIf(game, blocked && (stops || !force), { refusal: "refused blocked" });
  if (isLast) return stops ? [] : ["phase_completed:system"];
  if (force) needHuman(game);
  leave(game);
  board.current++;
  const stage = board.stages[board.current];
  if (stage === undefined) throw new Error("no stage");
  stage.status = "active";
  stage.startedAt = game.now;
  return [
    `phase_completed:${blocked ? "human" : "system"}`,
    "phase_started:system",
  ];
}

function leave({ board, now }: Game): void {
  const stage = board.stages[board.current];
  if (stage === undefined) throw new Error("no stage");
  stage.status = "completed";
  stage.completedAt = now;
}

export function approvePhase(
  game: Game,
  { phase: id }: ActOf<"approve_phase">,
): Events {
  const phase = id === null
    ? phaseNow(game)
    : game.definition.phases.find((other) => other.id === id);
  if (phase === undefined) throw new Refusal("not_found no_such_phase");
  const isApproved = game.board.approved.has(phase.id);
  if (phase.exit_gate !== "human_approval" || isApproved) return [];
  needHuman(game);
  game.board.approved.add(phase.id);
  return ["human_override:human"];
}

export function finish(game: Game, act: ActOf<"finish">): Events {
  notesOf(game, act.notes);
  const { definition, board, now } = game;
  const isOpen = (phase: PhaseText) =>
    isBlocked(game, phase) ||
    (lacksReview(game, phase) && isOn(game, "reviews block finish"));
  const phases = isOn(game, "finish looks at all phases")
    ? definition.phases
    : [phaseNow(game)];
  const blocked = phases.some(isOpen);
  refuseIf(game, blocked && !act.force, { refusal: "refused blocked" });
  if (act.force) needHuman(game);
  leave(game);
  board.status = "completed";
  board.completedAt = now;
  const actor = blocked ? "human" : "system";
  return [`phase_completed:${actor}`, `workflow_completed:${actor}`];
}

export function abandon(game: Game, act: ActOf<"abandon">): Events {
  notesOf(game, act.notes);
  refuseIf(game, act.reason.trim() === "", { refusal: "usage reason_missing" });
  game.board.status = "abandoned";
  return ["workflow_abandoned:system"];
}

export function addNote(game: Game, { text, item }: ActOf<"note">): Events {
  refuseIf(game, text === null, { refusal: "usage note_empty" });
  if (item !== null) lookUp(game, item);
  game.board.notes++;
  return ["note_added:system"];
}

function needReason(game: Game, reason: string): void {
  refuseIf(game, reason.trim() === "", { refusal: "usage reason_missing" });
}

/** A human's no: what was found out counts no more, and one more try has failed. */
export function reject(
  game: Game,
  act: Extract<Act, { type: "reject" | "reopen_item" }>,
): Events {
  needReason(game, act.reason);
  const { item, card } = lookUp(game, act.item);
  const waits = isManual(item) && card.status !== "skipped";
  refuseIf(game, !waits && card.status !== "completed", {
    rule: "only what is done can be taken back",
    refusal: "refused cannot_reject",
  });
  needHuman(game);
  card.status = isGate(item) ? "pending" : "failed";
  card.startedAt = null;
  card.completedAt = null;
  card.result = `rejected at ${game.now}`;
  card.rejected = true;
  if (isOn(game, "failures are counted")) card.tries++;
  return [`${isGate(item) ? "gate" : "verification"}_failed:human`];
}

export function reopenItem(
  game: Game,
  act: Extract<Act, { type: "reject" | "reopen_item" }>,
): Events {
  needReason(game, act.reason);
  const { card } = lookUp(game, act.item);
  refuseIf(game, !isDone(card), {
    rule: "only what is done can be taken back",
    refusal: "refused cannot_reopen",
  });
  Object.assign(card, {
    status: "pending",
    startedAt: null,
    completedAt: null,
    skippedAt: null,
    skipReason: null,
    result: null,
    rejected: false,
  });
  return ["note_added:system"];
}

/** Back to a phase that was left: what comes later waits again, and so do the approvals. */
export function reopenPhase(game: Game, act: ActOf<"reopen_phase">): Events {
  const { definition, board } = game;
  needReason(game, act.reason);
  const index = definition.phases.findIndex(({ id }) => id === act.phase);
  if (index < 0) throw new Refusal("not_found no_such_phase");
  refuseIf(game, index >= board.current, { refusal: "refused cannot_reopen" });
  needHuman(game);
  board.current = index;
  board.stages.forEach((stage, at) => {
    if (at < index) return;
    stage.status = at === index ? "active" : "pending";
    stage.completedAt = null;
    if (at > index) stage.startedAt = null;
    const { id = "" } = definition.phases[at] ?? {};
    if (isOn(game, "going back takes approvals back")) {
      board.approved.delete(id);
    }
  });
  return ["human_override:human"];
}
