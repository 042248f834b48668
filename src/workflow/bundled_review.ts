import {
  hasBox,
  hasEntry,
  hasNoOpenBox,
  PLAN_FILE,
  type ProjectCommands,
  REVIEW_FILE,
  runs,
  TEST_TIMEOUT_SECONDS,
} from "./bundled_checks.ts";
import type { BundledPhase } from "./bundled_yaml.ts";

/** A second look, by whoever did the work; no service is asked. */
export const REVIEW: BundledPhase = {
  id: "REVIEW",
  name: "Review",
  notes: [
    `Read the diff as if a stranger had written it; ${REVIEW_FILE} holds the result`,
  ],
  items: [
    {
      id: "self_review",
      name: "Whole diff reviewed",
      description:
        "Each finding says where, what is wrong, and what follows from it",
      stepType: "required",
      notes: [
        `In ${REVIEW_FILE}, one box per finding; if there are none, a ticked box that says what was looked at`,
        "Look for wrong results, missing errors, races, needless code, names that mislead",
      ],
      check: hasBox(REVIEW_FILE),
    },
    {
      id: "security_check",
      name: "Security looked at",
      description:
        "Input from outside, secrets, permissions and new dependencies were considered",
      stepType: "required",
      notes: [
        `In ${REVIEW_FILE}: "- Security: what was considered, and what came of it"`,
      ],
      check: hasEntry(REVIEW_FILE, "Security"),
    },
    {
      id: "findings_resolved",
      name: "Findings resolved",
      description: "Each finding is mended, or refuted beside its box",
      stepType: "gate",
      notes: [`Passes when ${REVIEW_FILE} has no open box left`],
      check: hasNoOpenBox(REVIEW_FILE),
    },
  ],
};

/** What was promised against what is there, on the final state. */
export function verifyPhase({ test }: ProjectCommands): BundledPhase {
  return {
    id: "VERIFY",
    name: "Verify",
    notes: [],
    items: [
      {
        id: "final_tests",
        name: "Tests pass on the final state",
        description: "Nothing that the review changed broke anything",
        stepType: "gate",
        notes: [],
        ...test === undefined
          ? {
            check: {
              type: "manual_gate",
              question:
                "Have you seen the tests pass? No command for them is known here.",
            } as const,
          }
          : { check: runs(test), timeoutSeconds: TEST_TIMEOUT_SECONDS },
      },
      {
        id: "criteria_met",
        name: "Acceptance criteria met",
        description:
          "Each result of the plan was observed, and each test case exists",
        stepType: "gate",
        notes: [
          `Passes when ${PLAN_FILE} has no open box left; tick a box only after seeing it true`,
        ],
        check: hasNoOpenBox(PLAN_FILE),
      },
      {
        id: "acceptance",
        name: "Result accepted",
        description: "A human has tried the result and wants it",
        stepType: "gate",
        notes: [
          "Tell the human in three lines how to try it and what was left out",
        ],
        check: {
          type: "manual_gate",
          question: "Does it do what was asked for?",
        },
      },
    ],
  };
}
