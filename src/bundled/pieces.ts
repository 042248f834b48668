/** What ready workflows are made of: checks, and items that several of them share. */
import { SESSION_NAME } from "../base/names.ts";
import { planCommand } from "../workflow/command.ts";
import type { StepType } from "../workflow/types.ts";
import type { Project, ProjectPart } from "./project.ts";

/** A command of a part of the project, and where an item has its name from. */
export interface Step {
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

/** The commands of a project, by what they do, and the settings that hold them. */
export interface Steps {
  readonly tests: readonly Step[];
  readonly builds: readonly Step[];
  readonly lints: readonly Step[];
  /** As YAML, with its key. */
  readonly settings: string;
}

/** The commands found in a project; one that is named takes the place of those. */
export function stepsIn(
  { parts }: Pick<Project, "parts">,
  named: NamedCommands,
): Steps {
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
  const settings = `\
settings:
  # Manual gates wait for a human.
  supervision_mode: supervised
${tests.length > 0 ? "" : NO_TESTS}${found.join("")}`;
  return { tests, builds, lints, settings };
}

/** Commands that a user named. */
export type NamedCommands = Partial<Record<StepSetting, string>>;

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
function namedIn({ setting, command }: Step): string {
  const reference = `{{${setting}}}`;
  const plan = planCommand(reference, new Map([[setting, command]]));
  return setting === "" || plan.kind === "invalid" ? command : reference;
}

/** A check that runs a command of a part; it depends on all but what the session writes down. */
export function checkOf(step: Step, inputs = `["!${TASKS}/**"]`): string {
  const { directory } = step;
  const check = runs(namedIn(step));
  const place = directory === ""
    ? ""
    : `working_dir: ${scalarYaml(directory)}\n        `;
  return `${place}inputs: ${inputs}\n        ${check}`;
}

/** A run without tests proves nothing, and all tests of a project may take longer than other checks. */
export function testCheckOf(
  step: Step,
  { inputs, prove }: { readonly inputs?: "[]"; readonly prove?: "base" } = {},
): string {
  return `${checkOf(step, inputs)}
          expect_tests: true${prove ? `\n          prove: ${prove}` : ""}
        timeout_seconds: 1800`;
}

/** What is asked for in writing is the session's own: an earlier task's must not pass the next one's checks. */
export const TASKS = "docs/tasks";
const DIRECTORY = `${TASKS}/{{${SESSION_NAME}}}`;
export const PLAN_FILE = `${DIRECTORY}/plan.md`;
export const REVIEW_FILE = `${DIRECTORY}/review.md`;
export const NOTES_FILE = `${DIRECTORY}/notes.md`;
export const LEARNINGS_FILE = `${DIRECTORY}/learnings.md`;
export const RESEARCH_FILE = `${DIRECTORY}/research.md`;

/** A check that runs a command; the description says in words what it looks for. */
export function runs(command: string, description?: string): string {
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
export const LEARNING = 20;

/** A check for an entry with a label and words behind it: an empty heading says nothing. */
export function hasEntry(file: string, label: string): string {
  const box = "([[][ xX][]] *)?";
  return hasWords(file, `${box}${label}: `, `an entry "- ${label}: "`, WORDS);
}

/** A check for a box, open or ticked, with words behind it. */
export function hasBox(file: string): string {
  return hasWords(file, "[[][ xX][]] ", 'a box "- [ ] "', WORDS);
}

/** A check for an entry of a list; what it asks for is said in full, or it would be guessed. */
export function hasWords(
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
export function hasNoOpenBox(file: string): string {
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

const NO_TESTS = `\
  # No way to run tests was found here. Once there is one, add it:
  #   test_command: make test
  # and let tests_pass and final_tests run it:
  #   step_type: gate
  #   verification: {type: command, command: "{{test_command}}", expect_tests: true}
`;

/** Begins the line behind it. */
function fromLine(from: string): string {
  return from && `from: ${from}\n        `;
}

export function buildItem(step: Step, from = ""): string {
  return `\
      - id: build${step.suffix}
        name: ${scalarYaml(`Builds${step.label}`)}
        description: The part builds with the change
        ${fromLine(from)}step_type: required
        ${checkOf(step)}
`;
}

export function testsPass(step: Step, from = ""): string {
  return testsItem(step, `tests_pass${step.suffix}`, fromLine(from));
}

/**
 * The tests of all parts. Up to size s one item runs them together, or a typo in a repository of many parts
 * would take as many commands; above, each part has its own, so that a change in one leaves the others done.
 */
export function testsOfParts(tests: readonly Step[]): string {
  const [first, ...others] = tests;
  if (first === undefined || others.length === 0) {
    return tests.map((step) => testsPass(step)).join("\n");
  }
  const all = { ...together([first, ...others]), label: "" };
  return [
    testsItem(all, "all_tests_pass", "to: s\n        "),
    ...tests.map((step) => testsPass(step, "m")),
  ].join("\n");
}

function testsItem(step: Step, id: string, sizes: string): string {
  return `\
      - id: ${id}
        name: ${scalarYaml(`Tests pass${step.label}`)}
        description: The change is made; its tests and all older ones pass
        ${sizes}step_type: gate
        ${CHANGED}
        notes:
          - Mend the code and not the test; a failure from before the change is for the human to decide
        ${testCheckOf(step)}`;
}

export function finalTests(step: Step): string {
  return `\
      - id: final_tests${step.suffix}
        name: ${scalarYaml(`Tests pass on the final state${step.label}`)}
        description: Nothing that the review changed broke anything
        from: m
        step_type: gate
        ${testCheckOf(step)}`;
}

export const RECORDED_TESTS = `\
      - id: tests_pass
        name: Test run written down
        description: No command for the tests is known here, so what was run and how it ended is written down
        from: m
        step_type: required
        notes:
          - 'In ${PLAN_FILE}: "- Result: the command and the end of its output"'
          - Once the project has a command for its tests, set test_command and make this a gate
        ${hasEntry(PLAN_FILE, "Result")}`;

/** Linters, or a look at the diff; what has tests needs them for larger tasks only. */
export function staticChecks(
  lints: readonly Step[],
  hasTests: boolean,
): string {
  const from = hasTests ? "m" : "";
  return lints.length > 0
    ? lints.map((step) => linterContent(step, from)).join("\n")
    : cleanDiff(from);
}

function linterContent(step: Step, from: string): string {
  return `\
      - id: static_checks${step.suffix}
        name: ${scalarYaml(`Linter content${step.label}`)}
        description: The linter finds nothing new
        ${fromLine(from)}step_type: documented
        notes:
          - Skip it only for what the baseline names, and say so in the reason
        ${checkOf(step)}`;
}

/** A look at the diff. */
export function cleanDiff(from = ""): string {
  return `\
      - id: static_checks
        name: Clean diff
        description: No conflict markers and no stray blanks
        ${fromLine(from)}step_type: documented
        notes:
          - 'Outside a git repository, or before the first commit: orc skip static_checks --reason "There is no commit here that a diff could be compared with"; else mend what it names'
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
}

export const SEEN_TESTS = `\
      - id: final_tests
        name: Tests seen to pass on the final state
        description: Nothing that the review changed broke anything
        from: m
        step_type: gate
        verification:
          type: manual_gate
          description: "Have you seen the tests pass? No command for them is known here."`;

/** What asks for a change of the project itself. */
export const CHANGED = `changes: ["!${TASKS}/**"]`;

/** What makes a task grow, whatever its size. */
export const RISKS = `\
risk_paths:
  - "**/migrations/**"
  - "**/*.sql"
  - "**/auth/**"
  - "**/payments/**"
  - .github/workflows/**
  - Dockerfile
  - workflow.yaml
measured_paths: ["!${TASKS}/**"]`;

/** The tests of all parts in one command: nobody knows beforehand in which of them one fails without the change. */
export function together(tests: readonly [Step, ...Step[]]): Step {
  const [first, ...others] = tests;
  if (others.length === 0) return first;
  const commands = tests.map((step) => {
    const { directory } = step;
    const command = namedIn(step);
    if (directory === "") return `(${command})`;
    const place = /^[\w./-]+$/.test(directory) ? directory : `"${directory}"`;
    const back = directory.split("/").map(() => "..").join("/");
    // Not every shell leaves a directory behind a parenthesis.
    return `(cd ${place} && ${command} && cd ${back})`;
  });
  return {
    ...first,
    directory: "",
    setting: "",
    command: commands.join(" && "),
  };
}

/** A test that is proved to fail without the change; `sizes` are lines that say which need it. */
export function reproduced(
  tests: readonly [Step, ...Step[]],
  sizes: readonly string[],
  type: StepType,
): string {
  const lines = [
    "name: Failure reproduced",
    "description: A test fails without the change and passes with it",
    ...sizes,
    `step_type: ${type}`,
    "notes:",
    "  - Write the test first and see it fail; orc runs it again on the base, without the change",
    ...type === "documented"
      ? [
        "  - Skip it only where no behaviour changes, and say so in the reason",
      ]
      : [],
    testCheckOf(together(tests), {
      prove: "base",
    }),
  ];
  return `      - id: reproduce\n${
    lines.map((line) => `        ${line}\n`).join("")
  }`;
}
