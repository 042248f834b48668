import { MAIN, replaceProgram } from "../build/program.ts";
import { medianOf, timeOf } from "./row.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** The command line as it stands in the sources. */
export const SOURCES = `${ROOT}/cli.ts`;

let program: Promise<string> | undefined;

/** The program that people run, built from the sources as they are. */
export function builtProgram(): Promise<string> {
  const directory = `${ROOT}/dist/program`;
  program ??= replaceProgram(ROOT, directory).then(() =>
    `${directory}/${MAIN}`
  );
  return program;
}

/** Runs a program with Deno to its end; what it prints is thrown away. */
export async function runDeno(
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

/** Runs orc to its end: the built program, as people do. */
export async function runOrc(
  directory: string,
  args: readonly string[],
): Promise<void> {
  await runDeno(directory, [await builtProgram(), ...args]);
}

/** What two pieces of work take, medians in milliseconds. */
export interface Pair {
  readonly milliseconds: number;
  readonly referenceMilliseconds: number;
}

const WARM_UPS = 3;

/** Measures two pieces of work one after the other, so that noise falls on both. */
export async function measurePairs(
  pairs: number,
  own: () => Promise<void>,
  reference: () => Promise<void>,
): Promise<Pair> {
  const ownMs: number[] = [];
  const referenceMs: number[] = [];
  for (let pair = 0; pair < WARM_UPS + pairs; pair++) {
    const [before, after] = [await timeOf(reference), await timeOf(own)];
    if (pair < WARM_UPS) continue;
    referenceMs.push(before);
    ownMs.push(after);
  }
  return {
    milliseconds: medianOf(ownMs),
    referenceMilliseconds: medianOf(referenceMs),
  };
}
