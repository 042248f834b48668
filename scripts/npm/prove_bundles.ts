/** What bundlers make of the package, and those that load it without `import`. */
import { run } from "./program.ts";

/** What bundles for browsers and servers, from npm. */
export const BUNDLER = "esbuild@0.25.12";

/** All that a program may carry along that asks only whether an error is orc's. */
const MAX_BYTES_OF_ERROR = 15_000;

/** How Chromium is called by those who package it. */
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

type Platform = "node" | "browser";

/** Bundles a program of the project; returns the text of the bundle. */
async function bundleOf(
  project: string,
  source: string,
  platform: Platform,
): Promise<string> {
  const out = `bundled-${source.replace(/\.ts$/, ".js")}`;
  const args = ["--bundle", "--minify", `--platform=${platform}`];
  // Where no module can be, nothing can be waited for at the top either.
  const format = `--format=${platform === "browser" ? "iife" : "esm"}`;
  await run(
    ["npx", "esbuild", source, ...args, format, `--outfile=${out}`],
    { cwd: project },
  );
  return await Deno.readTextFile(`${project}/${out}`);
}

/** Tree shaking leaves of the library what is used of it, and nothing that only the program needs. */
export async function proveOneError(project: string): Promise<string> {
  const source = "one_error.ts";
  await Deno.writeTextFile(
    `${project}/${source}`,
    'import { OrcError } from "@orc/cli";\nconsole.log(OrcError.name);\n',
  );
  const { length } = await bundleOf(project, source, "node");
  if (length <= MAX_BYTES_OF_ERROR) return `${length} bytes`;
  throw new Error(`OrcError alone is bundled to ${length} bytes`);
}

/** Bundles the rules for a browser, which has no module of Node, and runs them in one if one is here. */
export async function proveCore(
  root: string,
  project: string,
): Promise<string> {
  const name = "browser.ts";
  await Deno.copyFile(`${root}/tests/npm/${name}`, `${project}/${name}`);
  const code = await bundleOf(project, name, "browser");
  if (/["'`]node:/.test(code)) throw new Error("The core asks for Node");
  const size = `${Math.round(code.length / 1024)} KiB`;
  const page = `${project}/browser.html`;
  await Deno.writeTextFile(
    page,
    `<!doctype html><body><script src="bundled-browser.js"></script>`,
  );
  const shown = await shownByBrowser(project, page);
  if (shown === undefined) return `${size}, not run: there is no Chromium`;
  if (!shown.includes("Add login: it is next, no_such_item, valid")) {
    throw new Error(`The browser shows: ${shown}`);
  }
  return `${size}, run in Chromium`;
}

/** What a page has become in a browser; undefined where there is none. */
async function shownByBrowser(
  project: string,
  page: string,
): Promise<string | undefined> {
  for (const browser of BROWSERS) {
    try {
      return await run([
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--allow-file-access-from-files",
        // As long as the page has to do something, and no longer than this.
        "--virtual-time-budget=20000",
        `--user-data-dir=${project}/browser-profile`,
        "--dump-dom",
        `file://${page}`,
      ], { cwd: project });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

/** Since 22 Node requires modules too, unless they wait for something at the top; 20.19 does so as well. */
export async function proveRequire(project: string): Promise<string> {
  const script = `
    const { OrcError, openRepository } = require("@orc/cli");
    const core = require("@orc/cli/core");
    const { run } = require("@orc/cli/cli");
    if (core.OrcError !== OrcError) throw new Error("There are two errors");
    console.log(typeof openRepository, typeof run);`;
  await Deno.writeTextFile(`${project}/require.cjs`, script);
  const can = "process.exitCode = process.features.require_module ? 0 : 1";
  const { success } = await new Deno.Command("node", { args: ["-e", can] })
    .output();
  if (!success) return "not tried: this Node requires no modules";
  const said = await run(["node", "require.cjs"], { cwd: project });
  if (said.trim() === "function function") return "mod, core and cli";
  throw new Error(`require() gave ${said}`);
}
