import type { Pick } from "../base/random.ts";

/** True once in so many times. */
export function chance(pick: Pick, times: number): boolean {
  return pick(times) === 0;
}
