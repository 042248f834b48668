import manifest from "../../deno.json" with { type: "json" };
import { isVersionRange, VERSION } from "../../src/base/names.ts";
import { assertEquals } from "@std/assert";

Deno.test("VERSION is the one of deno.json", () => {
  assertEquals(VERSION, manifest.version);
});

Deno.test("isVersionRange() takes what npm writes", () => {
  const ranges = [
    ">=0.1",
    "0.1.0",
    "v1.2.3",
    "^1.2",
    "~0.1.4",
    "1.x",
    "0.1.*",
    "< 2",
    ">=0.1 <2",
    ">= 0.1  < 2.0.0-rc.1",
    "^0.1 || ^1",
    "1||2||3",
    "0.1 - 1.0",
    " >=1 ",
  ];
  for (const range of ranges) assertEquals(isVersionRange(range), true, range);
});

Deno.test("isVersionRange() takes nothing else", () => {
  const texts = [
    "",
    " ",
    "*",
    "latest",
    "orc",
    ">=",
    ">=0.1 ||",
    "|| 1",
    ">=0.1 or 2",
    ">=0.1, <2",
    "^ 1",
    "=> 1",
    "1 - 2 3",
    "1 -2",
    ">=1 - 2",
    "1.2.3.4.5",
    "1..2",
    "0.1\n",
    "!=1",
    "~>1",
  ];
  for (const text of texts) assertEquals(isVersionRange(text), false, text);
});
