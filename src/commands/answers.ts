import { usage } from "../base/error.ts";
import { nearest, quoted } from "../base/text.ts";
import { SCHEMA_DRAFT } from "../workflow/json_schema.ts";
import type { Command, Values } from "./command.ts";
import { type ErrorCondition, errorConditions } from "./errors.ts";
import { type Fields, fieldsIn, pathsIn, SCHEMA_VERSION } from "./fields.ts";

/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** What `deno task docs:answers` makes from the types of the results. */
export interface AnswerParts {
  /** Types that several results share. */
  readonly definitions: Definitions;
  /** What each command gives as its result, by the command's name. */
  readonly results: Definitions;
}

type Definitions = Readonly<Record<string, Schema>>;

/** The parts that all schemas of answers are made of. */
export async function answerParts(): Promise<AnswerParts> {
  const { default: parts } = await import("./answers.json", {
    with: { type: "json" },
  });
  return parts;
}

const TEXT: Schema = { type: "string" };
const TEXT_OR_NULL: Schema = { type: ["string", "null"] };

/** What stands around each result and each error. */
const ENVELOPE: Definitions = {
  schemaVersion: {
    const: SCHEMA_VERSION,
    description: "Grows when what is known of documents would no longer do.",
  },
  root: { ...TEXT_OR_NULL, description: "Root of the repository." },
  rootSource: { ...TEXT_OR_NULL, description: "How the root was found." },
  session: { ...TEXT_OR_NULL, description: "Id of the session." },
};

const ERROR_MEMBERS: Definitions = {
  kind: {
    description: "Decides the exit code.",
    enum: [
      "usage",
      "refused",
      "not_found",
      "conflict",
      "corrupt",
      "external",
      "pending",
      "denied",
      "config",
      "internal",
      "interrupted",
    ],
  },
  code: { ...TEXT, description: "Stable name of the condition." },
  message: { ...TEXT, description: "A sentence for people; may change." },
  hint: { ...TEXT_OR_NULL, description: "What to do next." },
  path: { ...TEXT_OR_NULL, description: "The file it is about." },
  details: { type: "object", description: "Facts, by the code." },
  stack: { ...TEXT, description: "Of a bug, with --verbose." },
};

/** The members of an error; the compact form leaves out what is null. */
const ERROR = {
  full: closed(ERROR_MEMBERS, ["details", "stack"]),
  compact: closed(ERROR_MEMBERS, ["hint", "path", "details", "stack"]),
};

type Form = keyof typeof ERROR;

const FORMS: Readonly<Record<Form, Schema>> = {
  compact: {
    title: "Without --full",
    description: "What is null is left out, and so is a list without entries.",
  },
  full: { title: "With --full", description: "All that is known." },
};

/** Every code that there is, with what it means; libraries may have more of their own. */
function codeSchema(): Schema {
  return {
    description: "Stable name of the condition.",
    anyOf: errorConditions().map(conditionSchema),
  };
}

function conditionSchema(
  { code, kinds, exitCodes, meaning }: ErrorCondition,
): Schema {
  const title = kinds.length === 0
    ? "kind and exit code of the reason"
    : kinds.map((kind, index) => `${kind} (${exitCodes[index]})`).join(" or ");
  return { const: code, title, description: meaning };
}

/**
 * What one code means, as it stands among all of them.
 *
 * @throws {OrcError} `no_such_schema` (usage) with the nearest there is
 */
export function errorCodeSchema(code: string): Schema {
  const conditions = errorConditions();
  const found = conditions.find((each) => each.code === code);
  if (found !== undefined) return conditionSchema(found);
  const meant = nearest(code, conditions.map((each) => each.code));
  throw usage(
    "no_such_schema",
    `No error has the code ${quoted(code)}`,
    ["orc schema error", ...meant === undefined ? [] : [meant]].join(" "),
  );
}

/** The JSON Schema of what a command prints where nothing was done, in both forms, with all codes. */
export function errorSchema(): Schema {
  return {
    $schema: SCHEMA_DRAFT,
    title: "Answer of orc when a command was not done",
    anyOf: [
      errorAnswer(TEXT_OR_NULL, "compact"),
      errorAnswer(TEXT_OR_NULL, "full"),
    ],
    definitions: { codes: codeSchema() },
  };
}

/** The JSON Schema of what a command prints with `--json`: in brief, in full, and where it was not done. */
export async function answerSchema(
  name: string,
  { definitions, results }: AnswerParts,
  { brief, isWhole }: Pick<Command, "brief" | "isWhole">,
): Promise<Schema> {
  const result = results[name] ?? {};
  const command: Schema = { const: name };
  const fields = brief === undefined
    ? NOTHING
    : fieldsIn(await brief(NO_FLAGS));
  const compact = isWhole
    ? result
    : compactSchema(result, { definitions, fields });
  const all = { ...definitions, ...compactDefinitions(definitions) };
  return {
    $schema: SCHEMA_DRAFT,
    title: `Answer of orc ${name} --json`,
    anyOf: [
      doneAnswer(command, compact, "compact"),
      doneAnswer(command, result, "full"),
      errorAnswer(command, "compact"),
      errorAnswer(command, "full"),
    ],
    definitions: usedIn([compact, result], all),
  };
}

/** Also of a command that was done and whose result is bad news: there `ok` is false. */
function doneAnswer(
  command: Schema,
  result: Schema,
  form: Form,
): Schema {
  const members = {
    ok: { type: "boolean" },
    command,
    ...ENVELOPE,
    result,
    error: ERROR[form],
    warnings: { type: "array", items: TEXT },
  };
  return answer(members, form, ["error", "warnings"]);
}

function errorAnswer(command: Schema, form: Form): Schema {
  const members = { ok: { const: false }, command, ...ENVELOPE };
  return answer({ ...members, error: ERROR[form] }, form, []);
}

function answer(
  members: Definitions,
  form: Form,
  optional: readonly string[],
): Schema {
  const nullable = ["command", "root", "rootSource", "session"];
  const left = form === "full" ? optional : [...optional, ...nullable];
  return { ...FORMS[form], ...closed(members, left) };
}

/** A mapping with these keys and no others. */
function closed(
  properties: Definitions,
  optional: readonly string[] = [],
): Schema {
  const required = Object.keys(properties)
    .filter((key) => !optional.includes(key));
  return { type: "object", properties, required, additionalProperties: false };
}

/** Asks for nothing in particular. */
const NOTHING: Fields = new Map();

/** A flag can make an answer shorter, but not longer. */
const NO_FLAGS: Values = {
  command: "",
  text: () => undefined,
  need: () => "",
  list: () => [],
  on: () => false,
};

const REFERENCE = "#/definitions/";
const COMPACT_NAME = "Compact";

function compactDefinitions(definitions: Definitions): Definitions {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [
      COMPACT_NAME + name,
      compactSchema(definition, { definitions, fields: NOTHING }),
    ]),
  );
}

interface Cut {
  readonly definitions: Definitions;
  /** What is left of it; nothing in particular for all. */
  readonly fields: Fields;
}

/** The schema of what is left of a value in the compact form. */
function compactSchema(
  { $ref: reference, ...schema }: Schema,
  cut: Cut,
): Schema {
  const { definitions, fields } = cut;
  if (typeof reference === "string") {
    const name = reference.slice(REFERENCE.length);
    return fields.size === 0
      ? { ...schema, $ref: REFERENCE + COMPACT_NAME + name }
      : { ...compactSchema(definitions[name] ?? {}, cut), ...schema };
  }
  const { anyOf, items, properties, required, additionalProperties } = schema;
  return {
    ...schema,
    ...isList(anyOf) &&
      { anyOf: anyOf.map((each) => compactSchema(each, cut)) },
    ...isSchema(items) && { items: compactSchema(items, cut) },
    ...isSchema(additionalProperties) && {
      additionalProperties: compactSchema(additionalProperties, cut),
    },
    ...isSchema(properties) && {
      properties: compactProperties(properties, cut),
      required: stillRequired(properties, required, cut),
    },
  };
}

function compactProperties(
  properties: Schema,
  { definitions, fields }: Cut,
): Schema {
  const left = Object.entries(properties)
    .filter(([name]) => fields.size === 0 || fields.has(name));
  return Object.fromEntries(left.map(([name, schema]) => {
    const below = fields.get(name) ?? NOTHING;
    return [
      name,
      compactSchema(Object(schema), { definitions, fields: below }),
    ];
  }));
}

/** What can be neither null nor an empty list is there in the compact form too. */
function stillRequired(
  properties: Schema,
  required: unknown,
  { definitions, fields }: Cut,
): readonly string[] {
  return Object.entries(properties).flatMap(([name, schema]) =>
    Array.isArray(required) && required.includes(name) &&
      (fields.size === 0 || fields.has(name)) &&
      !mayBeNothing(Object(schema), definitions)
      ? [name]
      : []
  );
}

function mayBeNothing(schema: Schema, definitions: Definitions): boolean {
  const { $ref: reference, anyOf, type, enum: values } = schema;
  if (typeof reference === "string") {
    const named = definitions[reference.slice(REFERENCE.length)] ?? {};
    return mayBeNothing(named, definitions);
  }
  if (isList(anyOf)) {
    return anyOf.some((each) => mayBeNothing(each, definitions));
  }
  if ("const" in schema) return schema.const === null;
  if (Array.isArray(values)) return values.includes(null);
  const types = Array.isArray(type) ? type : [type];
  return types.some((each) =>
    each === undefined || each === "null" || each === "array"
  );
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is readonly Schema[] {
  return Array.isArray(value);
}

/** The shared definitions that schemas lead to. */
function usedIn(
  schemas: readonly Schema[],
  definitions: Definitions,
): Definitions {
  const found: Record<string, Schema> = {};
  const open = [...schemas];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const references = JSON.stringify(part)
      .matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g);
    for (const [, name = ""] of references) {
      const definition = definitions[name];
      if (definition === undefined || name in found) continue;
      found[name] = definition;
      open.push(definition);
    }
  }
  return found;
}

/**
 * Refuses fields that a command's result cannot have, before anything is done.
 *
 * @throws {OrcError} `unknown_field` (usage) with the nearest there is
 */
export async function assertFields(name: string, list: string): Promise<void> {
  const { results, definitions } = await answerParts();
  for (const path of pathsIn(list)) {
    let schemas = [results[name] ?? {}];
    for (const [depth, field] of path.entries()) {
      const known = schemas.flatMap((each) => membersOf(each, definitions));
      if (known.length === 0 && depth === 0) break;
      const named = known.filter(([name]) => name === field || name === "*");
      if (named.length === 0) {
        throw unknownField(name, path.slice(0, depth + 1), known);
      }
      schemas = named.map(([, schema]) => schema);
    }
  }
}

function unknownField(
  command: string,
  path: readonly string[],
  members: readonly (readonly [string, Schema])[],
): Error {
  const known = Array.from(new Set(members.map(([name]) => name)));
  const field = path.join(".");
  const before = path.slice(0, -1).map((name) => `${name}.`).join("");
  const meant = nearest(path.at(-1) ?? "", known);
  const hint = known.length === 0
    ? `${before.slice(0, -1)} has no fields`
    : meant === undefined
    ? `there are ${known.map((name) => before + name).join(", ")}`
    : `use ${before}${meant}`;
  return usage(
    "unknown_field",
    `No field ${quoted(field)} in what orc ${command} answers`,
    {
      hint,
      details: { field, meant: meant === undefined ? null : before + meant },
    },
  );
}

/** The members that a value of a schema may have; `*` where they have names of their own. */
function membersOf(
  { $ref: reference, anyOf, items, properties, additionalProperties }: Schema,
  definitions: Definitions,
): readonly (readonly [string, Schema])[] {
  if (typeof reference === "string") {
    const named = definitions[reference.slice(REFERENCE.length)] ?? {};
    return membersOf(named, definitions);
  }
  return [
    ...isList(anyOf)
      ? anyOf.flatMap((each) => membersOf(each, definitions))
      : [],
    ...isSchema(items) ? membersOf(items, definitions) : [],
    ...isSchema(properties)
      ? Object.entries(properties).map(([name, schema]) =>
        [name, Object(schema)] as const
      )
      : [],
    ...isSchema(additionalProperties)
      ? [["*", additionalProperties] as const]
      : [],
  ];
}
