import { OrcError } from "../../src/base/error.ts";
import { encodeRecord, lookAt } from "../../src/files/lock_record.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import { withTemporaryDirectory, writeTree } from "./temporary.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";

const record = foreignRecord();

Deno.test("lookAt() reads what encodeRecord() spells", () =>
  withTemporaryDirectory((directory) => {
    const text = new TextDecoder().decode(encodeRecord(record));
    assertEquals(JSON.parse(text), JSON.parse(lockText(record)));
    writeTree(directory, { lock: text });
    assertEquals(lookAt(`${directory}/lock`), { kind: "record", record });
  }));

Deno.test("lookAt() sees that nothing is there", () =>
  withTemporaryDirectory((directory) => {
    assertEquals(lookAt(`${directory}/lock`), { kind: "absent" });
  }));

Deno.test("lookAt() understands a record of a newer format that names its holder", () =>
  withTemporaryDirectory((directory) => {
    const newer = { ...JSON.parse(lockText(record)), format: 2, more: [1] };
    writeTree(directory, { lock: JSON.stringify(newer) });
    assertEquals(lookAt(`${directory}/lock`), { kind: "record", record });
  }));

Deno.test("lookAt() takes nothing for a record that does not name its holder", () =>
  withTemporaryDirectory((directory) => {
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
  }));

Deno.test("lookAt() gives an unreadable lock another key when it changes", () =>
  withTemporaryDirectory((directory) => {
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
  }));

Deno.test("lookAt() refuses what is too large or no file, and says what to do", () =>
  withTemporaryDirectory((directory) => {
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
  }));
