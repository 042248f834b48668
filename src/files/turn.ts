/** Whoever wants the same lock in one process stands in one line, and is let in one after the other. */
import { unlessAborted } from "./wait.ts";

/** A place at the head of a line. */
export interface Turn {
  /**
   * Since when this one waits in vain: since it came or, if that is later, since the last of its
   * line got what it waited for.
   */
  readonly sinceMs: number;
  /** Says that this one got what it waited for. */
  served(): void;
}

interface Line {
  readonly waiting: Set<() => void>;
  servedAtMs: number;
}

const lines = new Map<string, Line>();

/**
 * Does work when all that asked before for the same are done: who comes first is served first, and
 * nobody polls for what their own process holds. Aborting leaves the line, and its reason is thrown.
 */
export async function inTurn<Result>(
  name: string,
  signal: AbortSignal | undefined,
  work: (turn: Turn) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const cameAtMs = performance.now();
  const line = lines.get(name);
  if (line !== undefined) {
    await unlessAborted<void>(signal, (enter) => {
      line.waiting.add(enter);
      return () => line.waiting.delete(enter);
    });
  }
  const own = line ?? { waiting: new Set(), servedAtMs: cameAtMs };
  lines.set(name, own);
  try {
    return await work({
      sinceMs: Math.max(cameAtMs, own.servedAtMs),
      served: () => {
        own.servedAtMs = performance.now();
      },
    });
  } finally {
    const [next] = own.waiting;
    if (next === undefined) lines.delete(name);
    else next();
  }
}
