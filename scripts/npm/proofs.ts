import { bundle, MAX_BYTES } from "../bundle.ts";
import {
  BUNDLER,
  proveCore,
  proveOneError,
  proveRequire,
} from "./prove_bundles.ts";
import { installInto, pack, programIn, proveUninstall } from "./install.ts";
import { run } from "./program.ts";
import {
  compileContract,
  proveConsumer,
  proveTypes,
  TYPE_CHECKER,
} from "./prove_types.ts";
import { programOf, type Runtime, RUNTIMES } from "./runtimes.ts";

/** Something the package promises, tried out; returns what was seen. */
export interface Proof {
  readonly name: string;
  run(): Promise<string>;
}

/** What the proofs work on. */
export interface Bench {
  /** The sources, with the tests. */
  readonly root: string;
  /** The built package. */
  readonly package: string;
  /** An empty directory. */
  readonly directory: string;
}

/** Those that tell within a minute whether the package is sound, on the Node that is installed. */
export function quickProofs(bench: Bench): readonly Proof[] {
  const { root, directory } = bench;
  const project = `${directory}/project`;
  const installed = `node ${programIn(project)}`;
  const single = `${directory}/orc.js`;
  return [
    {
      name: "packs and installs",
      run: async () => {
        const { path, sizeBytes } = await pack(bench.package, directory);
        await installInto(project, [path, ...TYPE_CHECKER, BUNDLER]);
        return `${Math.round(sizeBytes / 1024)} KiB`;
      },
    },
    {
      name: "publint and attw find nothing to improve",
      run: () => proveDescription(bench.package, directory),
    },
    {
      name: "a strict project compiles against its types, and runs",
      run: async () => {
        await proveTypes(root, project);
        return "NodeNext, no skipLibCheck";
      },
    },
    {
      name: "a server keeps its signals, and all that it stores at once",
      run: () => proveServer(root, project),
    },
    {
      name: "a server that goes on for long needs no more memory",
      run: () => proveEndurance(root, project),
    },
    {
      name: "who uses only its errors bundles no more than 15 kB",
      run: () => proveOneError(project),
    },
    {
      name: "its core runs in a browser",
      run: () => proveCore(root, project),
    },
    {
      name: "it can be loaded by require()",
      run: () => proveRequire(project),
    },
    {
      name: "npm's links run the commands",
      run: () => proveLinks(project),
    },
    {
      name: "its stand-in keeps Deno's contract on Node",
      run: async () => await runContract(root, project, "node"),
    },
    suites(root, "its journey on Node", ["journey", "runtimes"], [installed]),
    {
      name: `the single file has no more than ${MAX_BYTES / 1_000_000} MB`,
      run: async () => `${Math.round(await bundle(root, single) / 1024)} KiB`,
    },
    // What differs between runtimes was seen already: it is one program.
    suites(root, "the single file on Deno", ["journey"], [
      `${Deno.execPath()} run -A ${single}`,
    ]),
    suites(root, "the single file on Node", ["journey"], [`node ${single}`]),
  ];
}

/** All others: minutes, and programs that npm has to fetch. */
export function slowProofs(bench: Bench): readonly Proof[] {
  const { root, directory } = bench;
  const project = `${directory}/project`;
  const program = programIn(project);
  return [
    ...RUNTIMES.flatMap((runtime) => proofsOn(runtime, root, project)),
    suites(root, "12 Deno and 12 Node processes on one session", ["runtimes"], [
      `${Deno.execPath()} run -A ${root}/cli.ts`,
      `node ${program}`,
    ]),
    {
      name: "uninstalling leaves nothing",
      run: async () => {
        const scratch = `${directory}/uninstall`;
        await Deno.mkdir(scratch);
        const tarball = await pack(bench.package, scratch);
        await proveUninstall(tarball, scratch);
        return "in a project and for a machine";
      },
    },
  ];
}

function proofsOn(
  runtime: Runtime,
  root: string,
  project: string,
): readonly Proof[] {
  const tests = ["journey", "parallel", "runtimes"];
  return [
    {
      name: `its stand-in keeps Deno's contract on ${runtime.name}`,
      run: async () =>
        await runContract(root, project, await programOf(runtime)),
    },
    {
      name: `${tests.join(", ")} on ${runtime.name}`,
      run: async () => {
        const command = `${await programOf(runtime)} ${programIn(project)}`;
        return await runSuites(root, tests, [command]);
      },
    },
  ];
}

/** Judges of packages, from npm; neither finds a mistake that is not one. */
const JUDGES = {
  publint: "publint@0.3.12",
  attw: "@arethetypeswrong/cli@0.18.5",
};

async function proveDescription(
  packageDirectory: string,
  directory: string,
): Promise<string> {
  const { path } = await pack(packageDirectory, directory);
  const judge = (...command: readonly string[]) =>
    run(["npx", "-y", ...command], { cwd: directory });
  await judge(JUDGES.publint, "--strict", path);
  await judge(JUDGES.attw, path, "--profile", "esm-only");
  return Object.values(JUDGES).join(", ");
}

/** Less than 800 updates would leave behind, if a state, a session or an answer stayed of each. */
const MAX_GROWN_BYTES = 2 * 1024 * 1024;
const SERVED_AT_ONCE: readonly number[] = [100, 400, 1000];

async function proveServer(root: string, project: string): Promise<string> {
  const runs = SERVED_AT_ONCE.map((count) => [String(count)]);
  const said = await proveConsumer(root, project, "server", runs);
  for (const [index, text] of said.entries()) {
    const { stored, rejected, signals, warnings } = JSON.parse(text);
    const isSound = stored === SERVED_AT_ONCE[index] && signals === 1 &&
      rejected.length === 0 && warnings.length === 0;
    if (!isSound) throw new Error(`The server said: ${text}`);
  }
  return `${SERVED_AT_ONCE.join(", ")} changes at once`;
}

async function proveEndurance(root: string, project: string): Promise<string> {
  const runs = [["300", "1000"]];
  const [said = ""] = await proveConsumer(root, project, "endurance", runs);
  const { stored, rejected, warnings, grownBytes } = JSON.parse(said);
  const isSound = stored === 1000 && rejected.length === 0 &&
    warnings.length === 0 && grownBytes < MAX_GROWN_BYTES;
  if (!isSound) throw new Error(`The server said: ${said}`);
  return `${Math.round(grownBytes / 1024)} KiB more after ${stored} updates`;
}

async function proveLinks(project: string): Promise<string> {
  const links = ["orc", "orchestrator"];
  for (const name of links) {
    const link = `${project}/node_modules/.bin/${name}`;
    const said = await run([link, "version"], { cwd: project });
    if (!said.startsWith("orc ")) throw new Error(`${name} said: ${said}`);
  }
  return links.join(", ");
}

async function runContract(
  root: string,
  project: string,
  runtime: string,
): Promise<string> {
  const contract = await compileContract(root, project);
  const directory = await Deno.makeTempDir({ dir: project });
  const said = await run([runtime, contract, directory], { cwd: project });
  return said.trim();
}

function suites(
  root: string,
  name: string,
  tests: readonly string[],
  commands: readonly string[],
): Proof {
  return { name, run: () => runSuites(root, tests, commands) };
}

/** Runs test suites with other programs as orc; returns how many tests passed. */
export async function runSuites(
  root: string,
  tests: readonly string[],
  commands: readonly string[],
): Promise<string> {
  let passed = 0;
  for (const suite of tests) {
    const said = await run([Deno.execPath(), "task", "test", suite], {
      cwd: root,
      env: { ORC_COMMANDS: commands.join("\n") },
    });
    passed += Number(/(\d+) passed, 0 failed\n$/.exec(said)?.[1]);
  }
  return `${passed} tests`;
}
