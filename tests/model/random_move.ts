import { oneOf, type Pick } from "../base/random.ts";
import { type Board, isDone, isEnded } from "./board.ts";
import { chance } from "./chance.ts";
import {
  type Definition,
  isChecked,
  isGate,
  isManual,
  isRequired,
  type ItemText,
  type PhaseText,
} from "./definition.ts";
import type { Act, Move, Player } from "./move.ts";
import { EVIDENCE, NOTES, REASONS } from "./samples.ts";

/** What there is to move with. */
export interface Position {
  readonly definition: Definition;
  readonly board: Board;
  /** Whether somebody goes to and fro between checkpoints. */
  readonly isRestless: boolean;
}

const PLAYERS: readonly Player[] = ["agent", "nobody", "human", "setting"];
const LAST_REASON = REASONS.length - 1;

/** Half of the moves bring the session on, and half are anything. */
export function randomMove(pick: Pick, position: Position): Move {
  const after = oneOf(pick, [0, 0, 1, 20, 29, 30, 60, 600, 1800, 3600]);
  if (isEnded(position.board) && chance(pick, 2)) {
    const act = { type: "undo", updates: 1, force: true } as const;
    return { player: "human", after, act };
  }
  if (position.isRestless && chance(pick, 3)) {
    return { player: oneOf(pick, PLAYERS), after, act: leap(pick) };
  }
  if (chance(pick, 2)) return { ...helpfulMove(pick, position), after };
  return { player: oneOf(pick, PLAYERS), after, act: anyAct(pick, position) };
}

function helpfulMove(pick: Pick, position: Position): Omit<Move, "after"> {
  const { definition, board } = position;
  const phase = definition.phases[board.current];
  if (phase === undefined) throw new Error("no current phase");
  if (chance(pick, position.isRestless ? 6 : 40)) {
    return { player: "human", act: { type: "advance", force: true } };
  }
  const item = phase.items.find((item) => isOpen(board, item));
  const player = chance(pick, 3) ? "human" : oneOf(pick, PLAYERS);
  if (item !== undefined) {
    return { player, act: helpfulItemAct(pick, { item, player }) };
  }
  if (phase.exit_gate === "human_approval" && !board.approved.has(phase.id)) {
    return { player: "human", act: { type: "approve_phase", phase: null } };
  }
  return { player, act: helpfulEnd(pick, position, phase) };
}

function isOpen({ cards }: Board, item: ItemText): boolean {
  const card = cards.get(item.id);
  return isRequired(item) && card !== undefined && !isDone(card);
}

function helpfulItemAct(
  pick: Pick,
  { item, player }: { readonly item: ItemText; readonly player: Player },
): Act {
  if (isManual(item) && player === "human") {
    const early = chance(pick, 3);
    return { type: "approve_item", item: item.id, notes: 0, early };
  }
  if (isGate(item) && !isChecked(item) && !isManual(item)) {
    return { type: "skip", item: item.id, reason: LAST_REASON, force: true };
  }
  if (chance(pick, 6)) {
    const reason = chance(pick, 3) ? pick(REASONS.length) : LAST_REASON;
    return { type: "skip", item: item.id, reason, force: false };
  }
  return {
    type: "complete",
    item: item.id,
    passes: !chance(pick, 4),
    skipVerify: false,
    notes: 2,
    evidence: fittingEvidence(item),
    renews: chance(pick, 4),
  };
}

/** Evidence that will do for an item, or none where none is asked for. */
export function fittingEvidence(
  { evidence_schema: schema }: ItemText,
): number | null {
  if (schema === undefined) return null;
  return EVIDENCE.findIndex(({ fits }) => fits.includes(schema));
}

function helpfulEnd(
  pick: Pick,
  { definition, board }: Position,
  phase: PhaseText,
): Act {
  const isLast = definition.phases.indexOf(phase) === board.stages.length - 1;
  if (!isLast) return { type: "advance", force: false };
  return { type: "finish", force: chance(pick, 4), notes: 0 };
}

function anyAct(pick: Pick, position: Position): Act {
  const { definition } = position;
  const ids = definition.phases.flatMap(({ items }) =>
    items.map(({ id }) => id)
  );
  const item = chance(pick, 20) || ids.length === 0
    ? "nothing"
    : oneOf(pick, ids);
  return chance(pick, 3)
    ? anySessionAct(pick, definition, item)
    : anyItemAct(pick, item);
}

function anyItemAct(pick: Pick, item: string): Act {
  const notes = pick(NOTES.length);
  switch (pick(8)) {
    case 6:
      return { type: "reject", item, reason: anyReason(pick) };
    case 7:
      return { type: "reopen_item", item, reason: anyReason(pick) };
    case 0:
      return { type: "start_item", item };
    case 1:
      return { type: "approve_item", item, notes, early: chance(pick, 3) };
    case 2:
    case 3: {
      const reason = pick(REASONS.length);
      return { type: "skip", item, reason, force: chance(pick, 2) };
    }
    default:
      return {
        type: "complete",
        item,
        passes: chance(pick, 2),
        skipVerify: chance(pick, 3),
        notes,
        evidence: chance(pick, 2) ? null : pick(EVIDENCE.length),
        renews: chance(pick, 2),
      };
  }
}

function anyReason(pick: Pick): string {
  return chance(pick, 8) ? " " : "It is not good enough";
}

function anySessionAct(
  pick: Pick,
  { phases }: Definition,
  item: string,
): Act {
  const force = chance(pick, 3);
  const notes = pick(NOTES.length);
  switch (pick(14)) {
    case 12:
    case 13:
      return {
        type: "reopen_phase",
        phase: oneOf(pick, [...phases.map(({ id }) => id), "NOWHERE"]),
        reason: anyReason(pick),
      };
    case 0:
    case 1:
    case 2:
      return { type: "advance", force };
    case 3:
      return { type: "approve_phase", phase: null };
    case 4:
      return {
        type: "approve_phase",
        phase: oneOf(pick, [...phases.map(({ id }) => id), "NOWHERE"]),
      };
    case 5:
    case 6:
      return { type: "finish", force, notes };
    case 7:
      return chance(pick, 2)
        ? { type: "abandon", reason: oneOf(pick, [" ", "Dropped"]), notes }
        : { type: "refuse_approval" };
    case 8:
      return {
        type: "note",
        text: oneOf(pick, ["Remember", null]),
        item: oneOf(pick, [null, item]),
      };
    default:
      return leap(pick);
  }
}

/** To a checkpoint, or what makes one; or back by some updates. */
function leap(pick: Pick): Act {
  if (chance(pick, 3)) return { type: "checkpoint" };
  if (chance(pick, 2)) {
    return { type: "undo", updates: 1 + pick(4), force: chance(pick, 2) };
  }
  return {
    type: "restore",
    back: 1 + pick(4),
    foreign: chance(pick, 20),
    forged: chance(pick, 8),
    force: chance(pick, 3),
  };
}
