import * as v from "valibot";
import { isSecretName } from "../base/names.ts";
import { lengthOf } from "../base/text.ts";
import { isVersionRange } from "../base/version.ts";
import {
  didYouMean,
  type Locate,
  type Path,
  type ProblemDraft,
} from "./problem.ts";
import {
  asRecord,
  describeValue,
  entriesOf,
  isItemId,
  isPhaseId,
  isVariableName,
  quote,
  scalarText,
  staysBelow,
  toBoolean,
  toInteger,
} from "./value.ts";

/** Longest item id: it is part of commands and messages. */
const MAX_ITEM_ID_LENGTH = 100;

/** Longest time limit of a check: a day. */
const MAX_TIMEOUT_SECONDS = 86_400;

function orNull<Schema extends v.GenericSchema>(schema: Schema) {
  return v.optional(v.nullable(schema), null);
}

function expected(what: string): (issue: v.BaseIssue<unknown>) => string {
  return ({ input }) => `Expected ${what}, found ${describeValue(input)}`;
}

const text = v.string(expected("a string"));
const textOrNull = orNull(text);
const texts = listOf(text, "a list");

function listOf<Entry extends v.GenericSchema>(entry: Entry, what: string) {
  return v.optional(v.array(entry, expected(what)), []);
}

/** A text by a rule; where it breaks it, the author is told how to write it, if that would do. */
function textThat(
  isValid: (text: string) => boolean,
  rule: string,
  correct: (text: string) => string,
) {
  const messageOf = ({ input }: { readonly input: string }) => {
    const example = correct(input);
    return isValid(example) ? `${rule}: write ${quote(example)}` : rule;
  };
  return v.pipe(text, v.check(isValid, messageOf));
}

const secretNames = listOf(
  textThat(
    isSecretName,
    "The name of a secret holds capital letters, digits and underscores, and is none that every program needs",
    (name) => name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_"),
  ),
  "a list of names",
);

const variableNames = listOf(
  textThat(
    isVariableName,
    "The name of a variable holds no blank, no = and no *",
    (name) => name.replaceAll(/[\s=*]+/g, "_"),
  ),
  "a list of names",
);

const patterns = v.array(
  v.pipe(
    text,
    v.check(
      (pattern) =>
        /[^!\s]/.test(pattern) && staysBelow(pattern.replace(/^!/, "")),
      "Expected a pattern of paths below the working tree, such as src/** or !docs/**",
    ),
  ),
  expected("a list of patterns"),
);

const integer = v.pipe(
  v.unknown(),
  v.transform(toInteger),
  v.number(expected("a whole number")),
  v.safeInteger(expected("a whole number")),
);

const flag = v.pipe(
  v.unknown(),
  v.transform(toBoolean),
  v.boolean(expected("true or false")),
);

const trueByDefault = v.optional(flag, true);

function oneOf<const Words extends readonly string[]>(words: Words) {
  return v.picklist(words, expected(`one of ${words.join(", ")}`));
}

/** Takes a `Map` or a plain object with these keys; other keys are left out. */
function mapping<const Entries extends v.ObjectEntries>(
  entries: Entries,
  what: string,
) {
  return v.pipe(
    v.custom<unknown>(isMapping, expected(`a mapping with ${what}`)),
    v.transform(asRecord),
    v.object(entries),
  );
}

function isMapping(value: unknown): boolean {
  return entriesOf(value) !== undefined;
}

function below(what: string) {
  return v.pipe(text, v.check(staysBelow, `Expected ${what}`));
}

function isFilled(value: string | null | undefined): boolean {
  return (value ?? "").trim() !== "";
}

const proofEntries = {
  base: v.optional(v.pipe(
    text,
    v.check(
      (name) => /^[^-\s^:~?*\[\\\0][^\s:\0]*$/.test(name),
      "Expected a branch, a tag or a commit, such as main or origin/release",
    ),
  )),
  with: v.optional(v.pipe(
    patterns,
    v.minLength(1, "Expected at least one pattern, such as tests/**"),
  )),
};

/** `base` alone, or a mapping that says more. */
const proof = v.union(
  [v.literal("base"), mapping(proofEntries, "base and with")],
  expected('the word base, or a mapping with "base" and "with"'),
);

const verificationEntries = {
  type: v.optional(
    oneOf(["file_exists", "command", "manual_gate", "none"]),
    "none",
  ),
  path: textOrNull,
  command: textOrNull,
  expect_exit_code: v.optional(integer, 0),
  expect_tests: v.optional(flag),
  prove: v.optional(proof),
  may_be_empty: v.optional(flag, false),
  directory: v.optional(flag, false),
  description: textOrNull,
};

const verification = v.pipe(
  mapping(verificationEntries, "a type"),
  v.forward(
    v.partialCheck(
      [["type"], ["path"]],
      ({ type, path }) => type !== "file_exists" || isFilled(path),
      'A check of type "file_exists" needs a path',
    ),
    ["path"],
  ),
  v.forward(
    v.partialCheck(
      [["type"], ["command"]],
      ({ type, command }) => type !== "command" || isFilled(command),
      'A check of type "command" needs a command',
    ),
    ["command"],
  ),
);

const itemEntries = {
  id: v.pipe(
    textThat(
      isItemId,
      "An item id holds letters, digits and underscores, and not only underscores",
      (id) => id.replaceAll(/[^\p{L}\p{N}]+/gu, "_"),
    ),
    v.check(
      (id) => lengthOf(id) <= MAX_ITEM_ID_LENGTH,
      `An item id has at most ${MAX_ITEM_ID_LENGTH} characters`,
    ),
  ),
  name: text,
  description: textOrNull,
  required: trueByDefault,
  skippable: trueByDefault,
  skip_conditions: texts,
  verification: v.optional(verification, {}),
  agent: textOrNull,
  notes: texts,
  step_type: v.optional(
    oneOf(["gate", "required", "documented", "flexible"]),
    "flexible",
  ),
  evidence_schema: textOrNull,
  evidence_prompt: textOrNull,
  timeout_seconds: v.optional(
    v.pipe(
      integer,
      v.check(
        (seconds) => seconds >= 1 && seconds <= MAX_TIMEOUT_SECONDS,
        `Expected 1 to ${MAX_TIMEOUT_SECONDS} seconds`,
      ),
    ),
  ),
  risk: v.optional(oneOf(["low", "medium", "high"]), "medium"),
  working_dir: orNull(
    below("a directory below the working tree, such as packages/web"),
  ),
  secrets: secretNames,
  env: variableNames,
  inputs: v.optional(patterns),
  changes: v.optional(v.pipe(
    patterns,
    v.minLength(1, "Expected at least one pattern, such as src/**"),
  )),
  from: v.optional(text),
  to: v.optional(text),
  shows: listOf(
    below("a file below the working tree, such as docs/plan.md"),
    "a list of files",
  ),
};

const phaseEntries = {
  id: textThat(
    isPhaseId,
    "A phase id is written in capital letters",
    (id) => id.toUpperCase(),
  ),
  name: text,
  description: textOrNull,
  agent: textOrNull,
  executor: textOrNull,
  items: v.optional(
    v.array(mapping(itemEntries, "id and name"), expected("a list of items")),
    [],
  ),
  exit_gate: textOrNull,
  notes: texts,
  required_reviews: texts,
  phase_type: v.optional(oneOf(["strict", "guided", "autonomous"]), "guided"),
  intended_tools: texts,
  allow_write: v.optional(patterns),
  from: v.optional(text),
  to: v.optional(text),
};

const count = v.pipe(integer, v.minValue(0, "Expected 0 or more"));
const limitEntries = { files: v.optional(count), lines: v.optional(count) };

const workflowEntries = {
  name: text,
  version: v.optional(text, "1.0"),
  description: textOrNull,
  orc: orNull(v.pipe(
    text,
    v.check(
      isVersionRange,
      ({ input }) =>
        `Expected a range of versions such as ">=0.1", found ${quote(input)}`,
    ),
  )),
  phases: v.pipe(
    v.array(
      mapping(phaseEntries, "id, name and items"),
      expected("a list of phases"),
    ),
    v.minLength(1, "A workflow needs at least one phase"),
  ),
  settings: v.optional(
    v.custom<object>(isMapping, expected("a mapping")),
    {},
  ),
  secrets: secretNames,
  sizes: v.optional(v.pipe(
    v.array(text, expected("a list of sizes")),
    v.minLength(1, "Expected at least one size, such as s"),
  )),
  size_limits: v.optional(v.pipe(
    v.custom<unknown>(isMapping, expected("a mapping of sizes")),
    v.transform(asRecord),
    v.record(v.string(), mapping(limitEntries, "files and lines")),
  )),
  risk_paths: v.optional(patterns),
  measured_paths: v.optional(patterns),
};

/** What workflow.yaml may hold, with the defaults of what it leaves out. */
export const workflowSchema = mapping(workflowEntries, "name and phases");

/** What each key of workflow.yaml is for, in one sentence: editors and the documentation show it. */
export const WORKFLOW_KEYS = {
  workflow: {
    name: "Name of the workflow, shown to people.",
    version: "The author's own numbering, any text in quotes.",
    description: "What the workflow is for.",
    orc:
      'Versions of orc that may work with this workflow, such as ">=0.1"; any other refuses to.',
    phases: "The phases, gone through in this order.",
    settings:
      "Values for {{name}} in paths and commands, and the settings orc knows.",
    secrets:
      "Names of secrets the work needs, such as OPENAI_API_KEY; orc secrets doctor says which are missing.",
    sizes:
      "Sizes of tasks, the smallest first, such as [xs, s, m, l]: from and to say which need a phase or an item.",
    size_limits:
      "What a task of a size may change before it grows, such as xs: {files: 3, lines: 60}.",
    risk_paths:
      "Patterns of files whose change makes a task grow to the largest size but one, or the larger of two.",
    measured_paths:
      "Patterns of the files that count as change, such as !docs/tasks/**; all without it.",
  },
  phase: {
    id: "What commands take: in capital letters, unique, such as PLAN.",
    name: "Name of the phase, shown to people.",
    description: "What the phase is for.",
    agent: "Which agent the author had in mind; no rule depends on it.",
    executor:
      "What the author wants it carried out with; no rule depends on it.",
    items: "What is to be done, in the order it is shown.",
    exit_gate: "human_approval: a human has to approve that the phase is left.",
    notes: "Advice shown with the phase; may begin with a tag such as [tip].",
    required_reviews:
      "Reviews without which the session cannot be finished; one counts when the item of that name, or of that name and _review, is completed.",
    phase_type:
      "strict: items in their order. guided: in any order. autonomous: an agent may skip what is no gate, for a good reason.",
    intended_tools: "Tools the author had in mind; no rule depends on them.",
    allow_write:
      "Files that may be changed in this phase, as patterns of paths below the working tree, such as docs/**; none with an empty list, all without it. orc verify-write-allowed and the hooks of agents refuse all others.",
    from: "The smallest size that needs the phase.",
    to: "The largest size that needs the phase.",
  },
  item: {
    id:
      "What commands take: letters, digits and underscores, unique in the workflow.",
    name: "Name of the item, shown to people.",
    description: "What to do, and what good looks like.",
    required: "Whether the phase stays closed until the item is done.",
    skippable: "Whether the item may be skipped for a reason.",
    skip_conditions:
      "When skipping is fine, in words; they make a manual gate skippable.",
    verification: "How orc finds out that the item is done.",
    agent: "Which agent the author had in mind; no rule depends on it.",
    notes: "Advice shown with the item; may begin with a tag such as [tip].",
    step_type:
      "gate: never passed without its verification. required: never skipped. documented: skipped for a reason of at least 50 characters. flexible: of at least 10.",
    evidence_schema:
      "Name of the evidence without which the item is not completed.",
    evidence_prompt: "What evidence to collect, in words.",
    timeout_seconds: "Time limit of the command, 300 without it.",
    risk:
      "What supervision_mode hybrid does with a manual gate: low passes by itself, medium after approval_timeout_minutes, high waits for a human.",
    working_dir: "Where the command runs: a directory below the working tree.",
    secrets:
      "Names of the secrets that the command finds in its environment; it finds no others that the workflow names.",
    env:
      "Names of variables that the command gets although they change what a command means, such as PYTHONPATH.",
    inputs:
      "What the command depends on, as patterns of paths below the working tree, such as src/** and !docs/tasks/**: its result holds as long as these files stay. All files without it; with an empty list none, for what only counts at its moment.",
    shows:
      "Files below the working tree that a human is shown before they approve the item; their approval holds as long as these files stay. {{name}} is filled in.",
    changes:
      "Patterns of files, such as src/** and !docs/**, of which some must differ from the start of the session before the item can be completed.",
    from: "The smallest size that needs the item.",
    to: "The largest size that needs the item.",
  },
  verification: {
    type:
      "file_exists: a file that is not empty is there. command: a program ends as expected. manual_gate: a human approves. none: the agent's word.",
    path:
      "The file of file_exists, below the working tree; {{name}} is filled in.",
    command:
      "The command line, run without a shell unless it holds operators of one; {{name}} is filled in.",
    expect_exit_code: "Exit code that passes, 0 without it.",
    expect_tests:
      "true: the least sign that no test ran fails the check. false: none does. Without it, the word of a test runner does.",
    prove:
      "base: the command has to be red on the base of the work, run in a throw-away tree with the tests as they are now; a check that cannot fail passes nothing.",
    may_be_empty: "Whether an empty file passes file_exists too.",
    directory:
      "Whether file_exists asks for a directory, empty or not, instead of a file.",
    description: "What the check asks for, in words.",
  },
  proof: {
    base:
      "What the base is the merge base of HEAD with: a branch, a tag or a commit; without it the default branch.",
    with:
      "Patterns of the files taken as they are now, such as tests/**; without it what looks like tests.",
  },
  limits: {
    files: "How many files may differ from the start.",
    lines: "How many lines may be added and removed.",
  },
  settings: {
    supervision_mode:
      "Who passes manual gates: supervised, a human; zero_human, nobody has to; hybrid, by the item's risk.",
    check_environment:
      "What of orc's environment commands get: filtered, without what changes what they mean; clean, the least; inherit, all.",
    approval_timeout_minutes:
      "How long hybrid waits for a human on items of medium risk.",
    approvals:
      "signed: a human's yes counts only with a signature by one of the approvers.",
    approvers:
      "The file of the approvers, in the form of OpenSSH's allowed_signers, as it is in the base branch.",
    test_command: "The tests of the project, as {{test_command}}.",
    build_command: "The build of the project, as {{build_command}}.",
  },
} satisfies {
  readonly workflow: Descriptions<typeof workflowEntries>;
  readonly phase: Descriptions<typeof phaseEntries>;
  readonly item: Descriptions<typeof itemEntries>;
  readonly verification: Descriptions<typeof verificationEntries>;
  readonly proof: Descriptions<typeof proofEntries>;
  readonly limits: Descriptions<typeof limitEntries>;
  readonly settings: Readonly<Record<string, string>>;
};

/** A sentence for each key that a mapping knows, and for no other. */
type Descriptions<Entries> = Readonly<Record<keyof Entries, string>>;

type Issue = v.BaseIssue<unknown>;

export function schemaProblems(
  issues: readonly Issue[],
  locate: Locate,
): readonly ProblemDraft[] {
  return issues.flatMap(inMapping).map((issue) => {
    const path = (issue.path ?? []).map(({ key }) =>
      typeof key === "number" ? key : String(key)
    );
    return { ...wordingOf(issue, path, locate), severity: "error", path };
  });
}

/** Of a value that may be a word or a mapping, what is wrong in the mapping that it is. */
function inMapping(issue: Issue): readonly Issue[] {
  const { issues = [], path: above, input } = issue;
  if (above === undefined || !isMapping(input)) return [issue];
  const inside = issues.flatMap((one): Issue[] => {
    if (one.path === undefined) return [];
    const [first, ...rest] = [...above, ...one.path];
    return first ? [{ ...one, path: [first, ...rest] }] : [];
  });
  return inside.length > 0 ? inside : [issue];
}

function wordingOf(
  issue: Issue,
  path: Path,
  locate: Locate,
): Pick<ProblemDraft, "code" | "message"> {
  if (isMissingKey(issue)) return { code: "missing_key", message: "Missing" };
  const isType = issue.kind === "schema" && issue.type !== "picklist";
  return {
    code: isType ? "invalid_type" : "invalid_value",
    message: issue.message + adviceFor(issue, path, locate),
  };
}

/** Shows how to write what YAML took for something else, and the word that was meant. */
function adviceFor(issue: Issue, path: Path, locate: Locate): string {
  const { input, type } = issue;
  if (type === "picklist" && typeof input === "string") {
    const words = Array.from(
      (issue.expected ?? "").matchAll(/"([^"]+)"/g),
      ([, word = ""]) => word,
    );
    return didYouMean(input, words);
  }
  const plain = scalarText(input);
  if (type !== "string" || plain === undefined) return "";
  return `: write "${locate(path)?.text ?? plain}" in quotes`;
}

function isMissingKey({ path }: Issue): boolean {
  const last: v.IssuePathItem | undefined = path?.at(-1);
  return last !== undefined && "origin" in last && last.origin === "key";
}
