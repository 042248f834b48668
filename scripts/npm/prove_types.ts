import { run } from "./program.ts";
import { writeJson } from "./stage.ts";

/** What a project needs to check its types against the package. */
export const TYPE_CHECKER: readonly string[] = [
  "typescript@5.9.3",
  "@types/node@20.19.43",
];

/** As strict as a project can be, and without `skipLibCheck`. */
const STRICT = {
  target: "ES2022",
  module: "NodeNext",
  moduleResolution: "NodeNext",
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
};

/** Checks a consumer's program against the types of the package, and runs it with each list of arguments; returns what it says. */
export async function proveConsumer(
  root: string,
  project: string,
  name: string,
  runs: readonly (readonly string[])[],
): Promise<readonly string[]> {
  await Deno.copyFile(
    `${root}/tests/npm/${name}.ts`,
    `${project}/${name}.ts`,
  );
  await compile(project, { compilerOptions: STRICT, files: [`${name}.ts`] });
  // Only some look at what memory is in use, which the flag lets them do.
  const program = ["--expose-gc", outputOf(`${name}.ts`)];
  const said: string[] = [];
  for (const args of runs) {
    said.push(await run(["node", ...program, ...args], { cwd: project }));
  }
  return said;
}

/** Checks the programs of consumers against the types of the package, and runs them. */
export async function proveTypes(root: string, project: string): Promise<void> {
  const source = (path: string) => Deno.readTextFile(`${root}/${path}`);
  const programs = new Map([
    ["consumer.ts", await source("tests/npm/consumer.ts")],
    ["narrow.ts", await source("tests/library/narrow.ts")],
    ...programsIn(await source("docs/library.md")),
  ]);
  for (const [name, text] of programs) {
    await Deno.writeTextFile(`${project}/${name}`, text);
  }
  const files = [...programs.keys()];
  await compile(project, { compilerOptions: STRICT, files });
  for (const name of files) {
    if (name === "narrow.ts") await proveNarrow(project);
    else await run(["node", outputOf(name)], { cwd: project });
  }
}

function outputOf(name: string): string {
  return `out/${name.replace(/\.ts$/, ".js")}`;
}

/** The programs of a page: its examples that begin with their name. */
export function programsIn(
  page: string,
): readonly (readonly [name: string, text: string])[] {
  const blocks = page.matchAll(/^```ts\n\/\/ (\w+\.ts)\n(.*?)^```$/gms);
  return Array.from(blocks, ([, name = "", text = ""]) => [name, text]);
}

/**
 * What only reads the repository gets by with that under the permission model of Node, too, which in
 * Node 20 lets nobody sync what they write.
 */
async function proveNarrow(project: string): Promise<void> {
  const root = await Deno.makeTempDir({ dir: project });
  const program = outputOf("narrow.ts");
  await run(["node", program, root], { cwd: project });
  const flags = ["--experimental-permission", `--allow-fs-read=${project}/*`];
  const args = [...flags, program, root, "reads"];
  // Settings and secrets of a user lie in their own directory, which may not be read here.
  const env = { HOME: "" };
  const said = await run(["node", ...args], { cwd: project, env });
  const { called, refusals } = JSON.parse(said);
  const denied = Object.entries(refusals).filter(([, code]) =>
    String(code).startsWith("permission_")
  );
  if (called.length > 0 && denied.length === 0) return;
  throw new Error(`Node permits too little: ${JSON.stringify(denied)}`);
}

/** Compiles the contract of the stand-in for Node; returns the program. */
export async function compileContract(
  root: string,
  project: string,
): Promise<string> {
  const types = await run([Deno.execPath(), "types"], { cwd: project });
  await Deno.writeTextFile(`${project}/deno.d.ts`, types);
  await compile(project, {
    compilerOptions: {
      ...STRICT,
      module: "ESNext",
      moduleResolution: "bundler",
      // The contract is written in terms of Deno's own types.
      skipLibCheck: true,
      lib: ["ESNext", "DOM"],
      types: ["node"],
      rewriteRelativeImportExtensions: true,
      rootDir: root,
    },
    files: [`${root}/tests/npm/node_contract.ts`, "deno.d.ts"],
  });
  return `${project}/out/tests/npm/node_contract.js`;
}

interface Compilation {
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
}

async function compile(
  project: string,
  { compilerOptions, files }: Compilation,
): Promise<void> {
  const outDir = `${project}/out`;
  await writeJson(`${project}/tsconfig.json`, {
    compilerOptions: { ...compilerOptions, outDir },
    files,
  });
  await run(["npx", "tsc", "--project", "."], { cwd: project });
}
