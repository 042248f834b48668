import manifest from "../../deno.json" with { type: "json" };
import { VERSION } from "../../src/base/version.ts";
import { assertEquals } from "@std/assert";

Deno.test("VERSION is the one of deno.json", () => {
  assertEquals(VERSION, manifest.version);
});
