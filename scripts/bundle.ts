/**
 * Makes `dist/orc.js`: all of orc in one file, which Deno and Node run without an installation.
 *
 * @module
 */
import { BIN } from "./npm/package.ts";
import { endWith, run } from "./npm/program.ts";
import { MIRRORED, withStage } from "./npm/stage.ts";

/** More could not be called a file to copy to a machine where nothing can be installed. */
const MAX_BYTES = 1_000_000;

/** Writes the file and returns its size in bytes. */
export async function bundle(root: string, output: string): Promise<number> {
  await withStage(root, async (stage) => {
    await run(
      [
        "node",
        "scripts/npm/bundle.mjs",
        BIN.source,
        "orc.js",
        JSON.stringify(MIRRORED),
      ],
      { cwd: stage },
    );
    await Deno.mkdir(output.slice(0, output.lastIndexOf("/")), {
      recursive: true,
    });
    await Deno.copyFile(`${stage}/orc.js`, output);
  });
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
