/**
 * Finds the candidate that was probably meant; undefined when none is near.
 *
 * Near means at most one slip per three letters, a swap of two neighbours
 * counting as one.
 */
export function nearest(
  word: string,
  candidates: readonly string[],
): string | undefined {
  const meant = word.toLowerCase();
  let best: string | undefined;
  let limit = Math.max(1, Math.floor(meant.length / 3));
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - meant.length) > limit) continue;
    const slips = slipsBetween(meant, candidate.toLowerCase());
    if (slips > limit) continue;
    best = candidate;
    if (slips === 0) break;
    limit = slips - 1;
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours from one word to the other. */
function slipsBetween(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from(
    { length: to.length + 1 },
    (_, i) => i,
  );
  for (let row = 1; row <= from.length; row++) {
    const current = nextRow({ from, to, row, last, beforeLast });
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? from.length;
}

/** Two words, and the costs of the two beginnings of `from` that are one and two letters shorter. */
interface Step {
  readonly from: string;
  readonly to: string;
  readonly row: number;
  readonly last: readonly number[];
  readonly beforeLast: readonly number[];
}

function nextRow({ from, to, row, last, beforeLast }: Step): number[] {
  const costs = [row];
  for (let column = 1; column <= to.length; column++) {
    const isSame = from[row - 1] === to[column - 1];
    const cost = Math.min(
      at(costs, column - 1) + 1,
      at(last, column) + 1,
      at(last, column - 1) + (isSame ? 0 : 1),
    );
    const isSwap = from[row - 1] === to[column - 2] &&
      from[row - 2] === to[column - 1];
    costs.push(isSwap ? Math.min(cost, at(beforeLast, column - 2) + 1) : cost);
  }
  return costs;
}

function at(costs: readonly number[], index: number): number {
  return costs[index] ?? Infinity;
}
