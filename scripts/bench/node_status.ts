import { bundle } from "../bundle.ts";
import { buildPackage } from "../npm/build.ts";
import { installInto, pack, programIn } from "../npm/install.ts";
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

/** A cold `orc status` of the installed npm package. */
export function measureNodeStatus(): Promise<Row> {
  return withBenchDirectory(async (directory) => {
    const built = `${directory}/npm`;
    await buildPackage(ROOT, { directory: built, isOffline: true });
    const { path } = await pack(built, directory);
    await installInto(`${directory}/project`, [path]);
    return await measure(directory, {
      what: "orc status on Node, from the npm package",
      orc: ["node", programIn(`${directory}/project`)],
      ...ON_NODE,
      target: "≤ 2.0",
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
