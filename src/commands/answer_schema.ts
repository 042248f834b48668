import { type JsonSchema, SCHEMA_DRAFT } from "../workflow/json_schema.ts";
import { ANSWER_DEFINITIONS, ANSWER_RESULTS } from "./answers.ts";

/** What is printed where nothing was done. */
const ERROR = "error";

const TEXT: JsonSchema = { type: "string" };
const TEXT_OR_NULL: JsonSchema = { type: ["string", "null"] };

const ERROR_MEMBERS = closed({
  kind: {
    description: "Decides the exit code.",
    enum: [
      "usage",
      "refused",
      "not_found",
      "conflict",
      "corrupt",
      "external",
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
}, ["details", "stack"]);

/** Names of all answers that have a schema. */
export function answerNames(): readonly string[] {
  return [ERROR, ...Object.keys(ANSWER_RESULTS).sort()];
}

/** The JSON Schema of what a command prints with `--json`; undefined for what is no command. */
export function answerSchema(name: string): JsonSchema | undefined {
  if (name === ERROR) {
    return {
      $schema: SCHEMA_DRAFT,
      title: "Answer of orc when a command was not done",
      ...errorAnswer({ type: ["string", "null"] }),
    };
  }
  const result = ANSWER_RESULTS[name];
  if (result === undefined) return undefined;
  const command: JsonSchema = { const: name };
  return {
    $schema: SCHEMA_DRAFT,
    title: `Answer of orc ${name} --json`,
    anyOf: [doneAnswer(command, result), errorAnswer(command)],
    definitions: definitionsFor(result),
  };
}

/** Also of a command that was done and whose result is bad news: there `ok` is false. */
function doneAnswer(command: JsonSchema, result: JsonSchema): JsonSchema {
  return closed({
    ok: { type: "boolean" },
    command,
    root: { ...TEXT_OR_NULL, description: "Root of the repository." },
    rootSource: { ...TEXT_OR_NULL, description: "How the root was found." },
    session: { ...TEXT_OR_NULL, description: "Id of the session." },
    result,
    error: ERROR_MEMBERS,
    warnings: { type: "array", items: TEXT },
  }, ["error", "warnings"]);
}

function errorAnswer(command: JsonSchema): JsonSchema {
  return closed({ ok: { const: false }, command, error: ERROR_MEMBERS });
}

/** A mapping with these keys and no others. */
function closed(
  properties: Record<string, JsonSchema>,
  optional: readonly string[] = [],
): JsonSchema {
  const required = Object.keys(properties)
    .filter((key) => !optional.includes(key));
  return { type: "object", properties, required, additionalProperties: false };
}

/** The shared definitions that a schema leads to. */
function definitionsFor(schema: JsonSchema): Record<string, JsonSchema> {
  const found = new Map<string, JsonSchema>();
  const open: JsonSchema[] = [schema];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    for (const name of referencesIn(part)) {
      const definition = ANSWER_DEFINITIONS[name];
      if (definition === undefined || found.has(name)) continue;
      found.set(name, definition);
      open.push(definition);
    }
  }
  return Object.fromEntries(found);
}

function referencesIn(schema: JsonSchema): readonly string[] {
  const text = JSON.stringify(schema);
  return Array.from(
    text.matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g),
    ([, name = ""]) => name,
  );
}
