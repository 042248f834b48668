import { bundle } from "../bundle.ts";
import { bundleProgram } from "../build/program.ts";
import { run } from "../npm/program.ts";
import { measurePairs } from "./program.ts";
import { type Row, withBenchDirectory } from "./row.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const PAIRS = 20;

type CommandLine = readonly [string, ...string[]];

/** What runs orc, and the empty program of the same runtime. */
interface Contest {
  readonly what: string;
  readonly orc: CommandLine;
  readonly reference: string;
  readonly empty: CommandLine;
  readonly target: string;
}

const ON_NODE = {
  reference: "node -e 0",
  empty: ["node", "-e", "0"],
} as const;

/** A cold `orc status` of the program as the npm package holds it. */
export function measureNodeStatus(): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const built = `${directory}/program`;
    await bundleProgram(ROOT, built, "node");
    // Without this, Node would look at the text of each file to find out what it is.
    await Deno.writeTextFile(`${built}/package.json`, '{"type":"module"}\n');
    return await measure(directory, {
      what: "orc status on Node, as the npm package has it",
      orc: ["node", `${built}/orc.js`],
      ...ON_NODE,
      target: "≤ 1.6",
    });
  });
}

/** A cold `orc status` of the single file, on Node. */
export function measureBundleOnNode(): Promise<Row> {
  return measureBundle((file) => ({
    what: "orc status on Node, from the single file",
    orc: ["node", file],
    ...ON_NODE,
    target: "for comparison",
  }));
}

/** A cold `orc status` of the single file, on Deno. */
export function measureBundleOnDeno(): Promise<Row> {
  const deno: CommandLine = [Deno.execPath(), "run", "-A"];
  return measureBundle((file, empty) => ({
    what: "orc status on Deno, from the single file",
    orc: [...deno, file],
    reference: "an empty Deno program",
    empty: [...deno, empty],
    target: "for comparison",
  }));
}

function measureBundle(
  contestOf: (file: string, empty: string) => Contest,
): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const [file, empty] = [`${directory}/orc.js`, `${directory}/empty.ts`];
    await bundle(ROOT, file);
    await Deno.writeTextFile(empty, "");
    return await measure(directory, contestOf(file, empty));
  });
}

async function measure(
  directory: string,
  { what, orc, reference, empty, target }: Contest,
): Promise<Row> {
  const cwd = `${directory}/repository`;
  await Deno.mkdir(cwd);
  await run([...orc, "start", "Measure the status", "--root", "."], { cwd });
  const medians = await measurePairs(
    PAIRS,
    async () => void await run([...orc, "status"], { cwd }),
    async () => void await run(empty, { cwd }),
  );
  return {
    what: `${what}, median of ${PAIRS}`,
    ...medians,
    reference,
    target,
  };
}
