import {
  type ErrorKind,
  exitCodeOf,
  INTERNAL_EXIT_CODE,
  OrcError,
} from "../../src/base/error.ts";
import { assertEach, assertTable } from "./table.ts";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";

Deno.test("OrcError carries its name, kind, code and what it was given, and nothing else", () => {
  const cause = new TypeError("inner");
  const options = {
    hint: "orc status",
    path: "/repo/a",
    details: { itemId: "a" },
    cause,
  };
  const error = new OrcError("refused", "blocked", "Cannot go on", options);
  assert(error instanceof Error);
  assertEquals(`${error}`, "OrcError: Cannot go on");
  assertEquals([error.kind, error.code], ["refused", "blocked"]);
  assertEquals([error.hint, error.path], ["orc status", "/repo/a"]);
  assertEquals(error.details, { itemId: "a" });
  assertStrictEquals(error.cause, cause);
  const least = new OrcError("usage", "x", "X");
  const { hint, path, details } = least;
  assertEquals([hint, path, details, least.cause], Array(4).fill(undefined));
});

Deno.test("exitCodeOf() gives each kind the exit code of its own", () => {
  const codeOf = (kind: ErrorKind) => exitCodeOf(new OrcError(kind, "x", "X"));
  assertTable(codeOf, [
    ["usage", 2],
    ["refused", 3],
    ["not_found", 4],
    ["conflict", 5],
    ["corrupt", 6],
    ["external", 7],
    ["denied", 77],
    ["config", 78],
  ]);
});

Deno.test("exitCodeOf() counts everything else as a bug", () => {
  const lookalike = { name: "OrcError", kind: "usage", code: "x" };
  const others = [new Error("x"), "usage", null, undefined, lookalike];
  assertEach(exitCodeOf, INTERNAL_EXIT_CODE, others);
});
