import { KNOWN_KEYS, WORKFLOW_KEYS } from "../../src/workflow/schema.ts";
import { assertEquals } from "@std/assert";

Deno.test("WORKFLOW_KEYS describes the keys of the schema, and no others", () => {
  const { settings: _, ...described } = WORKFLOW_KEYS;
  const keys = Object.entries(described).map(([name, texts]) => [
    name,
    Object.keys(texts).sort(),
  ]);
  const known = Object.entries(KNOWN_KEYS).map(([name, list]) => [
    name,
    [...list].sort(),
  ]);
  assertEquals(Object.fromEntries(keys), Object.fromEntries(known));
});
