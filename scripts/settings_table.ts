import {
  type Setting,
  SETTINGS,
  variableOf,
} from "../src/settings/settings.ts";

/** The table of all settings as Markdown: documentation and program cannot say two things. */
export function settingsTable(): string {
  const rows = SETTINGS.map((setting) => [
    `\`${setting.name}\`${setting.isPlanned ? " °" : ""}`,
    setting.summary,
    setting.type.expected.replaceAll('"', "`"),
    setting.default === null ? "none" : `\`${setting.default}\``,
    [variableOf(setting), ...namesOf(setting.variables)]
      .map((name) => `\`${name}\``).join(", "),
    setting.flag === undefined ? "" : `\`--${setting.flag}\``,
    inRepositoryText(setting),
    setting.since,
  ]);
  const head = [
    "Name",
    "What it says",
    "Values",
    "Default",
    "Variables",
    "Flag",
    "In the repository's file",
    "Since",
  ];
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function inRepositoryText({ inRepository }: Setting): string {
  if (inRepository === undefined) return "any value";
  return inRepository.length === 0
    ? "ignored"
    : `only ${inRepository.map((value) => `\`${value}\``).join(", ")}`;
}

function namesOf(
  aliases: readonly { readonly name: string }[] = [],
): readonly string[] {
  return aliases.map(({ name }) => name);
}
