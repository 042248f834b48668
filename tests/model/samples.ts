/** Texts and evidence with what people think of them, so that the model judges nothing itself. */
import { type JsonObject, jsonObject } from "../../src/base/json.ts";

const LONG =
  "The release only changes comments, so no stored data can be affected by it";

/** How much a reason for skipping is worth. */
export type Worth = "nothing" | "a little" | "a lot";

export const REASONS: readonly (readonly [string, Worth])[] = [
  ["", "nothing"],
  ["   \n", "nothing"],
  ["n/a", "nothing"],
  ["Not needed.", "nothing"],
  ["it is just not needed", "nothing"],
  [`${"not needed ".repeat(6)}`, "nothing"],
  ["a".repeat(60), "nothing"],
  ["ab ".repeat(30), "nothing"],
  ["-".repeat(60), "nothing"],
  ["🚀".repeat(60), "nothing"],
  ["Seen here", "nothing"],
  [`${" ".repeat(50)}Seen here`, "nothing"],
  ["Seen today", "a little"],
  ["Вчера уже сделано в другой ветке", "a little"],
  [LONG.slice(0, 49), "a little"],
  [`${LONG.slice(0, 48)}🚀`, "a little"],
  [`${LONG.slice(0, 49)}🚀`, "a lot"],
  [LONG.slice(0, 50), "a lot"],
  [LONG, "a lot"],
  [`  ${LONG}\n`, "a lot"],
  [
    "Это изменение касается только комментариев, поэтому данные не затронуты",
    "a lot",
  ],
];

/** Notes of an item or a session, and whether they are short enough. */
export const NOTES: readonly (readonly [string | null, boolean])[] = [
  [null, true],
  [null, true],
  ["Done", true],
  ["🚀".repeat(2000), true],
  ["🚀".repeat(2001), false],
];

export interface EvidenceSample {
  readonly value: JsonObject;
  /** Schemas it satisfies; `Unheard` stands for all that orc does not know. */
  readonly fits: readonly string[];
  readonly isTooLarge?: boolean;
}

export const SCHEMAS = [
  "CodeAnalysisEvidence",
  "EdgeCaseEvidence",
  "SpecReviewEvidence",
  "TestPlanEvidence",
  "Unheard",
];

export const KNOWN_SCHEMAS: readonly string[] = SCHEMAS.slice(0, 4);

export const EVIDENCE: readonly EvidenceSample[] = [
  { value: jsonObject({}), fits: [] },
  { value: jsonObject({ anything: 1 }), fits: ["Unheard"] },
  {
    value: jsonObject({
      files_reviewed: ["a.ts", ""],
      patterns_identified: [],
      approach_decision: "  It is twenty letters ",
      more: true,
    }),
    fits: ["CodeAnalysisEvidence", "Unheard"],
  },
  {
    value: jsonObject({
      files_reviewed: ["a.ts"],
      patterns_identified: [],
      approach_decision: `${" ".repeat(20)}short`,
    }),
    fits: ["Unheard"],
  },
  {
    value: jsonObject({
      cases_considered: ["empty"],
      how_handled: jsonObject({ empty: "refused" }),
    }),
    fits: ["EdgeCaseEvidence", "Unheard"],
  },
  {
    value: jsonObject({
      cases_considered: ["empty"],
      how_handled: jsonObject({ empty: 1 }),
    }),
    fits: ["Unheard"],
  },
  {
    value: jsonObject({ requirements_extracted: ["fast"] }),
    fits: ["SpecReviewEvidence", "Unheard"],
  },
  { value: jsonObject({ requirements_extracted: [] }), fits: ["Unheard"] },
  {
    value: jsonObject({
      test_cases_planned: ["empty"],
      coverage_approach: "each line ",
      edge_cases_covered: ["none"],
    }),
    fits: ["TestPlanEvidence", "Unheard"],
  },
  {
    value: jsonObject({
      test_cases_planned: ["empty"],
      coverage_approach: "each line ",
      edge_cases_covered: "none",
    }),
    fits: ["Unheard"],
  },
  {
    value: jsonObject({
      requirements_extracted: ["x".repeat(70_000)],
    }),
    fits: ["SpecReviewEvidence", "Unheard"],
    isTooLarge: true,
  },
];
