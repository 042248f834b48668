import { OrcError } from "../../src/base/error.ts";
import { parseJson } from "../../src/base/json.ts";
import {
  decodeMigrationRecord,
  encodeMigrationRecord,
} from "../../src/transfer/record.ts";
import { RECORD } from "../migration/facts.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("decodeMigrationRecord() reads what encodeMigrationRecord() wrote", () => {
  const text = encodeMigrationRecord(RECORD);
  assertEquals(decodeMigrationRecord(parseJson(text, "r"), "r"), RECORD);
});

Deno.test("decodeMigrationRecord() refuses paths that lead elsewhere, newer formats and what is none", () => {
  const edits: readonly [string, string, string][] = [
    ['"sessions/a"', '"../a"', "invalid_record"],
    ['".workflow_state.json"', '"/etc/passwd"', "invalid_record"],
    ['"20260301t100000z-1"', '"a/../../b"', "invalid_record"],
    ['"format": 1', '"format": 2', "newer_format"],
    ['"files"', '"other"', "invalid_record"],
    ['"size_bytes": 100', '"size_bytes": "1"', "invalid_record"],
  ];
  for (const [from, to, code] of edits) {
    const text = encodeMigrationRecord(RECORD).replaceAll(from, to);
    const error = assertThrows(
      () => decodeMigrationRecord(parseJson(text, "r"), "r"),
      OrcError,
    );
    assertEquals(error.code, code);
  }
});
