import { JsonNumber } from "../../src/base/json.ts";
import { printJson } from "../../src/base/json_print.ts";
import {
  readMapping,
  readScalar,
  readTaggedScalar,
  YamlTime,
} from "../../src/workflow/value.ts";
import { assertEach, assertTable } from "../base/table.ts";
import { assertEquals, assertThrows } from "@std/assert";

function value(text: string): unknown {
  const reading = readScalar(text);
  return "value" in reading ? reading.value : reading;
}

function float(literal: string): JsonNumber {
  return new JsonNumber(literal);
}

/** Asserts that scalars are strings. */
function keeps(texts: string[]): void {
  assertEquals(texts.map(value), texts);
}

Deno.test("readScalar() takes the words of PyYAML for null and booleans, and no others", () => {
  assertEach(value, null, ["", "~", "null", "Null", "NULL"]);
  const yes = ["yes", "Yes", "YES", "true", "True", "on", "On", "ON"];
  assertEach(value, true, yes);
  const no = ["no", "No", "NO", "false", "FALSE", "off", "Off", "OFF"];
  assertEach(value, false, no);
  keeps(["y", "N", "oFf", "yEs", "nULL", "none", "~ ", "=", "<<"]);
});

Deno.test("readScalar() reads whole numbers as PyYAML does", () => {
  assertTable<string, unknown>(value, [
    ["0", 0],
    ["-0", 0],
    ["+12", 12],
    ["010", 8],
    ["017", 15],
    ["-017", -15],
    ["0_", 0],
    ["1_000", 1000],
    ["1__0", 10],
    ["0x1F", 31],
    ["-0x1f", -31],
    ["0b101", 5],
    ["1:30", 90],
    ["-1:30", -90],
    ["12:30:45", 45045],
    ["190:20:30", 685230],
    ["12345678901234567890123", float("12345678901234567890123")],
    ["9007199254740993", float("9007199254740993")],
  ]);
  keeps(["08", "0o17", "1e3", "1:60", "0:30", "_1", "1a", "0b2", "0x_"]);
  assertEquals(readScalar("9".repeat(4301)), {
    problem: "A number has at most 4300 digits",
  });
});

Deno.test("readScalar() reads floats as PyYAML does and keeps whole ones apart", () => {
  assertTable<string, unknown>(value, [
    ["1.0", float("1.0")],
    ["1.", float("1.0")],
    ["-0.0", float("-0.0")],
    ["1.0e+3", float("1000.0")],
    ["1_0.5", 10.5],
    ["1.e+3", float("1000.0")],
    ["1.0e+16", float("1e+16")],
    ["0.1", 0.1],
    ["+1.5", 1.5],
    [".5", 0.5],
    ["1.5e-7", 1.5e-7],
    ["1:30.5", 90.5],
    ["-1:30.", float("-90.0")],
    [".inf", Infinity],
    ["-.INF", -Infinity],
    ["+.Inf", Infinity],
    [".nan", NaN],
    ["1.0e+400", Infinity],
  ]);
  keeps(["-.5", "+.5", ".", "1.0e3", "1e+3", ".e+3", "-.nan", "1.2.3"]);
});

Deno.test("readScalar() reads dates as PyYAML does, spelled as the Python tool stores them", () => {
  assertTable((text) => (value(text) as YamlTime).iso, [
    ["2000-02-29", "2000-02-29"],
    ["2024-01-01", "2024-01-01"],
    ["2024-02-29", "2024-02-29"],
    ["2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.100000-05:00"],
    ["2024-01-01 10:00:00", "2024-01-01T10:00:00"],
    ["2024-01-01 10:00:00Z", "2024-01-01T10:00:00Z"],
    ["2024-1-1 1:00:00 -03:30", "2024-01-01T01:00:00-03:30"],
    ["2024-01-01T10:00:00.5 +5", "2024-01-01T10:00:00.500000+05:00"],
    ["2024-01-01 10:00:00.1234567", "2024-01-01T10:00:00.123456"],
    ["2024-01-01 10:00:00 -0:00", "2024-01-01T10:00:00Z"],
  ]);
  keeps(["2024-1-1", "2024-01", "24-01-01", "2024-01-01 10:00"]);
});

Deno.test("readScalar() refuses dates the calendar does not have", () => {
  const none = [
    ...["2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-04-31"],
    ...["0000-01-01", "2024-01-01 24:00:00", "2024-01-01 10:60:00"],
    "2024-01-01 10:00:00 +24:00",
  ];
  for (const text of none) {
    assertEquals(value(text), { problem: `There is no such date: ${text}` });
  }
});

Deno.test("readTaggedScalar() reads by the tag and not by the look", () => {
  const readings: [string, string, unknown][] = [
    ["str", "12", "12"],
    ["null", "x", null],
    ["int", "0x1F", 31],
    ["float", "1", float("1.0")],
    ["float", "1_000.5", 1000.5],
    ["float", ".inf", Infinity],
    ["bool", "yes", true],
    ["timestamp", "2024-01-01", new YamlTime("2024-01-01")],
    ["binary", "aG\n k=", "hi"],
    ["binary", "", ""],
  ];
  for (const [type, text, expected] of readings) {
    assertEquals(readTaggedScalar(type, text), { value: expected }, text);
  }
});

Deno.test("readTaggedScalar() refuses what does not fit the tag", () => {
  const misfits: [string, string][] = [
    ["int", "1.5"],
    ["float", "x"],
    ["bool", "y"],
    ["timestamp", "2024"],
    ["binary", "***"],
    ["binary", "/w=="],
  ];
  for (const [type, text] of misfits) {
    assertEquals("problem" in readTaggedScalar(type, text), true, text);
  }
  assertThrows(() => readTaggedScalar("omap", ""), Error, "No tag for scalars");
});

function read(value: unknown): { text: string; problems: readonly string[] } {
  const { mapping, problems } = readMapping(value, ["settings"]);
  return {
    text: printJson(mapping),
    problems: problems.map(({ code, path }) => `${code} ${path.join(".")}`),
  };
}

Deno.test("readMapping() makes JSON as the Python tool stores it", () => {
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

Deno.test("readMapping() spells keys below the first level as the Python tool does", () => {
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

Deno.test("readMapping() refuses keys of the first level that are no strings, and takes nothing for none", () => {
  assertEquals(read(undefined), { text: "{}", problems: [] });
  assertEquals(read(new Map([[1, 2]])).problems, ["invalid_key settings"]);
});

Deno.test("readMapping() refuses what JSON cannot hold", () => {
  assertEquals(read({ a: () => 1 }).problems, ["invalid_type settings.a"]);
  assertEquals(read({ a: new Set() }).problems, ["invalid_type settings.a"]);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  assertEquals(read({ a: cycle }).problems, ["too_deep settings"]);
});
