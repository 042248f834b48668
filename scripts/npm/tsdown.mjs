// Runs in Node, in the stage: makes the library of the npm package and its types.
import process from "node:process";
import { fileURLToPath } from "node:url";

// Named like this since it is a package of the stage, and none of this repository.
const TOOL = "tsdown";
const { build } = await import(TOOL);

const { entry, typed, aliases } = JSON.parse(process.argv[2]);

const inStage = (path) =>
  fileURLToPath(new URL(path, `file://${process.cwd()}/`));

await build({
  config: false,
  entry,
  outDir: "dist",
  platform: "node",
  target: "node20",
  format: "esm",
  fixedExtension: false,
  dts: { entry: typed },
  sourcemap: true,
  alias: Object.fromEntries(
    Object.entries(aliases).map(([name, path]) => [name, inStage(path)]),
  ),
  deps: { onlyBundle: ["deno-std"] },
  inputOptions: {
    transform: {
      inject: { Deno: [inStage("scripts/npm/deno/api.ts"), "Deno"] },
    },
  },
});
