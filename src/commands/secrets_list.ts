import { listSecrets, type SecretLine } from "../secrets/list_secrets.ts";
import { command, sessionOptions, type Style } from "./command.ts";
import { sourceText } from "./secrets_view.ts";

interface ListResult {
  readonly secrets: readonly SecretLine[];
}

/** `orc secrets list` */
export const secretsListCommand = command<ListResult>({
  name: "secrets list",
  summary: "List the secrets by name, and where they come from",
  description:
    "Lists the secrets that are stored or that workflow.yaml or a setting names, each with where its value comes from. No value is opened or shown.",
  args: [],
  flags: [],
  effect: "reads",
  permissions: [],
  examples: ["orc secrets list"],
  async run(host, values) {
    const { place, warnings, ...result } = await listSecrets(
      host,
      sessionOptions(values, "secrets list"),
    );
    return { place, warnings, result };
  },
  render: listText,
});

function listText({ secrets }: ListResult, style: Style): string {
  if (secrets.length === 0) return "No secrets here yet: orc secrets set NAME";
  const width = Math.max(...secrets.map(({ name }) => name.length)) + 2;
  return secrets.map(({ name, required, locations: [first] }) => {
    const needed = required ? " (required)" : "";
    const from = first === undefined ? style.bad("missing") : sourceText(first);
    return `${style.bold(name.padEnd(width))}${from}${needed}`;
  }).join("\n");
}
