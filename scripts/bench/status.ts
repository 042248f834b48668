import { AS_THE_TASK_DOES, measurePairs, runDeno, runOrc } from "./program.ts";
import { type Row, withBenchDirectory } from "./row.ts";

const PAIRS = 20;

/** A cold `orc status` as `deno task orc` runs it. */
export function measureStatus(): Promise<Row> {
  return measure("orc status, cold", AS_THE_TASK_DOES, "≤ 2.0");
}

/** The same without the task's flag, as a run with scoped permissions has it. */
export function measurePlainStatus(): Promise<Row> {
  return measure("orc status, cold, no flag", [], "for comparison");
}

/** `orc status` against an empty program, both cold, one after the other in pairs. */
function measure(
  what: string,
  flags: readonly string[],
  target: string,
): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const empty = `${directory}/empty.ts`;
    await Deno.writeTextFile(empty, "");
    await runOrc(directory, ["start", "Measure the status", "--root", "."]);
    const medians = await measurePairs(
      PAIRS,
      () => runOrc(directory, ["status"], flags),
      () => runDeno(directory, [empty]),
    );
    return {
      what: `${what}, median of ${PAIRS}`,
      ...medians,
      reference: "an empty Deno program",
      target,
    };
  });
}
