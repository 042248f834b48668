import { OrcError } from "../../src/base/error.ts";
import { parseWholeNumber } from "../../src/base/whole_number.ts";
import { assertEquals, assertThrows } from "@std/assert";

const RULE = { flag: "--days", max: 365 };

Deno.test("parseWholeNumber() reads whole numbers up to the limit", () => {
  for (const [text, number] of [["0", 0], ["7", 7], ["007", 7], ["365", 365]]) {
    assertEquals(parseWholeNumber(String(text), RULE), number);
  }
});

Deno.test("parseWholeNumber() refuses everything else, and names the flag", () => {
  for (
    const text of ["", "-1", "366", "1.5", "1e2", "seven", " 7", "9999999999"]
  ) {
    const error = assertThrows(() => parseWholeNumber(text, RULE), OrcError);
    assertEquals([error.kind, error.code], ["usage", "invalid_number"]);
    assertEquals(
      error.message,
      `--days is "${text}", not a whole number from 0 to 365`,
    );
  }
});
