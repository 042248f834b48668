/** One measured promise: what was measured, what it is compared to, both medians of the same run. */
export interface Row {
  readonly what: string;
  readonly milliseconds: number;
  readonly reference: string;
  readonly referenceMilliseconds: number;
  readonly target: string;
}

/** A promise as one line, as people read it. */
export function textOf(
  { what, milliseconds, reference, referenceMilliseconds, target }: Row,
): string {
  const ratio = (milliseconds / referenceMilliseconds).toFixed(2);
  return `${what}: ${milliseconds.toFixed(2)} ms; ${reference}: ${
    referenceMilliseconds.toFixed(2)
  } ms; ratio ${ratio} (target ${target})`;
}

/** The middle of the sorted values. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("nothing was measured");
  return middle;
}

/** Milliseconds a piece of work takes. */
export async function timeOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Makes a directory for one bench and removes it afterwards. */
export async function withBenchDirectory<Result>(
  work: (directory: string) => Promise<Result>,
): Promise<Result> {
  const directory = await Deno.makeTempDir({ prefix: "orc-bench-" });
  try {
    return await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
