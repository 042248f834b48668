import { type FlagSpec, globalFlags } from "../../src/commands/command.ts";
import {
  type CommandPage,
  effectText,
  flagSummary,
  spellingsOf,
  usageOf,
} from "../../src/commands/help.ts";
import type { ExitCode } from "./exit_codes_page.ts";
import type { DocumentedGroup } from "./pages.ts";

/** What the man page says besides the commands. */
export interface ManPageContent {
  readonly groups: readonly DocumentedGroup[];
  readonly codes: readonly ExitCode[];
  readonly version: string;
}

/** `man/orc.1` in roff, with the macros of man(7) that every system has. */
export function manPage({ groups, codes, version }: ManPageContent): string {
  return [
    '.\\" Made from the command table by "deno task docs:cli".',
    `.TH ORC 1 "" "orc ${version}" "User Commands"`,
    ".SH NAME",
    "orc \\- workflow orchestrator for AI coding agents",
    ".SH SYNOPSIS",
    ".B orc",
    "COMMAND [ARGUMENT]... [FLAG]...",
    ".SH DESCRIPTION",
    "orc leads coding agents through a workflow: it hands out one item at a time, runs the checks itself, and leaves to humans what only humans may decide. The workflow is written in workflow.yaml, and all state is kept in the directory .orchestrator of the repository.",
    ".PP",
    "Start with",
    '.BR "orc start" ,',
    "then do what",
    ".B orc next",
    "says.",
    ".SH FLAGS OF EVERY COMMAND",
    ...globalFlags.flatMap(flagLines),
    ...groups.flatMap(({ title, pages }) => [
      `.SH COMMANDS: ${roff(title.toUpperCase())}`,
      ...pages.flatMap(commandLines),
    ]),
    ".SH EXIT STATUS",
    ...codes.flatMap(({ code, meaning }) => [".TP", code, roff(meaning)]),
    "",
  ].join("\n");
}

function commandLines(page: CommandPage): readonly string[] {
  const { aliases, args, description, examples, flags, name } = page;
  const also = aliases.map((alias) => `orc ${alias}`).join(", ");
  return [
    `.SS orc ${roff(name)}`,
    `.B ${roff(usageOf(page))}`,
    ...description.split(/\n\s*\n/).flatMap((text) => [".PP", roff(text)]),
    ...also === "" ? [] : [".PP", roff(`Also: ${also}.`)],
    ".PP",
    roff(`Effect: ${effectText(page)}.`),
    ...args.flatMap((
      { name, summary },
    ) => [".TP", `.I ${name}`, roff(summary)]),
    ...flags.flatMap(flagLines),
    ".PP",
    "Examples:",
    ".PP",
    ".nf",
    ...examples.map((example) => `    ${roff(example)}`),
    ".fi",
  ];
}

function flagLines(flag: FlagSpec): readonly string[] {
  return [".TP", `.B ${roff(spellingsOf(flag))}`, roff(flagSummary(flag))];
}

/** Text as it is: roff has its own idea of backslashes, hyphens, quotes and dots at the start of a line. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("…", "...")
    .replace(/^\./, "\\&.");
}
