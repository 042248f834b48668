/**
 * Builds the npm package in `npm/`, and with `--prove` packs it, installs it into an empty
 * project, and runs there what its users run.
 *
 * dnt makes it where JSR can be reached; elsewhere, or with `--offline`, tsdown from npm makes
 * the same package. dnt has not been tried: it lives on JSR alone, and this was written where
 * only npm can be reached. Whoever can reach JSR runs the same proofs on what dnt makes.
 *
 * @module
 */
import { buildPackage } from "./npm/build.ts";
import { endWith } from "./npm/program.ts";
import { provePackage } from "./npm/prove.ts";

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

async function main(args: readonly string[]): Promise<number> {
  const directory = `${ROOT}/npm`;
  const isOffline = args.includes("--offline");
  const builder = await buildPackage(ROOT, { directory, isOffline });
  console.log(`Built npm/ with ${builder}`);
  if (!args.includes("--prove")) return 0;
  return await provePackage(ROOT, directory) ? 0 : 1;
}

if (import.meta.main) await endWith(() => main(Deno.args));
