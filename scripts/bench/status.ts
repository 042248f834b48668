import { medianOf, type Row, timeOf, withBenchDirectory } from "./row.ts";

const PAIRS = 20;
const WARM_UPS = 3;
const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** How the task `orc` runs it: modules that are not needed are not even looked at. */
const AS_THE_TASK_DOES = ["--unstable-lazy-dynamic-imports"];

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
    await Deno.mkdir(`${directory}/.git`);
    await runDeno(directory, [CLI, "start", "Measure the status"]);
    const own: number[] = [];
    const reference: number[] = [];
    for (let pair = 0; pair < WARM_UPS + PAIRS; pair++) {
      const emptyMs = await timeOf(() => runDeno(directory, [empty]));
      const statusMs = await timeOf(() =>
        runDeno(directory, [...flags, CLI, "status"])
      );
      if (pair < WARM_UPS) continue;
      reference.push(emptyMs);
      own.push(statusMs);
    }
    return {
      what: `${what}, median of ${PAIRS}`,
      milliseconds: medianOf(own),
      reference: "an empty Deno program",
      referenceMilliseconds: medianOf(reference),
      target,
    };
  });
}

async function runDeno(
  directory: string,
  args: readonly string[],
): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...args],
    cwd: directory,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
