import { type TestedSecret, testSecret } from "../secrets/use.ts";
import { command, sessionOptions } from "./command.ts";
import { SECRET_NAME, sourceText } from "./secrets_view.ts";

/** `orc secrets test` */
export const secretsTestCommand = command<Omit<TestedSecret, "repository">>({
  name: "secrets test",
  summary: "Prove that a secret can be had, without showing it",
  description:
    "Opens a secret and prints where it comes from, its length, and a fingerprint: eight digits that are the same wherever the value is the same. They are slow to compute and salted, and left out for a value of less than 12 characters, so that nobody can guess the value from them.",
  args: [SECRET_NAME],
  flags: [],
  effect: "reads",
  permissions: ["run"],
  examples: ["orc secrets test OPENAI_API_KEY"],
  async run(host, values) {
    const { repository, ...result } = await testSecret(host, {
      ...sessionOptions(values, "secrets test"),
      name: values.need("NAME"),
    });
    return { place: repository, result };
  },
  render: (tested) =>
    [
      `${tested.name} can be had (${sourceText(tested)})`,
      `Length ${tested.length}, ${
        tested.fingerprint === null
          ? "too short for a fingerprint"
          : `fingerprint ${tested.fingerprint}`
      }`,
    ].join("\n"),
});
