// Runs beside the tools that it uses: makes one script of the page's sources, for browsers.
import process from "node:process";

// Named like this since it is a package beside this file, and none of this repository.
const TOOL = "rolldown";
const { rolldown } = await import(TOOL);

const { input, modules } = JSON.parse(process.argv[2]);
const bundle = await rolldown({
  input,
  platform: "browser",
  resolve: { mainFields: ["module", "main"], modules: [modules] },
  onLog(level, log, handler) {
    if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
    handler(level, log);
  },
});
const { output } = await bundle.generate({
  format: "esm",
  minify: true,
  postBanner: "/* Holds preact, (c) Jason Miller, MIT licence */",
});
process.stdout.write(output[0].code);
