import type { OrcError } from "../../src/base/error.ts";
import {
  asObject,
  decodeUtf8,
  JsonNumber,
  type JsonObject,
  jsonObject,
  type JsonValue,
  numberOf,
  parseJson,
  withFields,
} from "../../src/base/json.ts";
import { plainOf } from "../../src/base/plain.ts";
import {
  canonicalJson,
  compareCodePoints,
  lasting,
  printDocument,
  printJson,
} from "../../src/base/json_print.ts";
import { deepFreeze, orcErrorOf } from "../engine/act.ts";
import { randomJson } from "./random_json.ts";
import { assertEach, assertTable } from "./table.ts";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";

const parse = (text: string): JsonValue => parseJson(text, "state.json");

Deno.test("parseJson() reads what Python reads", () => {
  assertTable<string, JsonValue>(parse, [
    ["null", null],
    [" \t\r\n true \r\n", true],
    ["false", false],
    ['\ufeff{\r\n"a": 1}\r\n', jsonObject({ a: 1 })],
    ['""', ""],
    ["[]", []],
    ["[ ]", []],
    ["{ }", new Map()],
    ["[1,[2,[]],{}]", [1, [2, []], new Map()]],
    ['{"a" : 1 , "b":[null]}', jsonObject({ a: 1, b: [null] })],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00E9"', '"\\/\b\f\n\r\tAé'],
    ['"\\\\"', "\\"],
    ['"\\\\\\""', '\\"'],
    ['"\\u0000\u007f\u2028é🚀"', "\0\x7f\u2028é🚀"],
    ['"\\ud83d\\ude80 \\ud800"', "🚀 \ud800"],
  ]);
});

Deno.test("parseJson() names the markers that a merge left, and where", () => {
  const sides = '<<<<<<< HEAD\n "b": 1\n=======\n "b": 2\n>>>>>>> other\n}\n';
  for (const before of ['{"a": 0,\n', '{"a": 0\n', "{\n", ""]) {
    const line = before.split("\n").length;
    const { message } = orcErrorOf(() =>
      parseJson(`${before}${sides}`, "state.json")
    );
    const expected = `state.json:${line}:1 holds conflict markers of a merge`;
    assertEquals(message, expected);
  }
  const { message } = orcErrorOf(() => parseJson("<<<<<<<", "x"));
  assert(message.includes("is not valid JSON"), message);
});

Deno.test("parseJson() keeps what a double cannot hold", () => {
  const exact = ["0", "7", "-12", "9007199254740991", "-9007199254740991"];
  assertEquals([...exact, "0.5"].map(parse), [...exact, "0.5"].map(Number));
  const kept = [
    ...["1.0", "0.50", "-0.0", "1e2", "1E+2", "1e400", "9007199254740992"],
    ...["-12345678901234567890", "NaN", "Infinity", "-Infinity"],
  ];
  assertEquals(kept.map(parse), kept.map((text) => new JsonNumber(text)));
  // Python reads the integer -0 as 0.
  assert(Object.is(parse("-0"), 0));
});

Deno.test("parseJson() keeps the order of keys, and of equal ones the last in the place of the first", () => {
  const text =
    '{"b": 1, "10": 2, "__proto__": {"x": 3}, "9": 4, "": 5, "constructor": 6}';
  assertEquals(printJson(parse(text)), text);
  assertEquals(printJson(parse('{"a":1,"b":2,"a":3}')), '{"a": 3, "b": 2}');
});

Deno.test("parseJson() names line and column of what is no JSON", () => {
  const cases: [string, string, string][] = [
    ["[1,]", "1:4", 'found "]" where a value was expected'],
    ["{,}", "1:2", 'found "," where a key in double quotes was expected'],
    ['{"a":1,}', "1:8", 'found "}" where a key in double quotes was expected'],
    ['{\n  "a" 1}', "2:7", 'found "1" where a ":" was expected'],
    ['{\n  "a": 1\n  "b": 2}', "3:3", 'where a "," or "}" was expected'],
    ["[1 2]", "1:4", 'where a "," or "]" was expected'],
    ["{}\n{}", "2:1", 'found "{" where the end of the text was expected'],
    ["{} // note", "1:4", "where the end of the text was expected"],
    ["// note", "1:1", 'found "/" where a value was expected'],
    ["01", "1:2", "where the end of the text was expected"],
    ["1.", "1:2", "where the end of the text was expected"],
    ["-", "1:1", "where a value was expected"],
    ["+1", "1:1", "where a value was expected"],
    [".5", "1:1", "where a value was expected"],
    ["nul", "1:1", "where a value was expected"],
    ["'a'", "1:1", "where a value was expected"],
    ["\ufeff\ufeff1", "1:2", "found U+FEFF"],
    ["\u00a01", "1:1", "found U+00A0"],
    ['["a\nb"]', "1:4", "found U+000A where a valid string was expected"],
    ['["a\0"]', "1:4", "found U+0000 where a valid string was expected"],
    ['"\\\\\\q"', "1:4", 'found "\\" where a valid string was expected'],
    ['"\\u12g4"', "1:2", 'found "\\" where a valid string was expected'],
    ["   ", "1:4", "ends after 3 bytes where a value was expected"],
    ['{"é": "ab', "1:10", "ends after 10 bytes where a closing quote"],
    ['{"a": 1', "1:8", 'ends after 7 bytes where a "," or "}" was expected'],
  ];
  for (const [text, position, sentence] of cases) {
    const { kind, code, message } = orcErrorOf(() => parse(text));
    assertEquals([kind, code], ["corrupt", "invalid_json"], text);
    const start = `state.json:${position} is not valid JSON: `;
    assertEquals(message.slice(0, start.length), start, text);
    assert(message.includes(sentence), message);
  }
});

Deno.test("parseJson() puts position, path and hint into its error", () => {
  const error = orcErrorOf(() => parseJson("[\n1,", "meta.json", "orc doctor"));
  assertEquals(error.path, "meta.json");
  assertEquals(error.hint, "orc doctor");
  assertEquals(error.details, { line: 2, column: 3, offsetBytes: 4 });
});

Deno.test("parseJson() has a sentence for empty and zero-filled files", () => {
  assertTable((text) => orcErrorOf(() => parse(text)).message, [
    ["", "state.json is empty (0 bytes)"],
    [
      "\0".repeat(4096),
      "state.json is zero-filled, typical after a power cut",
    ],
  ]);
});

Deno.test("parseJson() refuses what is nested deeper than 100 levels", () => {
  const nested = (depth: number): string =>
    "[".repeat(depth) + "]".repeat(depth);
  assertEquals(printJson(parse(nested(100))), nested(100));
  const sentence = "is nested deeper than 100 levels";
  assertTable((text) => orcErrorOf(() => parse(text)).message, [
    [nested(101), `state.json:1:101 ${sentence}`],
    [nested(100_000), `state.json:1:101 ${sentence}`],
    ['{"a":'.repeat(101), `state.json:1:501 ${sentence}`],
  ]);
});

Deno.test("parseJson() reads back what printJson() prints", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const value = randomJson(seed);
    for (const indent of [0, 2]) {
      const text = printJson(value, indent);
      assertEquals(parse(text), value, text);
      assertEquals(printJson(parse(text), indent), text);
    }
  }
});

Deno.test("printJson() spells as Python does", () => {
  const value = parse(
    '{"a":[],"b":{},"c":[1,{"d":null}],"é\\u2028":"\\u007f\\ud800🚀\\n\\"\\\\/"}',
  );
  assertEquals(
    printJson(value),
    String
      .raw`{"a": [], "b": {}, "c": [1, {"d": null}], "\u00e9\u2028": "\u007f\ud800\ud83d\ude80\n\"\\/"}`,
  );
  assertEquals(
    printJson(value, 2),
    String.raw`{
  "a": [],
  "b": {},
  "c": [
    1,
    {
      "d": null
    }
  ],
  "\u00e9\u2028": "\u007f\ud800\ud83d\ude80\n\"\\/"
}`,
  );
});

Deno.test("printJson() spells numbers of JavaScript as Python does", () => {
  assertTable(printJson, [
    [0, "0"],
    [-0, "0"],
    [-3, "-3"],
    [1e21, "1000000000000000000000"],
    [2 ** 53, "9007199254740992"],
    [0.1, "0.1"],
    [-2.5, "-2.5"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [5e-324, "5e-324"],
    [4.887580871582031e-5, "4.887580871582031e-05"],
    [123456789012345.67, "123456789012345.67"],
    [NaN, "NaN"],
    [-Infinity, "-Infinity"],
  ]);
});

Deno.test("printJson() refuses what parseJson() would refuse", () => {
  let value: JsonValue = [];
  for (let depth = 1; depth < 100; depth++) value = [value];
  assertEquals(parse(printJson(value)), value);
  const error = orcErrorOf(() => printJson([value]));
  assertEquals([error.kind, error.code], ["refused", "too_deep"]);
});

Deno.test("canonicalJson() spells numbers as Python does after reading them", () => {
  assertTable((text) => canonicalJson(parse(text)), [
    ["-0", "0"],
    ["-0.0", "-0.0"],
    ["1E2", "100.0"],
    ["2.50", "2.5"],
    ["1e15", "1000000000000000.0"],
    ["1e16", "1e+16"],
    ["9007199254740993", "9007199254740993"],
    ["9007199254740993.0", "9007199254740992.0"],
    ["1e400", "Infinity"],
    ["-1e400", "-Infinity"],
    ["0.00001", "1e-05"],
    ["1e-400", "0.0"],
    ["NaN", "NaN"],
  ]);
});

Deno.test("canonicalJson() sorts keys by code point at every level", () => {
  assertEquals(
    canonicalJson(
      parse('{"\\ue000": 1, "😀": {"b": 1, "a": 2}, "ab": 3, "a": 4, "Z": 5}'),
    ),
    '{"Z": 5, "a": 4, "ab": 3, "\\ue000": 1, "\\ud83d\\ude00": {"a": 2, "b": 1}}',
  );
});

Deno.test("canonicalJson() says the same after its text was read", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const text = canonicalJson(randomJson(seed));
    assertEquals(canonicalJson(parse(text)), text);
  }
});

Deno.test("an object that lasts is printed as any other, wherever it stands", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const object = new Map([["a", randomJson(seed)], ["\u00e9", 1]]);
    const kept = lasting(new Map(object));
    const around = (inner: JsonObject) =>
      new Map<string, JsonValue>([["z", [inner]], ["b", inner], ["a", seed]]);
    for (let time = 0; time < 2; time++) {
      for (const print of [printDocument, canonicalJson, printJson]) {
        assertEquals(print(kept), print(object));
        assertEquals(print(around(kept)), print(around(object)));
      }
      assertEquals(printDocument(kept, 1), printDocument(object, 1));
    }
    assertEquals(printDocument(object), printJson(object, 2));
  }
});

Deno.test("decodeUtf8() decodes and skips a byte order mark", () => {
  const bytes = new TextEncoder().encode("\ufeff{é🚀}");
  assertEquals(decodeUtf8(bytes, "state.json"), "{é🚀}");
  assertEquals(decodeUtf8(new Uint8Array(), "state.json"), "");
  assertEquals(decodeUtf8(new Uint8Array(8), "state.json"), "\0".repeat(8));
});

function refusalOfBytes(bytes: readonly number[]): OrcError {
  return orcErrorOf(() => decodeUtf8(Uint8Array.from(bytes), "x.json"));
}

Deno.test("decodeUtf8() names the first byte that fits nowhere", () => {
  const cases: [number[], number][] = [
    [[0xff], 0],
    [[0x22, 0x61, 0xff, 0x62, 0xff], 2],
    [[0x22, 0xc3, 0x28], 2],
    [[0x22, 0xed, 0xa0, 0x80], 2],
    [[0x61, 0x62, 0xf0, 0x9f, 0x9a], 5],
  ];
  for (const [bytes, offsetBytes] of cases) {
    const { kind, code, details, message } = refusalOfBytes(bytes);
    assertEquals([kind, code], ["corrupt", "invalid_utf8"]);
    assertEquals(details, { offsetBytes });
    assert(message.startsWith(`x.json is not UTF-8: byte ${offsetBytes}`));
  }
});

Deno.test("decodeUtf8() recognizes UTF-16", () => {
  assertEach(
    (bytes) => refusalOfBytes(bytes).message,
    "x.json looks like UTF-16; save it as UTF-8",
    [[0xff, 0xfe, 0x7b, 0], [0xfe, 0xff, 0, 0x7b], [0x7b, 0], [0, 0x7b]],
  );
});

Deno.test("plainOf() makes plain values in which keys are data", () => {
  const plain = plainOf(parse('{"__proto__":{"a":true},"b":[1.5,1e2,null]}'));
  assertEquals(Object.getPrototypeOf(plain), Object.prototype);
  const text = '{"__proto__":{"a":true},"b":[1.5,100,null]}';
  assertEquals(JSON.stringify(plain), text);
});

Deno.test("numberOf() reads any number as a double", () => {
  assertTable<JsonValue | undefined, number | undefined>(numberOf, [
    [3, 3],
    [parse("0.25"), 0.25],
    [parse("-Infinity"), -Infinity],
    ["3", undefined],
    [undefined, undefined],
  ]);
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
  assertEach(asObject, undefined, others);
});
Deno.test("compareCodePoints() orders as the bytes of UTF-8 do", () => {
  const names = ["\ue000", "\u{10000}", "a", "é", "\uffff", "ab", "\ue000a"];
  const bytesOf = (text: string) => [...new TextEncoder().encode(text)];
  const expected = names.toSorted((one, other) => {
    const [own, theirs] = [bytesOf(one), bytesOf(other)];
    for (const [at, byte] of own.entries()) {
      const difference = byte - (theirs[at] ?? -1);
      if (difference !== 0) return difference;
    }
    return own.length - theirs.length;
  });
  assertEquals(names.toSorted(compareCodePoints), expected);
  assertEquals(compareCodePoints("\ue000", "\ue000"), 0);
});
