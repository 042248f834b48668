import {
  buildItem,
  CHANGED,
  checkOf,
  finalTests,
  hasBox,
  hasEntry,
  hasNoOpenBox,
  hasWords,
  LEARNING,
  LEARNINGS_FILE,
  type NamedCommands,
  PLAN_FILE,
  RECORDED_TESTS,
  reproduced,
  REVIEW_FILE,
  RISKS,
  SEEN_TESTS,
  staticChecks,
  stepsIn,
  TASKS,
  testsOfParts,
} from "./pieces.ts";
import type { Project } from "./project.ts";

/** The built-in workflow with the commands of a project; one that is named takes the place of those found. */
export function bundledWorkflow(
  project: Pick<Project, "parts">,
  named: NamedCommands = {},
): string {
  const { tests, builds, lints, settings } = stepsIn(project, named);
  const [build, ...otherBuilds] = builds;
  return `${HEADER}
${settings}
phases:
  - id: PLAN
    name: Plan
    from: m
    # Hooks of agents refuse all other edits in this phase.
    allow_write: ["${TASKS}/**"]
    notes:
      - "Change no code yet: everything goes into ${PLAN_FILE}"
    items:
      - id: scope
        name: Scope and acceptance criteria
        description: Results that somebody else can observe, and what stays as it is
        step_type: required
        notes:
          - 'In ${PLAN_FILE}, one box per result, such as "- [ ] A wrong password shows an error"'
          - Ask the human about everything the task leaves open
        ${hasBox(PLAN_FILE)}
      - id: plan
        name: Written plan
        description: Which files and functions change, in which order, and why in this way
        step_type: required
        notes:
          - 'In ${PLAN_FILE}, one entry per step: "- Step: what changes where, and why so"; read the code it names first'
        ${hasEntry(PLAN_FILE, "Step")}
      - id: risks
        name: Risks and way back
        description: What can break, who would notice, and how to undo it
        from: l
        step_type: documented
        notes:
          - 'In ${PLAN_FILE}: "- Risk: what can break, and the way back"; data, public interfaces and security first'
        ${hasEntry(PLAN_FILE, "Risk")}
      - id: test_list
        name: Test cases listed
        description: Each acceptance criterion has a test, and so have errors, limits and empty input
        step_type: required
        notes:
          - 'In ${PLAN_FILE}, one box per case: "- [ ] Test: what is tested, and how it ends"; tick it once the test exists and passes'
        ${hasEntry(PLAN_FILE, "Test")}
      - id: plan_approval
        name: Plan approved
        description: "A human has read ${PLAN_FILE} and agrees"
        from: l
        step_type: gate
        shows: ["${PLAN_FILE}"]
        verification:
          type: manual_gate
          description: "Does the plan solve the right problem in the right way?"

  - id: EXECUTE
    name: Execute
    items:
      - id: baseline
        name: State before the change
        description: What the tests and linters said before the first edit
        from: l
        step_type: documented
        notes:
          - 'In ${PLAN_FILE}: "- Ran: the command, and what failed already"'
        ${hasEntry(PLAN_FILE, "Ran")}
      - id: implementation
        name: Change carried out
        description: The change does what was asked for and planned, no more and no less, and the project builds
        ${tests.length > 0 ? "from: s\n        " : ""}step_type: required
        ${CHANGED}
        notes:
          - No stubs, no commented-out code, no unrelated edits; where the plan was wrong, correct it too
${
    tests.length > 0
      ? "          - Write each test before the code it tests, and see it fail\n"
      : ""
  }\
${build ? `        ${checkOf(build)}\n` : ""}\
${
    tests[0]
      ? reproduced(
        [tests[0], ...tests.slice(1)],
        ["from: s", "to: s"],
        "documented",
      )
      : ""
  }\
      - id: docs_current
        name: Documents say what is true now
        description: README, changelog, examples and comments agree with the change
        from: m
        step_type: documented
        notes:
          - Search the repository for the names that changed
${otherBuilds.map((step) => buildItem(step, "m")).join("")}\
${tests.length > 0 ? testsOfParts(tests) : RECORDED_TESTS}
${staticChecks(lints, tests.length > 0)}

  - id: REVIEW
    name: Review
    from: m
    notes:
      - "Read the diff as if a stranger had written it; ${REVIEW_FILE} holds the result"
    items:
      - id: self_review
        name: Whole diff reviewed
        description: Each finding says where, what is wrong, and what follows from it
        step_type: required
        notes:
          - "In ${REVIEW_FILE}, one box per finding; if there are none, a ticked box that says what was looked at"
          - Look for wrong results, missing errors, races, needless code, names that mislead
        ${hasBox(REVIEW_FILE)}
      - id: security_check
        name: Security looked at
        description: Input from outside, secrets, permissions and new dependencies were considered
        from: l
        step_type: required
        notes:
          - 'In ${REVIEW_FILE}: "- Security: what was considered, and what came of it"'
        ${hasEntry(REVIEW_FILE, "Security")}
      - id: findings_resolved
        name: Findings resolved
        description: Each finding is mended, or refuted beside its box
        step_type: gate
        notes:
          - "Tick each box in ${REVIEW_FILE} once its finding is mended or refuted"
        ${hasNoOpenBox(REVIEW_FILE)}

  - id: VERIFY
    name: Verify
    from: s
    items:
${tests.length > 0 ? tests.map(finalTests).join("\n") : SEEN_TESTS}
      - id: criteria_met
        name: Acceptance criteria met
        description: Each result of the plan was observed, and each test case exists
        from: m
        step_type: gate
        notes:
          - "Tick each box in ${PLAN_FILE} after seeing it true"
        ${hasNoOpenBox(PLAN_FILE)}
      - id: accepted
        name: Change accepted
        description: A human has seen the change and wants it
        to: s
        step_type: gate
        notes:
          - Tell the human in three lines what was changed and how to try it
        verification:
          type: manual_gate
          description: "Does it do what was asked for?"
      - id: acceptance
        name: Result accepted
        description: A human has tried the result and wants it
        from: m
        step_type: gate
        notes:
          - Tell the human in three lines how to try it and what was left out
        shows: ["${PLAN_FILE}", "${REVIEW_FILE}"]
        verification:
          type: manual_gate
          description: "Does it do what was asked for?"

  - id: LEARN
    name: Learn
    from: m
    items:
      - id: learnings
        name: Learnings kept
        description: What cost time and would cost it again, with the remedy
        step_type: required
        notes:
          - 'One line each in ${LEARNINGS_FILE}, such as "- Tests need a running database: make db"'
        ${hasWords(LEARNINGS_FILE, "", 'an entry "- "', LEARNING)}
`;
}

const HEADER = `\
# How work is done in this project; orc enforces it.
#
# An item is done when its check passes, not when somebody says so. The checks
# look into files that the work itself produces, in a directory of the session's
# own: {{session_name}} becomes a name such as add-login-3f2a when it starts.
#
#   plan.md       boxes for results, then entries "- Step: ...", "- Risk: ...",
#                 "- [ ] Test: ...", "- Ran: ..."
#   review.md     a box for each finding, and "- Security: ..."
#   learnings.md  what the next session should know
#
# A box, "- [ ] something", is a promise: a gate stays shut until it is ticked.
#
# The checks use "git grep --no-index": unlike file_exists it looks into the
# file, and it works the same on Linux, macOS and Windows, in a git repository
# and outside.
#
# inputs names the files that a result depends on, none with []. Where they
# change, the check runs again before the session can be finished.
#
# Change whatever does not fit, then run: orc validate
# A session that has started keeps the workflow it started with.

name: Software change
version: "1.0"
description: Plan, execute, review, verify and learn, with checks that can fail

# How much of it a task needs depends on its size: xs a typo, s a bug, m a feature,
# l what goes deep. A session begins at the size that the task's words tell, and grows
# when the change outgrows it. from and to name the sizes that need an item.
sizes: [xs, s, m, l]
${RISKS}
`;
