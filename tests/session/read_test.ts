import { shownName } from "../../src/session/read.ts";
import { SESSION_ID, test } from "./fixtures.ts";
import { assertEquals, assertMatch } from "@std/assert";

test("shownName() finds the name, and warns where meta.json cannot be trusted", ({ layout, paths }) => {
  const warnings: string[] = [];
  const shown = () => shownName(layout, SESSION_ID, warnings);
  assertEquals(shown(), null);
  Deno.writeTextFileSync(paths.meta, '{"name": "Login"}');
  assertEquals(shown(), "Login");
  for (const text of ['{"name": 7}', '{"name": ""}', "{}"]) {
    Deno.writeTextFileSync(paths.meta, text);
    assertEquals(shown(), null);
  }
  Deno.removeSync(paths.meta);
  assertEquals([shown(), warnings], [null, []]);
  for (const text of ["{", "[]", ""]) {
    Deno.writeTextFileSync(paths.meta, text);
    assertEquals(shown(), null);
    assertMatch(warnings.pop() ?? "", /meta\.json/);
  }
});
