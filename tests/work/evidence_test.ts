import { OrcError } from "../../src/base/error.ts";
import { plainOf } from "../../src/base/plain.ts";
import {
  evidenceOfPairs,
  isEvidencePair,
  readEvidence,
} from "../../src/work/evidence.ts";
import {
  codeOf,
  type Files,
  fixedHost,
  refusalOf,
  withRoot,
} from "./fixtures.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

function evidenceOf(texts: readonly string[], schema: string | null): unknown {
  return plainOf(evidenceOfPairs(texts, schema));
}

Deno.test("isEvidencePair() tells fields from files", () => {
  const pairs = ["a=", "a=b", "files_reviewed=a=b", "a-1.b c=d", "größe=\n"];
  assertEquals(pairs.filter((text) => !isEvidencePair(text)), []);
  const files = ["-", "", "=", "=a", "a", "a.yaml", "./a=b", "/a=b", "1=a"];
  assertEquals(files.filter(isEvidencePair), []);
});

Deno.test("evidenceOfPairs() makes of a name what the schema says", () => {
  const code = [
    "files_reviewed=a.ts",
    "approach_decision=x = y",
    "files_reviewed=b.ts",
    "patterns_identified=",
    "concerns_raised=one",
    "own=1",
  ];
  assertEquals(evidenceOf(code, "CodeAnalysisEvidence"), {
    files_reviewed: ["a.ts", "b.ts"],
    approach_decision: "x = y",
    patterns_identified: [],
    concerns_raised: ["one"],
    own: "1",
  });
  const edge = [
    "how_handled.no user=refused",
    "how_handled.__proto__=kept",
    "cases_considered=no user",
  ];
  const handled = evidenceOfPairs(edge, "EdgeCaseEvidence").get("how_handled");
  assertEquals(
    handled,
    new Map([["no user", "refused"], ["__proto__", "kept"]]),
  );
  assertEquals(evidenceOf(["how_handled="], "EdgeCaseEvidence"), {
    how_handled: {},
  });
});

Deno.test("evidenceOfPairs() makes a list of what is given several times, without a schema to ask", () => {
  for (const schema of [null, "Own"]) {
    assertEquals(evidenceOf(["a=1", "b=", "a=2", "a=", "c.d=3"], schema), {
      a: ["1", "2", ""],
      b: "",
      "c.d": "3",
    });
  }
});

Deno.test("evidenceOfPairs() refuses what no field can be", () => {
  const wrong: readonly (readonly [string, readonly string[]])[] = [
    ["TestPlanEvidence", ["coverage_approach=a", "coverage_approach=b"]],
    ["EdgeCaseEvidence", ["how_handled=refused"]],
  ];
  for (const [schema, texts] of wrong) {
    const error = assertThrows(() => evidenceOfPairs(texts, schema), OrcError);
    assertEquals([error.kind, error.code], ["usage", "invalid_value"]);
  }
});

const JSON_TEXT = '\ufeff{"a": ["\\ud83d\\ude80", 1.0], "b": {"c": null}}';
const YAML_TEXT = "a: [x, yes]\nb: {when: 2026-01-02}\n";

Deno.test("readEvidence() reads JSON and YAML, from files and from standard input", () =>
  withRoot(
    { "a.json": JSON_TEXT, "b.yml": YAML_TEXT, "no_suffix": JSON_TEXT },
    async (root) => {
      const read = async (source: string, input?: string) => {
        const host = fixedHost({ workingDirectory: root, input });
        const evidence = await readEvidence(host, [source]);
        return plainOf(evidence ?? null);
      };
      const json = { a: ["🚀", 1], b: { c: null } };
      assertEquals(await read("a.json"), json);
      assertEquals(await read("no_suffix"), json);
      assertEquals(await read(`${root}/a.json`), json);
      assertEquals(await read("-", JSON_TEXT), json);
      const yaml = { a: ["x", true], b: { when: "2026-01-02" } };
      assertEquals(await read("b.yml"), yaml);
      assertEquals(await read("-", YAML_TEXT), yaml);
      const strings = { on: 1, a: 2 };
      assertEquals(await read("-", '{"on": 1, "a": 2}'), strings);
    },
  ));

Deno.test("readEvidence() takes an object, fields, or nothing", async () => {
  const object = new Map([["a", "b"]]);
  assertEquals(await readEvidence(fixedHost(), object), object);
  assertEquals(await readEvidence(fixedHost(), ["a=b"]), object);
  assertEquals(await readEvidence(fixedHost(), []), undefined);
  assertEquals(await readEvidence(fixedHost()), undefined);
});

Deno.test("readEvidence() takes one source", async () => {
  for (const sources of [["a.json", "b.json"], ["a=b", "-"], ["-", "-"]]) {
    assertEquals(
      await codeOf(() => readEvidence(fixedHost(), sources)),
      "usage conflicting_flags",
    );
  }
});

const NO_MAPPING = "invalid_evidence Evidence is a mapping of fields, and";

const BROKEN: readonly (readonly [string, string, string])[] = [
  ["a.json", '{"a": \n]', "invalid_json a.json:2:1 is not valid JSON: "],
  ["a.json", "", "invalid_json a.json is empty (0 bytes)"],
  ["a.json", "a: b", "invalid_json a.json:1:1 is not valid JSON: "],
  ["a", "{a: b}", "invalid_json a:1:2 is not valid JSON: "],
  ["a", "[1]", `${NO_MAPPING} a holds a list`],
  ["a.yaml", "a: b: c", "invalid_yaml a.yaml:1:4: "],
  ["a.yaml", "a: 1\na: 2", "invalid_yaml a.yaml:2:1: Duplicate key"],
  ["a.yaml", "- a", `${NO_MAPPING} a.yaml holds a list`],
  ["a.yaml", "", `${NO_MAPPING} a.yaml holds nothing`],
  [
    "a.yaml",
    "x: 1\n1: a",
    'invalid_evidence a.yaml:2:1: Expected only strings as keys, found the number 1: write "1" in quotes',
  ],
  ["a.json", "x".repeat(65_537), "file_too_large Cannot read "],
];

Deno.test("a key that JSON evidence gives twice drops no value", async () => {
  const twice = '{"a": {"b": 1,\n "\\u0062": 2}}';
  for (const [name, given] of [["a.json", "a.json"], ["a", "-"]] as const) {
    await withRoot({ [name]: twice }, async (root) => {
      const host = fixedHost({ workingDirectory: root, input: twice });
      const error = await refusalOf(() => readEvidence(host, [given]));
      const source = given === "-" ? "standard input" : given;
      assertEquals([error.kind, error.code], ["config", "invalid_json"]);
      assertEquals(error.message, `${source}:2:2 has the key "b" twice`);
    });
  }
  const host = fixedHost({ input: '{"a": {"b": 1}, "c": {"b": 2}}' });
  const once = await readEvidence(host, ["-"]);
  assertEquals([...once?.keys() ?? []], ["a", "c"]);
});

Deno.test("readEvidence() says in one sentence what is wrong with a file, and where", async () => {
  for (const [name, text, expected] of BROKEN) {
    await withRoot({ [name]: text }, async (root) => {
      const host = fixedHost({ workingDirectory: root });
      const error = await refusalOf(() => readEvidence(host, [name]));
      const told = `${error.code} ${error.message}`;
      assert(told.startsWith(expected), told);
      assertEquals([error.kind, told.split("\n").length], ["config", 1], told);
      assertEquals(
        error.hint,
        "correct the evidence, then run the command again",
      );
    });
  }
});

Deno.test("readEvidence() names the first byte that is no UTF-8", () =>
  withRoot({}, async (root) => {
    const bytes = new Uint8Array([0x7b, 0x22, 0xff]);
    Deno.writeFileSync(`${root}/a.json`, bytes);
    const host = {
      ...fixedHost({ workingDirectory: root }),
      readInput: () => bytes,
    };
    for (const source of ["a.json", "-"]) {
      const error = await refusalOf(() => readEvidence(host, [source]));
      assertEquals([error.kind, error.code], ["config", "invalid_utf8"]);
      const name = source === "-" ? "standard input" : source;
      assertEquals(
        error.message,
        `${name} is not UTF-8: byte 2 is not part of a character`,
      );
    }
  }));

Deno.test("readEvidence() refuses what is no file, not there, or endless", () =>
  withRoot({ "directory/a": "" }, async (root) => {
    const codeOf = async (source: string, files: Files = {}) => {
      const input = files.input;
      const host = fixedHost({ workingDirectory: root, input });
      const error = await refusalOf(() => readEvidence(host, [source]));
      return `${error.kind} ${error.code}`;
    };
    assertEquals(await codeOf("a.json"), "not_found no_such_file");
    assertEquals(await codeOf("files reviewed=a"), "not_found no_such_file");
    assertEquals(await codeOf("directory"), "config not_a_regular_file");
    assertEquals(
      await codeOf("-", { input: "x".repeat(65_537) }),
      "config file_too_large",
    );
  }));
