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

/** Checks a consumer's program against the types of the package, and runs it; returns what it says. */
export async function proveConsumer(
  root: string,
  project: string,
  name: string,
): Promise<string> {
  await Deno.copyFile(
    `${root}/tests/npm/${name}.ts`,
    `${project}/${name}.ts`,
  );
  await compile(project, { compilerOptions: STRICT, files: [`${name}.ts`] });
  return await run(["node", `out/${name}.js`], { cwd: project });
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
