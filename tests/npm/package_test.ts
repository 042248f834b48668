/** The npm package as it is built and installed; on all runtimes it is tried by `deno task npm`. */
import { buildPackage } from "../../scripts/npm/build.ts";
import { quickProofs } from "../../scripts/npm/proofs.ts";
import { removeTree } from "../../scripts/npm/stage.ts";

const directory = `${Deno.cwd()}/tests/.tmp/npm-${Deno.pid}`;
const bench = {
  root: Deno.cwd(),
  package: `${directory}/npm`,
  directory: `${directory}/proof`,
};

Deno.test.beforeAll(async () => {
  await Deno.mkdir(bench.directory, { recursive: true });
  await buildPackage(bench.root, {
    directory: bench.package,
    isOffline: true,
  });
});

Deno.test.afterAll(() => removeTree(directory));

for (const { name, run } of quickProofs(bench)) {
  Deno.test(`the npm package: ${name}`, async () => {
    await run();
  });
}
