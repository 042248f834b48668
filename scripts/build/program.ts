import { run } from "../npm/program.ts";
import { removeTree } from "../npm/stage.ts";

/**
 * What runs the program: chunks for Deno, chunks for Node and others like it, or one file for
 * all of them.
 */
export type Shape = "deno" | "node" | "file";

/** What others import and start; it names the chunks that go with it. */
export const MAIN = "main.js";

/**
 * Builds the program; returns the names of its files. A program of its own does so, since
 * the tools want all permissions.
 */
export async function bundleProgram(
  root: string,
  out: string,
  shape: Shape,
): Promise<readonly string[]> {
  const script = `${root}/scripts/build/bundle.ts`;
  const said = await run(
    [Deno.execPath(), "run", "-A", "--quiet", script, root, out, shape],
    { cwd: root },
  );
  return JSON.parse(said);
}

/** Builds another program for Node, such as one that tries modules of orc there; returns where it is. */
export async function bundleForNode(
  root: string,
  entry: string,
  out: string,
): Promise<string> {
  const script = `${root}/scripts/build/bundle.ts`;
  const args = [script, root, out, "node", entry];
  await run([Deno.execPath(), "run", "-A", "--quiet", ...args], { cwd: root });
  return `${out}/${MAIN}`;
}

/** How long chunks stay that are no longer needed: a program may still run that loads them. */
const STALE_AFTER_MS = 3_600_000;

/**
 * Puts the program into a directory where it may be running. Chunks are called by their
 * content, so that none is replaced, and what names them comes last, all at once.
 */
export async function replaceProgram(
  root: string,
  directory: string,
): Promise<void> {
  const startedAt = new Date();
  const aside = `${directory}.${Deno.pid}`;
  try {
    const names = await bundleProgram(root, aside, "deno");
    // What is changed from now on is newer than the program.
    await Deno.utime(`${aside}/${MAIN}`, startedAt, startedAt);
    await Deno.mkdir(directory, { recursive: true });
    for (const name of names.toSorted(mainLast)) {
      await Deno.rename(`${aside}/${name}`, `${directory}/${name}`);
    }
    await removeStale(directory, new Set(names));
  } finally {
    await removeTree(aside);
  }
}

function mainLast(one: string, other: string): number {
  return Number(one === MAIN) - Number(other === MAIN);
}

async function removeStale(
  directory: string,
  names: ReadonlySet<string>,
): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (names.has(name)) continue;
    const { mtime } = await Deno.lstat(`${directory}/${name}`);
    const ageMs = Date.now() - (mtime?.getTime() ?? 0);
    if (ageMs > STALE_AFTER_MS) await Deno.remove(`${directory}/${name}`);
  }
}
