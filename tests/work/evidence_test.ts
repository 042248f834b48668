import { OrcError } from "../../src/base/error.ts";
import { plainOf } from "../../src/base/json.ts";
import {
  evidenceOfPairs,
  isEvidencePair,
} from "../../src/work/evidence_pairs.ts";
import { assertEquals, assertThrows } from "@std/assert";

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
