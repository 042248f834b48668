import { jsonObject, type JsonValue } from "../../src/base/json.ts";
import {
  describeFields,
  EVIDENCE_SCHEMAS,
  evidenceFields,
  problemOfSkipReason,
  validateEvidence,
} from "../../src/workflow/evidence.ts";
import type { StepType } from "../../src/workflow/types.ts";
import { assertEach } from "../base/table.ts";
import { assertEquals } from "@std/assert";

type Fields = Readonly<Record<string, JsonValue>>;

/** The least that each schema takes. */
const LEAST: Readonly<Record<string, Fields>> = {
  CodeAnalysisEvidence: {
    files_reviewed: ["a.ts", " "],
    patterns_identified: [],
    approach_decision: "  Compare hashes here.  ",
  },
  EdgeCaseEvidence: { cases_considered: ["empty"], how_handled: new Map() },
  SpecReviewEvidence: { requirements_extracted: ["login"] },
  TestPlanEvidence: {
    test_cases_planned: ["good password"],
    coverage_approach: " all paths",
  },
};

/** Fields of the schemas that may be left out. */
const OPTIONAL: Readonly<Record<string, readonly string[]>> = {
  CodeAnalysisEvidence: ["concerns_raised"],
  EdgeCaseEvidence: ["cases_deferred"],
  SpecReviewEvidence: ["ambiguities_found", "assumptions_made"],
  TestPlanEvidence: ["edge_cases_covered"],
};

function problemsOf(schema: string, fields: Fields): readonly string[] {
  return validateEvidence(schema, jsonObject(fields))
    .map(({ path, message }) => `${path}: ${message}`);
}

/** What is wrong with the least that a schema takes when one field is something else. */
function problemsWith(
  schema: string,
  name: string,
  value: JsonValue,
): readonly string[] {
  return problemsOf(schema, { ...LEAST[schema], [name]: value });
}

Deno.test("validateEvidence() takes the least that each schema asks for", () => {
  assertEquals(EVIDENCE_SCHEMAS, Object.keys(LEAST));
  for (const [schema, fields] of Object.entries(LEAST)) {
    assertEquals(problemsOf(schema, fields), [], schema);
    const more = { ...fields, anything: [1, null] };
    assertEquals(problemsOf(schema, more), [], schema);
  }
});

Deno.test("validateEvidence() wants each field that is not optional", () => {
  for (const [schema, least] of Object.entries(LEAST)) {
    for (const name of Object.keys(least)) {
      const { [name]: _, ...fields } = least;
      assertEquals(problemsOf(schema, fields), [`${name}: Missing`]);
      const slip = { ...fields, [`${name}s`]: "x" };
      assertEquals(
        problemsOf(schema, slip),
        [`${name}: Missing: rename "${name}s"`],
      );
    }
  }
});

Deno.test("validateEvidence() wants the right type in fields that may be left out, too", () => {
  for (const [schema, names] of Object.entries(OPTIONAL)) {
    for (const name of names) {
      const of = (value: JsonValue) => problemsWith(schema, name, value);
      assertEquals(of([]), []);
      assertEquals(of(null), [`${name}: Expected a list, found nothing`]);
      assertEquals(of("x"), [`${name}: Expected a list, found a text`]);
    }
  }
});

Deno.test("validateEvidence() counts no blank entries where one is asked for", () => {
  const blank = ["  ", "", "\n\t"];
  for (const [schema, least] of Object.entries(LEAST)) {
    // The first field of each is a list of at least one entry.
    const [name = ""] = Object.keys(least);
    const expected = [`${name}: Has 0 of at least 1 entries`];
    assertEquals(problemsWith(schema, name, blank), expected);
  }
  const schema = "CodeAnalysisEvidence";
  assertEquals(problemsWith(schema, "patterns_identified", blank), []);
});

Deno.test("validateEvidence() takes a key held down for no text", () => {
  const repeats = "Repeats itself instead of saying something";
  assertEach(
    (text) => problemsWith("CodeAnalysisEvidence", "approach_decision", text),
    [`approach_decision: ${repeats}`],
    ["a".repeat(40), "ha ".repeat(20), "🚀".repeat(40)],
  );
  assertEquals(
    problemsWith("TestPlanEvidence", "coverage_approach", " ".repeat(10)),
    [`coverage_approach: ${repeats}`],
  );
});

Deno.test("validateEvidence() finds all problems at once", () => {
  assertEquals(
    problemsOf("CodeAnalysisEvidence", {
      files_reviewed: [],
      patterns_identified: ["a", 1, new Map()],
      approach_decision: `${" ".repeat(20)}short`,
      concerns_raised: true,
    }),
    [
      "files_reviewed: Has 0 of at least 1 entries",
      "patterns_identified[1]: Expected a text, found a number",
      "patterns_identified[2]: Expected a text, found a mapping",
      "approach_decision: Has 5 of at least 20 characters",
      "concerns_raised: Expected a list, found the word true",
    ],
  );
  assertEquals(
    problemsOf("EdgeCaseEvidence", {
      cases_considered: "empty",
      how_handled: new Map([["no user", ["a"]]]),
    }),
    [
      "cases_considered: Expected a list, found a text",
      'how_handled["no user"]: Expected a text, found a list',
    ],
  );
  assertEquals(
    problemsOf("EdgeCaseEvidence", {
      cases_considered: ["empty"],
      how_handled: ["x"],
    }),
    ["how_handled: Expected a mapping, found a list"],
  );
  assertEquals(
    problemsWith("CodeAnalysisEvidence", "approach_decision", ["x"]),
    ["approach_decision: Expected a text, found a list"],
  );
});

Deno.test("validateEvidence() counts code points, and blanks where the Python tool does", () => {
  const approach = (text: string) =>
    problemsWith("CodeAnalysisEvidence", "approach_decision", text).length;
  const long = `Compare ${"🚀".repeat(12)}`;
  assertEquals([approach(long), approach(long.slice(2))], [0, 1]);
  const coverage = (text: string) =>
    problemsWith("TestPlanEvidence", "coverage_approach", text).length;
  assertEquals([coverage("All of it "), coverage("All of it")], [0, 1]);
});

Deno.test("validateEvidence() takes anything but nothing for a schema it does not know", () => {
  assertEquals(problemsOf("Own", { a: null }), []);
  assertEquals(problemsOf("Own", {}), [": It is empty"]);
  assertEquals(problemsOf("constructor", {}), [": It is empty"]);
});

Deno.test("describeFields() names all fields of a schema", () => {
  for (const schema of EVIDENCE_SCHEMAS) {
    const text = describeFields(schema);
    const names = evidenceFields(schema)?.map(({ name }) => name) ?? [];
    assertEquals(names.filter((name) => !text.includes(name)), []);
  }
  assertEquals(
    describeFields("TestPlanEvidence"),
    "test_cases_planned (list, at least 1), coverage_approach (text, at least 10 characters); optional: edge_cases_covered (list, may be empty)",
  );
  assertEquals(describeFields("Own"), "any fields, at least one");
});

const STRICT: readonly StepType[] = ["documented", "gate"];
const REPETITION = "The reason repeats itself instead of giving one";

function problemOfFlexible(reason: string): string | undefined {
  return problemOfSkipReason(reason, "flexible");
}

Deno.test("problemOfSkipReason() accepts reasons in any language", () => {
  assertEach(problemOfFlexible, undefined, [
    "No stored data changes its shape",
    "obsolete: the API is gone",
    "Die Schnittstelle entfällt mit diesem Umbau",
    "本次修改只涉及注释，因此无需迁移数据",
    "Данные не меняются, миграция не нужна",
    "لا توجد بيانات مخزنة تتغير",
    "a test of a test",
    "Unverwendbarkeit",
  ]);
});

Deno.test("problemOfSkipReason() refuses what is empty, has no words or says nothing", () => {
  assertEach(problemOfFlexible, "The reason is empty", ["", " ", "\n\t"]);
  const wordless = [
    "-",
    "... ... ... ...",
    "!@#$%^&*()_",
    "🚀🙈🙉🙊🐵🐒🦍🦧🐶🐕",
  ];
  assertEach(problemOfFlexible, "The reason has no words", wordless);
  const phrases = [
    ...["not needed", "Not Needed.", "  not   needed!!! ", '"not needed"'],
    ...["not-needed", "not_needed", "N/A", "n.a.", "skip", "skip........."],
    ...["already done", "not applicable", "none", "obvious", "unnecessary"],
    "OK",
  ];
  for (const phrase of phrases) {
    const problem = `"${phrase.trim()}" is not a reason`;
    assertEquals(problemOfFlexible(phrase), problem);
  }
});

Deno.test("problemOfSkipReason() refuses one letter or phrase again and again", () => {
  const repetitions = [
    "a".repeat(50),
    "ab".repeat(30),
    "aaaa bbbb cccc dddd aaaa bbbb cccc dddd aaaa bbbb cccc dddd",
    "skip ".repeat(12),
    "not needed. ".repeat(6),
    "not needed, not needed, not needed, not needed, not needed",
    "пропуск ".repeat(8),
    "already done and already done and already done and already done",
  ];
  for (const stepType of STRICT) {
    const problemOf = (reason: string) => problemOfSkipReason(reason, stepType);
    assertEach(problemOf, REPETITION, repetitions);
  }
});

Deno.test("problemOfSkipReason() does not take common words for repetition", () => {
  const reason =
    "The old table is read by the old report and the new table by the new " +
    "report, and the old report goes away with the old table";
  for (const stepType of STRICT) {
    assertEquals(problemOfSkipReason(reason, stepType), undefined);
  }
});

Deno.test("problemOfSkipReason() wants 10 characters of flexible items and 50 of others", () => {
  // It counts code points.
  const problem = "The reason has 9 of at least 10 characters";
  assertEquals(problemOfFlexible("alt𝔤𝔬𝔱𝔥𝔦𝔠"), problem);
  const letters =
    "Renovating the whole kitchen makes this one wholly pointless";
  const verdicts = (
    [["flexible", 10], ["documented", 50], ["gate", 50]] as const
  ).map(([stepType, minimum]) => [
    problemOfSkipReason(letters.slice(0, minimum - 1).padEnd(60), stepType),
    problemOfSkipReason(letters.slice(0, minimum), stepType),
  ]);
  assertEquals(verdicts, [
    ["The reason has 9 of at least 10 characters", undefined],
    ["The reason has 49 of at least 50 characters", undefined],
    ["The reason has 49 of at least 50 characters", undefined],
  ]);
});
