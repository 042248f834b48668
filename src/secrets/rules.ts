import {
  errorFinding,
  type Finding,
  infoFinding,
  warningFinding,
} from "../base/finding.ts";
import { MIN_MASKED_LENGTH } from "../base/mask.ts";
import { parentDirectory } from "../base/path.ts";
import { modeText } from "../base/text.ts";
import { type SecretLevel, setAnew } from "../vault/rules.ts";

/** Why a file in a directory of secrets cannot be opened here; one that is `plain` need not be. */
export type SecretTrouble =
  | "plain"
  | "locked"
  | "damaged"
  | "unreadable"
  | "linked";

export interface SecretFileFact {
  readonly path: string;
  /** Whose it is: the repository's, or the user's for one repository or for all. */
  readonly level: SecretLevel;
  readonly name: string | null;
  /** Permission bits; null where the system has none. */
  readonly mode: number | null;
  readonly isTracked: boolean;
  readonly trouble: SecretTrouble | null;
  readonly length: number | null;
}

/** All that doctor knows about secrets. Gathered without changing anything, or asking anybody. */
export interface SecretFacts {
  readonly directory: string;
  /** Names that the workflow or a setting asks for and nobody has. */
  readonly missing: readonly string[];
  readonly files: readonly SecretFileFact[];
  /** What opens the user's secrets; null without any. */
  readonly identity: {
    readonly path: string;
    readonly mode: number | null;
    readonly isTracked: boolean;
  } | null;
  /** Files of the repository that hold what opens the secrets in it. */
  readonly keysBeside: readonly string[];
  /** Files of the repository that hold a token as it is. */
  readonly tokenFiles: readonly string[];
  /** What the Python tool keeps secrets in; null without it. */
  readonly legacyPath: string | null;
}

/** Says what the facts mean: what is missing first. */
export function secretFindings(facts: SecretFacts): readonly Finding[] {
  const { directory, files, identity, legacyPath } = facts;
  return [
    ...facts.missing.map((name) =>
      errorFinding({
        code: "secret_missing",
        path: directory,
        message: `Secret "${name}" is required, and nobody has it`,
        remedy: `orc secrets set ${name}`,
      })
    ),
    ...files.filter(({ trouble }) => trouble === "plain").map(plaintext),
    ...files.flatMap(unopened),
    ...files.filter(({ mode }) => allowsOthers(mode)).map(({ path, mode }) =>
      warningFinding({
        code: "secret_readable",
        path,
        message: `"${path}" can be read by others (mode ${modeText(mode)})`,
        remedy: `chmod 600 "${path}"`,
      })
    ),
    // What git tracks is copied to every clone, and stays in its history.
    ...files.filter(({ isTracked, trouble }) =>
      isTracked && trouble !== "plain"
    )
      .map(({ path, name }) =>
        warningFinding({
          code: "secret_committed",
          path,
          message:
            `"${path}" is committed to git: whoever gets its key, now or later, can open it`,
          remedy: `${
            untrack(path)
          }, and keep it in your own directory: orc secrets set ${
            name ?? "NAME"
          } --private`,
        })
      ),
    ...identity === null ? [] : identityAtRisk(identity),
    ...facts.keysBeside.map((path) =>
      errorFinding({
        code: "key_beside_secrets",
        path,
        message:
          `"${path}" holds what opens the secrets of this repository, and lies beside them`,
        remedy: "move it out of the repository, and change the secrets",
      })
    ),
    ...facts.tokenFiles.map((path) =>
      errorFinding({
        code: "token_in_file",
        path,
        message:
          `"${path}" holds a token or key that anybody who reads it can use`,
        remedy:
          "replace it by the name of a secret: secrets: [NAME], orc secrets set NAME",
      })
    ),
    ...files.flatMap(short),
    ...legacyPath === null ? [] : [infoFinding({
      code: "legacy_secrets",
      path: legacyPath,
      message:
        `"${legacyPath}" holds secrets of the Python tool, which are read with SECRETS_PASSWORD`,
      remedy: "keep them one by one: orc secrets set NAME",
    })],
  ];
}

/** Git finds the repository that a file is in, from wherever this is typed. */
function untrack(path: string): string {
  return `git -C "${parentDirectory(path)}" rm --cached "${path}"`;
}

function plaintext(file: SecretFileFact): Finding {
  const { path, name, isTracked } = file;
  const encrypt = `${setAnew(file)} --file "${path}"`;
  return errorFinding({
    code: "secret_plaintext",
    path,
    message: `"${path}" lies among the secrets and is not encrypted${
      isTracked ? "; git tracks it, so change the secret itself" : ""
    }`,
    // One that has the name of a secret is replaced by what it becomes.
    remedy: name === null ? `${encrypt}, then remove that file` : encrypt,
  });
}

const TROUBLES: Readonly<Record<Exclude<SecretTrouble, "plain">, string>> = {
  locked: "cannot be opened with your keys",
  damaged: "is damaged",
  unreadable: "may not be read by you",
  linked: "is a symbolic link, and orc follows none",
};

function unopened(file: SecretFileFact): readonly Finding[] {
  const { path, name, trouble } = file;
  if (trouble === null || trouble === "plain" || name === null) return [];
  return [warningFinding({
    code: `secret_${trouble}`,
    path,
    message: `Secret "${name}" in "${path}" ${TROUBLES[trouble]}`,
    remedy: WAYS[trouble](file),
  })];
}

const WAYS: Readonly<
  Record<Exclude<SecretTrouble, "plain">, (file: SecretFileFact) => string>
> = {
  locked: (file) =>
    `use the identity or passphrase that it was kept with, or keep it anew: ${
      setAnew(file)
    }`,
  damaged: (file) => `put back a good copy, or keep it anew: ${setAnew(file)}`,
  unreadable: ({ path }) =>
    `see who owns it: ls -ld "${path}"; then work as that user, or let that user allow it`,
  linked: () => "put the file itself in its place",
};

function identityAtRisk(
  { path, mode, isTracked }: NonNullable<SecretFacts["identity"]>,
): readonly Finding[] {
  const exposed = (risk: string, remedy: string): Finding =>
    errorFinding({
      code: "identity_exposed",
      path,
      message: `"${path}" opens all your secrets and ${risk}`,
      remedy,
    });
  const readable = `can be read by others (mode ${modeText(mode)})`;
  return [
    ...allowsOthers(mode) ? [exposed(readable, `chmod 600 "${path}"`)] : [],
    ...isTracked
      ? [exposed(
        "is committed to git",
        `${untrack(path)}, and change the secrets`,
      )]
      : [],
  ];
}

function short(file: SecretFileFact): readonly Finding[] {
  const { path, name, length } = file;
  return length === null || length >= MIN_MASKED_LENGTH ? [] : [infoFinding({
    code: "secret_short",
    path,
    message:
      `The value of secret "${name}" has less than ${MIN_MASKED_LENGTH} characters: it is not masked where it is printed`,
    remedy: setAnew(file),
  })];
}

function allowsOthers(mode: number | null): boolean {
  return mode !== null && (mode & 0o077) !== 0;
}
