import { SESSION_NAME } from "../base/names.ts";
import { planCommand } from "./command.ts";
import type { ProjectKind } from "./project.ts";

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
# The checks use "git grep --no-index": unlike file_exists it fails on an empty
# file, and it works the same on Linux, macOS and Windows, in a git repository
# and outside.
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
  #   verification: {type: command, command: "{{test_command}}"}
`;

/** Writes the five-phase workflow of a project that has none, comments included. */
export function bundledWorkflow(kind: ProjectKind): string {
  const commands = {
    test_command: kind.testCommand,
    build_command: kind.buildCommand,
    lint_command: kind.lintCommand,
  };
  const phases = bundledPhases({
    test: referenceTo("test_command", kind.testCommand),
    build: referenceTo("build_command", kind.buildCommand),
    lint: referenceTo("lint_command", kind.lintCommand),
  });
  const found = Object.entries(commands).flatMap(([name, command]) =>
    command === undefined ? [] : `  ${name}: ${scalarYaml(command)}\n`
  );
  const title = found.length === 0
    ? ""
    : `  # Found in this project (${kind.name}).\n`;
  return `${HEADER}
settings:
  # Manual gates wait for a human.
  supervision_mode: supervised
${kind.testCommand === undefined ? NO_TESTS : ""}${title}${found.join("")}
phases:
${phases.map(phaseYaml).join("\n")}`;
}

/** How a check names a command: by its setting, or as it is where no setting may hold it. */
function referenceTo(
  setting: string,
  command: string | undefined,
): string | undefined {
  if (command === undefined) return undefined;
  const reference = `{{${setting}}}`;
  const plan = planCommand(reference, new Map([[setting, command]]));
  return plan.kind === "invalid" ? command : reference;
}

/** The project's own commands, as far as it has them. */
interface ProjectCommands {
  readonly test: string | undefined;
  readonly build: string | undefined;
  readonly lint: string | undefined;
}

/**
 * What the bundled workflow asks for in writing: three files in a directory of the session's
 * own. What an earlier task wrote must not pass the checks of the next one.
 */
const DIRECTORY = `docs/tasks/{{${SESSION_NAME}}}`;
/** See {@linkcode DIRECTORY}. */
const PLAN_FILE = `${DIRECTORY}/plan.md`;
/** See {@linkcode DIRECTORY}. */
const REVIEW_FILE = `${DIRECTORY}/review.md`;
/** See {@linkcode DIRECTORY}. */
const LEARNINGS_FILE = `${DIRECTORY}/learnings.md`;

/** All tests of a project may take longer than other checks. */
const TEST_TIMEOUT_SECONDS = 1800;

/** A check that runs a command; the description says in words what it looks for. */
function runs(
  command: string,
  description?: string,
): BundledItem["check"] {
  return { type: "command", command, description };
}

/** Where a list entry begins, whichever way Markdown spells it. */
const BULLET = "^[[:space:]]*([-*+]|[0-9]+[.)])[[:space:]]+";

/** A check for an entry with a label and words behind it: an empty heading says nothing. */
function hasEntry(file: string, label: string): BundledItem["check"] {
  return hasLine(
    file,
    `${BULLET}([[][ xX][]] *)?${label}: .{15}`,
    `an entry "- ${label}: ..." with words behind it`,
  );
}

/** A check for a box, open or ticked, with words behind it. */
function hasBox(file: string): BundledItem["check"] {
  const box = 'a box with words behind it, such as "- [ ] words"';
  return hasLine(file, `${BULLET}[[][ xX][]] .{15}`, box);
}

/** A check for any entry with words behind it. */
function hasWords(file: string): BundledItem["check"] {
  return hasLine(
    file,
    `${BULLET}.{20}`,
    'an entry such as "- What was learned"',
  );
}

/** A check that lists the file only if it is there without an open box; listing nothing is failing. */
function hasNoOpenBox(file: string): BundledItem["check"] {
  return runs(
    `git grep --no-index -L -E -e '${BULLET}[[] []]' -- ${file}`,
    `${file} is there and has no open box "- [ ]" left`,
  );
}

/** A check for a line; it fails on a missing and on an empty file too. */
function hasLine(
  file: string,
  pattern: string,
  what: string,
): BundledItem["check"] {
  return runs(
    `git grep --no-index -q -i -E -e '${pattern}' -- ${file}`,
    `${file} has ${what}`,
  );
}

/** The work, checked by the project's own commands. */
function executePhase(
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

/** The work before the work: everything in one file, and a human's yes to it. */
const PLAN: BundledPhase = {
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

/** A second look, by whoever did the work; no service is asked. */
const REVIEW: BundledPhase = {
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
function verifyPhase({ test }: ProjectCommands): BundledPhase {
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

/** A phase of the bundled workflow, ready to be written. */
interface BundledPhase {
  readonly id: string;
  readonly name: string;
  readonly notes: readonly string[];
  readonly items: readonly BundledItem[];
}

/** An item of the bundled workflow. */
interface BundledItem {
  readonly id: string;
  readonly name: string;
  /** What good looks like, in one line. */
  readonly description: string;
  readonly stepType: "gate" | "required" | "documented";
  readonly notes: readonly string[];
  readonly check:
    | {
      readonly type: "command";
      readonly command: string;
      /** What the command looks for, where the command itself says little. */
      readonly description: string | undefined;
    }
    | { readonly type: "manual_gate"; readonly question: string }
    | { readonly type: "none" };
  readonly timeoutSeconds?: number;
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

/** Writes a phase as a member of the list of phases. */
function phaseYaml(phase: BundledPhase): string {
  return [
    `  - id: ${phase.id}`,
    `    name: ${scalarYaml(phase.name)}`,
    ...notesYaml(phase.notes, "    "),
    "    items:",
    ...phase.items.flatMap(itemYaml),
    "",
  ].join("\n");
}

function itemYaml(item: BundledItem): readonly string[] {
  const { timeoutSeconds } = item;
  return [
    `      - id: ${item.id}`,
    `        name: ${scalarYaml(item.name)}`,
    `        description: ${scalarYaml(item.description)}`,
    `        step_type: ${item.stepType}`,
    ...notesYaml(item.notes, "        "),
    ...checkYaml(item.check),
    ...timeoutSeconds === undefined
      ? []
      : [`        timeout_seconds: ${timeoutSeconds}`],
  ];
}

function notesYaml(
  notes: readonly string[],
  indent: string,
): readonly string[] {
  if (notes.length === 0) return [];
  return [
    `${indent}notes:`,
    ...notes.map((note) => `${indent}  - ${scalarYaml(note)}`),
  ];
}

function checkYaml(check: BundledItem["check"]): readonly string[] {
  switch (check.type) {
    case "none":
      return [];
    case "manual_gate":
      return [
        "        verification:",
        "          type: manual_gate",
        `          description: ${scalarYaml(check.question)}`,
      ];
    case "command":
      return [
        "        verification:",
        "          type: command",
        `          command: ${scalarYaml(check.command)}`,
        ...check.description === undefined
          ? []
          : [`          description: ${scalarYaml(check.description)}`],
      ];
  }
}
