// The npm mirror of std carries no fs: this is what orc's scripts and tests use of it.

/** What is to be listed below a directory. */
export interface WalkOptions {
  /** Whether directories are listed too. */
  includeDirs?: boolean;
  /** What a path must match one of to be listed; each is without it. */
  match?: RegExp[];
  /** Paths that are neither listed nor entered. */
  skip?: RegExp[];
}

/** What lies at a path. */
export interface WalkEntry extends Deno.DirEntry {
  path: string;
}

/** Lists a directory and all below it, each directory before what is in it; links are not followed. */
export function* walkSync(
  root: string,
  { includeDirs = true, match = [/^/], skip = [] }: WalkOptions = {},
): IterableIterator<WalkEntry> {
  const isSkipped = (path: string) => skip.some((rule) => rule.test(path));
  const isWanted = (path: string) => match.some((rule) => rule.test(path));
  function* below(directory: string): Generator<WalkEntry> {
    for (const entry of Deno.readDirSync(directory)) {
      const path = `${directory}/${entry.name}`;
      if (isSkipped(path)) continue;
      const isListed = includeDirs || !entry.isDirectory;
      if (isListed && isWanted(path)) yield { ...entry, path };
      if (entry.isDirectory) yield* below(path);
    }
  }
  if (isSkipped(root)) return;
  if (includeDirs && isWanted(root)) {
    const { isFile, isDirectory, isSymlink } = Deno.lstatSync(root);
    const name = root.slice(root.lastIndexOf("/") + 1);
    yield { path: root, name, isFile, isDirectory, isSymlink };
  }
  yield* below(root);
}
