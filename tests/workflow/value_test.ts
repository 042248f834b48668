import { JsonNumber } from "../../src/base/json.ts";
import {
  readScalar,
  readTaggedScalar,
  YamlTime,
} from "../../src/workflow/value.ts";
import { assertEquals, assertThrows } from "@std/assert";

function value(text: string): unknown {
  const reading = readScalar(text);
  return "value" in reading ? reading.value : reading;
}

function float(literal: string): JsonNumber {
  return new JsonNumber(literal);
}

Deno.test("readScalar() takes the words of PyYAML for null and booleans, and no others", () => {
  for (const text of ["", "~", "null", "Null", "NULL"]) {
    assertEquals(value(text), null);
  }
  for (const text of ["yes", "Yes", "YES", "true", "True", "on", "On", "ON"]) {
    assertEquals(value(text), true);
  }
  for (
    const text of ["no", "No", "NO", "false", "FALSE", "off", "Off", "OFF"]
  ) {
    assertEquals(value(text), false);
  }
  for (
    const text of ["y", "N", "oFf", "yEs", "nULL", "none", "~ ", "=", "<<"]
  ) {
    assertEquals(value(text), text);
  }
});

Deno.test("readScalar() reads whole numbers as PyYAML does", () => {
  const numbers: [string, unknown][] = [
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
  ];
  for (const [text, expected] of numbers) {
    assertEquals(value(text), expected, text);
  }
  for (
    const text of [
      ...["08", "0o17", "1e3", "1:60", "0:30", "_1", "1a", "0b2", "0x_"],
    ]
  ) {
    assertEquals(value(text), text);
  }
  assertEquals(readScalar("9".repeat(4301)), {
    problem: "A number has at most 4300 digits",
  });
});

Deno.test("readScalar() reads floats as PyYAML does and keeps whole ones apart", () => {
  const numbers: [string, unknown][] = [
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
  ];
  for (const [text, expected] of numbers) {
    assertEquals(value(text), expected, text);
  }
  for (
    const text of ["-.5", "+.5", ".", "1.0e3", "1e+3", ".e+3", "-.nan", "1.2.3"]
  ) {
    assertEquals(value(text), text);
  }
});

Deno.test("readScalar() reads dates as PyYAML does, spelled as the Python tool stores them", () => {
  const times: [string, string][] = [
    ["2024-01-01", "2024-01-01"],
    ["2024-02-29", "2024-02-29"],
    ["2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.100000-05:00"],
    ["2024-01-01 10:00:00", "2024-01-01T10:00:00"],
    ["2024-01-01 10:00:00Z", "2024-01-01T10:00:00Z"],
    ["2024-1-1 1:00:00 -03:30", "2024-01-01T01:00:00-03:30"],
    ["2024-01-01T10:00:00.5 +5", "2024-01-01T10:00:00.500000+05:00"],
    ["2024-01-01 10:00:00.1234567", "2024-01-01T10:00:00.123456"],
    ["2024-01-01 10:00:00 -0:00", "2024-01-01T10:00:00Z"],
  ];
  for (const [text, iso] of times) {
    assertEquals(value(text), new YamlTime(iso), text);
  }
  for (const text of ["2024-1-1", "2024-01", "24-01-01", "2024-01-01 10:00"]) {
    assertEquals(value(text), text);
  }
});

Deno.test("readScalar() refuses dates the calendar does not have", () => {
  const none = [
    ...["2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-04-31"],
    ...["0000-01-01", "2024-01-01 24:00:00", "2024-01-01 10:60:00"],
    "2024-01-01 10:00:00 +24:00",
  ];
  for (const text of none) {
    assertEquals(readScalar(text), {
      problem: `There is no such date: ${text}`,
    });
  }
  assertEquals(value("2000-02-29"), new YamlTime("2000-02-29"));
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
