import * as core from "../src/core.ts";
import { assertEquals } from "@std/assert";

Deno.test('"./core" exports the pure part and nothing else', () => {
  const functions = Object.entries(core)
    .filter(([, value]) => typeof value === "function")
    .map(([name]) => name);
  assertEquals(functions.sort(), [
    "JsonNumber",
    "OrcError",
    "decide",
    "decodeSession",
    "encodeSession",
    "exitCodeOf",
    "isOrcError",
    "parseWorkflow",
    "repositoryLayout",
    "sessionLayout",
    "summarize",
  ]);
});
