import { OrcError } from "../base/error.ts";
import { MAX_DEPTH, MAX_PROBLEMS } from "../base/limits.ts";
import { type Position, type Problem, problemLines } from "./problem.ts";
import {
  Composer,
  type CST,
  type Document,
  type LineCounter,
  Parser,
  type YAMLParseError,
} from "yaml";

/** A YAML text while it is being read: what it takes to say where something is wrong. */
export interface YamlText {
  readonly text: string;
  readonly source: string;
  readonly lines: LineCounter;
}

/** Something wrong at an offset of a text. */
export interface YamlFault {
  readonly code: string;
  readonly offset: number;
  readonly message: string;
}

/** Turns an offset into line and column, both from 1. */
export function positionAt({ lines }: YamlText, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** The one error for all that is wrong with a YAML text. */
export function invalidYaml(
  faults: readonly YamlFault[],
  yaml: YamlText,
): OrcError {
  const problems = faults.toSorted((a, b) => a.offset - b.offset)
    .slice(0, MAX_PROBLEMS)
    .map(({ code, offset, message }): Problem => {
      const { line, column } = positionAt(yaml, offset);
      return { code, severity: "error", path: "", message, line, column };
    });
  return new OrcError(
    "config",
    "invalid_yaml",
    problemLines(problems, faults.length, yaml.source),
    {
      hint: "correct the file, then run orc validate",
      path: yaml.source,
      details: { problems },
    },
  );
}

/**
 * Parses the one document of a text into nodes, none of them typed yet.
 *
 * The parser's tokens are checked for depth before they are composed, because
 * composing is recursive and overflows the stack.
 */
export function composeYaml(yaml: YamlText): Document {
  const tokens = new Parser().parse(yaml.text);
  // Without a schema nothing is constructed; our own rules do that later.
  const composer = new Composer({
    version: "1.1",
    schema: "failsafe",
    resolveKnownTags: false,
    uniqueKeys: false,
  });
  const documents = composer.compose(
    shallowOnly(tokens, yaml),
    true,
    yaml.text.length,
  );
  const [first, second] = documents;
  if (first === undefined) throw new Error("The composer made no document");
  if (first.errors.length > 0) throw syntaxError(first.errors, yaml);
  if (second !== undefined) throw secondDocument(second, yaml);
  return first;
}

function* shallowOnly(
  tokens: Iterable<CST.Token>,
  yaml: YamlText,
): Generator<CST.Token> {
  for (const token of tokens) {
    const deep = tooDeepIn(token);
    if (deep !== undefined) {
      const message = `Nested deeper than ${MAX_DEPTH}`;
      const fault = { code: "too_deep", offset: deep.offset, message };
      throw invalidYaml([fault], yaml);
    }
    yield token;
  }
}

/** Finds a collection below too many others, without recursion. */
function tooDeepIn(root: CST.Token): CST.Token | undefined {
  const open: { token: CST.Token; depth: number }[] = [
    { token: root, depth: 0 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return token;
    for (const child of collectionsIn(token)) {
      open.push({ token: child, depth: depth + 1 });
    }
  }
  return undefined;
}

function collectionsIn(token: CST.Token): readonly CST.Token[] {
  if (token.type === "document") return token.value ? [token.value] : [];
  if (!("items" in token)) return [];
  return token.items.flatMap(({ key, value }) =>
    [key, value].filter((member) => !!member && "items" in member)
  ).filter((member) => member !== null && member !== undefined);
}

/** What follows the first syntax error mostly follows from it, so only that one is told. */
function syntaxError(
  [first]: readonly YAMLParseError[],
  yaml: YamlText,
): OrcError {
  const offset = first?.pos[0] ?? 0;
  const fault = isIndentedByTab(yaml, offset)
    ? {
      code: "tab_indentation",
      message: "The line is indented with a tab: YAML wants spaces",
    }
    : { code: "syntax", message: wordingOf(first) };
  return invalidYaml([{ ...fault, offset }], yaml);
}

/** Says the most frequent mistakes in the words of those who make them. */
function wordingOf(error: YAMLParseError | undefined): string {
  switch (error?.code) {
    case "BLOCK_AS_IMPLICIT_KEY":
      return 'A value that holds ": " must be in quotes';
    case "BAD_SCALAR_START":
      return `${error.message}: put the value in quotes`;
    case "MULTILINE_IMPLICIT_KEY":
      return 'Expected "key: value", or less indentation';
    default:
      return error?.message ?? "Not YAML";
  }
}

function isIndentedByTab(yaml: YamlText, offset: number): boolean {
  const lineStart = yaml.text.lastIndexOf("\n", offset - 1) + 1;
  return /^ *\t/.test(yaml.text.slice(lineStart, lineStart + 200));
}

function secondDocument(second: Document, yaml: YamlText): OrcError {
  const fault = {
    code: "second_document",
    offset: second.range?.[0] ?? 0,
    message: "A second document begins here: a workflow file holds one",
  };
  return invalidYaml([fault], yaml);
}
