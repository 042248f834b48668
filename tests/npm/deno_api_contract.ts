/** What orc relies on in `Deno`, as rules that Deno itself and its stand-in on Node both keep. */
export type DenoApi = typeof Deno;

/** A rule, tried in an empty directory; throws if it does not hold. */
export type Rule = (directory: string) => void;

/** Sent to nobody: asks whether a process is there. Deno takes it, but its types do not say so. */
const SIGNAL_ZERO = 0 as unknown as Deno.Signal;

const NEW = { createNew: true, write: true } as const;

function same(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${is} instead of ${should}`);
}

/** Name and code of what a call ends with. */
function errorOf(work: () => unknown): { name: string; code?: string } {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("no error");
}

function fails(work: () => unknown, name: string, code: string): void {
  const error = errorOf(work);
  same([error.name, error.code], [name, code]);
}

/** The next bytes of a file, at most so many; null at its end. */
function next(file: Deno.FsFile, length: number): string | null {
  const buffer = new Uint8Array(length);
  const count = file.readSync(buffer);
  return count === null
    ? null
    : new TextDecoder().decode(buffer.subarray(0, count));
}

/** All rules for one of the two, by what they say. */
export function rulesOf(api: DenoApi): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>();
  const test = (says: string, rule: Rule) => rules.set(says, rule);

  function write(path: string, text: string): void {
    const options = { create: true, write: true, truncate: true };
    const file = api.openSync(path, options);
    file.writeSync(new TextEncoder().encode(text));
    file.close();
  }

  function read(path: string): string | null {
    const file = api.openSync(path, { read: true });
    const text = next(file, 100);
    file.close();
    return text;
  }

  function modeOf(path: string): number {
    return (api.statSync(path).mode ?? 0) & 0o777;
  }

  test("openSync() with createNew refuses a name that is taken", (directory) => {
    const open = () => api.openSync(`${directory}/a`, NEW);
    open().close();
    fails(open, "AlreadyExists", "EEXIST");
  });

  test("openSync() reports a missing file", (directory) => {
    const open = () => api.openSync(`${directory}/a`, { read: true });
    fails(open, "NotFound", "ENOENT");
  });

  test("openSync() gives a new file its mode", (directory) => {
    api.openSync(`${directory}/a`, { ...NEW, mode: 0o600 }).close();
    same(modeOf(`${directory}/a`), 0o600);
  });

  test("openSync() opens a directory that can be synced", (directory) => {
    const file = api.openSync(directory, { read: true });
    file.syncSync();
    file.close();
  });

  test("a file opened to append is written at its end, wherever it was read", (directory) => {
    write(`${directory}/a`, "first\n");
    const file = api.openSync(`${directory}/a`, { read: true, append: true });
    file.seekSync(0, 0);
    same(next(file, 3), "fir");
    file.writeSync(new TextEncoder().encode("second\n"));
    file.syncDataSync();
    same(file.statSync().size, 13);
    file.close();
    same(read(`${directory}/a`), "first\nsecond\n");
  });

  test("readSync() goes on from where seekSync() went, and ends with null", (directory) => {
    write(`${directory}/a`, "0123456789");
    const file = api.openSync(`${directory}/a`, { read: true });
    same(next(file, 4), "0123");
    same(file.seekSync(3, 0), 3);
    same([next(file, 4), next(file, 4), next(file, 4)], [
      "3456",
      "789",
      null,
    ]);
    same([file.seekSync(-3, 2), next(file, 5)], [7, "789"]);
    file.close();
  });

  test("truncateSync() cuts a file", (directory) => {
    write(`${directory}/a`, "0123456789");
    const file = api.openSync(`${directory}/a`, { write: true });
    file.truncateSync(4);
    file.close();
    same(read(`${directory}/a`), "0123");
  });

  test("a file opened to read and write is written where seekSync() went", (directory) => {
    write(`${directory}/a`, "0123456789");
    const file = api.openSync(`${directory}/a`, { read: true, write: true });
    file.seekSync(3, 0);
    file.writeSync(new TextEncoder().encode("ab"));
    file.writeSync(new TextEncoder().encode("c"));
    file.close();
    same(read(`${directory}/a`), "012abc6789");
  });

  test("renameSync() replaces a file", (directory) => {
    write(`${directory}/a`, "a");
    write(`${directory}/b`, "b");
    api.renameSync(`${directory}/a`, `${directory}/b`);
    same(read(`${directory}/b`), "a");
    same(Array.from(api.readDirSync(directory), ({ name }) => name), ["b"]);
  });

  test("renameSync() replaces no directory that holds something", (directory) => {
    api.mkdirSync(`${directory}/a`);
    api.mkdirSync(`${directory}/b`);
    write(`${directory}/b/c`, "c");
    const rename = () => api.renameSync(`${directory}/a`, `${directory}/b`);
    same(errorOf(rename).code, "ENOTEMPTY");
  });

  test("linkSync() gives a file a second name and refuses one that is taken", (directory) => {
    write(`${directory}/a`, "a");
    const link = () => api.linkSync(`${directory}/a`, `${directory}/b`);
    link();
    const [first, second] = ["a", "b"]
      .map((name) => api.statSync(`${directory}/${name}`));
    same([first?.ino, second?.nlink], [second?.ino, 2]);
    fails(link, "AlreadyExists", "EEXIST");
  });

  test("mkdirSync() refuses a name that is taken", (directory) => {
    const make = () => api.mkdirSync(`${directory}/a`, { mode: 0o755 });
    make();
    fails(make, "AlreadyExists", "EEXIST");
  });

  test("removeSync() removes files, and directories that are empty", (directory) => {
    api.mkdirSync(`${directory}/a`);
    write(`${directory}/a/b`, "");
    const remove = () => api.removeSync(`${directory}/a`);
    same(errorOf(remove).code, "ENOTEMPTY");
    api.removeSync(`${directory}/a/b`);
    remove();
    same(errorOf(remove).name, "NotFound");
  });

  test("removeSync() removes all in a directory when it is asked to", (directory) => {
    api.mkdirSync(`${directory}/a/b/c`, { recursive: true });
    write(`${directory}/a/b/c/d`, "");
    api.removeSync(`${directory}/a`, { recursive: true });
    same([...api.readDirSync(directory)], []);
  });

  test("lstatSync() and readDirSync() tell what lies there", (directory) => {
    write(`${directory}/file`, "12345");
    api.mkdirSync(`${directory}/directory`);
    const kinds = Array.from(
      api.readDirSync(directory),
      (entry) => [entry.name, entry.isFile, entry.isDirectory, entry.isSymlink],
    ).sort();
    same(kinds, [
      ["directory", false, true, false],
      ["file", true, false, false],
    ]);
    const { isFile, isFifo, size, dev } = api.lstatSync(`${directory}/file`);
    same([isFile, isFifo, size], [true, false, 5]);
    same(dev, api.statSync(directory).dev);
  });

  test("chmodSync() changes a mode", (directory) => {
    write(`${directory}/a`, "");
    api.chmodSync(`${directory}/a`, 0o640);
    same(modeOf(`${directory}/a`), 0o640);
  });

  test("utimeSync() sets times to the millisecond", (directory) => {
    write(`${directory}/a`, "");
    api.utimeSync(`${directory}/a`, 1_700_000_000.123, 1_700_000_000.456);
    same(api.lstatSync(`${directory}/a`).mtime?.getTime(), 1_700_000_000_456);
  });

  test("realPathSync() resolves a path, and reports a missing one", (directory) => {
    api.mkdirSync(`${directory}/a`);
    const path = api.realPathSync(`${directory}/a/../a`);
    same(path.endsWith("/a") && !path.includes(".."), true);
    same(errorOf(() => api.realPathSync(`${directory}/b`)).name, "NotFound");
  });

  test("symlinkSync() makes a link that lstatSync() and readLinkSync() see", (directory) => {
    write(`${directory}/a`, "a");
    for (const target of ["gone/away", "a"]) {
      const path = `${directory}/to-${target.length}`;
      api.symlinkSync(target, path);
      same(api.readLinkSync(path), target);
      same(api.lstatSync(path).isSymlink, true);
      same(errorOf(() => api.openSync(path, NEW)).name, "AlreadyExists");
    }
    same(api.statSync(`${directory}/to-1`).isFile, true);
  });

  test("a link that leads to itself is reported", (directory) => {
    api.symlinkSync("a", `${directory}/a`);
    fails(() => api.statSync(`${directory}/a`), "FilesystemLoop", "ELOOP");
  });

  test("a file in the place of a directory is reported", (directory) => {
    write(`${directory}/a`, "");
    fails(() => api.statSync(`${directory}/a/b`), "NotADirectory", "ENOTDIR");
  });

  test("a directory in the place of a file is reported", (directory) => {
    const open = () => api.openSync(directory, { write: true });
    fails(open, "IsADirectory", "EISDIR");
  });

  test("chownSync() gives a file to whom it belongs", (directory) => {
    write(`${directory}/a`, "");
    const { uid, gid } = api.statSync(`${directory}/a`);
    api.chownSync(`${directory}/a`, uid, null);
    api.chownSync(`${directory}/a`, null, gid);
    same(api.statSync(`${directory}/a`).uid, uid);
  });

  test("readTextFileSync() reads a text, and reports a missing file", (directory) => {
    write(`${directory}/a`, "Übergröße\n");
    same(api.readTextFileSync(`${directory}/a`), "Übergröße\n");
    const missing = () => api.readTextFileSync(`${directory}/b`);
    same(errorOf(missing).name, "NotFound");
  });

  test("Command runs a program with variables besides its own", () => {
    const { code, stdout, stderr } = new api.Command("sh", {
      args: ["-c", 'echo "$ORC_RULE"; echo "$PATH" >&2; exit 3'],
      env: { ORC_RULE: "kept" },
      stdin: "null",
    }).outputSync();
    same([code, new TextDecoder().decode(stdout)], [3, "kept\n"]);
    same(stderr.length > 1, true);
  });

  test("Command reports a missing program", () => {
    const run = () => new api.Command("/no/such/program").outputSync();
    same(errorOf(run).name, "NotFound");
  });

  test("kill() with 0 tells whether a process is there", () => {
    api.kill(api.pid, SIGNAL_ZERO);
    const { stdout } = new api.Command("sh", { args: ["-c", "echo $$"] })
      .outputSync();
    const ended = Number(new TextDecoder().decode(stdout));
    same(errorOf(() => api.kill(ended, SIGNAL_ZERO)).name, "NotFound");
  });

  test("env.get() gives variables that are set", () => {
    same(typeof api.env.get("PATH"), "string");
    same(api.env.get("ORC_NO_SUCH_VARIABLE"), undefined);
  });

  test("cwd(), hostname() and build.os say where it runs", () => {
    same(api.realPathSync(api.cwd()), api.cwd());
    same(api.hostname().length > 0, true);
    same(["linux", "darwin", "windows"].includes(api.build.os), true);
  });

  test("querySync() says what is granted", (path) => {
    same(api.permissions.querySync({ name: "read", path }).state, "granted");
  });

  test("without a terminal, none is seen", () => {
    // Whoever tries this at a terminal sees one.
    const streams = [api.stdin, api.stdout, api.stderr];
    if (streams.some((stream) => stream.isTerminal())) return;
    errorOf(() => api.consoleSize());
  });

  return rules;
}
