/** The phases of the workflows for a kind of work, as YAML. */
import {
  buildItem,
  CHANGED,
  checkOf,
  cleanDiff,
  hasBox,
  hasEntry,
  hasNoOpenBox,
  NOTES_FILE,
  PLAN_FILE,
  reproduced,
  RESEARCH_FILE,
  REVIEW_FILE,
  scalarYaml,
  type Steps,
  TASKS,
  testCheckOf,
  testsOfParts,
  testsPass,
  together,
} from "./pieces.ts";

export function bugfix(steps: Steps): string {
  return `\
  - id: CAUSE
    name: Cause
    from: m
    allow_write: ["${TASKS}/**"]
    notes:
      - Change no code yet
    items:
      - id: cause
        name: Cause found
        description: Why it goes wrong, in which file and line, and since when
        step_type: required
        notes:
          - 'In ${NOTES_FILE}: "- Cause: what goes wrong where, and why"'
        ${hasEntry(NOTES_FILE, "Cause")}
      - id: similar
        name: Similar places looked for
        description: Where the same mistake stands, too
        step_type: required
        notes:
          - 'In ${NOTES_FILE}: "- Similar: what was searched for, and what was found"'
        ${hasEntry(NOTES_FILE, "Similar")}

  - id: FIX
    name: Fix
    items:
${implemented(steps, "The cause is mended and not the symptom, in all places")}
${proved(steps)}
${afterwards(steps, "m")}

${accepted("")}`;
}

export function feature(steps: Steps): string {
  return `\
  - id: DESIGN
    name: Design
    allow_write: ["${TASKS}/**"]
    notes:
      - "Change no code yet: everything goes into ${PLAN_FILE}"
    items:
      - id: criteria
        name: Acceptance criteria
        description: Results that somebody else can observe
        step_type: required
        notes:
          - 'In ${PLAN_FILE}, one box per result: "- [ ] A wrong password shows an error"'
        ${hasBox(PLAN_FILE)}
      - id: design
        name: Design
        description: What changes where, and why in this way; which other way was left
        step_type: required
        notes:
          - 'In ${PLAN_FILE}, one entry per step: "- Step: what changes where, and why so"'
        ${hasEntry(PLAN_FILE, "Step")}
      - id: risks
        name: Risks and way back
        description: What can break, who would notice, and how to undo it
        from: l
        step_type: required
        notes:
          - 'In ${PLAN_FILE}: "- Risk: what can break, and the way back"'
        ${hasEntry(PLAN_FILE, "Risk")}
      - id: design_approval
        name: Design approved
        description: A human has read it and agrees
        from: l
        step_type: gate
        shows: ["${PLAN_FILE}"]
        verification:
          type: manual_gate
          description: "Is it the right thing, in the right way?"

  - id: BUILD
    name: Build
    notes:
      - Write each test before the code it tests, and see it fail
    items:
${implemented(steps, "It does what the criteria say, no more and no less")}
${afterwards(steps)}

${reviewed("m")}

  - id: ACCEPT
    name: Accept
    items:
      - id: criteria_met
        name: Criteria met
        description: Each result was observed
        step_type: gate
        notes:
          - "Tick each box in ${PLAN_FILE} after seeing it true"
        ${hasNoOpenBox(PLAN_FILE)}
${acceptedItem(`\n        shows: ["${PLAN_FILE}"]`)}`;
}

export function refactor(steps: Steps): string {
  const [test, ...others] = steps.tests;
  const before = test === undefined
    ? `        notes:
          - 'In ${NOTES_FILE}: "- Ran: what was run before the first edit, and how it ended"'
        ${hasEntry(NOTES_FILE, "Ran")}`
    : `        ${testCheckOf(together([test, ...others]), { inputs: "[]" })}`;
  return `\
  - id: CHANGE
    name: Change
    phase_type: strict
    notes:
      - No behaviour changes, and no test but where it names what moved
    items:
      - id: tests_before
        name: Behaviour held fast
        description: The tests cover what is to stay, and pass before the first edit
        step_type: required
${before}
${implemented(steps, "The code is better to read, and does the same")}
${otherBuilds(steps, "m")}\
${test === undefined ? tested(steps) : testsOfParts(steps.tests)}

${reviewed("m")}

${accepted("")}`;
}

const DOCUMENTS = [
  "**/*.md",
  "**/*.mdx",
  "**/*.rst",
  "**/*.adoc",
  "**/*.txt",
  "docs/**",
  `!${TASKS}/**`,
];

export function docs(_: Steps): string {
  return `\
  - id: WRITE
    name: Write
    items:
      - id: written
        name: Documents written
        description: They say what is true now, in words that their readers know
        step_type: required
        changes: [${DOCUMENTS.map(scalarYaml).join(", ")}]
${cleanDiff()}

${accepted("from: s")}`;
}

export function release({ tests, builds, ...steps }: Steps): string {
  const file = NOTES_FILE;
  return `\
  - id: PREPARE
    name: Prepare
    items:
      - id: version_set
        name: Version set
        description: The new version stands wherever the project names it, by what changed
        step_type: required
        ${CHANGED}
        notes:
          - 'In ${file}: "- Version: the new one, and why it is major, minor or patch"'
        ${hasEntry(file, "Version")}
      - id: changelog
        name: Changelog complete
        description: What users notice since the last release, in their words
        step_type: required
        notes:
          - 'In ${file}: "- Changes: where they are written, and what breaks"'
        ${hasEntry(file, "Changes")}
${builds.map((step) => buildItem(step)).join("")}\
${tested({ ...steps, tests, builds })}

  - id: PUBLISH
    name: Publish
    items:
      - id: release_approval
        name: Release approved
        description: A human wants it out
        step_type: gate
        shows: ["${file}"]
        verification:
          type: manual_gate
          description: "Shall this version be published?"
      - id: published
        name: Published and seen
        description: Somebody fetched it from where users do, and it runs
        step_type: required
        notes:
          - 'In ${file}: "- Published: where, and how it was seen to run"'
        ${hasEntry(file, "Published")}
`;
}

export function research(_: Steps): string {
  const entry = (
    id: string,
    name: string,
    label: string,
    words: string,
  ): string =>
    `\
      - id: ${id}
        name: ${name}
        step_type: required
        notes:
          - 'In ${RESEARCH_FILE}: "- ${label}: ${words}"'
        ${hasEntry(RESEARCH_FILE, label)}`;
  return `\
  - id: ASK
    name: Ask
    items:
${
    entry(
      "question",
      "Question",
      "Question",
      "what is to be known, and what for",
    )
  }

  - id: FIND
    name: Find
    notes:
      - Say of each finding where it is from; what you could not check is none
    items:
${
    entry(
      "sources",
      "Sources",
      "Source",
      "where, as of when, and how far it is to be trusted",
    )
  }
${
    entry(
      "findings",
      "Findings",
      "Finding",
      "what is so, by which source or trial",
    )
  }
${entry("doubts", "Doubts", "Doubt", "what speaks against it, or stays open")}

  - id: ANSWER
    name: Answer
    items:
${
    entry(
      "answer",
      "Answer",
      "Answer",
      "in one sentence, with what follows from it",
    )
  }
${acceptedItem(`\n        shows: ["${RESEARCH_FILE}"]`)}`;
}

/** What people call their tests. */
const TEST_FILES = [
  "**/*test*",
  "**/*spec*",
  "**/test/**",
  "**/tests/**",
  "**/spec/**",
  `!${TASKS}/**`,
];

export function tdd(steps: Steps): string {
  return `\
  - id: TEST_FIRST
    name: Test first
    phase_type: strict
    items:
      - id: test_written
        name: Test written and seen to fail
        description: It fails because the behaviour is missing, and for no other reason
        step_type: required
        changes: [${TEST_FILES.map(scalarYaml).join(", ")}]
        notes:
          - Change no code yet but tests
${implemented(steps, "The least that makes the test pass")}
${proved(steps)}
      - id: cleaned
        name: Code cleaned
        description: Names, repetition and what is needed no more, while the tests stay green
        from: m
        step_type: documented
        notes:
          - 'In ${NOTES_FILE}: "- Cleaned: what, or why nothing"'
        ${hasEntry(NOTES_FILE, "Cleaned")}
${afterwards(steps, "m")}

${accepted("")}`;
}

/** The change itself, which has to differ from the start. */
function implemented({ builds }: Steps, description: string): string {
  const [build] = builds;
  return `\
      - id: implementation
        name: Change made
        description: ${description}
        step_type: required
        ${CHANGED}${build ? `\n        ${checkOf(build)}` : ""}`;
}

/** A test that fails without the change; where none can be run, how that was seen. */
function proved({ tests }: Steps): string {
  const [test, ...others] = tests;
  if (test !== undefined) {
    return reproduced([test, ...others], [], "required").trimEnd();
  }
  return `\
      - id: reproduce
        name: Failure reproduced
        description: No command for the tests is known here, so how it was seen is written down
        step_type: required
        notes:
          - 'In ${NOTES_FILE}: "- Seen: what failed before, and how that was seen"'
        ${hasEntry(NOTES_FILE, "Seen")}`;
}

/** The tests of all parts; where none can be run, what was observed. */
function tested({ tests }: Steps, from = ""): string {
  return tests.length > 0
    ? tests.map((step) => testsPass(step, from)).join("\n")
    : `\
      - id: tests_pass
        name: Result observed
        description: No command for the tests is known here, so what was run and how it ended is written down
        step_type: required
        notes:
          - 'In ${NOTES_FILE}: "- Result: what was run, and the end of its output"'
        ${hasEntry(NOTES_FILE, "Result")}`;
}

/** Where a test was proved to fail without the change, all passed by then: only larger tasks go on from there. */
function afterwards(steps: Steps, from = ""): string {
  return `${otherBuilds(steps, from)}${tested(steps, from)}`;
}

/** All but the first, which is built with the change itself. */
function otherBuilds({ builds: [, ...others] }: Steps, from: string): string {
  return others.map((step) => buildItem(step, from)).join("");
}

function reviewed(from: string): string {
  return `\
  - id: REVIEW
    name: Review
    from: ${from}
    items:
      - id: self_review
        name: Whole diff reviewed
        description: Each finding says where, what is wrong, and what follows from it
        step_type: required
        notes:
          - "In ${REVIEW_FILE}, one box per finding; if there are none, a ticked box that says what was looked at"
        ${hasBox(REVIEW_FILE)}
      - id: findings_resolved
        name: Findings resolved
        description: Each finding is mended, or refuted beside its box
        step_type: gate
        ${hasNoOpenBox(REVIEW_FILE)}`;
}

function accepted(range: string): string {
  return `\
  - id: ACCEPT
    name: Accept
${range === "" ? "" : `    ${range}\n`}    items:
${acceptedItem("")}`;
}

function acceptedItem(shows: string): string {
  return `\
      - id: accepted
        name: Result accepted
        description: A human has seen it and wants it
        step_type: gate${shows}
        notes:
          - Tell the human in three lines what was done and how to see it
        verification:
          type: manual_gate
          description: "Does it do what was asked for?"
`;
}
