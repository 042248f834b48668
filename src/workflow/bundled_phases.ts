import {
  hasWords,
  LEARNINGS_FILE,
  type ProjectCommands,
} from "./bundled_checks.ts";
import { executePhase } from "./bundled_execute.ts";
import { PLAN } from "./bundled_plan.ts";
import { REVIEW, verifyPhase } from "./bundled_review.ts";
import type { BundledPhase } from "./bundled_yaml.ts";

/** The phases of the bundled workflow, with the project's own commands as gates. */
export function bundledPhases(
  commands: ProjectCommands,
): readonly BundledPhase[] {
  return [PLAN, executePhase(commands), REVIEW, verifyPhase(commands), LEARN];
}

const LEARN: BundledPhase = {
  id: "LEARN",
  name: "Learn",
  notes: [],
  items: [
    {
      id: "docs_current",
      name: "Documents say what is true now",
      description:
        "README, changelog, examples and comments agree with the change",
      stepType: "documented",
      notes: ["Search the repository for the names that changed"],
      check: { type: "none" },
    },
    {
      id: "learnings",
      name: "Learnings kept",
      description: "What cost time and would cost it again, with the remedy",
      stepType: "required",
      notes: [
        `One line each in ${LEARNINGS_FILE}, such as "- Tests need a running database: make db"`,
      ],
      check: hasWords(LEARNINGS_FILE),
    },
  ],
};
