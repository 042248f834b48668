import { OrcError } from "../base/error.ts";
import { type SecretKept, setSecret } from "../secrets/set_secret.ts";
import { command, sessionOptions, type Values } from "./command.ts";
import { LEVEL_FLAGS, levelIn, SECRET_NAME } from "./secrets_view.ts";

/** `orc secrets set` */
export const secretsSetCommand = command<
  Omit<SecretKept, "place" | "warnings">
>({
  name: "secrets set",
  summary: "Keep a secret, encrypted",
  description:
    "Keeps the value of a secret in a file that only you can read, encrypted with age. The value is typed, comes from standard input or from a file, and is never an argument: those can be seen by all users of the machine and stay in the history of the shell. Line ends behind it do not count. A secret that is there is replaced.\n\nIt is encrypted to your identity (orc secrets init), with --passphrase or without an identity with ORCHESTRATOR_PASSPHRASE or what you type.",
  args: [SECRET_NAME, {
    name: "VALUE",
    summary: "Refused: it is typed, piped or in a file",
    required: false,
    variadic: true,
  }],
  flags: [
    {
      name: "file",
      value: "FILE",
      values: "file",
      summary: "File that holds the value",
    },
    ...LEVEL_FLAGS,
    { name: "passphrase", summary: "Encrypt it with a passphrase" },
  ],
  effect: "writes",
  permissions: [],
  examples: [
    "orc secrets set OPENAI_API_KEY",
    "orc secrets set DEPLOY_KEY --file key.pem --private",
  ],
  async run(host, values) {
    assertNoValue(values);
    const { place, warnings, ...result } = await setSecret(host, {
      ...sessionOptions(values, "secrets set"),
      name: values.need("NAME"),
      file: values.text("file"),
      level: levelIn(values),
      passphrase: values.on("passphrase"),
    });
    return { place, warnings, result };
  },
  render: ({ name, path, encryption }) =>
    `Kept secret "${name}" in ${path}, encrypted ${
      encryption === "identity" ? "to your identity" : "with a passphrase"
    }`,
});

/** Said without repeating what was given. */
function assertNoValue(values: Values): void {
  if (values.list("VALUE").length === 0) return;
  const name = values.need("NAME");
  throw new OrcError(
    "usage",
    "value_as_argument",
    "The value of a secret is not taken as an argument: other users can see it there, and the history of the shell keeps it",
    {
      hint:
        `run orc secrets set ${name}, which asks for it; better with a new value`,
    },
  );
}
