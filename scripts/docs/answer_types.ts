/** What a tool needs to describe the results of all commands. */
export interface AnswerTypes {
  /** TypeScript of one type that names the result of each command. */
  readonly source: string;
  /** The file and the constant of each command, by its name. */
  readonly commands: ReadonlyMap<string, CommandPlace>;
}

/** Where a command is declared. */
export interface CommandPlace {
  readonly file: string;
  readonly constant: string;
}

const ENTRY =
  /name: "([^"]+)",(?:(?!name: ")[\s\S])*?import\("\.\/(\w+\.ts)"\)\)\s*\.\s*(\w+)/g;

/** The result types of all commands, found in the text of the command table: its entries are of one type. */
export function answerTypes(tableText: string): AnswerTypes {
  const commands = new Map(
    Array.from(tableText.matchAll(ENTRY), (match) => {
      const [, name = "", file = "", constant = ""] = match;
      return [name, { file, constant }];
    }),
  );
  const imports = Array.from(
    commands.values(),
    ({ file, constant }) =>
      `import type { ${typeName(constant)} } from "./src/commands/${file}";`,
  );
  const members = Array.from(
    commands,
    ([name, { constant }]) => `  "${name}": ${typeName(constant)};`,
  );
  const source = [...imports, "export interface Answers {", ...members, "}"]
    .join("\n");
  return { source, commands };
}

const COMMAND =
  /export (?:const|function) (\w+Command)\b[\s\S]*?\b[Cc]ommand<([\s\S]*?)>(?:\(\s*\{| \{)/g;

/** The tool knows what to make of an index signature. */
const MAPPING = "interface Mapping<Value> { [key: string]: Value }\n";

/**
 * The text of a source in which types are what JSON makes of their values: maps are objects,
 * and all numbers are numbers. The results of commands get names.
 */
export function asJsonTypes(source: string): string {
  const results = Array.from(
    source.matchAll(COMMAND),
    ([, constant = "", types = ""]) =>
      `export type ${typeName(constant)} = ${firstOf(types)};\n`,
  );
  const text = source
    .replaceAll(/\b(?:ReadonlyMap|Map|Record)<string,\s*/g, "Mapping<")
    .replaceAll(/^ {2}\| JsonNumber$/gm, "  | number")
    .replaceAll(/\{@linkcode ([^}]+)\}/g, "`$1`");
  return [text, ...results, MAPPING].join("");
}

function typeName(constant: string): string {
  return `${constant}Result`;
}

/** The first of some type arguments. */
function firstOf(types: string): string {
  let depth = 0;
  for (const [index, character] of Array.from(types).entries()) {
    if (/[<{([]/.test(character)) depth++;
    else if (/[>})\]]/.test(character)) depth--;
    else if (character === "," && depth === 0) return types.slice(0, index);
  }
  return types;
}
