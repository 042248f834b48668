import type { ArgSpec, FlagSpec, Style } from "./command.ts";
import { effectText } from "./effect_text.ts";
import type {
  CommandPage,
  FamilyPage,
  HelpPage,
  ListedCommand,
  OverviewPage,
} from "./help_page.ts";
import { permissionRows } from "./permission_text.ts";

/** Long lines are hard to read on wide terminals too. */
const MAX_COLUMNS = 80;
/** A left column wider than this takes a line of its own. */
const MAX_LEFT_COLUMN = 34;

/** A line in two columns. */
type Row = readonly [left: string, right: string];

/** Makes the text of a help page. */
export function renderPage(page: HelpPage, style: Style): string {
  switch (page.type) {
    case "overview":
      return renderOverview(page, style);
    case "family":
      return renderFamily(page, style);
    case "command":
      return renderCommand(page, style);
  }
}

function renderOverview(page: OverviewPage, style: Style): string {
  const titleWidth = widest(page.groups.map((group) => group.title)) + 2;
  const lines = page.groups.flatMap((group) => {
    const rows = group.isFolded
      ? wrap(namesOf(group.commands), widthOf(style) - titleWidth)
      : summariesOf(page, group.commands);
    return rows.map((row, index) =>
      style.bold((index === 0 ? group.title : "").padEnd(titleWidth)) + row
    );
  });
  const flags = page.globalFlags.map(spellingsOf).join("; ");
  return [
    "Usage: orc COMMAND [ARGUMENT]... [FLAG]...  (orc help COMMAND explains one)",
    "",
    ...lines,
    "",
    ...wrap(`Every command takes ${flags}`, widthOf(style)),
  ].join("\n");
}

function summariesOf(
  { groups }: OverviewPage,
  commands: readonly ListedCommand[],
): readonly string[] {
  const open = groups.filter(({ isFolded }) => !isFolded)
    .flatMap((group) => group.commands);
  const nameWidth = widest(open.map(({ name }) => name)) + 2;
  return commands.map(({ name, summary }) => name.padEnd(nameWidth) + summary);
}

/** Commands of one family share their first word: `session list|switch`. */
function namesOf(commands: readonly ListedCommand[]): string {
  const families = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first = "", ...rest] = name.split(" ");
    families.set(first, [...families.get(first) ?? [], rest.join(" ")]);
  }
  return Array.from(
    families,
    ([first, members]) => `${first} ${members.join("|")}`.trim(),
  ).join(", ");
}

function renderFamily(page: FamilyPage, style: Style): string {
  const rows = page.commands.map(({ name, summary }): Row => [name, summary]);
  return [
    `Usage: orc ${page.name} COMMAND [ARGUMENT]... [FLAG]...`,
    "",
    ...columnsOf(rows, style),
  ].join("\n");
}

function renderCommand(page: CommandPage, style: Style): string {
  const sectionRows: readonly [title: string, rows: readonly Row[]][] = [
    ["Arguments", page.args.map(({ name, summary }) => [name, summary])],
    ["Flags", page.flags.map(flagRow)],
    ["Flags of every command", page.globalFlags.map(flagRow)],
    ["Examples", page.examples.map((example) => [example, ""])],
    ["Permissions under deno run", permissionRows(page)],
  ];
  const sections = sectionRows
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) =>
      [style.bold(`${title}:`), ...columnsOf(rows, style)].join("\n")
    );
  return [headOf(page, style).join("\n"), ...sections].join("\n\n");
}

function headOf(page: CommandPage, style: Style): readonly string[] {
  const paragraphs = page.description.split(/\n\s*\n/);
  return [
    `${style.bold(`orc ${page.name}`)}: ${page.summary}`,
    "",
    `Usage:  ${usageOf(page)}`,
    ...aliasLines(page),
    ...hang("Effect: ", effectText(page), widthOf(style)),
    ...paragraphs.flatMap((text) => ["", ...wrap(text, widthOf(style))]),
  ];
}

/** The way to type a command. */
export function usageOf(
  { name, args }: Pick<CommandPage, "name" | "args">,
): string {
  return ["orc", name, ...args.map(placeholderOf), "[FLAG]..."].join(" ");
}

function aliasLines({ aliases }: ListedCommand): readonly string[] {
  if (aliases.length === 0) return [];
  return [`Also:   ${aliases.map((alias) => `orc ${alias}`).join(", ")}`];
}

function placeholderOf({ name, required, variadic }: ArgSpec): string {
  return (required ? name : `[${name}]`) + (variadic ? "..." : "");
}

function flagRow(flag: FlagSpec): Row {
  const indent = flag.short === undefined ? "    " : "";
  return [indent + spellingsOf(flag), flagSummary(flag)];
}

/** What a flag does, who may use it and how often. */
export function flagSummary({ summary, effect, repeatable }: FlagSpec): string {
  const human = effect === "human" ? " (a human only)" : "";
  return summary + human + (repeatable ? " (may be repeated)" : "");
}

/** All spellings of a flag, with the placeholder of its value. */
export function spellingsOf({ name, short, aliases, value }: FlagSpec): string {
  const spellings = [
    ...short === undefined ? [] : [`-${short}`],
    `--${name}`,
    ...(aliases ?? []).map((alias) => `--${alias}`),
  ];
  return spellings.join(", ") + (value === undefined ? "" : ` ${value}`);
}

function columnsOf(rows: readonly Row[], style: Style): readonly string[] {
  const fitting = rows.map(([left]) => left)
    .filter((left) => left.length <= MAX_LEFT_COLUMN);
  const indent = widest(fitting) + 4;
  return rows.flatMap(([left, right]) => {
    if (right === "") return [`  ${left}`];
    const [first = "", ...others] = wrap(right, widthOf(style) - indent);
    const beginning = `  ${left}`.padEnd(indent);
    const following = others.map((line) => " ".repeat(indent) + line);
    return beginning.length > indent
      ? [beginning, " ".repeat(indent) + first, ...following]
      : [beginning + first, ...following];
  });
}

function hang(title: string, text: string, width: number): readonly string[] {
  return wrap(text, width - title.length)
    .map((line, index) =>
      (index === 0 ? title : " ".repeat(title.length)) + line
    );
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}

function widthOf(style: Style): number {
  return Math.min(style.columns, MAX_COLUMNS);
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && longer.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
