import { OrcError } from "../../src/base/error.ts";
import { readSessionName } from "../../src/session/read.ts";
import { SESSION_ID, withSession } from "./fixtures.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("readSessionName() finds the name, if there is one", () =>
  withSession(({ layout, paths }) => {
    assertEquals(readSessionName(layout, SESSION_ID), null);
    Deno.writeTextFileSync(paths.meta, '{"name": "Login"}');
    assertEquals(readSessionName(layout, SESSION_ID), "Login");
    for (const text of ['{"name": 7}', '{"name": ""}', "{}"]) {
      Deno.writeTextFileSync(paths.meta, text);
      assertEquals(readSessionName(layout, SESSION_ID), null);
    }
    Deno.removeSync(paths.meta);
    assertEquals(readSessionName(layout, SESSION_ID), null);
  }));

Deno.test("readSessionName() refuses a meta.json that cannot be trusted", () =>
  withSession(({ layout, paths }) => {
    for (const text of ["{", "[]", ""]) {
      Deno.writeTextFileSync(paths.meta, text);
      const error = assertThrows(
        () => readSessionName(layout, SESSION_ID),
        OrcError,
      );
      assertEquals([error.kind, error.path], ["corrupt", paths.meta]);
    }
  }));
