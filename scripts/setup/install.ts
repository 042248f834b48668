import { bundleProgram } from "../build/program.ts";
import { installGlobally, pack } from "../npm/install.ts";
import { describePackage, DOCUMENTS } from "../npm/package.ts";
import { run } from "../npm/program.ts";
import { copyTree, writeJson } from "../npm/stage.ts";

/** Where the program was installed. */
export interface Installed {
  readonly program: string;
  /** What has to be on PATH. */
  readonly binDirectory: string;
}

/**
 * Installs the program with npm, for all of the machine where this user may do that, and else
 * for the user alone. npm keeps the books: it refuses to replace another `orc`.
 */
export async function installProgram(root: string): Promise<Installed> {
  const directory = await Deno.makeTempDir({ prefix: "orc-setup-" });
  try {
    const built = `${directory}/package`;
    await buildProgramPackage(root, built);
    const { path } = await pack(built, directory);
    const prefix = await writablePrefix(root);
    await installGlobally(prefix, path, directory);
    const binDirectory = binOf(prefix);
    return { program: `${binDirectory}/orc`, binDirectory };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Takes it away from wherever it was installed; returns the programs that are gone. */
export async function uninstallProgram(
  root: string,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const prefix of await prefixes(root)) {
    if (!exists(`${modulesOf(prefix)}/@orc/cli`)) continue;
    const global = ["--global", "--prefix", prefix];
    await run(["npm", "uninstall", ...global, "@orc/cli"], { cwd: root });
    if (isOfUser(prefix)) removeEmpty(prefix);
    removed.push(`${binOf(prefix)}/orc`);
  }
  return removed;
}

/** Whether a shell that a program starts runs this one as `orc`. */
export async function isFoundByShells(program: string): Promise<boolean> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", "command -v orc"],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim() === program;
}

/** The package without the library, which takes minutes to build and which no command needs. */
async function buildProgramPackage(
  root: string,
  directory: string,
): Promise<void> {
  const { exports: _exports, dependencies: _dependencies, ...description } =
    describePackage({}, undefined);
  await bundleProgram(root, `${directory}/dist/program`, "node");
  for (const name of DOCUMENTS) {
    await copyTree(`${root}/${name}`, `${directory}/${name}`);
  }
  await writeJson(`${directory}/package.json`, description);
}

/** npm's own place, then one that needs no rights. */
async function prefixes(root: string): Promise<readonly string[]> {
  const own = (await run(["npm", "prefix", "--global"], { cwd: root })).trim();
  const home = Deno.env.get("HOME");
  return home === undefined ? [own] : [own, `${home}/.local`];
}

async function writablePrefix(root: string): Promise<string> {
  const [own = "", users] = await prefixes(root);
  if (mayWrite(modulesOf(own)) && mayWrite(binOf(own))) return own;
  if (users !== undefined) return users;
  throw new Error(`Cannot write to "${own}", and there is no home directory`);
}

/** Whether files may be made in a directory, or in the nearest one above it that is there. */
function mayWrite(directory: string): boolean {
  try {
    Deno.removeSync(Deno.makeTempDirSync({ dir: directory }));
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return false;
    const above = directory.replace(/\/[^/]+$/, "");
    return above !== directory && mayWrite(above);
  }
}

/** Only there may empty directories be nobody else's. */
function isOfUser(prefix: string): boolean {
  const home = Deno.env.get("HOME");
  return home !== undefined && prefix.startsWith(`${home}/`);
}

/** What npm left empty, and its note on what is installed there. */
function removeEmpty(prefix: string): void {
  const modules = modulesOf(prefix);
  const isEmpty = [...namesIn(modules)].every((name) =>
    name === ".package-lock.json" || name === "@orc"
  );
  if (isEmpty && exists(`${modules}/.package-lock.json`)) {
    Deno.removeSync(`${modules}/.package-lock.json`);
  }
  const directories = [
    `${modules}/@orc`,
    modules,
    `${prefix}/lib`,
    binOf(prefix),
    `${prefix}/share/man/man1`,
    `${prefix}/share/man`,
    `${prefix}/share`,
    prefix,
  ];
  for (const directory of directories) {
    if (exists(directory) && namesIn(directory).length === 0) {
      Deno.removeSync(directory);
    }
  }
}

function namesIn(directory: string): readonly string[] {
  return exists(directory)
    ? Array.from(Deno.readDirSync(directory), ({ name }) => name)
    : [];
}

function modulesOf(prefix: string): string {
  return Deno.build.os === "windows"
    ? `${prefix}/node_modules`
    : `${prefix}/lib/node_modules`;
}

function binOf(prefix: string): string {
  return Deno.build.os === "windows" ? prefix : `${prefix}/bin`;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
}
