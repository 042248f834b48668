/**
 * TypeScript of one type that names the result of each command: {@linkcode asJsonTypes} gives
 * names to the results of the constants that declare commands.
 */
export function answerTypes(
  names: readonly string[],
  sources: ReadonlyMap<string, string>,
): string {
  const places = names.map((name) => {
    const constant = constantOf(name);
    const declared = new RegExp(`(?:const|function) ${constant}\\b`);
    const [file] = Array.from(sources.keys())
      .filter((file) => declared.test(sources.get(file) ?? ""));
    if (file === undefined) throw new Error(`Nothing declares ${constant}`);
    return { name, file, type: typeName(constant) };
  });
  return [
    ...places.map(({ file, type }) =>
      `import type { ${type} } from "./src/commands/${file}";`
    ),
    "export interface Answers {",
    ...places.map(({ name, type }) => `  "${name}": ${type};`),
    "}",
  ].join("\n");
}

/** `session list` is declared as `sessionListCommand`. */
function constantOf(name: string): string {
  const camel = name.replaceAll(/[ -](.)/g, (_, first) => first.toUpperCase());
  return `${camel}Command`;
}

const COMMAND =
  /(?:const|function) (\w+Command)\b[\s\S]*?\b[Cc]ommand<([\s\S]*?)>(?:\((?:\s*clamped<[^({]*>\()?\s*\{| \{)/g;

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
