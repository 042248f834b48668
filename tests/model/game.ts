import { type Board, type Card, cardOf, isDone } from "./board.ts";
import {
  type Definition,
  isChecked,
  isManual,
  isRequired,
  type ItemText,
  type PhaseText,
} from "./definition.ts";
import { mayApprove, type Player } from "./move.ts";

/** Rules that can be turned off, to show that somebody would notice. */
export const RULES = [
  "closed is closed",
  "items of other phases wait",
  "done is done",
  "strict phases have an order",
  "gates need their check",
  "a check runs again",
  "a failed gate stays as it was",
  "failures are counted",
  "manual gates need a human",
  "the clock runs",
  "low risk passes",
  "evidence is valid",
  "evidence is kept",
  "gates are not skipped",
  "required items are not skipped",
  "autonomous phases free",
  "high risks need a human",
  "reviews are not skipped",
  "reasons are reasons",
  "freed items need a long reason",
  "what is approved is done",
  "only what is done can be taken back",
  "going back takes approvals back",
  "a human's act needs a human",
  "required items block",
  "phases await approval",
  "finish looks at all phases",
  "reviews block finish",
  "nothing lies behind the last phase",
  "a checkpoint earns nothing",
  "a clock begins anew after a restore",
  "tries count on after a restore",
  "a no outlasts a restore",
  "an undo earns nothing",
  "a no outlasts an undo",
  "tries count on after an undo",
  "a clock begins anew after an undo",
  "an end is taken back alone",
  "an end does not come back",
] as const;

export type Rule = typeof RULES[number];

/** All that the model looks at. */
export interface Game {
  readonly definition: Definition;
  readonly modelReviews: readonly string[];
  readonly board: Board;
  readonly checkpoints: readonly Board[];
  /** How it stood before the first update, and after each. */
  readonly history: readonly Board[];
  readonly player: Player;
  /** Seconds since the session began. */
  readonly now: number;
  readonly off: Rule | undefined;
}

/** A refusal, as `kind code`. */
export class Refusal extends Error {}

/** What is said against an act, and the rule behind it if that can be turned off. */
export interface Objection {
  readonly rule?: Rule;
  readonly refusal: string;
}

/** Refuses where an objection holds, unless its rule is turned off. */
export function refuseIf(
  { off }: Game,
  holds: boolean,
  { rule, refusal }: Objection,
): void {
  if (holds && (rule === undefined || rule !== off)) throw new Refusal(refusal);
}

export function isOn({ off }: Game, rule: Rule): boolean {
  return off !== rule;
}

export function needHuman(game: Game): void {
  refuseIf(game, !mayApprove(game.player), {
    rule: "a human's act needs a human",
    refusal: "denied approval_required",
  });
}

export function phaseNow({ definition, board }: Game): PhaseText {
  const phase = definition.phases[board.current];
  if (phase === undefined) throw new Error(`no phase ${board.current}`);
  return phase;
}

/** An item of the current phase, and its card. */
export function lookUp(
  game: Game,
  itemId: string,
): { readonly item: ItemText; readonly card: Card } {
  const { definition, board } = game;
  const item = definition.phases.flatMap(({ items }) => items)
    .find(({ id }) => id === itemId);
  if (item === undefined) throw new Refusal("not_found no_such_item");
  refuseIf(game, !phaseNow(game).items.includes(item), {
    rule: "items of other phases wait",
    refusal: "refused item_in_other_phase",
  });
  return { item, card: cardOf(board, itemId) };
}

/** An item of the current phase, or of one before that orc can check by itself. */
export function lookUpChecked(
  game: Game,
  itemId: string,
): ReturnType<typeof lookUp> {
  const { definition, board } = game;
  const item = definition.phases.slice(0, board.current)
    .flatMap(({ items }) => items)
    .find((item) => item.id === itemId && isChecked(item) && !isManual(item));
  return item === undefined
    ? lookUp(game, itemId)
    : { item, card: cardOf(board, itemId) };
}

/** In a strict phase nobody touches an item while a required one before it is open. */
export function objectToOrder(game: Game, item: ItemText): void {
  const home = game.definition.phases.find(({ items }) => items.includes(item));
  const { phase_type, items } = home ?? phaseNow(game);
  const earlier = items.slice(0, Math.max(0, items.indexOf(item)));
  const waits = phase_type === "strict" &&
    earlier.some((other) =>
      isRequired(other) && !isDone(cardOf(game.board, other.id))
    );
  refuseIf(game, waits, {
    rule: "strict phases have an order",
    refusal: "refused out_of_order",
  });
}
