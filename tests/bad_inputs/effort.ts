/** What a piece of work asks of the file system: unlike time, the same on every machine. */

/** Counted while the work ran, in this process. */
export interface Effort {
  /** Calls that open, list, look at or change a file. */
  readonly calls: number;
  /** Bytes read from opened files. */
  readonly bytesRead: number;
}

type Operation = (...args: unknown[]) => unknown;

/** Counts what a piece of work does by way of `Deno`'s synchronous file functions, as orc does. */
export async function effortOf(work: () => Promise<void>): Promise<Effort> {
  const effort = { calls: 0, bytesRead: 0 };
  const deno = Deno as unknown as Record<string, unknown>;
  const names = Object.keys(deno).filter((name) =>
    name.endsWith("Sync") && typeof deno[name] === "function"
  );
  const originals = names.map((name) => [name, deno[name]] as const);
  const file = Deno.FsFile.prototype as { readSync: Operation };
  const { readSync } = file;
  try {
    for (const [name, original] of originals) {
      deno[name] = (...args: unknown[]) => {
        effort.calls++;
        return (original as Operation)(...args);
      };
    }
    file.readSync = function (...args) {
      const count = readSync.apply(this, args);
      effort.bytesRead += typeof count === "number" ? count : 0;
      return count;
    };
    await work();
  } finally {
    for (const [name, original] of originals) deno[name] = original;
    file.readSync = readSync;
  }
  return effort;
}
