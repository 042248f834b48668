import {
  asObject,
  JsonNumber,
  jsonObject,
  withFields,
} from "../../src/base/json.ts";
import { deepFreeze } from "../engine/act.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";

Deno.test("jsonObject() keeps the order of its fields", () => {
  const object = jsonObject({ b: 1, a: null, c: [] });
  assertEquals([...object], [["b", 1], ["a", null], ["c", []]]);
});

Deno.test("withFields() keeps the place of known keys and adds the others", () => {
  const object = deepFreeze(jsonObject({ b: 1, a: 2 }));
  const changed = withFields(object, { c: 3, b: 4 });
  assertEquals([...changed], [["b", 4], ["a", 2], ["c", 3]]);
  assertEquals([...object], [["b", 1], ["a", 2]]);
});

Deno.test("asObject() returns objects alone", () => {
  const object = jsonObject({});
  assertStrictEquals(asObject(object), object);
  const others = [null, undefined, true, 1, "x", [], new JsonNumber("1.0")];
  for (const other of others) assertEquals(asObject(other), undefined);
});
