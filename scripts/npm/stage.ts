import { npmPackages, type Versions } from "./package.ts";
import { run } from "./program.ts";

/** What builds, from npm; none of it becomes part of what is built. */
const TOOLS: Versions = {
  "@types/node": "20.19.43",
  "deno-std": "1.4.0",
  tsdown: "0.21.10",
  typescript: "5.9.3",
};

const SOURCES = ["mod.ts", "cli.ts", "src", "scripts/npm"];

/** Packages of JSR, by what stands in for them on npm. */
export const MIRRORED: Readonly<Record<string, string>> = {
  "@std/path/posix/normalize":
    "./node_modules/deno-std/path/posix/normalize.js",
  "@std/text/closest-string": "./node_modules/deno-std/text/closest_string.js",
  "@std/ulid": "./node_modules/deno-std/ulid/mod.js",
};

/**
 * Hands over a directory with the sources, and with tools that come from npm alone; it is
 * removed afterwards.
 */
export async function withStage(
  root: string,
  build: (stage: string) => Promise<void>,
): Promise<void> {
  const stage = await Deno.makeTempDir({ prefix: "orc-build-" });
  try {
    for (const path of SOURCES) {
      await copyTree(`${root}/${path}`, `${stage}/${path}`);
    }
    await writeJson(`${stage}/package.json`, {
      private: true,
      type: "module",
      dependencies: npmPackages(await importsOf(root)),
      devDependencies: TOOLS,
    });
    await run(["npm", "install", "--no-audit", "--no-fund"], { cwd: stage });
    await build(stage);
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

/** What deno.json imports: the only place with versions. */
export async function importsOf(root: string): Promise<Versions> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  return imports;
}

/** Writes a value as a file for people to read. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Copies a file, or a directory with all in it. */
export async function copyTree(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) {
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  for await (const { name } of Deno.readDir(from)) {
    await copyTree(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Removes a directory with all in it, if it is there. */
export async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
