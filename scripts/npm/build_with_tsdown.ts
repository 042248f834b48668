import { BIN, ENTRY_POINTS, npmPackages, type Versions } from "./package.ts";
import { run } from "./program.ts";

/** What builds the package, from npm; it is not part of the package. */
const TOOLS: Versions = {
  "@types/node": "20.19.43",
  "deno-std": "1.4.0",
  tsdown: "0.21.10",
  typescript: "5.9.3",
};

const SOURCES = ["mod.ts", "cli.ts", "src", "scripts/npm"];

/**
 * Builds `npm/dist` with tools from npm alone, in a directory that is removed afterwards.
 * `Deno` is replaced by the stand-in wherever it occurs.
 */
export async function buildWithTsdown(
  root: string,
  imports: Versions,
): Promise<void> {
  const stage = await Deno.makeTempDir({ prefix: "orc-npm-" });
  try {
    for (const path of SOURCES) {
      await copy(`${root}/${path}`, `${stage}/${path}`);
    }
    await writeJson(`${stage}/package.json`, {
      private: true,
      type: "module",
      dependencies: npmPackages(imports),
      devDependencies: TOOLS,
    });
    await writeJson(`${stage}/tsconfig.json`, TYPESCRIPT);
    const types = await run([Deno.execPath(), "types"], { cwd: stage });
    await Deno.writeTextFile(`${stage}/deno.d.ts`, types);
    await Deno.writeTextFile(`${stage}/tsdown.config.mjs`, configuration());
    await run(["npm", "install", "--no-audit", "--no-fund"], { cwd: stage });
    await run(["npx", "tsdown"], { cwd: stage });
    await Deno.mkdir(`${root}/npm`, { recursive: true });
    await copy(`${stage}/dist`, `${root}/npm/dist`);
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

const TYPESCRIPT = {
  compilerOptions: {
    target: "ES2022",
    module: "ESNext",
    moduleResolution: "bundler",
    allowImportingTsExtensions: true,
    lib: ["ESNext", "DOM"],
    strict: true,
    noEmit: true,
  },
};

/** The file tsdown reads, as text: it runs in Node, and this does not. */
function configuration(): string {
  const modules = Object.values(ENTRY_POINTS);
  const entry = Object.fromEntries(
    [...modules, BIN].map(({ name, source }) => [name, source]),
  );
  const options = {
    entry,
    outDir: "dist",
    platform: "node",
    target: "node20",
    format: "esm",
    fixedExtension: false,
    dts: { entry: modules.map(({ source }) => source) },
    alias: { "@std/ulid": "./node_modules/deno-std/ulid/mod.js" },
    deps: { onlyBundle: ["deno-std"] },
    inputOptions: {
      transform: { inject: { Deno: ["./scripts/npm/deno_api.ts", "Deno"] } },
    },
  };
  return `import { fileURLToPath } from "node:url";
const absolute = (_key, value) =>
  typeof value === "string" && value.startsWith("./")
    ? fileURLToPath(new URL(value, import.meta.url))
    : value;
export default JSON.parse(${JSON.stringify(JSON.stringify(options))}, absolute);
`;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Copies a file, or a directory with all in it. */
async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) {
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  for await (const { name } of Deno.readDir(from)) {
    await copy(`${from}/${name}`, `${to}/${name}`);
  }
}
