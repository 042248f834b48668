import { denied, misconfigured, type OrcError } from "../base/error.ts";
import { MAX_DEPTH, MAX_PROBLEMS, MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import {
  type Locate,
  type Path,
  type Position,
  type Problem,
  problemLines,
} from "./problem.ts";
import {
  describeValue,
  quote,
  readScalar,
  readTaggedScalar,
  SCALAR_TYPES,
  scalarText,
} from "./value.ts";
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLParseError,
  type YAMLSeq,
} from "yaml";

/**
 * Values and characters a file may come to when its aliases are written out.
 * No file that is small enough to be read comes near without aliases.
 */
const MAX_EXPANDED_SIZE = 2 * MAX_WORKFLOW_BYTES;

const TAG_PREFIX = "tag:yaml.org,2002:";

/** A typed value, and where its parts stand. */
interface Construction {
  /** Mappings are `Map`s, because keys need not be strings and keep their order. */
  readonly value: unknown;
  readonly marks: Marks;
}

/** A value that aliases may repeat, and what each repetition costs. */
interface Anchored {
  readonly value: unknown;
  readonly size: number;
}

/** A construction that goes on. */
interface Site {
  readonly yaml: YamlText;
  readonly marks: Marks;
  readonly faults: YamlFault[];
  /** The latest node of each name; undefined while it is not complete. */
  readonly anchors: Map<string, Anchored | undefined>;
  size: number;
}

/**
 * Gives the nodes of a document their types, by the rules of YAML 1.1 as
 * PyYAML has them. What an alias repeats is shared, never copied.
 *
 * @throws {OrcError} `invalid_yaml`, naming what is wrong with keys, tags and aliases
 */
function constructYaml(
  { contents }: Document,
  yaml: YamlText,
): Construction {
  const site: Site = {
    yaml,
    marks: new WeakMap(),
    faults: [],
    anchors: new Map(),
    size: 0,
  };
  const value = construct(contents, site);
  if (site.faults.length > 0) throw invalidYaml(site.faults, yaml);
  return { value, marks: site.marks };
}

function construct(node: unknown, site: Site): unknown {
  if (!isNode(node)) return null;
  if (isAlias(node)) return repeat(node, site);
  const { anchor } = node;
  if (anchor === undefined) return constructNew(node, site);
  site.anchors.set(anchor, undefined);
  const sizeBefore = site.size;
  const value = constructNew(node, site);
  site.anchors.set(anchor, { value, size: site.size - sizeBefore });
  return value;
}

function repeat(alias: Alias, site: Site): unknown {
  const name = alias.source;
  const anchored = site.anchors.get(name);
  if (anchored === undefined) {
    const isCycle = site.anchors.has(name);
    const message = isCycle
      ? `The alias "*${name}" refers to itself`
      : `The alias "*${name}" refers to nothing before it`;
    throw refusal({ code: "bad_alias", ...at(alias), message }, site);
  }
  spend(anchored.size, alias, site);
  return anchored.value;
}

/** Counts what has been made, so that a few aliases cannot fill the memory. */
function spend(size: number, node: Node, site: Site): void {
  site.size += size;
  if (site.size <= MAX_EXPANDED_SIZE) return;
  const message = "The aliases repeat too much: this looks like an alias bomb";
  throw refusal({ code: "alias_bomb", ...at(node), message }, site);
}

function constructNew(
  node: Scalar | YAMLMap | YAMLSeq,
  site: Site,
): unknown {
  if (isScalar(node)) return constructScalar(node, site);
  spend(1, node, site);
  if (!hasTagOf(isSeq(node) ? ["seq"] : ["map", "set"], node, site)) {
    return null;
  }
  if (isSeq(node)) return constructList(node.items, site);
  return tagOf(node) === "set"
    ? constructList(node.items.map(({ key }) => key), site)
    : constructMapping(node, site);
}

function constructScalar(node: Scalar, site: Site): unknown {
  const text = node.source ?? "";
  spend(1 + text.length, node, site);
  const tag = tagOf(node);
  if (!hasTagOf(SCALAR_TYPES, node, site)) return null;
  if (tag === undefined && node.type !== "PLAIN") return text;
  const reading = tag === undefined
    ? readScalar(text)
    : readTaggedScalar(tag, text);
  if ("value" in reading) return reading.value;
  site.faults.push({
    code: "bad_scalar",
    ...at(node),
    message: reading.problem,
  });
  return null;
}

/** Builds the members in the order of the file, because aliases refer back. */
function constructList(nodes: readonly unknown[], site: Site): unknown[] {
  const marks = new Map(nodes.map((node, index) => [index, markOf(node)]));
  const list = nodes.map((node) => construct(node, site));
  site.marks.set(list, marks);
  return list;
}

function constructMapping({ items }: YAMLMap, site: Site): unknown {
  const entries = items.map(({ key, value }): Entry => ({
    isMerge: isMergeKey(key),
    key: construct(key, site),
    value: construct(value, site),
    mark: { ...markOf(value), ...at(key) },
  }));
  return assembleMapping(entries, site);
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === "PLAIN" && key.source === "<<" &&
    key.tag === undefined;
}

function markOf(node: unknown): Mark {
  const isPlain = isScalar(node) && node.type === "PLAIN";
  return isPlain ? { ...at(node), text: node.source } : at(node);
}

function at(node: unknown): { offset: number } {
  return { offset: isNode(node) ? node.range?.[0] ?? 0 : 0 };
}

/** A tag in short form, such as `int`; undefined where YAML decides by the look. */
function tagOf({ tag }: Node): string | undefined {
  if (tag === undefined || tag === "!") return undefined;
  return tag.startsWith(TAG_PREFIX) ? tag.slice(TAG_PREFIX.length) : tag;
}

/** Whether a node carries no tag or one of these; anything else is refused. */
function hasTagOf(
  allowed: readonly string[],
  node: Node,
  { faults }: Site,
): boolean {
  const tag = tagOf(node);
  if (tag === undefined || allowed.includes(tag)) return true;
  const written = node.tag?.replace(TAG_PREFIX, "!!") ?? tag;
  const message = `The tag ${quote(written)} is not allowed here`;
  faults.push({ code: "foreign_tag", ...at(node), message });
  return false;
}

function refusal(fault: YamlFault, { yaml }: Site): OrcError {
  return invalidYaml([fault], yaml);
}

/** Where an entry begins, and how its scalar is spelled. */
interface Mark {
  readonly offset: number;
  readonly text?: string;
}

/** Marks of the entries of each mapping and list. */
type Marks = WeakMap<object, ReadonlyMap<unknown, Mark>>;

/** A key and its value. */
interface Entry {
  readonly key: unknown;
  readonly value: unknown;
  readonly mark: Mark;
  /** Whether the key is `<<`: its value is merged into the mapping. */
  readonly isMerge: boolean;
}

/** Where marks and faults are kept. */
interface Ledger {
  readonly yaml: YamlText;
  readonly marks: Marks;
  readonly faults: YamlFault[];
}

/** Puts a mapping together: merged keys come first and lose against its own. */
function assembleMapping(
  entries: readonly Entry[],
  ledger: Ledger,
): ReadonlyMap<unknown, unknown> {
  const mapping = new Map<unknown, unknown>();
  const marks = new Map<unknown, Mark>();
  for (const { value, mark } of entries.filter(({ isMerge }) => isMerge)) {
    for (const merged of mergedMappings(value, mark, ledger)) {
      for (const [key, member] of merged) mapping.set(key, member);
      for (const [key, from] of ledger.marks.get(merged) ?? []) {
        marks.set(key, from);
      }
    }
  }
  const own = entries.filter(({ isMerge }) => !isMerge);
  for (const { key, value, mark } of withoutDuplicates(own, ledger)) {
    mapping.set(key, value);
    marks.set(key, mark);
  }
  ledger.marks.set(mapping, marks);
  return mapping;
}

/** The mappings behind a `<<`, in the order in which they are laid over each other. */
function mergedMappings(
  value: unknown,
  mark: Mark,
  { faults }: Ledger,
): readonly ReadonlyMap<unknown, unknown>[] {
  const candidates: readonly unknown[] = Array.isArray(value)
    ? value.toReversed()
    : [value];
  const mappings = candidates.filter((candidate) => candidate instanceof Map);
  if (mappings.length < candidates.length) {
    const message = "The key << wants a mapping or a list of mappings";
    faults.push({ code: "bad_merge", offset: mark.offset, message });
  }
  return mappings;
}

/** Refuses keys that occur twice, and keys that are lists or mappings. */
function withoutDuplicates(
  entries: readonly Entry[],
  { yaml, faults }: Ledger,
): readonly Entry[] {
  const firstOffsets = new Map<string, number>();
  return entries.filter(({ key, mark: { offset } }) => {
    const identity = identityOf(key);
    if (identity === undefined) {
      const message = `A key cannot be ${describeValue(key)}`;
      faults.push({ code: "bad_key", offset, message });
      return false;
    }
    const firstOffset = firstOffsets.get(identity);
    if (firstOffset === undefined) {
      firstOffsets.set(identity, offset);
      return true;
    }
    const { line, column } = positionAt(yaml, firstOffset);
    const name = typeof key === "string" ? quote(key) : scalarText(key);
    const message = `Duplicate key ${name}, first used at ${line}:${column}`;
    faults.push({ code: "duplicate_key", offset, message });
    return false;
  });
}

/** Equal for equal keys of the same type; undefined for what cannot be a key. */
function identityOf(key: unknown): string | undefined {
  if (typeof key === "string") return `string ${key}`;
  if (key === null) return "null";
  const text = scalarText(key);
  return text === undefined ? undefined : `${typeof key} ${text}`;
}

/** A YAML text while it is being read: what it takes to say where something is wrong. */
interface YamlText {
  readonly text: string;
  readonly source: string;
  readonly lines: LineCounter;
}

/** Something wrong at an offset of a text. */
interface YamlFault {
  readonly code: string;
  readonly offset: number;
  readonly message: string;
}

/** Turns an offset into line and column, both from 1. */
function positionAt({ lines }: YamlText, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** The one error for all that is wrong with a YAML text. */
function invalidYaml(
  faults: readonly YamlFault[],
  yaml: YamlText,
): OrcError {
  const problems = faults.toSorted((a, b) => a.offset - b.offset)
    .slice(0, MAX_PROBLEMS)
    .map(({ code, offset, message }): Problem => {
      const { line, column } = positionAt(yaml, offset);
      return { code, severity: "error", path: "", message, line, column };
    });
  return misconfigured(
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
function composeYaml(yaml: YamlText): Document {
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

/** What YAML may not hold, quoted or not. */
const FORBIDDEN =
  /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** A value read from YAML. */
interface WorkflowText {
  /** Mappings are `Map`s; null when the text holds nothing. */
  readonly value: unknown;
  readonly locate: Locate;
}

/**
 * Reads YAML 1.1 as the Python tool does, except for what is certainly a
 * mistake and for a few forms nobody needs:
 *
 * | in the file                                   | Python tool       | here    |
 * | --------------------------------------------- | ----------------- | ------- |
 * | a key twice in one mapping                    | the last one wins | refused |
 * | aliases that come to more than the limit      | expanded          | refused |
 * | an alias inside of what it names              | accepted          | refused |
 * | nesting beyond the limit                      | overflows         | refused |
 * | `!!omap`, `!!pairs`                           | lists of pairs    | refused |
 * | brackets or quotes going on at the margin     | accepted          | refused |
 *
 * Load this file with `import()` where YAML is read: it brings the parser
 * along, and Node's layer of the runtime with it.
 *
 * @throws {OrcError} `invalid_yaml`, naming lines and columns
 */
export function readWorkflowText(text: string, source: string): WorkflowText {
  const plain = withPlainLineEnds(text);
  const yaml = { text: plain, source, lines: linesOf(plain) };
  refuseTooLarge(text, yaml);
  refuseForbidden(yaml);
  const document = explainMissingPermission(() => composeYaml(yaml), source);
  const construction = constructYaml(document, yaml);
  return {
    value: construction.value,
    locate: (path) => locateIn(construction, yaml, path),
  };
}

/** A byte order mark and the line ends of other systems mean nothing. */
function withPlainLineEnds(text: string): string {
  return text.replace(/^\ufeff/, "").replaceAll(/\r\n?/g, "\n");
}

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
  return lines;
}

function refuseTooLarge(text: string, yaml: YamlText): void {
  const isTooLarge = text.length > MAX_WORKFLOW_BYTES ||
    new TextEncoder().encode(text).length > MAX_WORKFLOW_BYTES;
  if (!isTooLarge) return;
  const message = `Larger than ${MAX_WORKFLOW_BYTES} bytes`;
  throw invalidYaml([{ code: "too_large", offset: 0, message }], yaml);
}

function refuseForbidden(yaml: YamlText): void {
  const match = FORBIDDEN.exec(yaml.text);
  if (match === null) return;
  const code = yaml.text.charCodeAt(match.index).toString(16).toUpperCase();
  const message = `The character U+${
    code.padStart(4, "0")
  } is not allowed in YAML`;
  const fault = { code: "bad_character", offset: match.index, message };
  throw invalidYaml([fault], yaml);
}

/** The YAML package looks at two names of the environment when it parses. */
function explainMissingPermission<Result>(
  parse: () => Result,
  source: string,
): Result {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "NotCapable") throw error;
    throw denied(
      "permission_missing",
      `Cannot read "${source}": reading YAML needs access to the environment`,
      {
        hint: "allow it with --allow-env=LOG_TOKENS,LOG_STREAM",
        path: source,
        cause: error,
      },
    );
  }
}

function locateIn(
  { value, marks }: Construction,
  yaml: YamlText,
  path: Path,
): Position | undefined {
  const last = path.at(-1);
  if (last === undefined) return { line: 1, column: 1 };
  const container = path.slice(0, -1).reduce(memberOf, value);
  if (typeof container !== "object" || container === null) return undefined;
  const mark = marks.get(container)?.get(last);
  if (mark === undefined) return undefined;
  return { ...positionAt(yaml, mark.offset), text: mark.text };
}

function memberOf(container: unknown, step: string | number): unknown {
  if (container instanceof Map) return container.get(step);
  return Array.isArray(container) ? container[Number(step)] : undefined;
}
