// The npm mirror of std carries no fs: this is what orc's scripts and tests use of it.

/** Copies a file, or a directory with all in it, to a name that is free; its parent is there. */
export function copySync(from: string, to: string): void {
  const { isDirectory, isSymlink } = Deno.lstatSync(from);
  if (isSymlink) return Deno.symlinkSync(Deno.readLinkSync(from), to);
  if (!isDirectory) return Deno.copyFileSync(from, to);
  Deno.mkdirSync(to);
  for (const { name } of Deno.readDirSync(from)) {
    copySync(`${from}/${name}`, `${to}/${name}`);
  }
}
