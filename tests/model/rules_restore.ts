/** The rules for going back: to a checkpoint, or to before the last updates. */
import {
  type Board,
  type Card,
  cardOf,
  isDone,
  isEnded,
  type Stage,
} from "./board.ts";
import { isManual, type ItemText } from "./definition.ts";
import { type Game, isOn, needHuman, Refusal, refuseIf } from "./game.ts";
import type { Act } from "./move.ts";

/** Puts back what a checkpoint holds; what nobody earned since needs a human. */
export function restore(
  game: Game,
  act: Extract<Act, { type: "restore" }>,
): readonly string[] {
  const kept = game.checkpoints.at(-act.back) ?? game.checkpoints[0];
  if (kept === undefined) return [];
  const then = act.forged ? withAllCompleted(kept) : kept;
  if (act.foreign) throw new Refusal("refused foreign_checkpoint");
  const next = boardAfter(game, then);
  if (textOf(next) === textOf(game.board)) return [];
  const isEarned = !gains(game, next, then);
  const rule = "a checkpoint earns nothing";
  if (!isEarned) {
    refuseIf(game, !act.force, { rule, refusal: "refused restore_forward" });
    if (isOn(game, rule)) needHuman(game);
  }
  takeOver(game.board, next);
  return [`note_added:${isEarned ? "system" : "human"}`];
}

function withAllCompleted(board: Board): Board {
  const forged = structuredClone(board);
  forged.stages.forEach((stage) => stage.status = "completed");
  for (const card of forged.cards.values()) {
    card.status = "completed";
    card.completedAt = 0;
  }
  return forged;
}

function boardAfter(game: Game, then: Board): Board {
  const next = structuredClone(game.board);
  next.current = then.current;
  next.stages.splice(0, Infinity, ...stagesAfter(game, then));
  next.approved.clear();
  for (const phase of then.approved) next.approved.add(phase);
  for (const item of game.definition.phases.flatMap(({ items }) => items)) {
    const now = cardOf(game.board, item.id);
    next.cards.set(
      item.id,
      cardAfter(game, item, {
        now,
        then: cardOf(then, item.id),
      }),
    );
  }
  return next;
}

/** Whoever walks back leaves nothing behind them; whoever is led on takes what is told. */
function stagesAfter({ board }: Game, then: Board): readonly Stage[] {
  return board.stages.map((stage, index): Stage => {
    const told = then.stages[index];
    if (told === undefined) throw new Error(`no stage ${index}`);
    const isBack = then.current < board.current;
    const [first, last] = isBack
      ? [then.current, board.current]
      : [board.current, then.current];
    if (first === last || index < first || index > last) return { ...stage };
    if (index > then.current) {
      return { status: "pending", startedAt: null, completedAt: null };
    }
    const startedAt = stage.startedAt ?? told.startedAt;
    if (index === then.current) {
      return { status: "active", startedAt, completedAt: null };
    }
    return { status: "completed", startedAt, completedAt: told.completedAt };
  });
}

/** What is done again since stays; the clock of a manual gate is set anew, and tries count on. */
function cardAfter(
  game: Game,
  item: ItemText,
  { now, then }: { readonly now: Card; readonly then: Card },
): Card {
  if (isDone(now) && now.status === then.status) return { ...now };
  const isRejected = now.rejected && !isDone(now) && !isDone(then);
  if (isRejected && isOn(game, "a no outlasts a restore")) return { ...now };
  const tries = isOn(game, "tries count on after a restore")
    ? Math.max(now.tries, then.tries)
    : then.tries;
  const isOldClock = isManual(item) && !isDone(then) &&
    then.startedAt !== null && then.startedAt !== now.startedAt;
  if (!isOldClock || !isOn(game, "a clock begins anew after a restore")) {
    return { ...then, tries };
  }
  const status = then.status === "in_progress" ? "pending" : then.status;
  return { ...then, tries, status, startedAt: null };
}

/** Takes the last updates back: all is as it was, but what nobody earned since needs a human. */
export function undo(
  game: Game,
  act: Extract<Act, { type: "undo" }>,
): readonly string[] {
  const { board, history } = game;
  const updates = Math.min(act.updates, history.length - 1);
  const then = history.at(-1 - updates);
  if (updates === 0 || then === undefined) return [];
  refuseIf(game, updates > 1 && isEnded(board), {
    rule: "an end is taken back alone",
    refusal: "refused session_closed",
  });
  refuseIf(game, isEnded(then), {
    rule: "an end does not come back",
    refusal: "refused cannot_undo",
  });
  const next = { ...structuredClone(then), notes: board.notes };
  for (const item of game.definition.phases.flatMap(({ items }) => items)) {
    const cards = { now: cardOf(board, item.id), then: cardOf(then, item.id) };
    next.cards.set(item.id, cardUndone(game, item, cards));
  }
  if (textOf(next) === textOf(board)) return [];
  const rule = "an undo earns nothing";
  const isEarned = !bringsBack(game, next);
  if (!isEarned) {
    refuseIf(game, !act.force, { rule, refusal: "refused undo_forward" });
    if (isOn(game, rule)) needHuman(game);
  }
  takeOver(board, next);
  board.status = next.status;
  board.completedAt = next.completedAt;
  return [`note_added:${isEarned ? "system" : "human"}`];
}

function cardUndone(
  game: Game,
  item: ItemText,
  { now, then }: { readonly now: Card; readonly then: Card },
): Card {
  const tries = isOn(game, "tries count on after an undo")
    ? Math.max(now.tries, then.tries)
    : then.tries;
  const isOldClock = isManual(item) && !isDone(then) &&
    then.startedAt !== null && then.startedAt !== now.startedAt &&
    isOn(game, "a clock begins anew after an undo");
  if (!isOldClock) return { ...then, tries };
  const status = then.status === "in_progress" ? "pending" : then.status;
  return { ...then, tries, status, startedAt: null };
}

/** Whether anything counts again: what is done, approved or left, or that a session goes on. */
function bringsBack(game: Game, next: Board): boolean {
  const { board } = game;
  const gainsItem = [...next.cards].some(([id, card]) => {
    const now = cardOf(board, id);
    const losesNo = now.rejected && !isDone(now) && !card.rejected;
    return isDone(card) && textOf(card) !== textOf(now) ||
      losesNo && isOn(game, "a no outlasts an undo");
  });
  const gainsApproval = [...next.approved].some((id) =>
    !board.approved.has(id)
  );
  return gainsItem || gainsApproval || next.current > board.current ||
    next.status !== board.status;
}

/** Whether anything counts as done, approved or left that did not before. */
function gains({ board }: Game, next: Board, then: Board): boolean {
  const gainsItem = [...next.cards].some(([id, card]) =>
    isDone(card) && card.status !== cardOf(board, id).status
  );
  const gainsApproval = [...then.approved].some((id) =>
    !board.approved.has(id)
  );
  return gainsItem || gainsApproval || next.current > board.current;
}

/** The status of a session is no checkpoint's, and its notes stay. */
function takeOver(board: Board, next: Board): void {
  board.current = next.current;
  board.stages.splice(0, Infinity, ...next.stages);
  board.approved.clear();
  for (const phase of next.approved) board.approved.add(phase);
  for (const [id, card] of next.cards) board.cards.set(id, card);
}

function textOf(part: Board | Card): string {
  return JSON.stringify(
    part,
    (_key, value) =>
      value instanceof Map || value instanceof Set
        ? [...value].toSorted()
        : value,
  );
}
