import { stagePackage } from "../../scripts/jsr/stage.ts";
import { run } from "../../scripts/npm/program.ts";
import { copyTree, writeJson } from "../../scripts/npm/stage.ts";
import { openRegistry } from "./registry.ts";

/** A directory in which Deno reaches a registry that the package was published on. */
export interface Machine {
  readonly directory: string;
  /** Variables by which Deno finds the registry, and a cache of its own. */
  readonly env: Readonly<Record<string, string>>;
  deno(cwd: string, ...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

const UNSIGNED = ["--token=local", "--allow-dirty", "--no-provenance"];

/** Publishes the package from the sources below the root, as they are. */
export async function openMachine(root: string): Promise<Machine> {
  const made = await Deno.makeTempDir({ dir: `${root}/tests/.tmp` });
  const directory = await Deno.realPath(made);
  const registry = openRegistry();
  const env = { JSR_URL: registry.url, DENO_DIR: `${directory}/.deno` };
  const deno: Machine["deno"] = (cwd, ...args) =>
    run([Deno.execPath(), ...args], { cwd, env });
  // Otherwise Deno would take this repository's configuration.
  await writeJson(`${directory}/deno.json`, {});
  for (const name of ["path", "text", "ulid"]) {
    const std = `${directory}/std/${name}`;
    await copyTree(`${root}/scripts/std/${name}`, std);
    await deno(std, "publish", ...UNSIGNED, "--allow-slow-types");
  }
  const own = `${directory}/own`;
  await stagePackage(root, own, "registry");
  await deno(own, "publish", ...UNSIGNED);
  const close = async () => {
    await registry.close();
    await Deno.remove(directory, { recursive: true });
  };
  return { directory, env, deno, close };
}
