import { nearest } from "../../src/base/suggest.ts";
import { assertEquals } from "@std/assert";

const KEYS = ["id", "name", "required", "skippable", "step_type", "status"];

Deno.test("nearest() finds the word behind a slip", () => {
  const slips: Record<string, string> = {
    nmae: "name",
    Name: "name",
    nam: "name",
    reqired: "required",
    requireds: "required",
    skipable: "skippable",
    "step-type": "step_type",
    steptype: "step_type",
    statsu: "status",
    di: "id",
  };
  for (const [word, meant] of Object.entries(slips)) {
    assertEquals(nearest(word, KEYS), meant, word);
  }
});

Deno.test("nearest() suggests nothing when no candidate is near", () => {
  for (const word of ["", "zzz", "verification", "x".repeat(1_000_000)]) {
    assertEquals(nearest(word, KEYS), undefined, word.slice(0, 20));
  }
  assertEquals(nearest("name", []), undefined);
});

Deno.test("nearest() prefers fewer slips, and the first of equals", () => {
  assertEquals(nearest("advence", ["advances", "advance"]), "advance");
  assertEquals(nearest("cat", ["bat", "rat"]), "bat");
});

Deno.test("nearest() counts a swap of neighbours as one slip", () => {
  assertEquals(nearest("ab", ["ba"]), "ba");
  assertEquals(nearest("ab", ["cd"]), undefined);
});
