import {
  hasEntry,
  PLAN_FILE,
  type ProjectCommands,
  runs,
  TEST_TIMEOUT_SECONDS,
} from "./bundled_checks.ts";
import type { BundledItem, BundledPhase } from "./bundled_yaml.ts";

/** The work, checked by the project's own commands. */
export function executePhase(
  { test, build, lint }: ProjectCommands,
): BundledPhase {
  return {
    id: "EXECUTE",
    name: "Execute",
    notes: ["Write each test before the code it tests, and see it fail"],
    items: [
      {
        id: "baseline",
        name: "State before the change",
        description: "What the tests and linters said before the first edit",
        stepType: "documented",
        notes: [
          `In ${PLAN_FILE}: "- Ran: the command, and what failed already"`,
        ],
        check: hasEntry(PLAN_FILE, "Ran"),
      },
      {
        id: "implementation",
        name: "Plan carried out",
        description:
          "The change does what the plan says, no more and no less, and the project builds",
        stepType: "required",
        notes: [
          "No stubs, no commented-out code, no unrelated edits; where the plan was wrong, correct it too",
        ],
        check: build === undefined ? { type: "none" } : runs(build),
      },
      test === undefined ? RECORDED_TESTS : {
        id: "tests_pass",
        name: "Tests pass",
        description: "The new tests and all older ones pass",
        stepType: "gate",
        notes: [
          "Mend the code and not the test; a failure from before the change is for the human to decide",
        ],
        check: runs(test),
        timeoutSeconds: TEST_TIMEOUT_SECONDS,
      },
      lint === undefined ? CLEAN_DIFF : {
        id: "static_checks",
        name: "Linter content",
        description: "The linter finds nothing new",
        stepType: "documented",
        notes: [
          "Skip it only for what the baseline names, and say so in the reason",
        ],
        check: runs(lint),
      },
    ],
  };
}

const RECORDED_TESTS: BundledItem = {
  id: "tests_pass",
  name: "Tests pass",
  description:
    "The new tests and all older ones pass, with the output as evidence",
  stepType: "required",
  notes: [
    `In ${PLAN_FILE}: "- Result: the command and the end of its output"`,
    "Once the project has a command for its tests, set test_command and make this a gate",
  ],
  check: hasEntry(PLAN_FILE, "Result"),
};

const CLEAN_DIFF: BundledItem = {
  id: "static_checks",
  name: "Clean diff",
  description: "No conflict markers and no stray blanks",
  stepType: "documented",
  notes: ["Skip it only outside a git repository, or before the first commit"],
  check: runs(
    "git diff --check HEAD",
    "the diff has no conflict marker and no stray blank",
  ),
};
