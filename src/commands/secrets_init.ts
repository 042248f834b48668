import { initSecrets, type SecretsReady } from "../secrets/init_secrets.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc secrets init` */
export const secretsInitCommand = command<Omit<SecretsReady, "place">>({
  name: "secrets init",
  summary: "Make the identity that secrets are encrypted to",
  description:
    "Makes an identity of age in your own directory, which opens the secrets you keep. One that is there stays. Make a copy of it in a safe place: without it the secrets cannot be opened.",
  args: [],
  flags: [],
  effect: "writes",
  permissions: [],
  examples: ["orc secrets init"],
  async run(host, values) {
    const { place, ...result } = await initSecrets(
      host,
      sessionOptions(values, "secrets init"),
    );
    return { place, result };
  },
  render: ({ identity, recipient, created, missing }) =>
    [
      `${created ? "Made identity" : "Identity is there:"} ${identity}`,
      `Public key: ${recipient}`,
      ...missing.map((name) => `Missing: orc secrets set ${name}`),
    ].join("\n"),
});
