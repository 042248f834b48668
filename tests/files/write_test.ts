import { OrcError } from "../../src/base/error.ts";
import {
  discard,
  joinedBytes,
  keepAttributes,
  moveTo,
  openRegular,
  publish,
  removeEmpty,
  removeIfThere,
  StagedFileLost,
  syncDirectory,
  writeAll,
  writeAtomic,
  writeNewFile,
} from "../../src/files/write.ts";
import { namesIn, tokenOf } from "../session/fixtures.ts";
import {
  codeOf,
  readTree,
  test,
  withTemporaryDirectory,
  writeTree,
} from "./temporary.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

const token = tokenOf(1);
const bytesOf = (text: string) => new TextEncoder().encode(text);

function modeOf(path: string): number {
  return (Deno.statSync(path).mode ?? 0) & 0o777;
}

test("writeAtomic() makes and replaces a file and leaves nothing beside it", (directory) => {
  const path = `${directory}/state.json`;
  for (const text of ["first", "", "x".repeat(100_000)]) {
    assertEquals(writeAtomic(path, bytesOf(text), { token }), []);
    assertEquals(readTree(directory), { "state.json": text });
  }
});

test("writeAtomic() never writes into the old file", (directory) => {
  writeTree(directory, { file: "old" });
  Deno.linkSync(`${directory}/file`, `${directory}/other`);
  writeAtomic(`${directory}/file`, bytesOf("new"), { token });
  assertEquals(readTree(directory), { file: "new", other: "old" });
});

Deno.test({
  name: "writeAtomic() keeps the mode of a file and gives a new one its own",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTemporaryDirectory((directory) => {
      const path = `${directory}/file`;
      writeAtomic(path, bytesOf("x"), { token });
      assertEquals(modeOf(path), 0o644);
      for (const mode of [0o600, 0o664, 0o640]) {
        Deno.chmodSync(path, mode);
        writeAtomic(path, bytesOf("x"), { token, mode: 0o644 });
        assertEquals(modeOf(path), mode);
      }
      writeAtomic(`${directory}/secret`, bytesOf("x"), { token, mode: 0o600 });
      assertEquals(modeOf(`${directory}/secret`), 0o600);
    }),
});

test("writeAtomic() stages the whole file before it asks the fence", (directory) => {
  writeTree(directory, { file: "old" });
  const fence = () =>
    assertEquals(readTree(directory), {
      file: "old",
      [`file.${token}.tmp`]: "new",
    });
  writeAtomic(`${directory}/file`, bytesOf("new"), { token, fence });
  assertEquals(readTree(directory), { file: "new" });
});

test("writeAtomic() changes nothing when the fence throws", (directory) => {
  writeTree(directory, { file: "old" });
  const fence = () => {
    throw new TypeError("stop");
  };
  assertThrows(
    () => writeAtomic(`${directory}/file`, bytesOf("new"), { token, fence }),
    TypeError,
    "stop",
  );
  assertEquals(readTree(directory), { file: "old" });
});

test("writeAtomic() tells that its staged file was swept", (directory) => {
  const path = `${directory}/file`;
  writeTree(directory, { file: "old" });
  const fence = () => Deno.removeSync(`${path}.${token}.tmp`);
  const error = assertThrows(
    () => writeAtomic(path, bytesOf("new"), { token, fence }),
    StagedFileLost,
  );
  assertEquals([error.kind, error.code], ["conflict", "lock_lost"]);
  assertEquals(readTree(directory), { file: "old" });
});

test("writeAtomic() stages where it is told to", (directory) => {
  writeTree(directory, { "staging/": "" });
  const stagingDirectory = `${directory}/staging`;
  let staged: readonly string[] = [];
  const fence = () => staged = namesIn(stagingDirectory);
  const options = { token, stagingDirectory, fence };
  writeAtomic(`${directory}/file`, bytesOf("x"), options);
  assertEquals(staged, [`file.${token}.tmp`]);
  assertEquals(readTree(directory), { file: "x", "staging/": "" });
});

test("writeAtomic() refuses to replace a directory and stages nothing", async (directory) => {
  writeTree(directory, { "target/": "" });
  assertEquals(
    await codeOf(() =>
      writeAtomic(`${directory}/target`, bytesOf("x"), { token })
    ),
    "corrupt not_a_regular_file",
  );
  assertEquals(readTree(directory), { "target/": "" });
});

test("writeAtomic() throws when there is no directory", (directory) => {
  assertThrows(
    () => writeAtomic(`${directory}/none/file`, bytesOf("x"), { token }),
    Deno.errors.NotFound,
  );
  assertEquals(readTree(directory), {});
});

test("openRegular() opens nothing that was put in the place of what was looked at", (directory) => {
  writeTree(directory, { log: "seen", other: "put there" });
  const path = `${directory}/log`;
  const seen = Deno.lstatSync(path);
  Deno.renameSync(`${directory}/other`, path);
  const error = assertThrows(
    () => openRegular(path, seen, "write", { append: true }),
    OrcError,
  );
  assertEquals(error.code, "file_replaced");
});

test("writeNewFile() refuses a name that is taken", (directory) => {
  writeNewFile(`${directory}/file`, bytesOf("first"));
  assertThrows(
    () => writeNewFile(`${directory}/file`, bytesOf("second")),
    Deno.errors.AlreadyExists,
  );
  assertEquals(readTree(directory), { file: "first" });
});

test("publish() gives a directory its name, but over nothing that is in use", (directory) => {
  writeTree(directory, { "staged/file": "x", "used/file": "y" });
  const taken = assertThrows(() =>
    publish(`${directory}/staged`, `${directory}/used`)
  );
  assertEquals(taken instanceof StagedFileLost, false);
  publish(`${directory}/staged`, `${directory}/free`);
  assertThrows(
    () => publish(`${directory}/staged`, `${directory}/free`),
    StagedFileLost,
  );
  const published = { "free/": "", "free/file": "x" };
  assertEquals(readTree(directory), {
    ...published,
    "used/": "",
    "used/file": "y",
  });
});

test("writeAll() continues a short write", () => {
  const written: number[] = [];
  const slow = {
    writeSync(bytes: Uint8Array): number {
      const count = Math.min(2, bytes.length);
      written.push(...bytes.subarray(0, count));
      return count;
    },
  };
  writeAll(slow as Deno.FsFile, new Uint8Array([1, 2, 3, 4, 5]));
  assertEquals(written, [1, 2, 3, 4, 5]);
});

Deno.test("writeAll() does not go on for ever when nothing is written", () => {
  const full = { writeSync: () => 0 };
  assertThrows(() =>
    writeAll(full as unknown as Deno.FsFile, new Uint8Array(1))
  );
});

test("syncDirectory() syncs a directory and throws for none", (directory) => {
  syncDirectory(directory);
  assertThrows(
    () => syncDirectory(`${directory}/none`),
    Deno.errors.NotFound,
  );
});

test("removeIfThere() says whether there was something", (directory) => {
  writeTree(directory, { file: "x", "full/file": "x" });
  assertEquals(removeIfThere(`${directory}/file`), true);
  assertEquals(removeIfThere(`${directory}/file`), false);
  assertThrows(() => removeIfThere(`${directory}/full`));
});

test("discard() removes files and whole directories and never throws", (directory) => {
  writeTree(directory, { file: "x", "full/file": "x", kept: "x" });
  for (const name of ["file", "full", "none"]) {
    discard(`${directory}/${name}`);
  }
  assertEquals(readTree(directory), { kept: "x" });
});

test("moveTo() makes the directories above, and says when there is nothing", (root) => {
  writeTree(root, { "a/b": "text" });
  assertEquals(moveTo(`${root}/a`, `${root}/x/y/a`), true);
  assertEquals(moveTo(`${root}/a`, `${root}/x/y/a`), false);
  assertEquals(readTree(root), {
    "x/": "",
    "x/y/": "",
    "x/y/a/": "",
    "x/y/a/b": "text",
  });
});

test("keepAttributes() sets mode and time", (root) => {
  writeTree(root, { a: "" });
  keepAttributes(`${root}/a`, { mode: 0o100640, mtimeMs: 1_700_000_000_123 });
  const { mode, mtime } = Deno.lstatSync(`${root}/a`);
  assertEquals([(mode ?? 0) & 0o777, mtime?.getTime()], [
    0o640,
    1_700_000_000_123,
  ]);
});

test("removeEmpty() removes nothing that holds a file", (root) => {
  writeTree(root, { "d/e/": "", "d/f/g": "", "h/i/": "" });
  for (const name of ["d", "h", "gone"]) removeEmpty(`${root}/${name}`);
  assertEquals(readTree(root), { "d/": "", "d/f/": "", "d/f/g": "" });
});

Deno.test("joinedBytes() keeps the order, and hands on a single piece", () => {
  const [one, two] = [new Uint8Array([1, 2]), new Uint8Array([3])];
  const whole = [...joinedBytes([one, new Uint8Array(), two])];
  assertEquals(whole, [1, 2, 3]);
  assertStrictEquals(joinedBytes([one]), one);
  assertEquals(joinedBytes([]).length, 0);
});
