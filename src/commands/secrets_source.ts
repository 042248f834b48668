import {
  type SecretOrigin,
  sourceOfSecret,
} from "../secrets/source_of_secret.ts";
import { command, sessionOptions } from "./command.ts";
import { SECRET_NAME, sourceText } from "./secrets_view.ts";

/** `orc secrets source` */
export const secretsSourceCommand = command<Omit<SecretOrigin, "repository">>({
  name: "secrets source",
  summary: "Say where a secret comes from",
  description:
    "Names all places that have a secret, in the order they count: the repository, your own directory for this repository, then for all, the environment (ORCHESTRATOR_NAME, then NAME), the Python tool's file and git's credential helper.",
  args: [SECRET_NAME],
  flags: [],
  effect: "reads",
  permissions: ["run"],
  examples: ["orc secrets source OPENAI_API_KEY"],
  async run(host, values) {
    const { repository, ...result } = await sourceOfSecret(host, {
      ...sessionOptions(values, "secrets source"),
      name: values.need("NAME"),
    });
    return { place: repository, result };
  },
  render: ({ locations }) => locations.map(sourceText).join("\n"),
});
