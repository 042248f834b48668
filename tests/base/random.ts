/** Returns integers from 0 up to a bound; the same seed gives the same ones. */
export type Pick = (bound: number) => number;

/** A linear congruential generator. */
export function pickerOf(seed: number): Pick {
  let state = Math.imul(seed + 1, 0x9e3779b9);
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** One of several values. */
export function oneOf<Value>(pick: Pick, values: readonly Value[]): Value {
  const value = values[pick(values.length)];
  if (value === undefined) throw new Error("nothing to choose from");
  return value;
}
