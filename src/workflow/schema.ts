import * as v from "valibot";
import { isSecretName } from "../base/names.ts";
import { lengthOf } from "../base/text.ts";
import { isVersionRange } from "../base/version.ts";
import {
  didYouMean,
  errorAt,
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

export const baseCheckEntries = {
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
  [v.literal("base"), mapping(baseCheckEntries, "base and with")],
  expected('the word base, or a mapping with "base" and "with"'),
);

export const verificationEntries = {
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

export const itemEntries = {
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
  overridable: v.optional(flag, false),
  shows: listOf(
    below("a file below the working tree, such as docs/plan.md"),
    "a list of files",
  ),
};

export const phaseEntries = {
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

/** A file that is included, by its path or from a commit. */
export const includeEntries = {
  path: v.optional(text),
  repo: v.optional(text),
  git: v.optional(text),
  commit: v.optional(text),
  ref: v.optional(text),
  file: v.optional(text),
};

const anyMapping = v.custom<object>(isMapping, expected("a mapping"));

/** A change of what is included. */
export const overlayEntries = {
  at: v.optional(text),
  after: v.optional(text),
  before: v.optional(text),
  remove: v.optional(text),
  replace: v.optional(anyMapping),
  insert: v.optional(anyMapping),
};

/** Both lists, as a file that includes others has them. */
export const includingSchema = v.object({
  include: listOf(mapping(includeEntries, "path or git"), "a list of files"),
  overlay: listOf(
    mapping(overlayEntries, "at, after, before or remove"),
    "a list of changes",
  ),
});

const count = v.pipe(integer, v.minValue(0, "Expected 0 or more"));
export const limitEntries = {
  files: v.optional(count),
  lines: v.optional(count),
};

export const workflowEntries = {
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
  settings: v.optional(anyMapping, {}),
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
  ...includingSchema.entries,
};

/** What workflow.yaml may hold, with the defaults of what it leaves out. */
export const workflowSchema = mapping(workflowEntries, "name and phases");

/** What is included is read by whoever reads the file, and put into its place before. */
export function findUnresolved(input: unknown): readonly ProblemDraft[] {
  const members = new Map(entriesOf(input));
  return ["include", "overlay"].filter((key) => members.has(key)).map((key) =>
    errorAt([key], "unresolved_include", "Other files are not read here")
  );
}

/** What is wrong in the lists by which a file includes others. */
export function includingProblems(
  value: unknown,
  locate: Locate,
): readonly ProblemDraft[] {
  const { include, overlay } = Object(asRecord(value));
  const checked = v.safeParse(includingSchema, { include, overlay });
  return schemaProblems(checked.issues ?? [], locate);
}

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
