import { hasBox, hasEntry, PLAN_FILE } from "./bundled_checks.ts";
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
        `In ${PLAN_FILE}, one box per result, such as "- [ ] A wrong password shows an error"`,
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
        `In ${PLAN_FILE}, one entry per step: "- Step: what changes where, and why so"; read the code it names first`,
      ],
      check: hasEntry(PLAN_FILE, "Step"),
    },
    {
      id: "risks",
      name: "Risks and way back",
      description: "What can break, who would notice, and how to undo it",
      stepType: "documented",
      notes: [
        `In ${PLAN_FILE}: "- Risk: what can break, and the way back"; data, public interfaces and security first`,
      ],
      check: hasEntry(PLAN_FILE, "Risk"),
    },
    {
      id: "test_list",
      name: "Test cases listed",
      description:
        "Each acceptance criterion has a test, and so have errors, limits and empty input",
      stepType: "required",
      notes: [
        `In ${PLAN_FILE}, one box per case: "- [ ] Test: what is tested"; tick it once the test exists and passes`,
      ],
      check: hasEntry(PLAN_FILE, "Test"),
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
