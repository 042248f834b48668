/**
 * Runs orc from this clone: the built program, which is built anew where a source is newer.
 *
 * @module
 */

const ROOT = new URL("..", import.meta.url);
const PROGRAM = new URL("dist/program/main.js", ROOT);

/** What the program is made of. */
const SOURCES = [
  "cli.ts",
  "deno.json",
  "src",
  "scripts/build",
  "scripts/npm",
  "scripts/program",
];

/** Whether there is no program, or whether something it is made of has changed since. */
export function isOutdated(
  program: string | URL,
  sources: Iterable<string | URL>,
): boolean {
  const builtAt = changedAt(program);
  if (builtAt === undefined) return true;
  for (const path of sources) if (isNewer(path, builtAt)) return true;
  return false;
}

/** A file that was added, removed or renamed changes its directory. */
function isNewer(path: string | URL, builtAt: number): boolean {
  const { mtime, isDirectory } = Deno.statSync(path);
  if ((mtime?.getTime() ?? 0) > builtAt) return true;
  if (!isDirectory) return false;
  const directory = path instanceof URL ? path.pathname : path;
  for (const { name } of Deno.readDirSync(path)) {
    if (isNewer(`${directory}/${name}`, builtAt)) return true;
  }
  return false;
}

function changedAt(path: string | URL): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function build(): void {
  const { success, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL("scripts/build.ts", ROOT).href],
    cwd: ROOT,
    stdin: "null",
  }).outputSync();
  if (success) return;
  Deno.stderr.writeSync(stderr);
  Deno.exit(1);
}

if (import.meta.main) {
  const sources = SOURCES.map((path) => new URL(path, ROOT));
  if (isOutdated(PROGRAM, sources)) build();
  const { run } = await import(PROGRAM.href);
  await run();
}
