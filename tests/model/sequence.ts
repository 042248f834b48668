import { type Pick, pickerOf } from "../base/random.ts";
import { type Board, newBoard } from "./board.ts";
import { chance } from "./chance.ts";
import type { Definition } from "./definition.ts";
import { isUpdate, judge } from "./judge.ts";
import type { Move, Script } from "./move.ts";
import { randomMove } from "./random_move.ts";
import { randomOddities, randomWorkflow } from "./random_workflow.ts";

const MAX_MOVES = 40;
/** Moves tried after the end of a session, where all is refused. */
const MOVES_AFTER_END = 3;

/** A random session: the same for the same seed. */
export interface Sequence {
  readonly definition: Definition;
  readonly script: Script;
}

/** Makes up a workflow and moves in it; the naive rules say where each move leads. */
export function randomSequence(seed: number): Sequence {
  const pick = pickerOf(seed);
  const definition = randomWorkflow(pick);
  const oddities = randomOddities(pick, definition);
  const moves = randomMoves(pick, definition, oddities);
  return { definition, script: { ...oddities, moves } };
}

function randomMoves(
  pick: Pick,
  definition: Definition,
  oddities: Omit<Script, "moves">,
): readonly Move[] {
  const board = newBoard(definition, oddities);
  const checkpoints: Board[] = [];
  const history = [structuredClone(board)];
  const moves: Move[] = [];
  const isRestless = chance(pick, 4);
  let now = 0;
  let left = MAX_MOVES;
  while (left-- > 0) {
    const move = randomMove(pick, { definition, board, isRestless });
    const { player, act } = move;
    moves.push(move);
    now += move.after;
    if (act.type === "checkpoint") checkpoints.push(structuredClone(board));
    const { modelReviews } = oddities;
    const circumstances = { modelReviews, checkpoints, history, player, now };
    const game = { definition, board, ...circumstances, off: undefined };
    const verdict = judge(game, act);
    if (isUpdate(verdict)) history.push(structuredClone(board));
    const isClosed = board.completedAt !== null || board.status === "abandoned";
    if (isClosed) left = Math.min(left, MOVES_AFTER_END);
  }
  return moves;
}
