import { JsonNumber } from "../../src/base/json.ts";
import { printJson } from "../../src/base/json_print.ts";
import { YamlTime } from "../../src/workflow/value.ts";
import { readSettings } from "../../src/workflow/workflow_settings.ts";
import { assertEquals } from "@std/assert";

function read(value: unknown): { text: string; problems: readonly string[] } {
  const { settings, problems } = readSettings(value);
  return {
    text: printJson(settings),
    problems: problems.map(({ code, path }) => `${code} ${path.join(".")}`),
  };
}

Deno.test("readSettings() makes JSON as the Python tool stores it", () => {
  const settings = {
    infinite: Infinity,
    none: NaN,
    float: new JsonNumber("1.0"),
    date: new YamlTime("2024-01-01"),
    list: ["a", { b: null }],
    text: "1e3",
  };
  assertEquals(read(settings), {
    text:
      '{"infinite": null, "none": null, "float": 1.0, "date": "2024-01-01", "list": ["a", {"b": null}], "text": "1e3"}',
    problems: [],
  });
});

Deno.test("readSettings() spells keys below the first level as the Python tool does", () => {
  const below = new Map<unknown, unknown>([
    [1, "x"],
    [true, "y"],
    [null, "z"],
    [new JsonNumber("1.5"), "a"],
    [new YamlTime("2024-01-01"), "b"],
    [Infinity, "c"],
  ]);
  assertEquals(
    read(new Map([["l", below]])).text,
    '{"l": {"1": "y", "None": "c", "1.5": "a", "2024-01-01": "b"}}',
  );
  const booleans = new Map([["l", new Map([[false, 1]])]]);
  assertEquals(read(booleans).text, '{"l": {"false": 1}}');
});

Deno.test("readSettings() refuses keys of the first level that are no strings", () => {
  assertEquals(read(new Map([[1, 2]])).problems, ["invalid_key settings"]);
});

Deno.test("readSettings() refuses what JSON cannot hold", () => {
  assertEquals(read({ a: () => 1 }).problems, ["invalid_type settings.a"]);
  assertEquals(read({ a: new Set() }).problems, ["invalid_type settings.a"]);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  assertEquals(read({ a: cycle }).problems, ["too_deep settings"]);
});

Deno.test("readSettings() takes nothing for no settings", () => {
  assertEquals(read(undefined), { text: "{}", problems: [] });
});
