import { sidesOf } from "../../src/session/branches.ts";
import { assertEquals } from "@std/assert";

Deno.test("sidesOf() gives both sides of each place where git left its markers", () => {
  const text = [
    "{",
    "<<<<<<< HEAD",
    "ours",
    "||||||| base",
    "old",
    "=======",
    "theirs",
    ">>>>>>> other",
    "}",
  ].join("\n");
  assertEquals(sidesOf(text), ["{\nours\n}", "{\ntheirs\n}"]);
  const plain = "=======\n{}\n";
  assertEquals(sidesOf(plain), [plain, plain]);
});
