import { jsonObject } from "../../src/base/json.ts";
import {
  decodeFeedbackLine,
  textIn,
  textsIn,
} from "../../src/feedback/feedback_line.ts";
import { assertEquals } from "@std/assert";

Deno.test("decodeFeedbackLine() decodes objects and nothing else", () => {
  assertEquals(decodeFeedbackLine('{"a": 1}'), jsonObject({ a: 1 }));
  for (const text of ["", "not json", "[1]", "1", '{"a": 1', "null"]) {
    assertEquals(decodeFeedbackLine(text), undefined, text);
  }
  assertEquals(decodeFeedbackLine("[".repeat(100_000)), undefined);
});

Deno.test("textIn() and textsIn() pass over what is no text", () => {
  const entry = jsonObject({ a: "x", b: " ", c: 1, d: ["y", 2, "z"], e: null });
  assertEquals(
    ["a", "b", "c", "d", "e", "f"].map((key) => textIn(entry, key)),
    [
      "x",
      null,
      null,
      null,
      null,
      null,
    ],
  );
  assertEquals(textsIn(entry, "d"), ["y", "z"]);
  assertEquals(textsIn(entry, "a"), []);
});
