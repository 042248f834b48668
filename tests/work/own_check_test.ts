import { OrcError } from "../../src/base/error.ts";
import {
  assertOutsideOwnCheck,
  checkVariables,
} from "../../src/work/own_check.ts";
import { fixedHost } from "./fixtures.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("checkVariables() names the check, after those around it", () => {
  const outer = checkVariables(fixedHost(), "s1", "tests");
  assertEquals(outer, { ORCHESTRATOR_CHECK: "s1/tests" });
  const inner = fixedHost({ environment: outer });
  assertEquals(checkVariables(inner, "s2", "größe"), {
    ORCHESTRATOR_CHECK: "s1/tests s2/größe",
  });
});

Deno.test("assertOutsideOwnCheck() refuses an item within its own check, however deep", () => {
  const environment = { ORCHESTRATOR_CHECK: "s1/tests s1/lint" };
  const host = fixedHost({ environment });
  for (const itemId of ["tests", "lint"]) {
    const error = assertThrows(
      () => assertOutsideOwnCheck(host, "s1", itemId),
      OrcError,
    );
    assertEquals([error.kind, error.code], ["refused", "inside_own_check"]);
    assertEquals(
      error.message,
      `Cannot complete item "${itemId}": its own check asks for it`,
    );
  }
  assertOutsideOwnCheck(host, "s1", "test");
  assertOutsideOwnCheck(host, "s2", "tests");
  assertOutsideOwnCheck(fixedHost(), "s1", "tests");
});
