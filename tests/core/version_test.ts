import { assertEquals } from "@std/assert";
import { VERSION } from "../../src/core/version.ts";
import manifest from "../../deno.json" with { type: "json" };

Deno.test("VERSION is the one of deno.json", () => {
  assertEquals(VERSION, manifest.version);
});
