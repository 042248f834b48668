import { OrcError } from "../../src/base/error.ts";
import { parseSessionTitle } from "../../src/base/session_title.ts";
import { titleOf } from "../../src/base/text.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("parseSessionTitle() takes a name on one line, without the blanks around it", () => {
  for (const text of ["Login", "  Login ", "Anmeldung für Größe 5 🚀"]) {
    assertEquals(parseSessionTitle(text), text.trim());
  }
  assertEquals(parseSessionTitle("🚀".repeat(80)).length, 160);
});

Deno.test("parseSessionTitle() refuses names that are blank, long or drive a terminal", () => {
  for (
    const text of ["", "  ", "a".repeat(81), "a\nb", "a\x1b[2Jb", "a\u2028b"]
  ) {
    const error = assertThrows(() => parseSessionTitle(text), OrcError);
    assertEquals([error.kind, error.code], ["usage", "invalid_name"]);
  }
});

Deno.test("titleOf() puts the name before the task", () => {
  assertEquals(titleOf(null, "Add login"), "Add login");
  assertEquals(titleOf("Second try", "Add login"), "Second try: Add login");
});
