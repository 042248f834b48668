import { CHANGES_MEANING } from "../src/checks/environment_rules.ts";

/** The table of what checks do not get of orc's environment: documentation and program cannot say two things. */
export function environmentTable(): string {
  const rows = CHANGES_MEANING.map(({ tool, names, kept = [], reason }) => [
    tool,
    `${listOf(names)}${
      kept.length > 0 ? "; what reaches a registry stays" : ""
    }`,
    reason,
  ]);
  const head = ["Read by", "Taken out", "They can"];
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
