import { denied, type OrcError } from "../base/error.ts";
import { MAX_DEPTH, MAX_PROBLEMS, MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import {
  invalidFile,
  type Locate,
  type Path,
  type Position,
  type Problem,
} from "./problem.ts";
import {
  describeValue,
  quote,
  readScalar,
  readTaggedScalar,
  SCALAR_TYPES,
  scalarText,
} from "./value.ts";
import * as y from "yaml";

interface WorkflowText {
  /** Mappings are `Map`s, because keys need not be strings and keep their order; null when the text holds nothing. */
  readonly value: unknown;
  readonly locate: Locate;
}

/**
 * Reads YAML 1.1 as the Python tool does, except for mistakes (docs/workflow.md lists them) and for what nobody needs:
 * an alias inside of what it names, `!!omap`, `!!pairs`, and brackets or quotes going on at the margin. Load this
 * file with `import()`: it brings the parser along, and Node's layer of the runtime.
 *
 * @throws {OrcError} `invalid_yaml`, naming lines and columns
 */
export function readWorkflowText(text: string, source: string): WorkflowText {
  // A byte order mark and the line ends of other systems mean nothing.
  const plain = text.replace(/^\ufeff/, "").replaceAll(/\r\n?/g, "\n");
  const yaml = { text: plain, source, lines: linesOf(plain) };
  refuseTooLarge(text, yaml);
  refuseForbidden(yaml);
  refuseUnmerged(yaml);
  const site: Site = {
    ...yaml,
    marks: new WeakMap(),
    faults: [],
    anchors: new Map(),
    size: 0,
  };
  const value = construct(composeYaml(yaml).contents, site);
  if (site.faults.length > 0) throw invalidYaml(site.faults, yaml);
  const locate: Locate = (path, key) =>
    key === undefined
      ? locateIn(value, site, path)
      : locateKey(value, site, path, key);
  return { value, locate };
}

interface YamlText {
  readonly text: string;
  readonly source: string;
  readonly lines: y.LineCounter;
}

interface YamlFault {
  readonly code: string;
  readonly offset: number;
  readonly message: string;
}

function linesOf(text: string): y.LineCounter {
  const lines = new y.LineCounter();
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
  return lines;
}

function refuseTooLarge(text: string, yaml: YamlText): void {
  const isTooLarge = text.length > MAX_WORKFLOW_BYTES ||
    new TextEncoder().encode(text).length > MAX_WORKFLOW_BYTES;
  if (!isTooLarge) return;
  const message = `Larger than ${MAX_WORKFLOW_BYTES} bytes`;
  throw faultIn(yaml, "too_large", 0, message);
}

/** What YAML may not hold, quoted or not. */
const FORBIDDEN =
  /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

function refuseForbidden(yaml: YamlText): void {
  const offset = yaml.text.search(FORBIDDEN);
  if (offset < 0) return;
  const code = yaml.text.charCodeAt(offset).toString(16).toUpperCase();
  const name = `U+${code.padStart(4, "0")}`;
  const message = `The character ${name} is not allowed in YAML`;
  throw faultIn(yaml, "bad_character", offset, message);
}

/** Finds what git writes into a file that two sides changed: all three of its lines. */
function refuseUnmerged(yaml: YamlText): void {
  const begun: number[] = [];
  let open: { readonly offset: number; divided: boolean } | undefined;
  for (const { 0: line, index: offset } of yaml.text.matchAll(MERGE_LINE)) {
    if (line.startsWith("<")) open = { offset, divided: false };
    else if (open !== undefined && line.startsWith("=")) open.divided = true;
    else if (open?.divided === true) {
      begun.push(open.offset);
      open = undefined;
    }
  }
  if (begun.length === 0) return;
  const message =
    'An unresolved merge begins here: keep one side, and remove the lines "<<<<<<<", "=======" and ">>>>>>>"';
  const code = "unresolved_merge";
  throw invalidYaml(
    begun.map((offset) => ({ code, offset, message })),
    yaml,
  );
}

const MERGE_LINE = /^(?:<{7}|>{7})(?: .*)?$|^={7}$/gm;

function invalidYaml(faults: readonly YamlFault[], yaml: YamlText): OrcError {
  const problems = faults.toSorted((a, b) => a.offset - b.offset)
    .slice(0, MAX_PROBLEMS)
    .map(({ code, offset, message }): Problem => {
      const { line, column } = positionAt(yaml, offset);
      return { code, severity: "error", path: "", message, line, column };
    });
  return invalidFile("invalid_yaml", problems, faults.length, {
    path: yaml.source,
  });
}

/** The error of what is not read any further. */
function faultIn(
  yaml: YamlText,
  code: string,
  offset: number,
  message: string,
): OrcError {
  return invalidYaml([{ code, offset, message }], yaml);
}

/** Turns an offset into line and column, both from 1. */
function positionAt({ lines }: YamlText, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** Parses the one document of a text into nodes, none of them typed yet. */
function composeYaml(yaml: YamlText): y.Document {
  // Without a schema nothing is constructed: tags of the package know neither the size
  // of aliases nor where a node begins, and both are part of what is refused.
  const composer = new y.Composer({
    version: "1.1",
    schema: "failsafe",
    resolveKnownTags: false,
    uniqueKeys: false,
  });
  const [first, second] = explainMissingPermission(() => {
    const tokens = shallowOnly(new y.Parser().parse(yaml.text), yaml);
    const [first, second] = composer.compose(tokens, true, yaml.text.length);
    return [first, second];
  }, yaml.source);
  if (first === undefined) throw new Error("The composer made no document");
  const [error] = first.errors;
  if (error !== undefined) throw syntaxError(error, yaml);
  if (second === undefined) return first;
  const offset = second.range?.[0] ?? 0;
  const message = "A second document begins here: a workflow file holds one";
  throw faultIn(yaml, "second_document", offset, message);
}

/** The build of the YAML package for Node, which Deno takes too, looks at two names of the environment. */
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

/** Checks tokens for depth before they are composed, because composing is recursive and overflows the stack. */
function* shallowOnly(
  tokens: Iterable<y.CST.Token>,
  yaml: YamlText,
): Generator<y.CST.Token> {
  for (const token of tokens) {
    const deep = tooDeepIn(token);
    if (deep !== undefined) {
      const message = `Nested deeper than ${MAX_DEPTH}`;
      throw faultIn(yaml, "too_deep", deep.offset, message);
    }
    yield token;
  }
}

/** Finds a collection below too many others, without recursion. */
function tooDeepIn(root: y.CST.Token): y.CST.Token | undefined {
  const open: [token: y.CST.Token, depth: number][] = [[root, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, depth] = next;
    if (depth > MAX_DEPTH) return token;
    for (const child of collectionsIn(token)) open.push([child, depth + 1]);
  }
  return undefined;
}

function collectionsIn(token: y.CST.Token): readonly y.CST.Token[] {
  if (token.type === "document") return token.value ? [token.value] : [];
  if (!("items" in token)) return [];
  return token.items.flatMap(({ key, value }) => [key ?? [], value ?? []])
    .flat().filter((member) => "items" in member);
}

/** What follows the first syntax error mostly follows from it, so only that one is told. */
function syntaxError(error: y.YAMLParseError, yaml: YamlText): OrcError {
  const [offset] = error.pos;
  const lineStart = yaml.text.lastIndexOf("\n", offset - 1) + 1;
  const isTab = /^ *\t/.test(yaml.text.slice(lineStart, lineStart + 200));
  if (!isTab) return faultIn(yaml, "syntax", offset, wordingOf(error));
  const message = "The line is indented with a tab: YAML wants spaces";
  return faultIn(yaml, "tab_indentation", offset, message);
}

/** Says the most frequent mistakes in the words of those who make them. */
function wordingOf({ code, message }: y.YAMLParseError): string {
  switch (code) {
    case "BLOCK_AS_IMPLICIT_KEY":
      return 'A value that holds ": " must be in quotes';
    case "BAD_SCALAR_START":
      return `${message}: put the value in quotes`;
    case "MULTILINE_IMPLICIT_KEY":
      return 'Expected "key: value", or less indentation';
    default:
      return message;
  }
}

/** A value that aliases may repeat, and what each repetition costs. */
interface Anchored {
  readonly value: unknown;
  readonly size: number;
}

/** The nodes with which an entry of a mapping or list begins, and that hold its value. */
type Mark = Pick<y.Pair<unknown, unknown>, "key" | "value">;

/** The nodes of a document while they get their types; what an alias repeats is shared, never copied. */
interface Site extends YamlText {
  readonly faults: YamlFault[];
  /** Marks of the entries of each mapping and list. */
  readonly marks: WeakMap<object, ReadonlyMap<unknown, Mark>>;
  /** The latest node of each name; undefined while it is not complete. */
  readonly anchors: Map<string, Anchored | undefined>;
  size: number;
}

function offsetOf(node: unknown): number {
  return y.isNode(node) ? node.range?.[0] ?? 0 : 0;
}

function report(
  { faults }: Site,
  code: string,
  node: unknown,
  message: string,
): void {
  faults.push({ code, offset: offsetOf(node), message });
}

function construct(node: unknown, site: Site): unknown {
  if (!y.isNode(node)) return null;
  if (y.isAlias(node)) return repeat(node, site);
  const { anchor } = node;
  if (anchor !== undefined) site.anchors.set(anchor, undefined);
  const sizeBefore = site.size;
  const value = y.isScalar(node)
    ? constructScalar(node, site)
    : constructCollection(node, site);
  if (anchor !== undefined) {
    site.anchors.set(anchor, { value, size: site.size - sizeBefore });
  }
  return value;
}

function repeat(alias: y.Alias, site: Site): unknown {
  const name = alias.source;
  const anchored = site.anchors.get(name);
  if (anchored === undefined) {
    const end = site.anchors.has(name) ? "itself" : "nothing before it";
    const message = `The alias "*${name}" refers to ${end}`;
    throw faultIn(site, "bad_alias", offsetOf(alias), message);
  }
  spend(anchored.size, alias, site);
  return anchored.value;
}

/** What a file may come to when its aliases are written out; none without aliases comes near. */
const MAX_EXPANDED_SIZE = 2 * MAX_WORKFLOW_BYTES;

/** Counts what has been made, so that a few aliases cannot fill the memory. */
function spend(size: number, node: y.Node, site: Site): void {
  site.size += size;
  if (site.size <= MAX_EXPANDED_SIZE) return;
  const message = "The aliases repeat too much: this looks like an alias bomb";
  throw faultIn(site, "alias_bomb", offsetOf(node), message);
}

const TAG_PREFIX = "tag:yaml.org,2002:";

/** A tag in short form, such as `int`; undefined where YAML decides by the look. */
function tagOf({ tag }: y.Node): string | undefined {
  if (tag === undefined || tag === "!") return undefined;
  return tag.startsWith(TAG_PREFIX) ? tag.slice(TAG_PREFIX.length) : tag;
}

/** Whether a node carries no tag or one of these; anything else is refused. */
function hasTagOf(
  allowed: readonly string[],
  node: y.Node,
  site: Site,
): boolean {
  const tag = tagOf(node);
  if (tag === undefined || allowed.includes(tag)) return true;
  const written = node.tag?.replace(TAG_PREFIX, "!!") ?? tag;
  const message = `The tag ${quote(written)} is not allowed here`;
  report(site, "foreign_tag", node, message);
  return false;
}

function constructScalar(node: y.Scalar, site: Site): unknown {
  const text = node.source ?? "";
  spend(1 + text.length, node, site);
  const tag = tagOf(node);
  if (!hasTagOf(SCALAR_TYPES, node, site)) return null;
  if (tag === undefined && node.type !== "PLAIN") return text;
  const reading = tag === undefined
    ? readScalar(text)
    : readTaggedScalar(tag, text);
  if ("value" in reading) return reading.value;
  report(site, "bad_scalar", node, reading.problem);
  return null;
}

function constructCollection(node: y.YAMLMap | y.YAMLSeq, site: Site): unknown {
  spend(1, node, site);
  if (!hasTagOf(y.isSeq(node) ? ["seq"] : ["map", "set"], node, site)) {
    return null;
  }
  if (y.isSeq(node)) return constructList(node.items, site);
  return tagOf(node) === "set"
    ? constructList(node.items.map(({ key }) => key), site)
    : constructMapping(node, site);
}

function constructList(nodes: readonly unknown[], site: Site): unknown[] {
  const list = nodes.map((node) => construct(node, site));
  const marks = nodes.map((node): Mark => ({ key: node, value: node }));
  site.marks.set(list, new Map(marks.entries()));
  return list;
}

/** Merged keys come first and lose against the mapping's own. */
function constructMapping({ items }: y.YAMLMap, site: Site): unknown {
  // Everything is built in the order of the file, because aliases refer back.
  const entries = items.map((mark) => ({
    mark,
    isMerge: isMergeKey(mark.key),
    key: construct(mark.key, site),
    value: construct(mark.value, site),
  }));
  const mapping = new Map<unknown, unknown>();
  const marks = new Map<unknown, Mark>();
  for (const { value, mark } of entries.filter(({ isMerge }) => isMerge)) {
    for (const merged of mergedMappings(value, mark, site)) {
      for (const [key, member] of merged) mapping.set(key, member);
      for (const [key, from] of site.marks.get(merged) ?? []) {
        marks.set(key, from);
      }
    }
  }
  const firsts = new Map<string, Mark>();
  for (const { isMerge, key, value, mark } of entries) {
    if (isMerge || !isNewKey(key, mark, firsts, site)) continue;
    mapping.set(key, value);
    marks.set(key, mark);
  }
  site.marks.set(mapping, marks);
  return mapping;
}

function isMergeKey(key: unknown): boolean {
  return y.isScalar(key) && key.type === "PLAIN" && key.source === "<<" &&
    key.tag === undefined;
}

/** The mappings behind a `<<`, in the order in which they are laid over each other. */
function mergedMappings(
  value: unknown,
  mark: Mark,
  site: Site,
): readonly ReadonlyMap<unknown, unknown>[] {
  const candidates: readonly unknown[] = Array.isArray(value)
    ? value.toReversed()
    : [value];
  const mappings = candidates.filter((candidate) => candidate instanceof Map);
  if (mappings.length < candidates.length) {
    const message = "The key << wants a mapping or a list of mappings";
    report(site, "bad_merge", mark.key, message);
  }
  return mappings;
}

/** Refuses keys that occur twice, and keys that are lists or mappings. */
function isNewKey(
  key: unknown,
  mark: Mark,
  firsts: Map<string, Mark>,
  site: Site,
): boolean {
  const identity = identityOf(key);
  if (identity === undefined) {
    const message = `A key cannot be ${describeValue(key)}`;
    report(site, "bad_key", mark.key, message);
    return false;
  }
  const first = firsts.get(identity);
  if (first === undefined) {
    firsts.set(identity, mark);
    return true;
  }
  const { line, column } = positionAt(site, offsetOf(first.key));
  const name = typeof key === "string" ? quote(key) : scalarText(key);
  const message = `Duplicate key ${name}, first used at ${line}:${column}`;
  report(site, "duplicate_key", mark.key, message);
  return false;
}

/** Equal for equal keys of the same type; undefined for what cannot be a key. */
function identityOf(key: unknown): string | undefined {
  if (key === null) return "null";
  const text = typeof key === "string" ? key : scalarText(key);
  return text === undefined ? undefined : `${typeof key} ${text}`;
}

function locateIn(
  value: unknown,
  site: Site,
  path: Path,
): Position | undefined {
  const last = path.at(-1);
  if (last === undefined) return { line: 1, column: 1 };
  const container = path.slice(0, -1).reduce(memberOf, value);
  if (typeof container !== "object" || container === null) return undefined;
  const mark = site.marks.get(container)?.get(last);
  if (mark === undefined) return undefined;
  const { key, value: node } = mark;
  const isPlain = y.isScalar(node) && node.type === "PLAIN";
  return {
    ...positionAt(site, offsetOf(key)),
    text: isPlain ? node.source : undefined,
  };
}

/** A key that is no string: where it is, and how the file spells it. */
function locateKey(
  value: unknown,
  site: Site,
  path: Path,
  wanted: unknown,
): Position | undefined {
  const container = path.reduce(memberOf, value);
  if (typeof container !== "object" || container === null) return undefined;
  const node = site.marks.get(container)?.get(wanted)?.key;
  if (node === undefined) return undefined;
  const text = y.isScalar(node) ? node.source : undefined;
  return { ...positionAt(site, offsetOf(node)), text };
}

function memberOf(container: unknown, step: string | number): unknown {
  if (container instanceof Map) return container.get(step);
  return Array.isArray(container) ? container[Number(step)] : undefined;
}
