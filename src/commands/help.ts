import { ORCHESTRATOR_DIRECTORY } from "../base/layout.ts";
import { documentationAbove } from "../library/documentation.ts";
import {
  arg,
  type ArgSpec,
  type Command,
  command,
  type CommandGroup,
  type Effect,
  entriesBelow,
  findEntry,
  type FlagSpec,
  globalFlags,
  type Permission,
  type Style,
  type TableEntry,
  tableOf,
} from "./command.ts";
import { unknownCommand } from "./unknown.ts";

/** `orc help`, also reached by `--help`; its pages come from the declarations of these groups. */
export function helpCommand(
  groups: readonly CommandGroup[],
): Command<HelpPage> {
  return command({
    description:
      "Shows all commands, or what one command does, takes and needs.",
    args: [
      arg(
        "[COMMAND]...",
        "Command to explain, such as start or session list",
        "command",
      ),
    ],
    effect: "reads",
    examples: ["orc help", "orc help start", "orc help session list --json"],
    use: async (_host, _options, values) => ({
      place: null,
      ...await pageFor(groups, values.list("COMMAND")),
    }),
    render: renderPage,
  });
}

/** A command in a list of commands. */
interface ListedCommand {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
}

/** A command in the list of all commands. */
interface OverviewCommand extends ListedCommand {
  /** Whether it is named without its summary. */
  readonly isFolded: boolean;
}

/** All commands. */
interface OverviewPage {
  readonly type: "overview";
  readonly groups: readonly {
    readonly title: string;
    readonly commands: readonly OverviewCommand[];
  }[];
  readonly globalFlags: readonly FlagSpec[];
  /** What can be run as it is, in a repository that was never used with orc. */
  readonly examples: readonly string[];
  /** The documents that came with this orc; null where none did, or they cannot be seen. */
  readonly documentation: string | null;
}

/** Commands that share their first word. */
interface FamilyPage {
  readonly type: "family";
  readonly name: string;
  readonly commands: readonly ListedCommand[];
}

/** One command with all it takes and needs. */
export interface CommandPage extends ListedCommand {
  readonly type: "command";
  readonly description: string;
  readonly args: readonly ArgSpec[];
  readonly flags: readonly FlagSpec[];
  readonly globalFlags: readonly FlagSpec[];
  /** What it does to files, without any flag. */
  readonly effect: Effect;
  readonly permissions: readonly Permission[];
  readonly examples: readonly string[];
}

/** What help shows; `--json` prints it as it is. */
export type HelpPage = OverviewPage | FamilyPage | CommandPage;

export async function pageFor(
  groups: readonly CommandGroup[],
  words: readonly string[],
): Promise<HelpPage> {
  if (words.length === 0) return overviewOf(groups);
  const table = tableOf(groups);
  const entry = findEntry(table, words);
  if (entry !== undefined) return await commandPage(entry);
  const below = entriesBelow(table, words);
  if (below.length === 0) throw unknownCommand(table, words);
  return { type: "family", name: words.join(" "), commands: below.map(listed) };
}

/** A task, what to do for it, and what was done, in the order in which one learns of them. */
const EXAMPLES: readonly string[] = [
  'orc start "Add login" --size m',
  "orc next",
  "orc history --since 1h --json",
];

function overviewOf(groups: readonly CommandGroup[]): OverviewPage {
  return {
    type: "overview",
    groups: groups.map(({ title, open = [], entries }) => ({
      title,
      commands: entries.filter(({ isHidden }) => !isHidden).map((entry) => ({
        ...listed(entry),
        isFolded: !open.includes(entry.name),
      })),
    })),
    globalFlags,
    examples: EXAMPLES,
    documentation: documentationAbove(import.meta.url),
  };
}

async function commandPage(entry: TableEntry): Promise<CommandPage> {
  const { description, args, flags, effect, permissions, examples } =
    await entry.load();
  return {
    type: "command",
    ...listed(entry),
    description,
    args,
    flags,
    globalFlags,
    effect,
    permissions,
    examples,
  };
}

function listed({ name, aliases, summary }: TableEntry): ListedCommand {
  return { name, aliases: aliases ?? [], summary };
}

/** Long lines are hard to read on wide terminals too. */
const MAX_COLUMNS = 80;
/** A left column wider than this takes a line of its own. */
const MAX_LEFT_COLUMN = 34;

/** Narrower, a right column stands below the left. */
const MIN_RIGHT_COLUMN = 32;
const NARROW_INDENT = 8;

type Row = readonly [left: string, right: string];

function renderPage(page: HelpPage, style: Style): string {
  switch (page.type) {
    case "overview":
      return renderOverview(page, style);
    case "family":
      return [
        ...hanging(
          "Usage: ",
          `orc ${page.name} COMMAND [ARGUMENT]... [FLAG]...`,
          style,
        ),
        "",
        ...columnsOf(
          page.commands.map(({ name, summary }) => [name, summary]),
          style,
        ),
      ].join("\n");
    case "command":
      return renderCommand(page, style);
  }
}

function renderOverview(page: OverviewPage, style: Style): string {
  const titles = ["Examples", ...page.groups.map((group) => group.title)];
  const titleWidth = widest(titles) + 2;
  const titled = (title: string, rows: readonly string[]) =>
    rows.map((row, index) =>
      style.bold((index === 0 ? title : "").padEnd(titleWidth)) + row
    );
  const lines = page.groups.flatMap((group) => {
    const width = widthOf(style) - titleWidth;
    const folded = group.commands.filter(({ isFolded }) => isFolded);
    return titled(group.title, [
      ...summariesOf(page, group.commands.filter(isOpen), width),
      ...folded.length === 0 ? [] : wrap(namesOf(folded), width),
    ]);
  });
  const flags = page.globalFlags.map(({ name }) => `--${name}`).join(", ");
  return [
    ...wrap(
      "Usage:\u00a0orc\u00a0COMMAND\u00a0[ARGUMENT]...\u00a0[FLAG]...\u00a0 (orc\u00a0help\u00a0COMMAND\u00a0explains\u00a0one)",
      widthOf(style),
    ),
    "",
    ...lines,
    "",
    ...titled("Examples", page.examples),
    ...wrap(`Every command takes ${flags}`, widthOf(style)),
    // A path is copied whole, as examples are.
    ...page.documentation === null
      ? []
      : [`Documentation: ${page.documentation}`],
  ].join("\n");
}

function isOpen({ isFolded }: OverviewCommand): boolean {
  return !isFolded;
}

function summariesOf(
  { groups }: OverviewPage,
  commands: readonly ListedCommand[],
  width: number,
): readonly string[] {
  const open = groups.flatMap((group) => group.commands.filter(isOpen));
  const nameWidth = widest(open.map(({ name }) => name)) + 2;
  return commands.flatMap(({ name, summary }) =>
    wrap(summary, width - nameWidth).map((line, index) =>
      (index === 0 ? name : "").padEnd(nameWidth) + line
    )
  );
}

/** Things with names, by the word of the name that stands at this depth. */
export function familiesOf<Named extends { readonly name: string }>(
  all: readonly Named[],
  depth: number,
): ReadonlyMap<string, readonly Named[]> {
  const families = new Map<string, Named[]>();
  for (const each of all) {
    const word = each.name.split(" ")[depth] ?? "";
    families.set(word, [...families.get(word) ?? [], each]);
  }
  return families;
}

/** As much of a family as stands in a line of a narrow terminal. */
const MAX_FAMILY_LENGTH = 48;

/** Commands of one family share their first word: `session list|switch`. */
function namesOf(commands: readonly ListedCommand[]): string {
  return [...familiesOf(commands, 0)].flatMap(([first, members]) => {
    const parts: string[] = [];
    for (const { name } of members) {
      const longer = `${parts.at(-1)}|${name.slice(first.length + 1)}`;
      const isNew = parts.length === 0 || longer.length > MAX_FAMILY_LENGTH;
      parts.splice(isNew ? parts.length : -1, 1, isNew ? name : longer);
    }
    return parts.map(unbroken);
  }).join(", ");
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

/** Text behind a title, and under itself. */
function hanging(
  title: string,
  text: string,
  style: Style,
): readonly string[] {
  return wrap(text, widthOf(style) - title.length).map((line, index) =>
    (index === 0 ? title : " ".repeat(title.length)) + line
  );
}

function headOf(page: CommandPage, style: Style): readonly string[] {
  const name = unbroken(`orc ${page.name}`);
  const paragraphs = page.description.split(/\n\s*\n/);
  return [
    // Bold takes no columns: it is put on what was wrapped.
    ...wrap(`${name}: ${page.summary}`, widthOf(style)).map((line, index) =>
      index === 0
        ? style.bold(line.slice(0, name.length)) + line.slice(name.length)
        : line
    ),
    "",
    ...hanging("Usage:  ", usageOf(page), style),
    ...page.aliases.length === 0 ? [] : hanging(
      "Also:   ",
      page.aliases.map((alias) => unbroken(`orc ${alias}`)).join(", "),
      style,
    ),
    ...hanging("Effect: ", effectText(page), style),
    ...paragraphs.flatMap((text) => ["", ...wrap(text, widthOf(style))]),
  ];
}

export function usageOf(
  { name, args }: Pick<CommandPage, "name" | "args">,
): string {
  return ["orc", name, ...args.map(placeholderOf), "[FLAG]..."].join(" ");
}

function placeholderOf({ name, required, variadic }: ArgSpec): string {
  return (required ? name : `[${name}]`) + (variadic ? "..." : "");
}

function flagRow(flag: FlagSpec): Row {
  const indent = flag.short === undefined ? "    " : "";
  return [indent + spellingsOf(flag), flagSummary(flag)];
}

export function flagSummary({ summary, effect, repeatable }: FlagSpec): string {
  const human = effect === "human" ? " (a human only)" : "";
  return summary + human + (repeatable ? " (may be repeated)" : "");
}

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
  // A right column of a few words a line is harder to read than one below the left.
  const wide = widest(fitting) + 4;
  const isNarrow = widthOf(style) - wide < MIN_RIGHT_COLUMN;
  const indent = isNarrow ? NARROW_INDENT : wide;
  return rows.flatMap(([left, right]) => {
    if (right === "") return [`  ${left}`];
    const [first = "", ...others] = wrap(right, widthOf(style) - indent);
    const beginning = `  ${left}`.padEnd(indent);
    const following = others.map((line) => " ".repeat(indent) + line);
    return isNarrow || beginning.length > indent
      ? [beginning, " ".repeat(indent) + first, ...following]
      : [beginning + first, ...following];
  });
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
  // Not at a blank that does not break.
  for (const word of text.split(/[ \n]+/)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && longer.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line]
    .map((each) => each.replaceAll(UNBREAKABLE, " ").trimEnd());
}

/** Keeps on one line what belongs together; nothing it stands in is printed before it is wrapped. */
const UNBREAKABLE = "\u00a0";

function unbroken(text: string): string {
  return text.replaceAll(" ", UNBREAKABLE);
}

const EFFECTS: Readonly<Record<Effect, string>> = {
  reads: "reads only",
  writes: "writes",
  rewrites: "removes or rewrites what is there; --dry-run shows what",
  human: "writes, and only a human may",
};

/** What a command does to files and who may use it, and which of its flags do more. */
export function effectText(
  { effect, flags }: Pick<Command, "effect" | "flags">,
): string {
  const flagsThat = (wanted: Effect): string =>
    flags.filter((flag) => flag.effect === wanted)
      .map(({ name }) => `--${name}`).join(", ");
  const writing = flagsThat("writes");
  const rewriting = flagsThat("rewrites");
  const human = flagsThat("human");
  return [
    EFFECTS[effect],
    ...writing === "" ? [] : [`writes with ${writing}`],
    ...rewriting === "" ? [] : [`with ${rewriting} ${EFFECTS.rewrites}`],
    ...human === "" ? [] : [`only a human may use ${human}`],
  ].join("; ");
}

/** What each permission is for, with its flag of `deno run`. */
export const PERMISSION_ROWS: Readonly<Record<Permission, Row>> = {
  run: ["--allow-run", "run checks and git"],
  sys: ["--allow-sys", "read the host name and the home directory"],
  net: ["--allow-net=HOST", "reach object storage, where persist_to says s3"],
  listen: ["--allow-net=127.0.0.1", "serve a page on this machine"],
  tree: ["--allow-write=ROOT", "write or remove files beside the state"],
  own: ["--allow-read=HOME", "read what is your own"],
};

const READ: Row = ["--allow-read=ROOT", "read the repository"];
const WRITE: Row = [
  `--allow-write=ROOT/${ORCHESTRATOR_DIRECTORY}`,
  "keep the sessions",
];
const WRITE_OWN: Row = [
  `--allow-write=HOME/${ORCHESTRATOR_DIRECTORY}`,
  "keep what is your own",
];
const ENVIRONMENT: Row = ["--allow-env", "read settings from the environment"];

/** What every command that changes something wants. */
export const BASIC_PERMISSION_ROWS: readonly Row[] = [READ, WRITE, ENVIRONMENT];

export function permissionRows(
  command: Pick<Command, "effect" | "flags" | "permissions">,
): readonly Row[] {
  const { permissions } = command;
  const effects = [command, ...command.flags].map(({ effect }) => effect);
  const mayWrite = effects.some((effect) => (effect ?? "reads") !== "reads");
  return [
    READ,
    ...mayWrite && !permissions.includes("tree") ? [WRITE] : [],
    ENVIRONMENT,
    ...permissions.map((permission) => PERMISSION_ROWS[permission]),
    ...mayWrite && permissions.includes("own") ? [WRITE_OWN] : [],
  ];
}
