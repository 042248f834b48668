import { OrcError } from "../../src/base/error.ts";
import { parseArguments, selectCommand } from "../../src/cli/parse.ts";
import { tableOf } from "../../src/commands/command.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { assert, assertEquals } from "@std/assert";
import { walkSync } from "@std/fs/walk";

const TABLE = tableOf(commandGroups);

/** Stands for what is filled in when the program runs. */
const FILLED_IN = "\u0001";

/** A comment, a regular expression behind what no value can stand before, or the start of a literal. */
const TOKEN =
  /\/\/.*|\/\*[\s\S]*?\*\/|(?<=[(,=:[!&|?{};]\s*)\/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n[])+\/|["'`]/g;

/** The string literals of a source file; what is filled in is one unknown word each. */
function literalsOf(source: string): readonly string[] {
  const literals: string[] = [];
  const token = new RegExp(TOKEN);
  for (let match = token.exec(source); match; match = token.exec(source)) {
    const [start] = match;
    if (start.length > 1) continue;
    const { text, inner, end } = readLiteral(source, match.index);
    literals.push(text, ...inner.flatMap(literalsOf));
    token.lastIndex = end;
  }
  return literals;
}

interface Literal {
  readonly text: string;
  /** The code that is filled in. */
  readonly inner: readonly string[];
  readonly end: number;
}

function readLiteral(source: string, start: number): Literal {
  const quote = source[start];
  const inner: string[] = [];
  let text = "";
  let position = start + 1;
  while (position < source.length && source[position] !== quote) {
    if (source[position] === "\\") {
      const escaped = source[position + 1] ?? "";
      text += escaped === "n" ? "\n" : escaped;
      position += 2;
    } else if (quote === "`" && source.startsWith("${", position)) {
      const end = endOfCode(source, position + 2);
      inner.push(source.slice(position + 2, end));
      text += FILLED_IN;
      position = end + 1;
    } else {
      text += source[position++];
    }
  }
  return { text, inner, end: position + 1 };
}

/** The brace that ends what is filled in. */
function endOfCode(source: string, start: number): number {
  let depth = 1;
  for (let position = start; position < source.length; position++) {
    const character = source[position] ?? "";
    if (/["'`]/.test(character)) {
      position = readLiteral(source, position).end - 1;
    } else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return position;
  }
  throw new Error("A template literal does not end");
}

/** The code in a page of documentation: spans in backticks, and lines of code blocks. */
function codeIn(markdown: string): readonly string[] {
  const blocks = markdown.match(/^```[\s\S]*?^```/gm) ?? [];
  const rest = markdown.replaceAll(/^```[\s\S]*?^```/gm, "");
  const spans = Array.from(rest.matchAll(/`([^`]+)`/g), ([, code]) => code);
  return [
    ...blocks.flatMap((block) => block.split("\n").slice(1, -1)),
    ...spans.map((code) => (code ?? "").replaceAll(/\s+/g, " ")),
  ];
}

/**
 * Neither a label, such as `orc checks: docs/plan.md`, nor orc itself, as in `run orc with
 * --allow-run` or as the value of a flag.
 */
const MENTION = /(?<![\w@./~$-]| -c )orc (?=[a-z-])(?!\w+:|with |does )/g;

/** What stands before a command line, where nobody would tell what orc does. */
const BEFORE_A_COMMAND =
  /(?:^|`|\$ (?:\w+=\S+ )*|\brun:? |\bthen: |\bin a terminal: |\bTry: |\bNext: |\bwith: |\blisted by: |[a-z] one: )$/;

/** Where a command line in a sentence ends. */
const END = /[`;()║\n]|(?<=\S)[,.:](?=\s|$)|\s(?:[|#>]|and)\s/;

/** Behind a colon, what no sentence about orc looks like: one word, then flags and values only. */
const ONE_WORD_OF_PROSE = /^[a-z-]+(?: (?:-\S+|[A-Z\p{Cc}]+|"[^"]*"))*$/u;

/** The command lines that a text names, from the word behind `orc`. Sentences about orc are none. */
function mentionsIn(text: string): readonly string[] {
  return Array.from(text.matchAll(MENTION)).flatMap((match) => {
    const rest = text.slice(match.index + match[0].length);
    const before = text.slice(0, match.index);
    const line = beginningOf(before.endsWith("'") ? untilQuote(rest) : rest);
    const isCertain = BEFORE_A_COMMAND.test(before) ||
      (before.endsWith(": ") && ONE_WORD_OF_PROSE.test(line));
    return isCertain || beginsLikeACommand(line) ? [line.trim()] : [];
  });
}

/** A command line in single quotes has none inside. */
function untilQuote(text: string): string {
  const [line = ""] = text.split("'");
  return line;
}

/** The text up to the end of the command line; quoted words are left whole. */
function beginningOf(text: string): string {
  const hidden = text.replaceAll(
    /"[^"\n]*"|'[^'\n]*'/g,
    (quoted) => "q".repeat(quoted.length),
  );
  const index = hidden.search(END);
  return index < 0 ? text : text.slice(0, index);
}

function beginsLikeACommand(line: string): boolean {
  const [first = ""] = line.split(" ");
  return first.startsWith("-") ||
    TABLE.some(({ name, aliases }) =>
      [name, ...aliases ?? []].some((each) => each.split(" ")[0] === first)
    );
}

/** What is wrong with a command line that a text names; undefined when it can be typed. */
async function problemOf(line: string): Promise<string | undefined> {
  const words = (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? [])
    .map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
  try {
    await parse(words);
    return undefined;
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    // A command may be named without what it needs.
    if (error.code === "missing_argument") return undefined;
    return isBehind(error, words)
      ? await problemOf(quoted(words.slice(0, -1)))
      : error.message;
  }
}

/** Whether the last word belongs to the sentence that goes on behind the command line. */
function isBehind({ code }: OrcError, words: readonly string[]): boolean {
  const [first = "", ...others] = words;
  const isTooMuch = code === "unexpected_argument" ||
    (code === "unknown_command" && first.startsWith("-"));
  return isTooMuch && /^[a-z]+$/.test(others.at(-1) ?? "");
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(" ");
}

async function parse(words: readonly string[]): Promise<void> {
  const { entry, rest, words: named } = selectCommand(words, TABLE);
  if (entry !== undefined) {
    parseArguments(entry.name, await entry.load(), rest);
    return;
  }
  // The first word of a family is enough where help is meant, and `--version` needs no command.
  const isEnough = rest.given.has("version") || rest.given.has("help");
  if (isEnough) return;
  throw new OrcError("usage", "incomplete", `No command "${named.join(" ")}"`);
}

const PAGES = [
  "README.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
];

function filesBelow(directory: string, extension: string): readonly string[] {
  const found = walkSync(directory, { includeDirs: false });
  return Array.from(found, ({ path }) => path)
    .filter((path) => path.endsWith(extension)).sort();
}

/** Command lines in texts that cannot be typed, each with the reason. */
async function problemsIn(
  texts: readonly string[],
): Promise<readonly string[]> {
  const lines = texts.flatMap(mentionsIn);
  const problems = await Promise.all(lines.map(async (line) => {
    const problem = await problemOf(line);
    return problem === undefined ? [] : [`orc ${line}: ${problem}`];
  }));
  return problems.flat();
}

Deno.test("every command that a message of orc names can be typed", async () => {
  let count = 0;
  for (const path of filesBelow("src", ".ts")) {
    const texts = literalsOf(Deno.readTextFileSync(path));
    assertEquals(await problemsIn(texts), [], path);
    count += texts.flatMap(mentionsIn).length;
  }
  // A collector that finds nothing would find nothing wrong.
  assert(count > 50, `only ${count} found`);
});

Deno.test("every command that the documentation names can be typed", async () => {
  let count = 0;
  for (const path of [...PAGES, ...filesBelow("docs", ".md")]) {
    const texts = codeIn(Deno.readTextFileSync(path));
    assertEquals(await problemsIn(texts), [], path);
    count += texts.flatMap(mentionsIn).length;
  }
  assert(count > 20, `only ${count} found`);
});

Deno.test("literalsOf() finds strings, templates and what is nested in them, not comments", () => {
  const source = [
    '// "no"',
    "/* 'no' */",
    'const a = "one" + \'two\\"\';',
    'const b = /["\'`]/.test("three");',
    'const c = `four ${five("six") + `seven ${8}`} nine`;',
    'const d = 10 / 2 + "eleven";',
  ].join("\n");
  assertEquals(literalsOf(source), [
    "one",
    'two"',
    "three",
    "four \u0001 nine",
    "six",
    "seven \u0001",
    "eleven",
  ]);
});

Deno.test("codeIn() finds spans and lines of code blocks", () => {
  const page = "Say `orc\nnext` or:\n\n```sh\n$ orc status\nDone\n```\n\n`x`\n";
  assertEquals(codeIn(page), ["$ orc status", "Done", "orc next", "x"]);
});

Deno.test("mentionsIn() tells command lines from sentences about orc", () => {
  const found: Readonly<Record<string, readonly string[]>> = {
    'orc start "TASK"': ['start "TASK"'],
    "then run orc validate": ["validate"],
    "undo that; reading still works: orc status": ["status"],
    "see what can be done: orc doctor; reading still works: orc status": [
      "doctor",
      "status",
    ],
    "see what can be done: orc doctr; reading still works: orc staus": [
      "doctr",
      "staus",
    ],
    "put it back: orc doctr --fix; then: orc skp ITEM": [
      "doctr --fix",
      "skp ITEM",
    ],
    'end it (orc finish), or: orc start --beside "A, b"': [
      "finish",
      'start --beside "A, b"',
    ],
    "orc --version and orc -v do the same.": [
      "--version",
      "-v do the same",
    ],
    "a human runs, in a terminal: orc aprove-item a": ["aprove-item a"],
    "orc does not know it": [],
    "orc strat": ["strat"],
    "next is 'orc complete a --notes \"<what>\"', then": [
      'complete a --notes "<what>"',
    ],
    "complete -c orc -c orchestrator": [],
    "No effect: orc never pushes by itself": [],
    "Put a file in its place; orc follows no links": [],
    "the package @orc/cli": [],
    "orc checks: docs/plan.md": [],
    "run orc with --allow-run": [],
    "orc \u0001": [],
  };
  for (const [text, lines] of Object.entries(found)) {
    assertEquals(mentionsIn(text), lines, text);
  }
});

Deno.test("problemOf() finds commands and flags that do not exist", async () => {
  const good = [
    'start "TASK" --constraint "<what must hold>"',
    'complete \u0001 --notes "<what you did>"',
    "session switch",
    "session list shows them",
    "help COMMAND explains one",
    "--version",
    "init --root .",
  ];
  for (const line of good) assertEquals(await problemOf(line), undefined, line);
  const bad = [
    "strat",
    "session",
    "session lst",
    "doctor --mend",
    "finish --commit",
    "status --brief=1",
    "complete a --notes",
    "advance PLAN",
    "session list --every shows them",
  ];
  for (const line of bad) assert(await problemOf(line) !== undefined, line);
});

Deno.test("every hint begins with a lower-case letter, as it stands behind Try", () => {
  let count = 0;
  for (const path of filesBelow("src", ".ts")) {
    const source = Deno.readTextFileSync(path);
    const hints = source.match(/\bhint:\s*["'`][^"'`]*/gi) ?? [];
    const capital = hints.filter((hint) => /["'`][A-Z][a-z]/.test(hint));
    assertEquals(capital, [], path);
    count += hints.length;
  }
  assert(count > 50, `only ${count} found`);
});
