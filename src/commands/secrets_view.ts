import { OrcError } from "../base/error.ts";
import type {
  SecretLevel,
  SecretLocation,
  SecretSource,
} from "../secrets/secret_places.ts";
import type { ArgSpec, FlagSpec, Values } from "./command.ts";

/** The name of a secret, as an argument. */
export const SECRET_NAME: ArgSpec = {
  name: "NAME",
  summary: "Name of the secret, such as OPENAI_API_KEY",
  required: true,
};

/** Flags that say whom a secret is for. */
export const LEVEL_FLAGS: readonly FlagSpec[] = [
  {
    name: "private",
    summary: "In your own directory, for this repository only",
  },
  { name: "global", summary: "In your own directory, for all repositories" },
];

/** Whom a secret is for, as the flags say; undefined when they do not. */
export function levelIn(values: Values): SecretLevel | undefined {
  const levels = (["private", "global"] as const)
    .filter((level) => values.on(level));
  if (levels.length <= 1) return levels[0];
  throw new OrcError(
    "usage",
    "conflicting_flags",
    "Flags --private and --global do not go together",
    { hint: "give one of them" },
  );
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

/** Where a secret comes from, for people. */
export function sourceText({ source, place }: SecretLocation): string {
  return place === null ? SOURCES[source] : `${SOURCES[source]}: ${place}`;
}
