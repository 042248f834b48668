/**
 * Makes `dist/orc.js`: all of orc in one file, which Deno and Node run without an installation.
 *
 * @module
 */
import { bundleProgram } from "./build/program.ts";
import { endWith } from "./npm/program.ts";

/** More could not be called a file to copy to a machine where nothing can be installed. */
export const MAX_BYTES = 2_100_000;

/** Writes the file, and beside it its source map; returns the size of the file in bytes. */
export async function bundle(root: string, output: string): Promise<number> {
  const directory = output.slice(0, output.lastIndexOf("/"));
  const aside = await Deno.makeTempDir({ prefix: "orc-bundle-" });
  try {
    await bundleProgram(root, aside, "file");
    await Deno.mkdir(directory, { recursive: true });
    for (const suffix of ["", ".map"]) {
      await Deno.copyFile(`${aside}/orc.js${suffix}`, `${output}${suffix}`);
    }
  } finally {
    await Deno.remove(aside, { recursive: true });
  }
  await Deno.chmod(output, 0o755);
  const { size } = await Deno.stat(output);
  if (size > MAX_BYTES) {
    throw new Error(`${output} has ${size} bytes, more than ${MAX_BYTES}`);
  }
  return size;
}

async function main(): Promise<number> {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  const size = await bundle(root, `${root}/dist/orc.js`);
  console.log(`dist/orc.js: ${Math.round(size / 1024)} KiB`);
  return 0;
}

if (import.meta.main) await endWith(main);
