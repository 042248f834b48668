import { OrcError } from "../../src/base/error.ts";
import {
  entriesIn,
  fileKind,
  guardDirectory,
  guardPath,
  openSame,
  readRegularFile,
  realOrGiven,
  visibleKind,
} from "../../src/files/read.ts";
import { test, writeTree } from "./temporary.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";

function textOf(path: string, maxBytes = 1000): string | undefined {
  const bytes = readRegularFile(path, maxBytes);
  return bytes && new TextDecoder().decode(bytes);
}

test("fileKind() tells what lies at a path", (directory) => {
  writeTree(directory, { file: "x", "sub/": "" });
  assertEquals(fileKind(`${directory}/file`), "file");
  assertEquals(fileKind(`${directory}/sub`), "directory");
  assertEquals(fileKind(`${directory}/none`), "absent");
  assertEquals(fileKind(`${directory}/file/none`), "absent");
});

Deno.test("fileKind() throws denied where it may not look, visibleKind() says so", () => {
  const error = assertThrows(() => fileKind("/nowhere"), OrcError);
  assertEquals(error.kind, "denied");
  assertEquals(visibleKind("/nowhere"), "denied");
  assertEquals(visibleKind("tests"), "directory");
});

test("entriesIn() lists nothing that is removed and only still open", (directory) => {
  writeTree(directory, {
    ".fuse_hidden0000154b000004e2": "removed",
    ".nfs00000000012345ab": "removed",
    ".nfsrc": "not removed",
    kept: "not removed",
  });
  const names = entriesIn(directory, "list").map(({ name }) => name).sort();
  assertEquals(names, [".nfsrc", "kept"]);
});

test("readRegularFile() reads whole files, also empty ones", (directory) => {
  writeTree(directory, { full: "x".repeat(1000), empty: "" });
  assertEquals(textOf(`${directory}/full`), "x".repeat(1000));
  assertEquals(textOf(`${directory}/empty`), "");
  assertEquals(textOf(`${directory}/empty`, 0), "");
});

test("openSame() opens nothing that was put in the place of what was looked at", (directory) => {
  writeTree(directory, { file: "seen", other: "put there" });
  const path = `${directory}/file`;
  const seen = Deno.lstatSync(path);
  Deno.renameSync(`${directory}/other`, path);
  assertEquals(openSame(path, seen, { read: true }), undefined);
  const file = openSame(path, Deno.lstatSync(path), { read: true });
  assert(file !== undefined);
  file.close();
});

test("readRegularFile() is undefined when there is no file", (directory) => {
  assertEquals(readRegularFile(`${directory}/none`, 10), undefined);
});

test("readRegularFile() refuses a directory", (directory) => {
  const error = assertThrows(() => readRegularFile(directory, 10), OrcError);
  assertEquals([error.kind, error.code], ["corrupt", "not_a_regular_file"]);
  assertMatch(error.message, /it is a directory and not a regular file$/);
  assertEquals(error.path, directory);
});

test("readRegularFile() refuses by size before it opens", (directory) => {
  const path = `${directory}/sparse`;
  Deno.writeTextFileSync(path, "");
  // More than any memory holds.
  Deno.truncateSync(path, 2 ** 40);
  const { openSync } = Deno;
  Deno.openSync = () => {
    throw new Error("it was opened");
  };
  try {
    const error = assertThrows(() => readRegularFile(path, 1000), OrcError);
    assertEquals([error.kind, error.code], ["corrupt", "file_too_large"]);
    assertEquals(error.details, { maxBytes: 1000 });
  } finally {
    Deno.openSync = openSync;
  }
});

test("readRegularFile() has the same limit for a file that grows while it is read", (directory) => {
  const path = `${directory}/growing`;
  Deno.writeTextFileSync(path, "1234");
  const { prototype } = Deno.FsFile;
  const { readSync } = prototype;
  prototype.readSync = function (buffer) {
    prototype.readSync = readSync;
    Deno.writeTextFileSync(path, "5678", { append: true });
    return readSync.call(this, buffer);
  };
  try {
    assertThrows(() => readRegularFile(path, 5), OrcError, "5 bytes");
  } finally {
    prototype.readSync = readSync;
  }
});

test("readRegularFile() takes a file of exactly the limit and none above", (directory) => {
  writeTree(directory, { file: "12345" });
  assertEquals(textOf(`${directory}/file`, 5), "12345");
  assertThrows(() => textOf(`${directory}/file`, 4), OrcError, "4 bytes");
});

Deno.test("readRegularFile() names the missing permission", () => {
  const error = assertThrows(
    () => readRegularFile("/nowhere/state.json", 10),
    OrcError,
  );
  assertEquals([error.kind, error.code], ["denied", "permission_missing"]);
  assertEquals(error.details, { flag: "--allow-read=/nowhere/state.json" });
});

test("readRegularFile() sees an old or a new file while it is replaced", async (directory) => {
  const path = `${directory}/state.json`;
  Deno.writeTextFileSync(path, "b".repeat(1000));
  const url = new URL("./replacing_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const progress = new Int32Array(new SharedArrayBuffer(4));
  try {
    worker.postMessage({ path, progress });
    await Atomics.waitAsync(progress, 0, 0).value;
    const seen = new Set<string>();
    while (Atomics.load(progress, 0) === 1) {
      seen.add(textOf(path) ?? "absent");
    }
    seen.add(textOf(path) ?? "absent");
    for (const text of seen) assertMatch(text, /^(?:a{1000}|b{1000})$/);
    assert(seen.has("b".repeat(1000)));
  } finally {
    worker.terminate();
  }
});

test("guardPath() accepts files, directories and what does not exist", (root) => {
  guardPath(root, `${root}/.orchestrator/sessions/a/state.json`);
  writeTree(root, { ".orchestrator/sessions/a/state.json": "{}" });
  guardPath(root, `${root}/.orchestrator/sessions/a/state.json`);
  guardPath(root, `${root}/.orchestrator/sessions/a`);
  guardPath(root, `${root}/.orchestrator/sessions/b/state.json`);
});

test("no message leaves open which .orchestrator is meant", (root) => {
  writeTree(root, { ".orchestrator/sessions": "junk" });
  const error = assertThrows(
    () => guardPath(root, `${root}/.orchestrator/sessions/a`),
    OrcError,
    `Cannot use "${root}/.orchestrator/sessions": it is a file`,
  );
  assertEquals([error.kind, error.code], ["corrupt", "not_a_directory"]);
  assertEquals(error.path, `${root}/.orchestrator/sessions`);
});

test("guardDirectory() refuses a file at the end as well", (root) => {
  writeTree(root, { ".orchestrator": "junk" });
  guardPath(root, `${root}/.orchestrator`);
  assertThrows(
    () => guardDirectory(root, `${root}/.orchestrator`),
    OrcError,
    `Cannot use "${root}/.orchestrator": it is a file`,
  );
});

Deno.test("guardPath() is only for paths below the root", () => {
  for (const path of ["/a", "/ab/c", "/"]) {
    const error = assertThrows(() => guardPath("/a", path), Error);
    assertEquals(error instanceof OrcError, false);
  }
});

test("realOrGiven() keeps a real path, and one it may not resolve", (directory) => {
  writeTree(directory, { "a/": "" });
  assertEquals(realOrGiven(`${directory}//a/../a/.`), `${directory}/a`);
  assertEquals(realOrGiven("/nowhere/x/../y/"), "/nowhere/y");
});
