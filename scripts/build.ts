/**
 * Builds the program that people run, `dist/program`: few chunks, of which a command loads its
 * own. `deno task orc` does so by itself.
 *
 * rolldown builds it and not esbuild, which cannot be told what belongs into one chunk.
 *
 * @module
 */
import { replaceProgram } from "./build/program.ts";
import { endWith } from "./npm/program.ts";

async function main(): Promise<number> {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  await replaceProgram(root, `${root}/dist/program`);
  return 0;
}

if (import.meta.main) await endWith(main);
