import { type Game, Refusal, refuseIf } from "./game.ts";
import type { Act } from "./move.ts";
import { approveItem, complete, skip, startItem } from "./rules.ts";
import { restore, undo } from "./rules_restore.ts";
import {
  abandon,
  addNote,
  advance,
  approvePhase,
  finish,
  reject,
  reopenItem,
  reopenPhase,
} from "./rules_session.ts";

/** What becomes of an act: a refusal as `kind code`, or events as `type:actor`; none change nothing. */
export type Verdict =
  | { readonly refusal: string }
  | { readonly events: readonly string[] };

/** Whether an act was logged, so that it can be taken back. */
export function isUpdate(verdict: Verdict): boolean {
  return "events" in verdict && verdict.events.length > 0;
}

/** Judges an act by the rules, and does on the board what it does to the session. */
export function judge(game: Game, act: Act): Verdict {
  try {
    const { status } = game.board;
    const isClosed = status === "completed" || status === "abandoned";
    refuseIf(game, isClosed && act.type !== "undo", {
      rule: "closed is closed",
      refusal: "refused session_closed",
    });
    return { events: eventsOf(game, act) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error.message };
    throw error;
  }
}

function eventsOf(game: Game, act: Act): readonly string[] {
  switch (act.type) {
    case "start_item":
      return startItem(game, act);
    case "complete":
      return complete(game, act);
    case "skip":
      return skip(game, act);
    case "approve_item":
      return approveItem(game, act);
    case "reject":
      return reject(game, act);
    case "reopen_item":
      return reopenItem(game, act);
    case "reopen_phase":
      return reopenPhase(game, act);
    case "advance":
      return advance(game, act);
    case "approve_phase":
      return approvePhase(game, act);
    case "finish":
      return finish(game, act);
    case "abandon":
      return abandon(game, act);
    case "note":
      return addNote(game, act);
    case "restore":
      return restore(game, act);
    case "undo":
      return undo(game, act);
    case "refuse_approval":
      return ["error:system"];
    case "checkpoint":
      return [];
  }
}
