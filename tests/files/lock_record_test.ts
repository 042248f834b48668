import { OrcError } from "../../src/base/error.ts";
import {
  type LockRecord,
  lookAt,
  OwnRecord,
  publishInPlace,
  publishRecord,
} from "../../src/files/lock_record.ts";
import { foreignRecord, lockText, namesIn } from "../session/fixtures.ts";
import { readTree, test, writeTree } from "./temporary.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";

const record = foreignRecord();

/** Publishes what nobody asks for again; false when the name is taken. */
function publish(directory: string, name: string, what: LockRecord): boolean {
  const own = publishRecord(directory, name, what);
  own?.close();
  return own !== undefined;
}

test("publishRecord() writes one line that names the holder, which lookAt() reads", (directory) => {
  assertEquals(lookAt(`${directory}/lock`), { kind: "absent" });
  assert(publish(directory, "lock", record));
  assertEquals(lookAt(`${directory}/lock`), { kind: "record", record });
  assertEquals(namesIn(directory), ["lock"]);
  const text = Deno.readTextFileSync(`${directory}/lock`);
  assertEquals(text.at(-1), "\n");
  assertEquals(JSON.parse(text), JSON.parse(lockText(record)));
});

test("publishRecord() leaves a name that is taken as it is", (directory) => {
  const files = { lock: "something", "lock.break.x.0/": "" };
  writeTree(directory, files);
  for (const name of ["lock", "lock.break.x.0"]) {
    assertEquals(publish(directory, name, record), false);
  }
  assertEquals(readTree(directory), files);
});

test("publishRecord() replaces its own private file from before", (directory) => {
  writeTree(directory, { [`lock.${record.token}.tmp`]: "torn" });
  assertEquals(publish(directory, "lock", record), false);
  assert(publish(directory, "lock", record));
  assertEquals(namesIn(directory), ["lock"]);
});

test("publishRecord() lets other users see who holds the lock", (directory) => {
  publish(directory, "lock", record);
  const { mode } = Deno.statSync(`${directory}/lock`);
  // Windows has no modes.
  if (mode !== null) assertEquals(mode & 0o444, 0o444);
});

test("publishRecord() keeps a record readable whatever its values", (directory) => {
  const odd = foreignRecord({
    startedAtMs: 1772359000000.125,
    purpose: "\u001b\ud800".repeat(5000),
  });
  publish(directory, "lock", odd);
  assertEquals(lookAt(`${directory}/lock`), {
    kind: "record",
    record: { ...odd, purpose: odd.purpose.slice(0, 200) },
  });
});

test("publishInPlace() publishes where there are no hard links", (directory) => {
  const path = `${directory}/lock`;
  const own = publishInPlace(path, record);
  assert(own !== undefined && own.isThere());
  own.close();
  assertEquals(lookAt(path), { kind: "record", record });
  const second = foreignRecord({ token: "1".repeat(32) });
  assertEquals(publishInPlace(path, second), undefined);
  assertEquals(lookAt(path), { kind: "record", record });
});

test("publishInPlace() notices who took the name while it was filled", (directory) => {
  const path = `${directory}/lock`;
  const other = foreignRecord({ token: "1".repeat(32) });
  const slow = {
    ...record,
    get purpose(): string {
      Deno.removeSync(path);
      Deno.writeTextFileSync(path, lockText(other));
      return "slow";
    },
  };
  assertEquals(publishInPlace(path, slow), undefined);
  assertEquals(lookAt(path), { kind: "record", record: other });
});

test("publishInPlace() leaves no lock that could not be filled", (directory) => {
  // JSON knows no such number.
  const unprintable = { ...record, pid: 815n as unknown as number };
  assertThrows(() => publishInPlace(`${directory}/lock`, unprintable));
  assertEquals(namesIn(directory), []);
});

test("lookAt() understands a record of a newer format that names its holder", (directory) => {
  const newer = { ...JSON.parse(lockText(record)), format: 2, more: [1] };
  writeTree(directory, { lock: JSON.stringify(newer) });
  assertEquals(lookAt(`${directory}/lock`), { kind: "record", record });
});

test("lookAt() takes nothing for a record that does not name its holder", (directory) => {
  const fields = JSON.parse(lockText(record));
  const without = (key: string) => {
    const { [key]: _, ...rest } = fields;
    return rest;
  };
  const values = [
    ...Object.keys(fields).map(without),
    ...[0, -1, 2 ** 40, 1.5, "815", null].map((pid) => ({ ...fields, pid })),
    { ...fields, token: "../../etc" },
    { ...fields, token: fields.token.toUpperCase() },
    { ...fields, format: 0 },
    { ...fields, purpose: ["complete"] },
    { pid: 815, hostname: "another tool" },
    [],
    815,
  ];
  const texts = [
    "",
    "\0".repeat(200),
    lockText(record).slice(0, -20),
    `${lockText(record)}x`,
    "\u00ff\u00fe",
    ...values.map((value) => JSON.stringify(value)),
  ];
  for (const text of texts) {
    writeTree(directory, { lock: text });
    assertEquals(lookAt(`${directory}/lock`).kind, "unreadable", text);
  }
});

test("lookAt() gives an unreadable lock another key when it changes", (directory) => {
  const keyOf = (text: string) => {
    writeTree(directory, { lock: text });
    const seen = lookAt(`${directory}/lock`);
    assert(seen.kind === "unreadable");
    return seen.key;
  };
  assertEquals(
    lookAt(`${directory}/lock`),
    lookAt(`${directory}/lock`),
  );
  assertNotEquals(keyOf("x"), keyOf("xy"));
  assert(/^[\w-]+$/.test(keyOf("")), "it becomes a part of a file name");
});

test("lookAt() refuses what is too large or no file, and says what to do", (directory) => {
  writeTree(directory, { "a/lock/": "", "b/lock": "x".repeat(4097) });
  const cases = [
    ["a", "not_a_regular_file"],
    ["b", "file_too_large"],
  ];
  for (const [name, code] of cases) {
    const path = `${directory}/${name}/lock`;
    const error = assertThrows(() => lookAt(path), OrcError);
    assertEquals([error.kind, error.code], ["corrupt", code]);
    assertEquals(error.path, path);
    assertEquals(
      error.hint,
      "look at what it is, and move it away: orc did not make it",
    );
  }
});

test("OwnRecord.isThere() is false for another file, even one of the same size and times", (directory) => {
  const own = publishRecord(directory, "lock", record);
  assert(own !== undefined && own.isThere());
  const path = `${directory}/lock`;
  const { mtime } = Deno.statSync(path);
  Deno.removeSync(path);
  assertEquals(own.isThere(), false);
  const other = lockText(foreignRecord({ token: "1".repeat(32) }));
  Deno.writeTextFileSync(path, other);
  Deno.utimeSync(path, mtime ?? 0, mtime ?? 0);
  assertEquals(own.isThere(), false);
  own.close();
});

test("OwnRecord keeps its file until it is closed, so that no other gets its inode", (directory) => {
  const path = `${directory}/lock`;
  const file = Deno.openSync(path, { createNew: true, write: true });
  const own = new OwnRecord(path, record.token, file);
  // Windows has no other file under a name before the first one is closed.
  if (Deno.build.os !== "windows") assertEquals(file.statSync().size, 0);
  own.close();
  assertThrows(() => file.statSync(), Deno.errors.BadResource);
});

test("OwnRecord.isThere() asks the record where its times were changed, or it is closed", (directory) => {
  const own = publishRecord(directory, "lock", record);
  assert(own);
  Deno.utimeSync(`${directory}/lock`, 1, 1);
  assert(own.isThere());
  own.close();
  assert(own.isThere());
  writeTree(directory, {
    lock: lockText(foreignRecord({ token: "1".repeat(32) })),
  });
  assertEquals(own.isThere(), false);
});
