import { usage } from "../base/error.ts";
import { escapeJson } from "../base/text.ts";
import {
  type JsonSchema,
  workflowJsonSchema,
} from "../workflow/json_schema.ts";
import {
  answerParts,
  answerSchema,
  errorCodeSchema,
  errorSchema,
} from "./answers.ts";
import {
  arg,
  type Command,
  command,
  type CommandGroup,
  findEntry,
  tableOf,
} from "./command.ts";

interface SchemaNames {
  readonly schemas: readonly string[];
}

/** `orc schema`; what is given without `--full` is declared in the commands of these groups. */
export function schemaCommand(
  groups: readonly CommandGroup[],
): Command<JsonSchema | SchemaNames> {
  return command({
    description:
      "Prints a JSON Schema. The one called workflow is for editors: orc init keeps it with the sessions and names it in the first line of workflow.yaml, where editors with YAML support find it. The one called error describes the answer of whatever fails, with a code behind it what that code means, and a command's name the answer that the command gives with --json: first in its compact form, then with --full. Without a name all names are listed.",
    args: [
      arg(
        "[NAME]...",
        "workflow, error, error CODE, or a command, such as status or session list",
        "command",
      ),
    ],
    effect: "reads",
    examples: [
      "orc schema",
      "orc schema workflow",
      "orc schema error check_failed",
      "orc schema session list",
    ],
    isValue: true,
    isWhole: true,
    async use(_host, _options, values) {
      const words = values.list("NAME");
      return { place: null, ...await schemaNamed(words, groups) };
    },
    render: (result) =>
      "schemas" in result && Array.isArray(result.schemas)
        ? result.schemas.join("\n")
        : escapeJson(JSON.stringify(result, null, 2)),
  });
}

async function schemaNamed(
  words: readonly string[],
  groups: readonly CommandGroup[],
): Promise<JsonSchema | SchemaNames> {
  const name = words.join(" ");
  const [first, code] = words;
  if (first === "error" && code !== undefined && words.length === 2) {
    return Object(errorCodeSchema(code));
  }
  if (name === "workflow") return await workflowJsonSchema();
  if (name === "error") return Object(errorSchema());
  const parts = await answerParts();
  const schemas = ["workflow", "error", ...Object.keys(parts.results).sort()];
  if (name === "") return { schemas };
  const entry = findEntry(tableOf(groups), [name]);
  if (entry === undefined || !(entry.name in parts.results)) {
    throw usage("no_such_schema", `No schema "${name}"`, {
      hint: "orc schema",
      details: { schemas },
    });
  }
  const command = await entry.load();
  return Object(await answerSchema(entry.name, parts, command));
}
