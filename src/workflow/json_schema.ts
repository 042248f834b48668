import { EVIDENCE_SCHEMAS } from "./evidence.ts";
import type { WORKFLOW_KEYS } from "./keys.ts";

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  /** What the author has to know, shown by editors. */
  description?: string;
  /** By key, what a mapping may hold. */
  properties?: Record<string, JsonSchema>;
  /** Keys a mapping must hold. */
  required?: string[];
  /** What each entry of a list has to be. */
  items?: JsonSchema;
  /** All other keywords. */
  [keyword: string]: unknown;
}

/** The draft of JSON Schema that editors know. */
export const SCHEMA_DRAFT = "http://json-schema.org/draft-07/schema#";

/** Describes workflow.yaml for editors; spellings of booleans and numbers only the Python tool takes are left out. */
export async function workflowJsonSchema(): Promise<JsonSchema> {
  const [{ toJsonSchema }, { workflowSchema }, { WORKFLOW_KEYS }] =
    await Promise.all([
      import("@valibot/to-json-schema"),
      import("./schema.ts"),
      import("./keys.ts"),
    ]);
  const { $schema: _, ...schema } = toJsonSchema(workflowSchema, {
    typeMode: "output",
    // Rules that JSON Schema cannot express are checked by orc alone.
    errorMode: "ignore",
  }) as JsonSchema;
  return {
    $schema: SCHEMA_DRAFT,
    title: "workflow.yaml of orc",
    ...explain(schema, WORKFLOW_KEYS),
  };
}

function explain(
  schema: JsonSchema,
  { workflow, phase, item, verification, proof, limits, settings, ...more }:
    typeof WORKFLOW_KEYS,
): JsonSchema {
  const explainAll =
    (keys: Readonly<Record<string, string>>) =>
    (list: JsonSchema): JsonSchema => ({
      ...list,
      items: describe(list.items ?? {}, keys),
    });
  const explainItem = (items: JsonSchema): JsonSchema =>
    describe(items, item, {
      verification: (schema) =>
        describe(schema, verification, {
          prove: ({ anyOf, ...prove }) => ({
            ...prove,
            anyOf: (anyOf as JsonSchema[]).map((one) =>
              one.properties ? describe(one, proof) : one
            ),
          }),
        }),
      evidence_schema: (schema) => ({ ...schema, examples: EVIDENCE_SCHEMAS }),
    });
  const { required, ...whole } = describe(schema, workflow, {
    include: explainAll(more.include),
    overlay: explainAll(more.overlay),
    phases: (phases) => ({
      ...phases,
      items: describe(phases.items ?? {}, phase, {
        items: (items) => ({ ...items, items: explainItem(items.items ?? {}) }),
      }),
    }),
    size_limits: (schema) => ({
      ...schema,
      additionalProperties: describe(
        schema.additionalProperties as JsonSchema,
        limits,
      ),
    }),
    settings: (schema) => ({
      ...schema,
      type: "object",
      properties: Object.fromEntries(
        Object.entries(settings)
          .map(([key, description]) => [key, { description }]),
      ),
    }),
  });
  // What is included may bring them.
  return { ...whole, if: { required: ["include"] }, else: { required } };
}

/** Adds what each key is for; a key with a default may be left out, and others are mistakes. */
function describe(
  schema: JsonSchema,
  descriptions: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, (schema: JsonSchema) => JsonSchema>> = {},
): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const changed = changes[key]?.(property) ?? property;
    properties[key] = { description: descriptions[key], ...changed };
  }
  return {
    ...schema,
    properties,
    required: schema.required?.filter((key) =>
      properties[key]?.default === undefined
    ),
    additionalProperties: false,
  };
}
