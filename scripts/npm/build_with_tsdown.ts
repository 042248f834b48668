import { ENTRY_POINTS } from "./package.ts";
import { run } from "./program.ts";
import { copyTree, MIRRORED, withStage, writeJson } from "./stage.ts";

/** Builds the library in `dist` below a directory. `Deno` becomes the stand-in wherever it occurs. */
export async function buildWithTsdown(
  root: string,
  directory: string,
): Promise<void> {
  const modules = Object.values(ENTRY_POINTS);
  const options = {
    entry: Object.fromEntries(
      modules.map(({ name, source }) => [name, source]),
    ),
    typed: modules.map(({ source }) => source),
    aliases: MIRRORED,
  };
  await withStage(root, async (stage) => {
    const types = await run([Deno.execPath(), "types"], { cwd: stage });
    await Deno.writeTextFile(`${stage}/deno.d.ts`, types);
    await writeJson(`${stage}/tsconfig.json`, TYPESCRIPT);
    const tsdown = "scripts/npm/tsdown.mjs";
    await run(["node", tsdown, JSON.stringify(options)], { cwd: stage });
    await copyTree(`${stage}/dist`, `${directory}/dist`);
  });
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
