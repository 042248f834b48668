import { hasBox, hasHeading, PLAN_FILE } from "./bundled_checks.ts";
import type { BundledPhase } from "./bundled_yaml.ts";

/** The work before the work: everything in one file, and a human's yes to it. */
export const PLAN: BundledPhase = {
  id: "PLAN",
  name: "Plan",
  notes: [`Change no code yet: everything goes into ${PLAN_FILE}`],
  items: [
    {
      id: "scope",
      name: "Scope and acceptance criteria",
      description:
        "Results that somebody else can observe, and what stays as it is",
      stepType: "required",
      notes: [
        `In ${PLAN_FILE} below "## Acceptance", one box per result, such as "- [ ] A wrong password shows an error"`,
        "Ask the human about everything the task leaves open",
      ],
      check: hasBox(PLAN_FILE),
    },
    {
      id: "plan",
      name: "Written plan",
      description:
        "Which files and functions change, in which order, and why in this way",
      stepType: "required",
      notes: [
        `In ${PLAN_FILE} below "## Approach"; read the code it names first, and name the way not taken`,
      ],
      check: hasHeading(PLAN_FILE, "Approach"),
    },
    {
      id: "risks",
      name: "Risks and way back",
      description: "What can break, who would notice, and how to undo it",
      stepType: "documented",
      notes: [
        `In ${PLAN_FILE} below "## Risks"; data, public interfaces and security first`,
      ],
      check: hasHeading(PLAN_FILE, "Risks"),
    },
    {
      id: "test_list",
      name: "Test cases listed",
      description:
        "Each acceptance criterion has a test, and so have errors, limits and empty input",
      stepType: "required",
      notes: [
        `In ${PLAN_FILE} below "## Tests", one box per case, to be ticked once the test exists and passes`,
      ],
      check: hasHeading(PLAN_FILE, "Tests"),
    },
    {
      id: "plan_approval",
      name: "Plan approved",
      description: `A human has read ${PLAN_FILE} and agrees`,
      stepType: "gate",
      notes: [],
      check: {
        type: "manual_gate",
        question: "Does the plan solve the right problem in the right way?",
      },
    },
  ],
};
