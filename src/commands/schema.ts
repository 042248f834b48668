import {
  type JsonSchema,
  workflowJsonSchema,
} from "../app/workflow_json_schema.ts";
import { OrcError } from "../core/error.ts";
import { command } from "./command.ts";

const NAMES = ["workflow"] as const;

/** `orc schema` */
export const schemaCommand = command<JsonSchema>({
  name: "schema",
  summary: "Print the JSON Schema of workflow.yaml",
  description:
    "Prints a JSON Schema for editors. `orc init` keeps it with the sessions and names it in the first line of workflow.yaml, where editors with YAML support find it.",
  args: [{
    name: "NAME",
    summary: "What it describes: workflow",
    required: true,
  }],
  flags: [],
  permissions: [],
  examples: ["orc schema workflow"],
  async run(_host, values) {
    assertKnown(values.need("NAME"));
    return { place: null, result: await workflowJsonSchema() };
  },
  render: (schema) => JSON.stringify(schema, null, 2),
});

function assertKnown(name: string): void {
  if (NAMES.some((known) => known === name)) return;
  throw new OrcError("usage", "no_such_schema", `No schema "${name}"`, {
    hint: `orc schema ${NAMES[0]}`,
    details: { schemas: NAMES },
  });
}
