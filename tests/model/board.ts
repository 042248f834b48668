import type { Definition } from "./definition.ts";
import type { Script } from "./move.ts";

/** Where a session stands, as somebody would keep it on a board: in seconds since it began. */
export interface Board {
  status: "active" | "paused" | "completed" | "abandoned";
  completedAt: number | null;
  /** Index of the current phase. */
  current: number;
  readonly stages: Stage[];
  readonly cards: Map<string, Card>;
  /** Phases that a human approved. */
  readonly approved: Set<string>;
  notes: number;
}

export interface Stage {
  status: "pending" | "active" | "completed";
  startedAt: number | null;
  completedAt: number | null;
}

export interface Card {
  status: "pending" | "in_progress" | "failed" | "completed" | "skipped";
  startedAt: number | null;
  completedAt: number | null;
  skippedAt: number | null;
  skipReason: string | null;
  notes: string | null;
  tries: number;
  /** How the last check ended and when, or that a human approved. */
  result: string | null;
  /** Place among the samples. */
  evidence: number | null;
  /** Whether a human said no since it was done last. */
  rejected: boolean;
}

export const NEW_CARD: Card = {
  status: "pending",
  startedAt: null,
  completedAt: null,
  skippedAt: null,
  skipReason: null,
  notes: null,
  tries: 0,
  result: null,
  evidence: null,
  rejected: false,
};

export function newBoard(
  { phases }: Definition,
  { paused }: Pick<Script, "paused">,
): Board {
  const items = phases.flatMap((phase) => phase.items);
  return {
    status: paused ? "paused" : "active",
    completedAt: null,
    current: 0,
    stages: phases.map((_, index) => ({
      status: index === 0 ? "active" : "pending",
      startedAt: index === 0 ? 0 : null,
      completedAt: null,
    })),
    cards: new Map(items.map(({ id }) => [id, { ...NEW_CARD }])),
    approved: new Set(),
    notes: 0,
  };
}

export function cardOf({ cards }: Board, itemId: string): Card {
  const card = cards.get(itemId);
  if (card === undefined) throw new Error(`no card "${itemId}"`);
  return card;
}

export function isDone({ status }: Card): boolean {
  return status === "completed" || status === "skipped";
}

export function isEnded({ status }: Board): boolean {
  return status === "completed" || status === "abandoned";
}
