import { JsonNumber, jsonObject, type JsonValue } from "../../src/base/json.ts";
import { findWrongSettings } from "../../src/workflow/known_settings.ts";
import { assertEquals } from "@std/assert";

function messagesFor(approval_timeout_minutes: JsonValue): readonly string[] {
  return findWrongSettings(jsonObject({ approval_timeout_minutes }))
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
}

Deno.test("findWrongSettings() takes minutes above 0", () => {
  for (const minutes of [30, 0.5, 525_600, new JsonNumber("1.0")]) {
    assertEquals(messagesFor(minutes), []);
  }
  assertEquals(findWrongSettings(new Map()), []);
});

Deno.test("findWrongSettings() names what it found instead", () => {
  const expected =
    "settings.approval_timeout_minutes: Expected a number of minutes above 0, at most 525600, found ";
  const found: readonly (readonly [JsonValue, string])[] = [
    [0, "the number 0"],
    [-5, "the number -5"],
    [525_601, "the number 525601"],
    ["30", 'the string "30"'],
    [null, "nothing"],
    [true, "the boolean true"],
    [[30], "a list"],
    [new Map(), "a mapping"],
  ];
  for (const [value, text] of found) {
    assertEquals(messagesFor(value), [expected + text]);
  }
});
