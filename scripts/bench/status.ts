import {
  builtProgram,
  measurePairs,
  runDeno,
  runOrc,
  SOURCES,
} from "./program.ts";
import { type Row, withBenchDirectory } from "./row.ts";

const PAIRS = 20;

/** A cold `orc status` of the built program. */
export async function measureStatus(): Promise<Row> {
  return await measure("orc status, cold", await builtProgram(), "≤ 1.7");
}

/** The same from the sources, as a checkout without a build has it. */
export function measureStatusOfSources(): Promise<Row> {
  return measure("orc status, cold, from sources", SOURCES, "for comparison");
}

/** `orc status` against an empty program, both cold, one after the other in pairs. */
function measure(
  what: string,
  program: string,
  target: string,
): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const empty = `${directory}/empty.ts`;
    await Deno.writeTextFile(empty, "");
    await runOrc(directory, ["start", "Measure the status", "--root", "."]);
    const medians = await measurePairs(
      PAIRS,
      () => runDeno(directory, [program, "status"]),
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

/** A cold `orc note`, which changes the session, against a cold `orc status`. */
export function measureNote(): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    await runOrc(directory, ["start", "Measure a note", "--root", "."]);
    const medians = await measurePairs(
      PAIRS,
      () => runOrc(directory, ["note", "Mind the cookies"]),
      () => runOrc(directory, ["status"]),
    );
    return {
      what: `orc note, cold, median of ${PAIRS}`,
      ...medians,
      reference: "orc status, cold",
      target: "≤ 1.35",
    };
  });
}
