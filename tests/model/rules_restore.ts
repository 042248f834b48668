/** The rules for going back to a checkpoint. */
import { type Board, type Card, cardOf, isDone } from "./board.ts";
import { isChecked, isGate, isManual, type ItemText } from "./definition.ts";
import { type Game, isOn, needHuman, Refusal, refuseIf } from "./game.ts";
import type { Act } from "./move.ts";
import { isBlocked } from "./rules_session.ts";

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
  for (const card of forged.cards.values()) {
    card.status = "completed";
    card.completedAt = 0;
  }
  return forged;
}

function boardAfter(game: Game, then: Board): Board {
  const next = structuredClone(game.board);
  next.current = then.current;
  next.stages.splice(0, Infinity, ...structuredClone(then.stages));
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

/** What is done again since stays; the clock of a manual gate is set anew. */
function cardAfter(
  game: Game,
  item: ItemText,
  { now, then }: { readonly now: Card; readonly then: Card },
): Card {
  if (isDone(now) && now.status === then.status) return { ...now };
  const isOldClock = isManual(item) && !isDone(then) &&
    then.startedAt !== null && then.startedAt !== now.startedAt;
  if (!isOldClock || !isOn(game, "a clock begins anew after a restore")) {
    return { ...then };
  }
  const status = then.status === "in_progress" ? "pending" : then.status;
  return { ...then, status, startedAt: null };
}

/** Whether a checkpoint would stand for a check, a human or a reason. */
function gains(game: Game, next: Board, then: Board): boolean {
  const { board, definition } = game;
  const items = definition.phases.flatMap((phase) => phase.items);
  const gainsItem = items.some((item) => {
    const { status } = cardOf(next, item.id);
    if (textOf(cardOf(next, item.id)) === textOf(cardOf(board, item.id))) {
      return false;
    }
    if (status !== "completed") return status === "skipped";
    return isGate(item) || isManual(item) || isChecked(item) ||
      item.evidence_schema !== undefined;
  });
  const gainsApproval = [...then.approved].some((id) =>
    !board.approved.has(id)
  );
  const passed = definition.phases.slice(board.current, next.current);
  const gainsPhase = passed.some((phase) =>
    isBlocked({ ...game, board: next }, phase)
  );
  return gainsItem || gainsApproval || gainsPhase;
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
