import { run } from "../../scripts/npm/program.ts";
import { removeTree } from "../../scripts/npm/stage.ts";

/** A copy of what git knows of this repository, or would. */
export interface Clone {
  /** A directory for all that a test makes. */
  readonly directory: string;
  readonly root: string;
  remove(): Promise<void>;
}

/** Copies the repository as it is now, with what was not committed yet. */
export async function openClone(): Promise<Clone> {
  const made = await Deno.makeTempDir({ dir: `${Deno.cwd()}/tests/.tmp` });
  const directory = await Deno.realPath(made);
  const root = `${directory}/clone`;
  const listed = await run(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: Deno.cwd() },
  );
  for (const path of new Set(listed.split("\0"))) {
    if (path === "" || !isThere(path)) continue;
    const to = `${root}/${path}`;
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(path, to);
  }
  await run(["git", "init", "--quiet"], { cwd: root });
  return { directory, root, remove: () => removeTree(directory) };
}

/** What is deleted and not committed is listed all the same. */
function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Lets a function throw, and returns where. */
export async function injectBug(
  root: string,
  file: string,
  name: string,
): Promise<string> {
  const text = await Deno.readTextFile(`${root}/${file}`);
  const start = new RegExp(`function ${name}\\([^]*?\\): Promise<\\w+> \\{\n`)
    .exec(text);
  if (start === null) throw new Error(`${file} has no function ${name}`);
  const end = start.index + start[0].length;
  const bug = '  if (Date.now() > 0) throw new Error("injected");\n';
  await Deno.writeTextFile(
    `${root}/${file}`,
    text.slice(0, end) + bug + text.slice(end),
  );
  return `(${file}:${text.slice(0, end).split("\n").length}:`;
}
