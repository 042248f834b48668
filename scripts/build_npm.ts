/**
 * Builds the npm package in `npm/`, and with `--prove` packs it, installs it into an empty
 * project, and runs there what its users run.
 *
 * dnt makes it where JSR can be reached. Elsewhere, or with `--offline`, a builder from npm
 * makes the same package.
 *
 * @module
 */
import { buildWithDnt, canReachJsr } from "./npm/build_with_dnt.ts";
import { buildWithTsdown } from "./npm/build_with_tsdown.ts";
import { describePackage, type Versions } from "./npm/package.ts";
import { provePackage } from "./npm/prove.ts";

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE"];

async function buildPackage(isOffline: boolean): Promise<void> {
  const { imports }: { imports: Versions } = JSON.parse(
    await Deno.readTextFile(`${ROOT}/deno.json`),
  );
  await Deno.remove(`${ROOT}/npm`, { recursive: true }).catch(ignoreMissing);
  if (!isOffline && await canReachJsr()) {
    console.log("Building with dnt");
    await buildWithDnt(ROOT, imports);
  } else {
    const reason = isOffline ? "as asked" : "JSR cannot be reached";
    console.log(`Building with tsdown from npm: ${reason}`);
    await buildWithTsdown(ROOT, imports);
    const description = JSON.stringify(describePackage(imports), null, 2);
    await Deno.writeTextFile(`${ROOT}/npm/package.json`, `${description}\n`);
  }
  for (const name of DOCUMENTS) {
    await Deno.copyFile(`${ROOT}/${name}`, `${ROOT}/npm/${name}`);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) {
  await buildPackage(Deno.args.includes("--offline"));
  if (Deno.args.includes("--prove")) {
    Deno.exit(await provePackage(ROOT) ? 0 : 1);
  }
}
