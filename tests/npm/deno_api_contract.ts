/** What orc relies on in `Deno`, as rules that Deno itself and its stand-in on Node both keep. */

/** The part of the namespace that is tried; both must have it in the same shape. */
export type DenoApi = Pick<
  typeof Deno,
  | "Command"
  | "build"
  | "chmodSync"
  | "chownSync"
  | "consoleSize"
  | "cwd"
  | "env"
  | "hostname"
  | "kill"
  | "linkSync"
  | "lstatSync"
  | "mkdirSync"
  | "openSync"
  | "permissions"
  | "pid"
  | "readDirSync"
  | "readLinkSync"
  | "readTextFileSync"
  | "realPathSync"
  | "removeSync"
  | "renameSync"
  | "statSync"
  | "stderr"
  | "stdin"
  | "stdout"
  | "symlinkSync"
  | "utimeSync"
>;

/** Sent to nobody: asks whether a process is there. Deno takes it, but its types do not say so. */
const SIGNAL_ZERO = 0 as unknown as Deno.Signal;

/** A rule, tried in an empty directory; throws if it does not hold. */
export type Rule = (api: DenoApi, directory: string) => void;

function same(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${is} instead of ${should}`);
}

function nameOfError(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).name;
  }
  throw new Error("no error");
}

function codeOfError(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  throw new Error("no error");
}

function write(api: DenoApi, path: string, text: string): void {
  const file = api.openSync(path, {
    create: true,
    write: true,
    truncate: true,
  });
  file.writeSync(new TextEncoder().encode(text));
  file.close();
}

function read(api: DenoApi, path: string): string {
  const file = api.openSync(path, { read: true });
  const buffer = new Uint8Array(100);
  const count = file.readSync(buffer) ?? 0;
  file.close();
  return new TextDecoder().decode(buffer.subarray(0, count));
}

function modeOf(api: DenoApi, path: string): number {
  return (api.statSync(path).mode ?? 0) & 0o777;
}

/** All rules, by what they say. */
export const RULES: Readonly<Record<string, Rule>> = {
  "openSync() with createNew refuses a name that is taken": (
    api,
    directory,
  ) => {
    const open = () =>
      api.openSync(`${directory}/a`, { createNew: true, write: true });
    open().close();
    same([nameOfError(open), codeOfError(open)], ["AlreadyExists", "EEXIST"]);
  },
  "openSync() reports a missing file": (api, directory) => {
    const open = () => api.openSync(`${directory}/a`, { read: true });
    same([nameOfError(open), codeOfError(open)], ["NotFound", "ENOENT"]);
  },
  "openSync() gives a new file its mode": (api, directory) => {
    const options = { createNew: true, write: true, mode: 0o600 };
    api.openSync(`${directory}/a`, options).close();
    same(modeOf(api, `${directory}/a`), 0o600);
  },
  "openSync() opens a directory that can be synced": (api, directory) => {
    const file = api.openSync(directory, { read: true });
    file.syncSync();
    file.close();
  },
  "a file opened to append is written at its end, wherever it was read": (
    api,
    directory,
  ) => {
    write(api, `${directory}/a`, "first\n");
    const file = api.openSync(`${directory}/a`, { read: true, append: true });
    file.seekSync(0, 0);
    const buffer = new Uint8Array(3);
    same([file.readSync(buffer), new TextDecoder().decode(buffer)], [3, "fir"]);
    file.writeSync(new TextEncoder().encode("second\n"));
    file.syncDataSync();
    same(file.statSync().size, 13);
    file.close();
    same(read(api, `${directory}/a`), "first\nsecond\n");
  },
  "readSync() goes on from where seekSync() went, and ends with null": (
    api,
    directory,
  ) => {
    write(api, `${directory}/a`, "0123456789");
    const file = api.openSync(`${directory}/a`, { read: true });
    const buffer = new Uint8Array(4);
    const next = () => {
      const count = file.readSync(buffer);
      return count && new TextDecoder().decode(buffer.subarray(0, count));
    };
    same(next(), "0123");
    same(file.seekSync(3, 0), 3);
    same([next(), next(), next()], ["3456", "789", null]);
    file.close();
  },
  "truncateSync() cuts a file": (api, directory) => {
    write(api, `${directory}/a`, "0123456789");
    const file = api.openSync(`${directory}/a`, { write: true });
    file.truncateSync(4);
    file.close();
    same(read(api, `${directory}/a`), "0123");
  },
  "renameSync() replaces a file": (api, directory) => {
    write(api, `${directory}/a`, "a");
    write(api, `${directory}/b`, "b");
    api.renameSync(`${directory}/a`, `${directory}/b`);
    same(read(api, `${directory}/b`), "a");
    const names = [...api.readDirSync(directory)].map(({ name }) => name);
    same(names, ["b"]);
  },
  "renameSync() replaces no directory that holds something": (
    api,
    directory,
  ) => {
    api.mkdirSync(`${directory}/a`);
    api.mkdirSync(`${directory}/b`);
    write(api, `${directory}/b/c`, "c");
    const code = codeOfError(() =>
      api.renameSync(`${directory}/a`, `${directory}/b`)
    );
    same(code, "ENOTEMPTY");
  },
  "linkSync() gives a file a second name and refuses one that is taken": (
    api,
    directory,
  ) => {
    write(api, `${directory}/a`, "a");
    api.linkSync(`${directory}/a`, `${directory}/b`);
    same(
      api.statSync(`${directory}/a`).ino,
      api.statSync(`${directory}/b`).ino,
    );
    same(api.statSync(`${directory}/b`).nlink, 2);
    const again = () => api.linkSync(`${directory}/a`, `${directory}/b`);
    same([nameOfError(again), codeOfError(again)], ["AlreadyExists", "EEXIST"]);
  },
  "mkdirSync() refuses a name that is taken": (api, directory) => {
    const make = () => api.mkdirSync(`${directory}/a`, { mode: 0o755 });
    make();
    same([nameOfError(make), codeOfError(make)], ["AlreadyExists", "EEXIST"]);
  },
  "removeSync() removes files, and directories that are empty": (
    api,
    directory,
  ) => {
    api.mkdirSync(`${directory}/a`);
    write(api, `${directory}/a/b`, "");
    const remove = (path: string) => () => api.removeSync(path);
    same(codeOfError(remove(`${directory}/a`)), "ENOTEMPTY");
    remove(`${directory}/a/b`)();
    remove(`${directory}/a`)();
    same(nameOfError(remove(`${directory}/a`)), "NotFound");
  },
  "removeSync() removes all in a directory when it is asked to": (
    api,
    directory,
  ) => {
    api.mkdirSync(`${directory}/a/b/c`, { recursive: true });
    write(api, `${directory}/a/b/c/d`, "");
    api.removeSync(`${directory}/a`, { recursive: true });
    same([...api.readDirSync(directory)], []);
  },
  "lstatSync() and readDirSync() tell what lies there": (api, directory) => {
    write(api, `${directory}/file`, "12345");
    api.mkdirSync(`${directory}/directory`);
    const kinds = [...api.readDirSync(directory)]
      .map(({ name, isFile, isDirectory, isSymlink }) =>
        [name, isFile, isDirectory, isSymlink] as const
      )
      .sort(([one], [other]) => one < other ? -1 : 1);
    same(kinds, [
      ["directory", false, true, false],
      ["file", true, false, false],
    ]);
    const { isFile, isFifo, size, dev } = api.lstatSync(`${directory}/file`);
    same([isFile, isFifo, size], [true, false, 5]);
    same(dev, api.statSync(directory).dev);
  },
  "chmodSync() changes a mode": (api, directory) => {
    write(api, `${directory}/a`, "");
    api.chmodSync(`${directory}/a`, 0o640);
    same(modeOf(api, `${directory}/a`), 0o640);
  },
  "utimeSync() sets times to the millisecond": (api, directory) => {
    write(api, `${directory}/a`, "");
    api.utimeSync(`${directory}/a`, 1_700_000_000.123, 1_700_000_000.456);
    same(api.lstatSync(`${directory}/a`).mtime?.getTime(), 1_700_000_000_456);
  },
  "symlinkSync() makes a link, and readLinkSync() reads it": (
    api,
    directory,
  ) => {
    api.symlinkSync("gone/away", `${directory}/link`);
    same(api.readLinkSync(`${directory}/link`), "gone/away");
    same(api.lstatSync(`${directory}/link`).isSymlink, true);
  },
  "realPathSync() resolves a path, and reports a missing one": (
    api,
    directory,
  ) => {
    api.mkdirSync(`${directory}/a`);
    const path = api.realPathSync(`${directory}/a/../a`);
    same(path.endsWith("/a") && !path.includes(".."), true);
    same(nameOfError(() => api.realPathSync(`${directory}/b`)), "NotFound");
  },
  "seekSync() counts from the end too": (api, directory) => {
    write(api, `${directory}/a`, "0123456789");
    const file = api.openSync(`${directory}/a`, { read: true });
    same(file.seekSync(-3, 2), 7);
    const buffer = new Uint8Array(5);
    same(file.readSync(buffer), 3);
    same(new TextDecoder().decode(buffer.subarray(0, 3)), "789");
    file.close();
  },
  "a file opened to read and write is written where seekSync() went": (
    api,
    directory,
  ) => {
    write(api, `${directory}/a`, "0123456789");
    const file = api.openSync(`${directory}/a`, { read: true, write: true });
    file.seekSync(3, 0);
    file.writeSync(new TextEncoder().encode("ab"));
    file.writeSync(new TextEncoder().encode("c"));
    file.close();
    same(read(api, `${directory}/a`), "012abc6789");
  },
  "symlinkSync() makes a link that lstatSync() and readLinkSync() see": (
    api,
    directory,
  ) => {
    write(api, `${directory}/a`, "a");
    api.symlinkSync("a", `${directory}/link`);
    same(api.readLinkSync(`${directory}/link`), "a");
    same(api.lstatSync(`${directory}/link`).isSymlink, true);
    same(api.statSync(`${directory}/link`).isFile, true);
    const open = () =>
      api.openSync(`${directory}/link`, { createNew: true, write: true });
    same(nameOfError(open), "AlreadyExists");
  },
  "a link that leads to itself is reported": (api, directory) => {
    api.symlinkSync("a", `${directory}/a`);
    const stat = () => api.statSync(`${directory}/a`);
    same([nameOfError(stat), codeOfError(stat)], ["FilesystemLoop", "ELOOP"]);
  },
  "a file in the place of a directory is reported": (api, directory) => {
    write(api, `${directory}/a`, "");
    const stat = () => api.statSync(`${directory}/a/b`);
    same([nameOfError(stat), codeOfError(stat)], ["NotADirectory", "ENOTDIR"]);
  },
  "a directory in the place of a file is reported": (api, directory) => {
    const open = () => api.openSync(directory, { write: true });
    same([nameOfError(open), codeOfError(open)], ["IsADirectory", "EISDIR"]);
  },
  "chownSync() gives a file to whom it belongs": (api, directory) => {
    write(api, `${directory}/a`, "");
    const { uid, gid } = api.statSync(`${directory}/a`);
    api.chownSync(`${directory}/a`, uid, null);
    api.chownSync(`${directory}/a`, null, gid);
    same(api.statSync(`${directory}/a`).uid, uid);
  },
  "readTextFileSync() reads a text, and reports a missing file": (
    api,
    directory,
  ) => {
    write(api, `${directory}/a`, "Übergröße\n");
    same(api.readTextFileSync(`${directory}/a`), "Übergröße\n");
    const missing = () => api.readTextFileSync(`${directory}/b`);
    same(nameOfError(missing), "NotFound");
  },
  "Command runs a program with variables besides its own": (api) => {
    const { code, stdout, stderr } = new api.Command("sh", {
      args: ["-c", 'echo "$ORC_RULE"; echo "$PATH" >&2; exit 3'],
      env: { ORC_RULE: "kept" },
      stdin: "null",
    }).outputSync();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    same([code, decode(stdout)], [3, "kept\n"]);
    same(decode(stderr).length > 1, true);
  },
  "Command reports a missing program": (api) => {
    const run = () => new api.Command("/no/such/program").outputSync();
    same(nameOfError(run), "NotFound");
  },
  "kill() with 0 tells whether a process is there": (api) => {
    api.kill(api.pid, SIGNAL_ZERO);
    const { stdout } = new api.Command("sh", { args: ["-c", "echo $$"] })
      .outputSync();
    const ended = Number(new TextDecoder().decode(stdout));
    same(nameOfError(() => api.kill(ended, SIGNAL_ZERO)), "NotFound");
  },
  "env.get() gives variables that are set": (api) => {
    same(typeof api.env.get("PATH"), "string");
    same(api.env.get("ORC_NO_SUCH_VARIABLE"), undefined);
  },
  "cwd(), hostname() and build.os say where it runs": (api) => {
    same(api.realPathSync(api.cwd()), api.cwd());
    same(api.hostname().length > 0, true);
    same(["linux", "darwin", "windows"].includes(api.build.os), true);
  },
  "querySync() says what is granted": (api, directory) => {
    const { state } = api.permissions.querySync({
      name: "read",
      path: directory,
    });
    same(state, "granted");
  },
  "without a terminal, none is seen": (api) => {
    // Whoever tries this at a terminal sees one.
    const streams = [api.stdin, api.stdout, api.stderr];
    if (streams.some((stream) => stream.isTerminal())) return;
    nameOfError(() => api.consoleSize());
  },
};
