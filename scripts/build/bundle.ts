/**
 * Builds the program in one shape; prints the names of its files as JSON.
 *
 * @module
 */
import { endWith, run } from "../npm/program.ts";
import type { Shape } from "./program.ts";
import { compileOnlyWhatTurnsCall } from "./profile.ts";
import { prepareTools } from "./tools.ts";

async function bundle(
  root: string,
  out: string,
  shape: Shape,
  entry: string | undefined,
): Promise<string> {
  const tools = await prepareTools(root);
  const links = await linkedModules(root);
  const modules = `${tools}/node_modules`;
  // Beside the tools, where it finds them.
  const script = `${tools}/bundle-${Deno.pid}.mjs`;
  await Deno.copyFile(`${root}/scripts/build/bundle.mjs`, script);
  try {
    const options = JSON.stringify({
      ...{ root, out, modules, links, shape, entry },
    });
    const names = await run(
      [Deno.execPath(), "run", "-A", "--quiet", script, options],
      { cwd: tools },
    );
    if (shape !== "file" && !entry) await compileOnlyWhatTurnsCall(out, shape);
    return names;
  } finally {
    await Deno.remove(script);
  }
}

/** Folders that stand in for packages of JSR, by what they stand in for. */
async function linkedModules(
  root: string,
): Promise<Readonly<Record<string, string>>> {
  const read = async (path: string) =>
    JSON.parse(await Deno.readTextFile(path));
  const modules: Record<string, string> = {};
  for (const link of (await read(`${root}/deno.json`)).links) {
    const { name, exports } = await read(`${root}/${link}/deno.json`);
    const named: Readonly<Record<string, string>> = typeof exports === "string"
      ? { ".": exports }
      : exports;
    for (const [path, file] of Object.entries(named)) {
      modules[`${name}${path.slice(1)}`] = `${root}/${link}/${file.slice(2)}`;
    }
  }
  return modules;
}

async function main(
  [root = "", out = "", shape = "", entry]: readonly string[],
): Promise<number> {
  console.log((await bundle(root, out, shape as Shape, entry)).trim());
  return 0;
}

if (import.meta.main) await endWith(() => main(Deno.args));
