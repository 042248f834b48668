import { bundleProgram } from "../build/program.ts";
import { buildWithDnt, canReachJsr } from "./build_with_dnt.ts";
import { buildWithTsdown } from "./build_with_tsdown.ts";
import { describePackage, DOCUMENTS, repositoryPage } from "./package.ts";
import { copyTree, importsOf, removeTree, writeJson } from "./stage.ts";

/** Where the package goes, and whether it must be made without JSR. */
export interface BuildOptions {
  readonly directory: string;
  readonly isOffline: boolean;
  /** Page of the repository; by default that of git's remote. */
  readonly repository?: string;
}

/** Builds the npm package; returns what made it, and why. */
export async function buildPackage(
  root: string,
  options: BuildOptions,
): Promise<string> {
  const { directory, isOffline } = options;
  const imports = await importsOf(root);
  const description = describePackage(
    imports,
    options.repository ?? await remotePage(root),
  );
  await removeTree(directory);
  const canUseDnt = !isOffline && await canReachJsr();
  if (canUseDnt) {
    await buildWithDnt({ root, directory, description });
  } else {
    await buildWithTsdown(root, directory);
    await writeJson(`${directory}/package.json`, description);
  }
  await bundleProgram(root, `${directory}/dist/program`, "node");
  for (const name of DOCUMENTS) {
    await copyTree(`${root}/${name}`, `${directory}/${name}`);
  }
  if (canUseDnt) return "dnt";
  return `tsdown from npm, ${
    isOffline ? "as asked" : "since JSR cannot be reached"
  }`;
}

/** Undefined where git's remote has no page, such as a directory. */
async function remotePage(root: string): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["-C", root, "remote", "get-url", "origin"],
    stderr: "null",
  }).output();
  return success ? repositoryPage(new TextDecoder().decode(stdout)) : undefined;
}
