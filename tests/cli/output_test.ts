import { JsonNumber } from "../../src/base/json.ts";
import { resultDocument, resultText } from "../../src/cli/output.ts";
import { styleFor } from "../../src/cli/style.ts";
import { copyCommand, fakeHost } from "./fake.ts";
import { assertEquals } from "@std/assert";

Deno.test("resultDocument() says where a command ran, or that it ran nowhere", () => {
  assertEquals(
    resultDocument("version", { place: null, result: { a: 1 } }),
    '{"ok":true,"command":"version","root":null,"rootSource":null,' +
      '"session":null,"result":{"a":1}}\n',
  );
});

Deno.test("resultDocument() prints JSON objects of the core as objects", () => {
  const result = new Map([["__proto__", new JsonNumber("1.0")]]);
  const document = resultDocument("x", { place: null, result });
  assertEquals(document.includes('"result":{"__proto__":1}'), true);
});

Deno.test("resultDocument() prints a missing result as null", () => {
  const document = resultDocument("x", { place: null, result: undefined });
  assertEquals(document.endsWith('"result":null}\n'), true);
});

Deno.test("resultText() prints nothing for an empty text", () => {
  const silent = { ...copyCommand, render: () => "" };
  assertEquals(resultText(silent, {}, styleFor(fakeHost(), "auto")), "");
});
