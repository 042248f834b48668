import { type FlagSpec, globalFlags } from "../../src/commands/command.ts";
import {
  type CommandPage,
  effectText,
  flagSummary,
  PERMISSION_ROWS,
  spellingsOf,
  usageOf,
} from "../../src/commands/help.ts";
import { code, GENERATED, plain, stacked, table } from "./markdown.ts";
import type { DocumentedGroup } from "./pages.ts";

/** `docs/cli.md`: every command with all it takes and does. */
export function cliPage(groups: readonly DocumentedGroup[]): string {
  return stacked([
    GENERATED,
    "# Commands",
    "`orc help` says the same in a terminal, and `orc help COMMAND` all about one command. [Exit codes](exit-codes.md) and [permissions](permissions.md) have pages of their own. What a command prints with `--json` follows the schema that `orc schema COMMAND` prints: `ok` says whether it was done, `root` which repository it is about, and `result` or `error` the rest.",
    "Flags may stand anywhere behind the command; `--flag=VALUE` is `--flag VALUE`, and `--` ends the flags.",
    "## Flags of every command",
    flagTable(globalFlags),
    ...groups.flatMap(({ title, pages }) => [
      `## ${title}`,
      ...pages.flatMap(commandBlocks),
    ]),
  ]);
}

function commandBlocks(page: CommandPage): readonly string[] {
  const { name, summary, description, aliases, args, examples } = page;
  return [
    `### orc ${name}`,
    `${plain(summary)}.`,
    ["```sh", usageOf(page).replace(" [FLAG]...", ""), "```"].join("\n"),
    aliases.length === 0
      ? ""
      : `Also ${aliases.map((alias) => code(`orc ${alias}`)).join(", ")}.`,
    ...description.split(/\n\s*\n/).map(plain),
    table(
      ["Argument", "Meaning"],
      args.map((arg) => [code(arg.name), plain(arg.summary)]),
    ),
    flagTable(page.flags),
    [
      `- Effect: ${effectText(page)}`,
      `- Permissions: ${permissionsText(page)}`,
    ].join("\n"),
    ["Examples:", "", "```sh", ...examples, "```"].join("\n"),
  ];
}

function flagTable(flags: readonly FlagSpec[]): string {
  return table(
    ["Flag", "Meaning"],
    flags.map((flag) => [code(spellingsOf(flag)), plain(flagSummary(flag))]),
  );
}

function permissionsText({ permissions }: CommandPage): string {
  if (permissions.length === 0) return "the basic ones";
  const flags = permissions.map((permission) =>
    code(PERMISSION_ROWS[permission][0])
  );
  return `the basic ones and ${flags.join(", ")}`;
}
