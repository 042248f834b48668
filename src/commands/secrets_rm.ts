import {
  removeStoredSecret,
  type SecretRemoved,
} from "../secrets/remove_secret.ts";
import { command, sessionOptions } from "./command.ts";
import { LEVEL_FLAGS, levelIn, SECRET_NAME } from "./secrets_view.ts";

/** `orc secrets rm` */
export const secretsRmCommand = command<Omit<SecretRemoved, "place">>({
  name: "secrets rm",
  summary: "Remove a stored secret",
  description:
    "Removes a stored secret from where it counts, or from where a flag says. The same name may be stored elsewhere too: that stays.",
  args: [SECRET_NAME],
  flags: LEVEL_FLAGS,
  effect: "writes",
  permissions: [],
  examples: ["orc secrets rm OPENAI_API_KEY"],
  async run(host, values) {
    const { place, ...result } = await removeStoredSecret(host, {
      ...sessionOptions(values, "secrets rm"),
      name: values.need("NAME"),
      level: levelIn(values),
    });
    return { place, result };
  },
  render: ({ name, path }) => `Removed secret "${name}" from ${path}`,
});
