// Runs in Node, in the stage: makes one file of orc and all it needs, for Deno and Node alike.
import { isBuiltin } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";

// Named like this since it is a package of the stage, and none of this repository.
const TOOL = "rolldown";
const { build } = await import(TOOL);

const [, , entry, output, aliases] = process.argv;

const PREFIX = "\0lazy:";

/**
 * In one file an import of a Node module would be loaded by each start. As a promise it is
 * loaded when the code that asks for it is: Deno takes twice as long with any such module.
 */
const lazyNodeModules = {
  name: "lazy-node-modules",
  resolveId(id, importer) {
    if (!isBuiltin(id)) return null;
    const isLazy = importer?.startsWith(PREFIX);
    return isLazy ? { id, external: true } : `${PREFIX}${id}`;
  },
  async load(id) {
    if (!id.startsWith(PREFIX)) return null;
    const name = id.slice(PREFIX.length);
    const exports = Object.keys(await import(name))
      .filter((key) => key !== "default" && key !== "module.exports")
      .map((key) => `export const ${key} = loaded.${key};`);
    return [
      `const loaded = await import(${JSON.stringify(name)});`,
      "export default loaded.default;",
      ...exports,
    ].join("\n");
  },
};

await build({
  input: entry,
  // Packages have builds that need no Node module; those run everywhere.
  platform: "neutral",
  treeshake: { propertyReadSideEffects: false },
  plugins: [lazyNodeModules],
  resolve: {
    mainFields: ["module", "main"],
    alias: Object.fromEntries(
      Object.entries(JSON.parse(aliases)).map(([name, path]) => [
        name,
        fileURLToPath(new URL(path, `file://${process.cwd()}/`)),
      ]),
    ),
  },
  transform: {
    target: "node20",
    define: { "import.meta.main": "false" },
    inject: {
      Deno: [`${process.cwd()}/scripts/npm/deno/anywhere.ts`, "Deno"],
    },
  },
  output: {
    file: output,
    format: "esm",
    codeSplitting: false,
    minify: true,
  },
});
