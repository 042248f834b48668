import {
  isOpenEnd,
  openTokenIn,
  tokensIn,
} from "../../src/base/token_shapes.ts";
import { assertEquals } from "@std/assert";

Deno.test("tokensIn() gives the places of tokens", () => {
  const token = `ghp_${"a".repeat(36)}`;
  assertEquals(tokensIn(`x ${token} y ${token}`), [[2, 42], [45, 85]]);
  assertEquals(tokensIn("nothing"), []);
});

Deno.test("openTokenIn() says where what may become a token begins", () => {
  for (
    const [text, start] of [
      ["done ", 5],
      ["see ghp_ab", 4],
      ["\n-----BEGIN RSA PRIV", 1],
      ["\n-----BEGIN PRIVATE KEY-----\nMIIE", 1],
      ["", 0],
    ] as const
  ) {
    assertEquals(openTokenIn(text), start, text);
  }
});

Deno.test("isOpenEnd() knows that a private key goes on behind a line end", () => {
  assertEquals(isOpenEnd("key\n", [0, 3]), true);
  assertEquals(isOpenEnd("key\n-----EN", [0, 3]), true);
  assertEquals(isOpenEnd("key\nnext", [0, 3]), false);
});
