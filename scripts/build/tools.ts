import { run } from "../npm/program.ts";
import { npmPackages, type Versions } from "../npm/package.ts";
import { importsOf, removeTree, writeJson } from "../npm/stage.ts";

/** What builds, from npm; none of it becomes part of what is built. */
const TOOLS: Versions = {
  "deno-std": "1.4.0",
  "magic-string": "0.30.21",
  preact: "11.2.0",
  rolldown: "1.3.3",
};

/**
 * Makes a directory with the packages that orc needs and the tools that build it, and keeps
 * it below `dist`: builds that follow take a fraction of the time.
 */
export async function prepareTools(root: string): Promise<string> {
  const packages = { ...npmPackages(await importsOf(root)), ...TOOLS };
  const imports = Object.fromEntries(
    Object.entries(packages).map(([name, version]) => [
      name,
      `npm:${name}@${version}`,
    ]),
  );
  const directory = `${root}/dist/tools-${await digestOf(imports)}`;
  if (await exists(`${directory}/node_modules`)) return directory;
  const aside = `${directory}.${Deno.pid}`;
  await Deno.mkdir(aside, { recursive: true });
  await writeJson(`${aside}/deno.json`, { nodeModulesDir: "auto", imports });
  await Deno.copyFile(`${root}/deno.lock`, `${aside}/deno.lock`);
  await run([Deno.execPath(), "install", "--quiet"], { cwd: aside });
  try {
    await Deno.rename(aside, directory);
  } catch (error) {
    // Another build was faster, with the same.
    if (!await exists(`${directory}/node_modules`)) throw error;
    await removeTree(aside);
  }
  return directory;
}

async function digestOf(value: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex().slice(0, 12);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
