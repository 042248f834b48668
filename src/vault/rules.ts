/** What the places of secrets are called, and how one is kept there. */

/**
 * Whom a stored secret is for: all who share the `repository`, its user alone (`private`), or all
 * repositories of the user (`global`).
 */
export type SecretLevel = "repository" | "private" | "global";

/** Keeps a secret anew where it was; to replace what has its name there takes a yes. */
export function setAnew(
  { name, level }: {
    readonly name: string | null;
    readonly level: SecretLevel;
  },
): string {
  const flag = level === "repository" ? "" : ` --${level}`;
  const yes = name === null ? "" : " --yes";
  return `orc secrets set ${name ?? "NAME"}${flag}${yes}`;
}
