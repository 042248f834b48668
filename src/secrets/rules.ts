import {
  errorFinding,
  type Finding,
  infoFinding,
  warningFinding,
} from "../base/finding.ts";
import { MIN_MASKED_LENGTH } from "../base/mask.ts";
import { modeText } from "../base/text.ts";

/** Why a file in a directory of secrets cannot be opened here; one that is `plain` need not be. */
export type SecretTrouble =
  | "plain"
  | "locked"
  | "damaged"
  | "unreadable"
  | "linked";

export interface SecretFileFact {
  readonly path: string;
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
      .map(({ path }) =>
        warningFinding({
          code: "secret_committed",
          path,
          message:
            `"${path}" is committed to git: whoever gets its key, now or later, can open it`,
          remedy: `git rm --cached "${path}", and keep it with --private`,
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

function plaintext({ path, name, isTracked }: SecretFileFact): Finding {
  return errorFinding({
    code: "secret_plaintext",
    path,
    message: `"${path}" lies among the secrets and is not encrypted${
      isTracked ? "; git tracks it, so change the secret itself" : ""
    }`,
    remedy: `orc secrets set ${name ?? "NAME"} --file FILE, then remove it`,
  });
}

const TROUBLES: Readonly<Record<Exclude<SecretTrouble, "plain">, string>> = {
  locked: "cannot be opened with your keys",
  damaged: "is damaged",
  unreadable: "may not be read by you",
  linked: "is a symbolic link, and orc follows none",
};

function unopened(
  { path, name, trouble }: SecretFileFact,
): readonly Finding[] {
  if (trouble === null || trouble === "plain" || name === null) return [];
  return [warningFinding({
    code: `secret_${trouble}`,
    path,
    message: `Secret "${name}" in "${path}" ${TROUBLES[trouble]}`,
    remedy: `orc secrets source ${name}`,
  })];
}

function identityAtRisk(
  { path, mode, isTracked }: NonNullable<SecretFacts["identity"]>,
): readonly Finding[] {
  const risks = [
    ...allowsOthers(mode)
      ? [`can be read by others (mode ${modeText(mode)})`]
      : [],
    ...isTracked ? ["is committed to git"] : [],
  ];
  return risks.map((risk) =>
    errorFinding({
      code: "identity_exposed",
      path,
      message: `"${path}" opens all your secrets and ${risk}`,
      remedy: isTracked
        ? `git rm --cached "${path}", and change the secrets`
        : `chmod 600 "${path}"`,
    })
  );
}

function short({ path, name, length }: SecretFileFact): readonly Finding[] {
  return length === null || length >= MIN_MASKED_LENGTH ? [] : [infoFinding({
    code: "secret_short",
    path,
    message:
      `The value of secret "${name}" has less than ${MIN_MASKED_LENGTH} characters: it is not masked where it is printed`,
    remedy: `orc secrets set ${name}`,
  })];
}

function allowsOthers(mode: number | null): boolean {
  return mode !== null && (mode & 0o077) !== 0;
}
