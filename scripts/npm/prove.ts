import { run } from "./program.ts";

/** What the package is tried on, by the npm package that carries the program. */
const RUNTIMES: readonly { name: string; package: string; program: string }[] =
  [
    { name: "Node 20", package: "node@20", program: "node" },
    { name: "Node 22", package: "node@22", program: "node" },
    { name: "Node 24", package: "node@24", program: "node" },
    { name: "Bun", package: "bun@1", program: "bun" },
  ];

/** Packages a strict TypeScript project needs to check against ours. */
const TYPE_CHECKER = ["typescript@5.9.3", "@types/node@20.19.43"];

/** As strict as a consumer can be, and without `skipLibCheck`. */
const STRICT = {
  target: "ES2022",
  module: "NodeNext",
  moduleResolution: "NodeNext",
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
};

/** Installs the package as its users do and runs what they run. Says how each proof ended. */
export async function provePackage(root: string): Promise<boolean> {
  const project = await Deno.makeTempDir({ prefix: "orc-consumer-" });
  try {
    await install(root, project);
    const ends: boolean[] = [];
    for (const [name, proof] of proofsOf(root, project)) {
      ends.push(await ended(name, proof));
    }
    const passed = ends.filter((hasPassed) => hasPassed).length;
    console.log(`${passed} passed, ${ends.length - passed} failed`);
    return passed === ends.length;
  } finally {
    await Deno.remove(project, { recursive: true });
  }
}

async function install(root: string, project: string): Promise<void> {
  const packed = await run(
    ["npm", "pack", "--json", "--pack-destination", project],
    { cwd: `${root}/npm` },
  );
  const [{ filename, size }]: [{ filename: string; size: number }] = JSON.parse(
    packed,
  );
  console.log(`${filename}: ${Math.round(size / 1024)} KiB`);
  await Deno.writeTextFile(`${project}/package.json`, '{"type":"module"}\n');
  await run(
    [
      "npm",
      "install",
      "--no-audit",
      "--no-fund",
      `./${filename}`,
      ...TYPE_CHECKER,
    ],
    { cwd: project },
  );
}

type Proof = () => Promise<void>;

function* proofsOf(
  root: string,
  project: string,
): Iterable<readonly [string, Proof]> {
  yield ["import into a strict project", () => runConsumer(root, project)];
  yield ["contract of the stand-in", () => runContract(root, project)];
  yield ["commands through npm's links", () => runCommands(project)];
  const bin = `${project}/node_modules/@orc/cli/dist/bin.js`;
  for (const runtime of RUNTIMES) {
    const suites = ["journey", "parallel"];
    yield [`${suites.join(" and ")} tests on ${runtime.name}`, async () => {
      const program = await programOf(runtime);
      await runSuites(root, suites, [`${program} ${bin}`]);
    }];
  }
  yield ["parallel tests, half Deno and half Node", async () => {
    const deno = `${Deno.execPath()} run -A ${root}/cli.ts`;
    await runSuites(root, ["parallel"], [deno, `node ${bin}`]);
  }];
}

async function ended(name: string, proof: Proof): Promise<boolean> {
  const startedAtMs = performance.now();
  try {
    await proof();
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    console.log(`${name}: ok (${seconds} s)`);
    return true;
  } catch (error) {
    console.log(`${name}: FAILED\n${(error as Error).message}`);
    return false;
  }
}

/** A consumer's program is checked against the types of the package, and then run. */
async function runConsumer(root: string, project: string): Promise<void> {
  const source = `${root}/tests/npm/consumer.ts`;
  await Deno.copyFile(source, `${project}/consumer.ts`);
  await compile(project, { compilerOptions: STRICT, files: ["consumer.ts"] });
  await run(["node", "out/consumer.js"], { cwd: project });
}

/** The stand-in keeps the contract on the Node that is installed here. */
async function runContract(root: string, project: string): Promise<void> {
  const main = `${root}/tests/npm/node_contract.ts`;
  await compile(project, {
    compilerOptions: {
      ...STRICT,
      // The contract is written in terms of Deno's own types.
      skipLibCheck: true,
      lib: ["ESNext", "DOM"],
      types: ["node"],
      rewriteRelativeImportExtensions: true,
      rootDir: root,
    },
    files: [main, "deno.d.ts"],
  });
  const directory = await Deno.makeTempDir({ dir: project });
  await run(["node", "out/tests/npm/node_contract.js", directory], {
    cwd: project,
  });
}

interface Compilation {
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
}

async function compile(
  project: string,
  { compilerOptions, files }: Compilation,
): Promise<void> {
  const options = { ...compilerOptions, outDir: `${project}/out` };
  await Deno.writeTextFile(
    `${project}/tsconfig.json`,
    JSON.stringify({ compilerOptions: options, files }),
  );
  const types = await run([Deno.execPath(), "types"], { cwd: project });
  await Deno.writeTextFile(`${project}/deno.d.ts`, types);
  await run(["npx", "tsc", "--project", "."], { cwd: project });
}

async function runCommands(project: string): Promise<void> {
  for (const name of ["orc", "orchestrator"]) {
    const said = await run(
      [`${project}/node_modules/.bin/${name}`, "version"],
      {
        cwd: project,
      },
    );
    if (!said.startsWith("orc ")) throw new Error(`${name} said: ${said}`);
  }
}

/** Finds a program in a package that carries one; npm keeps it in its cache. */
async function programOf(
  { package: carrier, program }: { package: string; program: string },
): Promise<string> {
  const args = [
    "npx",
    "-y",
    "-p",
    carrier,
    "sh",
    "-c",
    `command -v ${program}`,
  ];
  const [first = "", ...rest] = args;
  return (await run([first, ...rest], { cwd: Deno.cwd() })).trim();
}

async function runSuites(
  root: string,
  suites: readonly string[],
  commands: readonly string[],
): Promise<void> {
  await run([Deno.execPath(), "task", "test", ...suites], {
    cwd: root,
    env: { ORC_COMMANDS: commands.join("\n") },
  });
}
