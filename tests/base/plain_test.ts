import { OrcError } from "../../src/base/error.ts";
import { JsonNumber, parseJson } from "../../src/base/json.ts";
import { plainOf } from "../../src/base/plain.ts";
import { assertEquals } from "@std/assert";

Deno.test("plainOf() makes objects of maps, however deep, and keeps their keys as data", () => {
  const value = parseJson('{"a":[{"__proto__":{"10":null}}],"b":true}', "test");
  const plain = plainOf({ value });
  const text = '{"value":{"a":[{"__proto__":{"10":null}}],"b":true}}';
  assertEquals(JSON.stringify(plain), text);
  assertEquals(structuredClone(plain), plain);
});

Deno.test("plainOf() keeps a number that no double carries as its text", () => {
  const plain = (literal: string) => plainOf(new JsonNumber(literal));
  assertEquals(plain("1.0"), 1);
  assertEquals(plain("1e16"), 1e16);
  assertEquals(plain("9007199254740993"), "9007199254740993");
  assertEquals(plain("1e999"), "1e999");
  assertEquals(plain("NaN"), "NaN");
  assertEquals(JSON.stringify({ n: new JsonNumber("2.50") }), '{"n":2.5}');
});

Deno.test("OrcError.toJSON() says all there is, as plain data", () => {
  const details = {
    at: new Map([["line", 3]]),
    large: new JsonNumber("1e999"),
  };
  const error = new OrcError("usage", "bad", "Bad input", {
    hint: "try again",
    path: "/a",
    details,
    cause: new Error("inside"),
  });
  const data = {
    name: "OrcError",
    kind: "usage",
    code: "bad",
    message: "Bad input",
    hint: "try again",
    path: "/a",
    details: { at: { line: 3 }, large: "1e999" },
  };
  assertEquals(JSON.parse(JSON.stringify(error)), data);
  assertEquals<unknown>(structuredClone(error.toJSON()), data);
  assertEquals<unknown>(error.details, data.details);
});
