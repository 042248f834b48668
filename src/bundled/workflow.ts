import { SESSION_NAME } from "../base/names.ts";
import { planCommand } from "../workflow/command.ts";
import type { Project, ProjectPart } from "./project.ts";

/** A command of a part of the project, and where an item has its name from. */
interface Step {
  /** Name of the setting that holds the command. */
  readonly setting: string;
  readonly command: string;
  /** Where it runs; "" for the working tree itself. */
  readonly directory: string;
  /** Ends ids; empty for the first part. */
  readonly suffix: string;
  /** Ends names, where the project has several parts. */
  readonly label: string;
}

/** The built-in workflow with the commands of a project; one that is named takes the place of those found. */
export function bundledWorkflow(
  { parts }: Pick<Project, "parts">,
  named: Partial<Record<StepSetting, string>> = {},
): string {
  const tests = stepsOf("test_command", "testCommand", parts, named);
  const builds = stepsOf("build_command", "buildCommand", parts, named);
  const lints = stepsOf("lint_command", "lintCommand", parts, named);
  const found = [...tests, ...builds, ...lints].map(({ setting, command }) =>
    `  ${setting}: ${scalarYaml(command)}\n`
  );
  const kinds = parts.map(({ name, directory }) =>
    directory === "" ? name : `${name} in ${directory}`
  );
  if (found.length > 0 && kinds.length > 0) {
    found.unshift(`  # Found in this project (${kinds.join(", ")}).\n`);
  }
  const [build, ...otherBuilds] = builds;
  return `${HEADER}
settings:
  # Manual gates wait for a human.
  supervision_mode: supervised
${tests.length > 0 ? "" : NO_TESTS}${found.join("")}
phases:
  - id: PLAN
    name: Plan
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
        step_type: gate
        shows: ["${PLAN_FILE}"]
        verification:
          type: manual_gate
          description: "Does the plan solve the right problem in the right way?"

  - id: EXECUTE
    name: Execute
    notes:
      - Write each test before the code it tests, and see it fail
    items:
      - id: baseline
        name: State before the change
        description: What the tests and linters said before the first edit
        step_type: documented
        notes:
          - 'In ${PLAN_FILE}: "- Ran: the command, and what failed already"'
        ${hasEntry(PLAN_FILE, "Ran")}
      - id: implementation
        name: Plan carried out
        description: The change does what the plan says, no more and no less, and the project builds
        step_type: required
        notes:
          - No stubs, no commented-out code, no unrelated edits; where the plan was wrong, correct it too
${build ? `        ${checkOf(build)}\n` : ""}\
      - id: docs_current
        name: Documents say what is true now
        description: README, changelog, examples and comments agree with the change
        step_type: documented
        notes:
          - Search the repository for the names that changed
${otherBuilds.map(buildItem).join("")}\
${tests.length > 0 ? tests.map(testsPass).join("\n") : RECORDED_TESTS}
${lints.length > 0 ? lints.map(linterContent).join("\n") : CLEAN_DIFF}

  - id: REVIEW
    name: Review
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
    items:
${tests.length > 0 ? tests.map(finalTests).join("\n") : SEEN_TESTS}
      - id: criteria_met
        name: Acceptance criteria met
        description: Each result of the plan was observed, and each test case exists
        step_type: gate
        notes:
          - "Tick each box in ${PLAN_FILE} after seeing it true"
        ${hasNoOpenBox(PLAN_FILE)}
      - id: acceptance
        name: Result accepted
        description: A human has tried the result and wants it
        step_type: gate
        notes:
          - Tell the human in three lines how to try it and what was left out
        shows: ["${PLAN_FILE}", "${REVIEW_FILE}"]
        verification:
          type: manual_gate
          description: "Does it do what was asked for?"

  - id: LEARN
    name: Learn
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

/** An id has at most 100 characters. */
const MAX_WORD_LENGTH = 60;

type StepSetting = "test_command" | "build_command" | "lint_command";

function stepsOf(
  setting: StepSetting,
  key: "testCommand" | "buildCommand" | "lintCommand",
  parts: readonly ProjectPart[],
  named: Partial<Record<StepSetting, string>>,
): readonly Step[] {
  const command = named[setting];
  if (command !== undefined) {
    return [{ setting, command, directory: "", suffix: "", label: "" }];
  }
  const steps: Step[] = [];
  for (const part of parts) {
    const command = part[key];
    if (command === undefined) continue;
    const { directory } = part;
    const place = directory === "" ? part.name : directory;
    const word = place.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "_")
      .slice(0, MAX_WORD_LENGTH);
    let suffix = steps.length === 0 ? "" : `_${word}`;
    for (let n = 2; steps.some((step) => step.suffix === suffix); n++) {
      suffix = `_${word}_${n}`;
    }
    const label = parts.length > 1 ? ` (${place})` : "";
    steps.push({
      setting: setting + suffix,
      command,
      directory,
      suffix,
      label,
    });
  }
  return steps;
}

/** How a check names a command: by its setting, or as it is where no setting may hold it. */
function checkOf({ setting, command, directory }: Step): string {
  const reference = `{{${setting}}}`;
  const plan = planCommand(reference, new Map([[setting, command]]));
  const check = runs(plan.kind === "invalid" ? command : reference);
  const place = directory === ""
    ? ""
    : `working_dir: ${scalarYaml(directory)}\n        `;
  return `${place}inputs: ["!${TASKS}/**"]\n        ${check}`;
}

/** A run without tests proves nothing, and all tests of a project may take longer than other checks. */
function testCheckOf(step: Step): string {
  return `${checkOf(step)}
          expect_tests: true
        timeout_seconds: 1800`;
}

/** What is asked for in writing is the session's own: an earlier task's must not pass the next one's checks. */
const TASKS = "docs/tasks";
const DIRECTORY = `${TASKS}/{{${SESSION_NAME}}}`;
const PLAN_FILE = `${DIRECTORY}/plan.md`;
const REVIEW_FILE = `${DIRECTORY}/review.md`;
const LEARNINGS_FILE = `${DIRECTORY}/learnings.md`;

/** A check that runs a command; the description says in words what it looks for. */
function runs(command: string, description?: string): string {
  const check = `verification:
          type: command
          command: ${scalarYaml(command)}`;
  return description === undefined ? check : `${check}
          description: ${scalarYaml(description)}`;
}

/** Where a list entry begins, whichever way Markdown spells it. */
const BULLET = "^[[:space:]]*([-*+]|[0-9]+[.)])[[:space:]]+";

/** Characters that say something; what the next session should know takes more. */
const WORDS = 15;
const LEARNING = 20;

/** A check for an entry with a label and words behind it: an empty heading says nothing. */
function hasEntry(file: string, label: string): string {
  const box = "([[][ xX][]] *)?";
  return hasWords(file, `${box}${label}: `, `an entry "- ${label}: "`, WORDS);
}

/** A check for a box, open or ticked, with words behind it. */
function hasBox(file: string): string {
  return hasWords(file, "[[][ xX][]] ", 'a box "- [ ] "', WORDS);
}

/** A check for an entry of a list; what it asks for is said in full, or it would be guessed. */
function hasWords(
  file: string,
  start: string,
  name: string,
  length: number,
): string {
  const check = runs(
    `git grep --no-index -q -i -E -e '${BULLET}${start}.{${length}}' -- ${file}`,
    `${file} has ${name} with at least ${length} characters behind it`,
  );
  // Such a file grows until the session ends: what was asked for had to be in it then.
  return `inputs: []\n        ${check}`;
}

/** A check that lists the file only if it is there without an open box; listing nothing is failing. */
function hasNoOpenBox(file: string): string {
  const check = runs(
    `git grep --no-index -L -E -e '${BULLET}[[] []]' -- ${file}`,
    `${file} is there and has no open box "- [ ]" left`,
  );
  return `inputs: ["${file}"]\n        ${check}`;
}

/** Words that YAML 1.1 would not take for a string. */
const TYPED_WORD = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** Writes a string as a person would: with quotes only where YAML needs them. */
export function scalarYaml(text: string): string {
  const isPlain = /^[A-Za-z](?:[\w .,;()/'-]*[\w.)])?$/.test(text);
  if (isPlain && !TYPED_WORD.test(text)) return text;
  const fitsSingleQuotes = /^[\x20-\x26\x28-\x7e]*$/.test(text);
  return fitsSingleQuotes && text.includes('"')
    ? `'${text}'`
    : JSON.stringify(text);
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
`;

const NO_TESTS = `\
  # No way to run tests was found here. Once there is one, add it:
  #   test_command: make test
  # and let tests_pass and final_tests run it:
  #   step_type: gate
  #   verification: {type: command, command: "{{test_command}}", expect_tests: true}
`;

function buildItem(step: Step): string {
  return `\
      - id: build${step.suffix}
        name: ${scalarYaml(`Builds${step.label}`)}
        description: The part builds with the change
        step_type: required
        ${checkOf(step)}
`;
}

function testsPass(step: Step): string {
  return `\
      - id: tests_pass${step.suffix}
        name: ${scalarYaml(`Tests pass${step.label}`)}
        description: The new tests and all older ones pass
        step_type: gate
        notes:
          - Mend the code and not the test; a failure from before the change is for the human to decide
        ${testCheckOf(step)}`;
}

function finalTests(step: Step): string {
  return `\
      - id: final_tests${step.suffix}
        name: ${scalarYaml(`Tests pass on the final state${step.label}`)}
        description: Nothing that the review changed broke anything
        step_type: gate
        ${testCheckOf(step)}`;
}

const RECORDED_TESTS = `\
      - id: tests_pass
        name: Test run written down
        description: No command for the tests is known here, so what was run and how it ended is written down
        step_type: required
        notes:
          - 'In ${PLAN_FILE}: "- Result: the command and the end of its output"'
          - Once the project has a command for its tests, set test_command and make this a gate
        ${hasEntry(PLAN_FILE, "Result")}`;

function linterContent(step: Step): string {
  return `\
      - id: static_checks${step.suffix}
        name: ${scalarYaml(`Linter content${step.label}`)}
        description: The linter finds nothing new
        step_type: documented
        notes:
          - Skip it only for what the baseline names, and say so in the reason
        ${checkOf(step)}`;
}

const CLEAN_DIFF = `\
      - id: static_checks
        name: Clean diff
        description: No conflict markers and no stray blanks
        step_type: documented
        notes:
          - Skip it only outside a git repository, or before the first commit
        inputs: ["!${TASKS}/**"]
        verification:
          type: command
          # New files are looked at too: git is told of them in a copy of its index, and
          # nothing is left of it. What begins with "!" runs in git's own shell, also on Windows.
          command: >-
            git -c 'alias.check-all=!new=$(mktemp -d) && trap "rm -rf \\"\\$new\\"" EXIT &&
            cp "$(git rev-parse --git-path index)" "$new/index" &&
            export GIT_ALTERNATE_OBJECT_DIRECTORIES="$(git rev-parse --git-path objects)"
            GIT_OBJECT_DIRECTORY="$new" GIT_INDEX_FILE="$new/index" &&
            git add --intent-to-add "./$GIT_PREFIX" ":!$GIT_PREFIX"${TASKS} ":!$GIT_PREFIX".orchestrator &&
            git diff --check HEAD' check-all
          description: no changed and no new file has a conflict marker or a stray blank`;

const SEEN_TESTS = `\
      - id: final_tests
        name: Tests seen to pass on the final state
        description: Nothing that the review changed broke anything
        step_type: gate
        verification:
          type: manual_gate
          description: "Have you seen the tests pass? No command for them is known here."`;
