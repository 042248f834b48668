import { publishInPlace, publishRecord } from "../../src/files/lock_publish.ts";
import { lookAt } from "../../src/files/lock_record.ts";
import { foreignRecord, lockText, namesIn } from "../session/fixtures.ts";
import { readTree, withTemporaryDirectory, writeTree } from "./temporary.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const record = foreignRecord();

Deno.test("publishRecord() writes a record that lookAt() reads", () =>
  withTemporaryDirectory((directory) => {
    assert(publishRecord(directory, "lock", record));
    assertEquals(lookAt(`${directory}/lock`), { kind: "record", record });
    assertEquals(namesIn(directory), ["lock"]);
  }));

Deno.test("publishRecord() writes one line that names the holder", () =>
  withTemporaryDirectory((directory) => {
    publishRecord(directory, "lock", record);
    const text = Deno.readTextFileSync(`${directory}/lock`);
    assertEquals(text.at(-1), "\n");
    assertEquals(JSON.parse(text), JSON.parse(lockText(record)));
  }));

Deno.test("publishRecord() leaves a name that is taken as it is", () =>
  withTemporaryDirectory((directory) => {
    const files = { lock: "something", "lock.break.x.0/": "" };
    writeTree(directory, files);
    for (const name of ["lock", "lock.break.x.0"]) {
      assertEquals(publishRecord(directory, name, record), false);
    }
    assertEquals(readTree(directory), files);
  }));

Deno.test("publishRecord() replaces its own private file from before", () =>
  withTemporaryDirectory((directory) => {
    writeTree(directory, { [`lock.${record.token}.tmp`]: "torn" });
    assertEquals(publishRecord(directory, "lock", record), false);
    assert(publishRecord(directory, "lock", record));
    assertEquals(namesIn(directory), ["lock"]);
  }));

Deno.test("publishRecord() throws when there is no directory", () =>
  withTemporaryDirectory((directory) => {
    assertThrows(
      () => publishRecord(`${directory}/none`, "lock", record),
      Deno.errors.NotFound,
    );
  }));

Deno.test({
  name: "publishRecord() lets other users see who holds the lock",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTemporaryDirectory((directory) => {
      publishRecord(directory, "lock", record);
      const { mode } = Deno.statSync(`${directory}/lock`);
      assertEquals((mode ?? 0) & 0o444, 0o444);
    }),
});

Deno.test("publishRecord() keeps a record readable whatever its values", () =>
  withTemporaryDirectory((directory) => {
    const odd = foreignRecord({
      startedAtMs: 1772359000000.125,
      purpose: "\u001b\ud800".repeat(5000),
    });
    publishRecord(directory, "lock", odd);
    assertEquals(lookAt(`${directory}/lock`), {
      kind: "record",
      record: { ...odd, purpose: odd.purpose.slice(0, 200) },
    });
  }));

Deno.test("publishInPlace() publishes where there are no hard links", () =>
  withTemporaryDirectory((directory) => {
    const path = `${directory}/lock`;
    assert(publishInPlace(path, record));
    assertEquals(lookAt(path), { kind: "record", record });
    const second = foreignRecord({ token: "1".repeat(32) });
    assertEquals(publishInPlace(path, second), false);
    assertEquals(lookAt(path), { kind: "record", record });
  }));
