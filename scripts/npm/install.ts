import { run } from "./program.ts";
import { walkSync } from "@std/fs/walk";

/** A package as npm packed it. */
export interface Tarball {
  readonly path: string;
  readonly sizeBytes: number;
}

const QUIETLY = ["--no-audit", "--no-fund"];

/** Packs a package as it would be published. */
export async function pack(
  packageDirectory: string,
  into: string,
): Promise<Tarball> {
  const packed = await run([
    "npm",
    "pack",
    "--json",
    "--pack-destination",
    into,
  ], {
    cwd: packageDirectory,
  });
  const [tarball]: readonly { filename: string; size: number }[] = JSON.parse(
    packed,
  );
  if (tarball === undefined) throw new Error("npm packed nothing");
  return { path: `${into}/${tarball.filename}`, sizeBytes: tarball.size };
}

/** Installs packages into a new project; returns the project's directory. */
export async function installInto(
  directory: string,
  packages: readonly string[],
): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeTextFile(`${directory}/package.json`, '{"type":"module"}\n');
  await run(["npm", "install", ...QUIETLY, ...packages], { cwd: directory });
}

/** Installs a package for all who use what lies below the prefix; it replaces an older one. */
export async function installGlobally(
  prefix: string,
  tarball: string,
  cwd: string,
): Promise<void> {
  const global = ["--global", "--prefix", prefix, ...QUIETLY];
  await run(["npm", "install", ...global, tarball], { cwd });
}

/** The installed command, as npm links it. */
export function programIn(project: string): string {
  return `${project}/node_modules/.bin/orc`;
}

/**
 * Installs the package, runs it and uninstalls it: in a project, and for all of a machine.
 *
 * @throws If anything is left that is not npm's own.
 */
export async function proveUninstall(
  tarball: Tarball,
  directory: string,
): Promise<void> {
  const project = `${directory}/project`;
  await installInto(project, [tarball.path]);
  await run([`${project}/node_modules/.bin/orc`, "version"], { cwd: project });
  await run(["npm", "uninstall", ...QUIETLY, "@orc/cli"], { cwd: project });
  const machine = `${directory}/machine`;
  await Deno.mkdir(machine);
  const global = ["--global", "--prefix", machine, ...QUIETLY];
  await run(["npm", "install", ...global, tarball.path], { cwd: directory });
  await run([`${machine}/bin/orc`, "version"], { cwd: directory });
  await run(["npm", "uninstall", ...global, "@orc/cli"], { cwd: directory });
  const left = [...filesIn(project), ...filesIn(machine)];
  const foreign = left.filter((path) => !/package(?:-lock)?\.json$/.test(path));
  if (foreign.length > 0) throw new Error(`left: ${foreign.join(", ")}`);
}

/** npm's notes on what is installed end in `package.json` or `package-lock.json`. */
function filesIn(directory: string): readonly string[] {
  const found = walkSync(directory, { includeDirs: false });
  return Array.from(found, ({ path }) => path);
}
