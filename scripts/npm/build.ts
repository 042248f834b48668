import { buildWithDnt, canReachJsr } from "./build_with_dnt.ts";
import { buildWithTsdown } from "./build_with_tsdown.ts";
import { describePackage } from "./package.ts";
import { importsOf, removeTree, writeJson } from "./stage.ts";

const DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE"];

/** Where the package goes, and whether it must be made without JSR. */
export interface BuildOptions {
  readonly directory: string;
  readonly isOffline: boolean;
}

/** Builds the npm package; returns what made it, and why. */
export async function buildPackage(
  root: string,
  { directory, isOffline }: BuildOptions,
): Promise<string> {
  const imports = await importsOf(root);
  await removeTree(directory);
  const canUseDnt = !isOffline && await canReachJsr();
  if (canUseDnt) {
    await buildWithDnt({ root, directory, imports });
  } else {
    await buildWithTsdown(root, directory);
    await writeJson(`${directory}/package.json`, describePackage(imports));
  }
  for (const name of DOCUMENTS) {
    await Deno.copyFile(`${root}/${name}`, `${directory}/${name}`);
  }
  if (canUseDnt) return "dnt";
  return `tsdown from npm, ${
    isOffline ? "as asked" : "since JSR cannot be reached"
  }`;
}
