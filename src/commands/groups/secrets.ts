import { usage } from "../../base/error.ts";
import { countOf } from "../../base/text.ts";
import {
  diagnoseSecrets,
  type SecretsDiagnosis,
} from "../../secrets/doctor.ts";
import {
  getSecret,
  type GotSecret,
  initSecrets,
  listSecrets,
  removeStoredSecret,
  type SecretKept,
  type SecretLine,
  type SecretOrigin,
  type SecretRemoved,
  type SecretsReady,
  setSecret,
  sourceOfSecret,
  type TestedSecret,
  testSecret,
} from "../../secrets/use.ts";
import type {
  SecretLevel,
  SecretLocation,
  SecretSource,
} from "../../vault/vault.ts";
import {
  arg,
  type ArgSpec,
  command,
  flag,
  type FlagSpec,
  type ResultOf,
  type Style,
  type Values,
} from "../command.ts";
import { unhealthy } from "./doctor.ts";

type Result = ResultOf<SecretsDiagnosis>;

export const secretsDoctorCommand = command<Result>({
  description:
    "Finds secrets that the workflow or a setting names and nobody has, that cannot be opened, that others may read, that git tracks, that are not encrypted, and keys that lie beside what they open. Changes nothing and shows no value. Exits with 3 on any warning or error.",
  effect: "reads",
  permissions: ["run", "own"],
  examples: ["orc secrets doctor", "orc secrets doctor --json"],
  async use(host, options) {
    const diagnosis = await diagnoseSecrets(host, options);
    return { ...diagnosis, refusal: unhealthy(diagnosis) };
  },
  render: doctorText,
});

function doctorText(
  { healthy, secrets, findings }: Result,
  style: Style,
): string {
  const looked = `${countOf(secrets, "stored secret")} looked at`;
  return [
    healthy ? style.good(`Healthy, ${looked}`) : looked,
    ...findings.flatMap(({ severity, message, remedy }) => [
      `${severity}: ${message}`,
      `  Try: ${remedy}`,
    ]),
  ].join("\n");
}

const SECRET_NAME: ArgSpec = arg(
  "NAME",
  "Name of the secret, such as OPENAI_API_KEY",
);

const LEVEL_FLAGS: readonly FlagSpec[] = [
  flag("--private", "In your own directory, for this repository only"),
  flag("--global", "In your own directory, for all repositories", {
    excludes: ["private"],
  }),
];

function levelIn(values: Values): SecretLevel | undefined {
  return (["private", "global"] as const).find((level) => values.on(level));
}

const SOURCES: Readonly<Record<SecretSource, string>> = {
  repository: "repository",
  private: "private",
  global: "global",
  environment: "environment",
  legacy: "Python tool",
  git: "git credential helper",
  prompt: "typed",
};

function sourceText({ source, where }: SecretLocation): string {
  return where === null ? SOURCES[source] : `${SOURCES[source]}: ${where}`;
}

export const secretsGetCommand = command<ResultOf<GotSecret>>({
  description:
    "Prints the value of a secret and a line end. A program gets it exactly as it was kept, an agent only while an open item of the phase names it. On a terminal it is printed only with --show, and control characters in it are escaped.",
  args: [SECRET_NAME],
  flags: [flag("--show", "Print it on a terminal too")],
  effect: "reads",
  permissions: ["run", "own"],
  examples: ["orc secrets get OPENAI_API_KEY"],
  isValue: true,
  use: (host, options, values) =>
    getSecret(host, {
      ...options,
      name: values.need("NAME"),
      show: values.on("show"),
    }),
  render: ({ value }) => value,
});

export const secretsInitCommand = command<ResultOf<SecretsReady>>({
  description:
    "Makes an identity of age in your own directory, which opens the secrets you keep. One that is there stays. Make a copy of it in a safe place: without it the secrets cannot be opened.",
  effect: "writes",
  permissions: ["own"],
  examples: ["orc secrets init"],
  use: initSecrets,
  render: ({ identity, recipient, created, missing }) =>
    [
      `${created ? "Made identity" : "Identity is there:"} ${identity}`,
      `Public key: ${recipient}`,
      ...missing.map((name) => `Missing: orc secrets set ${name}`),
    ].join("\n"),
});

interface ListResult {
  readonly secrets: readonly SecretLine[];
}

export const secretsListCommand = command<ListResult>({
  description:
    "Lists the secrets that are stored or that workflow.yaml or a setting names, each with where its value comes from. No value is opened or shown.",
  effect: "reads",
  permissions: ["own"],
  examples: ["orc secrets list"],
  use: listSecrets,
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

export const secretsTestCommand = command<ResultOf<TestedSecret>>({
  description:
    "Opens a secret and prints where it comes from, its length, and a fingerprint: eight digits that are the same wherever the value is the same. They are slow to compute and salted, and left out for a value of less than 12 characters, so that nobody can guess the value from them.",
  args: [SECRET_NAME],
  effect: "reads",
  permissions: ["run", "own"],
  examples: ["orc secrets test OPENAI_API_KEY"],
  use: (host, options, values) =>
    testSecret(host, { ...options, name: values.need("NAME") }),
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

export const secretsRmCommand = command<ResultOf<SecretRemoved>>({
  description:
    "Removes a stored secret from where it counts, or from where a flag says, after a yes: orc keeps no copy. The same name may be stored elsewhere too: that stays.",
  args: [SECRET_NAME],
  flags: [
    ...LEVEL_FLAGS,
    flag("--dry-run", "Show what would be removed, and remove nothing", {
      effect: "reads",
    }),
    flag("-y, --yes", "Remove without asking"),
  ],
  effect: "rewrites",
  permissions: ["own"],
  examples: [
    "orc secrets rm OPENAI_API_KEY",
    "orc secrets rm OPENAI_API_KEY --global --yes",
  ],
  use: (host, options, values) =>
    removeStoredSecret(host, {
      ...options,
      name: values.need("NAME"),
      level: levelIn(values),
      dryRun: values.on("dry-run"),
      yes: values.on("yes"),
    }),
  render: ({ name, path, dryRun }) =>
    `${dryRun ? "Would remove" : "Removed"} secret "${name}" from ${path}`,
});

export const secretsSetCommand = command<ResultOf<SecretKept>>({
  description:
    "Keeps the value of a secret in a file that only you can read, encrypted with age. The value is typed, comes from standard input or from a file, and is never an argument: those can be seen by all users of the machine and stay in the history of the shell. Line ends behind it do not count. A secret that is there is replaced after a yes: orc keeps no copy.\n\nIt is encrypted to your identity (orc secrets init), with --passphrase or without an identity with ORCHESTRATOR_PASSPHRASE or what you type.",
  args: [
    SECRET_NAME,
    arg("[VALUE]...", "Refused: it is typed, piped or in a file"),
  ],
  flags: [
    flag("--file FILE", "File that holds the value"),
    ...LEVEL_FLAGS,
    flag("--passphrase", "Encrypt it with a passphrase"),
    flag("-y, --yes", "Replace one that is there without asking"),
  ],
  effect: "writes",
  permissions: ["own"],
  examples: [
    "orc secrets set OPENAI_API_KEY",
    "orc secrets set DEPLOY_KEY --file key.pem --private",
  ],
  use: (host, options, values) => {
    assertNoValue(values);
    return setSecret(host, {
      ...options,
      name: values.need("NAME"),
      file: values.text("file"),
      level: levelIn(values),
      passphrase: values.on("passphrase"),
      yes: values.on("yes"),
    });
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
  throw usage(
    "value_as_argument",
    "The value of a secret is not taken as an argument: other users can see it there, and the history of the shell keeps it",
    `run orc secrets set ${name}, which asks for it; better with a new value`,
  );
}

export const secretsSourceCommand = command<ResultOf<SecretOrigin>>({
  description:
    "Names all places that have a secret, in the order they count: the repository, your own directory for this repository, then for all, the environment (ORCHESTRATOR_NAME, then NAME), the Python tool's file and git's credential helper.",
  args: [SECRET_NAME],
  effect: "reads",
  permissions: ["run", "own"],
  examples: ["orc secrets source OPENAI_API_KEY"],
  use: (host, options, values) =>
    sourceOfSecret(host, { ...options, name: values.need("NAME") }),
  render: ({ locations }) => locations.map(sourceText).join("\n"),
});
