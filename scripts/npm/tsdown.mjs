// Runs in Node, in the stage: makes the library of the npm package and its types.
import process from "node:process";
import { fileURLToPath } from "node:url";

// Named like this since it is a package of the stage, and none of this repository.
const TOOL = "tsdown";
const { build } = await import(TOOL);

const { entry, typed, aliases } = JSON.parse(process.argv[2]);

const inStage = (path) =>
  fileURLToPath(new URL(path, `file://${process.cwd()}/`));

/** Data become chunks like all else; the bundler leaves alone an import that says what they are. */
const dataAsChunks = {
  name: "data-as-chunks",
  transform(code) {
    const attributes =
      /(?<=import\(\s*"[^"]+\.json"),\s*\{[^}]*\}\s*,?\s*\}(?=\s*,?\s*\))/g;
    const blank = (text) => text.replaceAll(/[^\n]/g, " ");
    const changed = code.replaceAll(attributes, blank);
    return changed === code ? null : { code: changed, map: null };
  },
};

await build({
  config: false,
  entry,
  outDir: "dist",
  // Not "node": then the core, too, would ask for a module of Node.
  platform: "neutral",
  target: "node20",
  format: "esm",
  fixedExtension: false,
  dts: { entry: typed },
  // The program is built by itself: here the guards would only make all of it part of the library.
  define: { "import.meta.main": "false" },
  plugins: [dataAsChunks],
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
