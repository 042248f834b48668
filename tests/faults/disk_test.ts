import { test } from "../files/temporary.ts";
import { Disk, type Picture } from "./disk.ts";
import { assertEquals } from "@std/assert";

/** Calls as strace writes them, of the one thread there is. */
function traceOf(calls: readonly string[]): string {
  return calls.map((call) => `11  ${call}\n`).join("");
}

function create(path: string, text: string): readonly string[] {
  return [
    `openat(AT_FDCWD</>, "${path}", O_WRONLY|O_CREAT|O_EXCL, 0644) = 3<${path}>`,
    `write(3<${path}>, "${text}", ${text.length}) = ${text.length}`,
  ];
}

function sync(path: string): string {
  return `fsync(3<${path}>) = 0`;
}

function rename(from: string, to: string): string {
  return `rename("${from}", "${to}") = 0`;
}

function textsOf(picture: Picture): Record<string, string | null> {
  const texts = Array.from(picture, ([path, bytes]) =>
    [
      path,
      bytes && new TextDecoder().decode(bytes),
    ] as const);
  return Object.fromEntries(texts);
}

/** All that may be there after a power cut at any call. */
function remains(root: string, calls: readonly string[]): readonly string[] {
  Deno.writeTextFileSync(`${root}/a`, "old");
  const disk = new Disk(root);
  disk.record(traceOf(calls), root);
  const all = Array.from(
    disk.cuts(),
    ({ picture }) => JSON.stringify(textsOf(picture)),
  );
  return [...new Set(all)].sort();
}

test("a file that is renamed before it is synced may be empty", (root) => {
  const calls = [
    ...create(`${root}/t`, "new"),
    rename(`${root}/t`, `${root}/a`),
  ];
  assertEquals(remains(root, calls).includes('{"/a":""}'), true);
});

test("a file that is synced, renamed and whose directory is synced is the old one or the new one", (root) => {
  const calls = [
    ...create(`${root}/t`, String.raw`n\145\"w`),
    sync(`${root}/t`),
    rename(`${root}/t`, `${root}/a`),
    sync(root),
  ];
  assertEquals(remains(root, calls), [
    '{"/a":"ne\\"w"}',
    '{"/a":"old","/t":""}',
    '{"/a":"old","/t":"ne\\"w"}',
    '{"/a":"old"}',
  ]);
});

test("least() has only what was synced, whole() has everything", (root) => {
  const disk = new Disk(root);
  const calls = [
    `mkdir("${root}/d", 0755) = 0`,
    ...create(`${root}/d/kept`, "x"),
    sync(`${root}/d/kept`),
    sync(`${root}/d`),
    ...create(`${root}/lost`, "y"),
  ];
  disk.record(traceOf(calls), root);
  // Nobody synced the directory that holds the directory.
  assertEquals(textsOf(disk.least()), {});
  assertEquals(textsOf(disk.whole()), {
    "/d": null,
    "/d/kept": "x",
    "/lost": "y",
  });
  disk.record(traceOf([sync(root)]), root);
  assertEquals(textsOf(disk.least()), {
    "/d": null,
    "/d/kept": "x",
    "/lost": "",
  });
});

test("cuts() tells how many commands were acknowledged", (root) => {
  const disk = new Disk(root);
  for (const name of ["one", "two"]) {
    disk.record(
      traceOf([`mkdir("${root}/${name}", 0755) = 0`, sync(root)]),
      root,
    );
  }
  const seen = Array.from(
    disk.cuts(),
    ({ acknowledged, picture }) =>
      `${acknowledged} ${[...picture.keys()].sort().join()}`,
  );
  assertEquals([...new Set(seen)].sort(), [
    "0 ",
    "0 /one",
    "1 /one",
    "1 /one,/two",
    "2 /one,/two",
  ]);
});
