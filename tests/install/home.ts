import { run } from "../../scripts/npm/program.ts";
import { walkSync } from "@std/fs/walk";

/** A home in which nothing is installed, with Node and npm on the machine and nothing else. */
export interface Home {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a line in a shell as agents, hooks and Makefiles start it: without a profile. */
  shell(program: "bash" | "sh", cwd: string, line: string): Promise<string>;
}

/** Where packages are kept that were fetched before; nothing is installed there. */
function caches(): Readonly<Record<string, string>> {
  const home = Deno.env.get("HOME") ?? "";
  return {
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${home}/.cache/deno`,
    npm_config_cache: Deno.env.get("npm_config_cache") ?? `${home}/.npm`,
  };
}

/** Makes a home whose PATH begins with where its user's programs are. */
export async function openHome(path: string, bin: string): Promise<Home> {
  await Deno.mkdir(path);
  const programs = await Promise.all(
    ["node", "npx"].map((name) =>
      run(["sh", "-c", `dirname "$(command -v ${name})"`], { cwd: path })
    ),
  );
  const env = {
    ...caches(),
    HOME: path,
    npm_config_prefix: `${path}/.npm-global`,
    PATH: [`${path}/${bin}`, ...programs.map((text) => text.trim())]
      .concat("/usr/bin", "/bin").join(":"),
  };
  return {
    path,
    env,
    shell: (program, cwd, line) => run([program, "-c", line], { cwd, env }),
  };
}

/** All files below a directory, from there. */
export function filesIn(directory: string): readonly string[] {
  const found = walkSync(directory, { includeDirs: false });
  return Array.from(found, ({ path }) => path.slice(directory.length + 1));
}
