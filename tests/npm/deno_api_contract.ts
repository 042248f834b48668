/** What orc relies on in `Deno`, as rules that Deno itself and its stand-in on Node both keep. */

/** The part of the namespace that is tried; both must have it in the same shape. */
export type DenoApi = Pick<
  typeof Deno,
  | "chmodSync"
  | "linkSync"
  | "lstatSync"
  | "mkdirSync"
  | "openSync"
  | "pid"
  | "readDirSync"
  | "realPathSync"
  | "removeSync"
  | "renameSync"
  | "statSync"
>;

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
  "realPathSync() resolves a path, and reports a missing one": (
    api,
    directory,
  ) => {
    api.mkdirSync(`${directory}/a`);
    const path = api.realPathSync(`${directory}/a/../a`);
    same(path.endsWith("/a") && !path.includes(".."), true);
    same(nameOfError(() => api.realPathSync(`${directory}/b`)), "NotFound");
  },
};
