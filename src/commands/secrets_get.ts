import { getSecret, type GotSecret } from "../secrets/use.ts";
import { command, sessionOptions } from "./command.ts";
import { SECRET_NAME } from "./secrets_view.ts";

/** `orc secrets get` */
export const secretsGetCommand = command<Omit<GotSecret, "place">>({
  name: "secrets get",
  summary: "Print a secret, for a program",
  description:
    "Prints the value of a secret and a line end. On a terminal it does so only with --show. Control characters in it are escaped; --json has them as they are.",
  args: [SECRET_NAME],
  flags: [{ name: "show", summary: "Print it on a terminal too" }],
  effect: "reads",
  permissions: ["run"],
  examples: ["orc secrets get OPENAI_API_KEY --json"],
  async run(host, values) {
    const { place, ...result } = await getSecret(host, {
      ...sessionOptions(values, "secrets get"),
      name: values.need("NAME"),
      show: values.on("show"),
    });
    return { place, result };
  },
  render: ({ value }) => value,
});
