import { OrcError } from "../../src/base/error.ts";
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { walkSync } from "@std/fs/walk";

const TEMPORARY = "tests/.tmp";

/** Runs a test in a new directory, whose absolute path it gets, and removes the directory afterwards. */
export async function withTemporaryDirectory(
  test: (directory: string) => void | Promise<void>,
): Promise<void> {
  Deno.mkdirSync(TEMPORARY, { recursive: true });
  const made = Deno.makeTempDirSync({ dir: TEMPORARY });
  const directory = Deno.realPathSync(made).replaceAll("\\", "/");
  try {
    await test(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** A test in a new directory of its own. */
export function test(
  name: string,
  run: (directory: string) => void | Promise<void>,
): void {
  Deno.test(name, () => withTemporaryDirectory(run));
}

/** Writes files below a directory; a name that ends in "/" makes an empty directory. */
export function writeTree(
  directory: string,
  files: Readonly<Record<string, string>>,
): void {
  for (const [name, text] of Object.entries(files)) {
    const path = `${directory}/${name}`;
    const parent = path.slice(0, path.lastIndexOf("/"));
    Deno.mkdirSync(parent, { recursive: true });
    if (!name.endsWith("/")) Deno.writeTextFileSync(path, text);
  }
}

/** Runs something, and something else in the place of a sync of a file or directory: the nth, from 1. */
export async function atSync<Result>(
  number: number,
  act: () => void,
  run: () => Result | Promise<Result>,
): Promise<Result> {
  const { prototype } = Deno.FsFile;
  const { syncSync } = prototype;
  let count = 0;
  prototype.syncSync = function () {
    if (++count === number) act();
    else syncSync.call(this);
  };
  try {
    return await run();
  } finally {
    prototype.syncSync = syncSync;
  }
}

/** All files below a directory with their texts, and directories without a text. */
export function readTree(directory: string): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const { path, isDirectory } of walkSync(directory)) {
    const name = path.slice(directory.length + 1);
    if (!isDirectory) tree[name] = Deno.readTextFileSync(path);
    else if (name !== "") tree[`${name}/`] = "";
  }
  return tree;
}

/** Returns the error of orc that a call ends with. */
export async function refusalOf(run: () => unknown): Promise<OrcError> {
  const error = await assertRejects(async () => await run());
  assertInstanceOf(error, OrcError, String(error));
  return error;
}

/** Runs what must leave every file and directory as it is; returns its error. */
export function refusalWithoutTrace(
  root: string,
  run: () => unknown,
): Promise<OrcError> {
  return withoutTrace(root, () => refusalOf(run));
}

/** Kind and code of what a call is refused with; it must leave every file and directory as it is. */
export function codeWithoutTrace(
  root: string,
  run: () => unknown,
): Promise<string> {
  return withoutTrace(root, () => codeOf(run));
}

/** Kind and code of what a call is refused with. */
export async function codeOf(run: () => unknown): Promise<string> {
  const { kind, code } = await refusalOf(run);
  return `${kind} ${code}`;
}

/** Runs what must leave every file and directory as it is; returns its result. */
export async function withoutTrace<Result>(
  root: string,
  run: () => Result | Promise<Result>,
): Promise<Result> {
  const before = readTree(root);
  const result = await run();
  assertEquals(readTree(root), before);
  return result;
}
