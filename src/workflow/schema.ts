import * as v from "valibot";
import { leadsOut } from "../base/path.ts";
import { isSecretName } from "../base/secret_name.ts";
import { lengthOf } from "../base/text.ts";
import { isVersionRange } from "../base/version_range.ts";
import { asRecord, describeValue, entriesOf, quote } from "./value.ts";
import { toBoolean, toInteger } from "./workflow_lax.ts";
import { isItemId, isPhaseId } from "./workflow_names.ts";

/** Longest item id: it is part of commands and messages. */
const MAX_ITEM_ID_LENGTH = 100;

/** Longest time limit of a check: a day. */
const MAX_TIMEOUT_SECONDS = 86_400;

/** The message of a value of the wrong type. */
function expected(what: string): (issue: v.BaseIssue<unknown>) => string {
  return ({ input }) => `Expected ${what}, found ${describeValue(input)}`;
}

const text = v.string(expected("a string"));
const textOrNull = v.optional(v.nullable(text), null);
const texts = v.optional(v.array(text, expected("a list")), []);

const secretNames = v.optional(
  v.array(
    v.pipe(
      text,
      v.check(isSecretName, ({ input }) =>
        withExample(
          "The name of a secret holds capital letters, digits and underscores, and is none that every program needs",
          input.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_"),
          isSecretName,
        )),
    ),
    expected("a list of names"),
  ),
  [],
);

const integer = v.pipe(
  v.unknown(),
  v.transform(toInteger),
  v.number(expected("a whole number")),
  v.safeInteger(expected("a whole number")),
);

const trueByDefault = v.optional(
  v.pipe(
    v.unknown(),
    v.transform(toBoolean),
    v.boolean(expected("true or false")),
  ),
  true,
);

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

/** Says how the author could write it, if that would do. */
function withExample(
  rule: string,
  example: string,
  isValid: (text: string) => boolean,
): string {
  return isValid(example) ? `${rule}: write ${quote(example)}` : rule;
}

function isMapping(value: unknown): boolean {
  return entriesOf(value) !== undefined;
}

/** A backslash is refused too: on Windows it would be one more way out. */
function staysBelow(path: string): boolean {
  return path.trim() !== "" && !/[\\\0]/.test(path) && !leadsOut(path);
}

function isFilled(value: string | null | undefined): boolean {
  return value !== null && value !== undefined && value.trim() !== "";
}

const verificationEntries = {
  type: v.optional(
    oneOf(["file_exists", "command", "manual_gate", "none"]),
    "none",
  ),
  path: textOrNull,
  command: textOrNull,
  expect_exit_code: v.optional(integer, 0),
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
    text,
    v.check(isItemId, ({ input }) =>
      withExample(
        "An item id holds letters, digits and underscores, and not only underscores",
        input.replaceAll(/[^\p{L}\p{N}]+/gu, "_"),
        isItemId,
      )),
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
  working_dir: v.optional(
    v.nullable(v.pipe(
      text,
      v.check(
        staysBelow,
        "Expected a directory below the working tree, such as packages/web",
      ),
    )),
    null,
  ),
  secrets: secretNames,
};

const phaseEntries = {
  id: v.pipe(
    text,
    v.check(isPhaseId, ({ input }) =>
      withExample(
        "A phase id is written in capital letters",
        input.toUpperCase(),
        isPhaseId,
      )),
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
};

const workflowEntries = {
  name: text,
  version: v.optional(text, "1.0"),
  description: textOrNull,
  orc: v.optional(
    v.nullable(v.pipe(
      text,
      v.check(
        isVersionRange,
        ({ input }) =>
          `Expected a range of versions such as ">=0.1", found ${quote(input)}`,
      ),
    )),
    null,
  ),
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
};

/** What workflow.yaml may hold, with the defaults of what it leaves out. */
export const workflowSchema = mapping(workflowEntries, "name and phases");

/** A workflow file that passed the schema, in the words of the file. */
export type WorkflowFile = v.InferOutput<typeof workflowSchema>;

/** The keys each kind of mapping knows. */
export const KNOWN_KEYS = {
  workflow: Object.keys(workflowEntries),
  phase: Object.keys(phaseEntries),
  item: Object.keys(itemEntries),
  verification: Object.keys(verificationEntries),
} as const;
