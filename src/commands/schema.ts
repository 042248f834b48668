import { OrcError } from "../base/error.ts";
import {
  type JsonSchema,
  workflowJsonSchema,
} from "../workflow/workflow_json_schema.ts";
import { command } from "./command.ts";

interface SchemaNames {
  readonly schemas: readonly string[];
}

/** `orc schema` */
export const schemaCommand = command<JsonSchema | SchemaNames>({
  name: "schema",
  summary: "Print the JSON Schema of workflow.yaml or of an answer",
  description:
    "Prints a JSON Schema. The one called workflow is for editors: orc init keeps it with the sessions and names it in the first line of workflow.yaml, where editors with YAML support find it. The one called error describes the answer of whatever fails, and a command's name the answer that the command gives with --json. Without a name all names are listed.",
  args: [{
    name: "NAME",
    summary: "workflow, error, or a command, such as status or session list",
    required: false,
    variadic: true,
    values: "command",
  }],
  flags: [],
  effect: "reads",
  permissions: [],
  examples: ["orc schema", "orc schema workflow", "orc schema session list"],
  async run(_host, values) {
    const name = values.list("NAME").join(" ");
    return { place: null, result: await schemaNamed(name) };
  },
  render: (result) =>
    "schemas" in result && Array.isArray(result.schemas)
      ? result.schemas.join("\n")
      : JSON.stringify(result, null, 2),
});

async function schemaNamed(name: string): Promise<JsonSchema | SchemaNames> {
  if (name === "workflow") return await workflowJsonSchema();
  const { answerNames, answerSchema } = await import("./answer_schema.ts");
  const schemas = ["workflow", ...answerNames()];
  if (name === "") return { schemas };
  const schema = answerSchema(name);
  if (schema !== undefined) return schema;
  throw new OrcError("usage", "no_such_schema", `No schema "${name}"`, {
    hint: "orc schema",
    details: { schemas },
  });
}
