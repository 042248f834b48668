import { misconfigured, OrcError } from "../base/error.ts";
import { parseConfig } from "../settings/files.ts";
import { isList, type SettingValue } from "../settings/settings.ts";
import { readScalar } from "../workflow/value.ts";
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";

/** A change of one entry; without a value the entry is removed. */
export interface ConfigEdit {
  readonly key: string;
  readonly value?: SettingValue;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Changes one entry in the text of a configuration file, and leaves every other byte as it
 * is. Where that cannot be done, as in a mapping in braces, the file is written anew, with its
 * comments. What comes out is read again before it is returned.
 *
 * The text must be one that `parseConfig` has read.
 */
export async function editConfig(
  text: string,
  path: string,
  edit: ConfigEdit,
): Promise<string> {
  const document = parseDocument(text, { version: "1.1" });
  const wanted = new Map(await entriesIn(text, path));
  if (edit.value === undefined) wanted.delete(edit.key);
  else wanted.set(edit.key, edit.value);
  for (const written of [editText, printAnew]) {
    const changed = written(text, document, edit);
    if (changed === undefined) continue;
    const entries = await entriesIn(changed, path);
    if (entries && imageOf(entries) === imageOf(wanted)) return changed;
  }
  throw misconfigured(
    "cannot_edit",
    `Cannot change "${edit.key}" in "${path}": the file is too unusual to be edited by a program`,
    { path, hint: "change it in an editor" },
  );
}

function editText(
  text: string,
  { contents }: Document.Parsed,
  edit: ConfigEdit,
): string {
  const pairs = isMap(contents) ? contents.items : [];
  const pair = pairs.find(({ key }) => nameOf(key) === edit.key);
  if (pair === undefined) return appended(text, pairs, edit);
  const span = valueSpan(text, pair);
  if (span === undefined) return text;
  return edit.value === undefined
    ? without(text, { start: offsetOf(pair.key), end: span.end })
    : replaced(text, span, yamlOf(edit.value));
}

function appended(
  text: string,
  pairs: YAMLMap["items"],
  { key, value }: ConfigEdit,
): string {
  if (value === undefined) return text;
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const [first] = pairs;
  const start = first === undefined ? 0 : offsetOf(first.key);
  const indent = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  const head = text === "" || text.endsWith("\n") ? text : text + end;
  return `${head}${/^ +$/.test(indent) ? indent : ""}${key}: ${
    yamlOf(value)
  }${end}`;
}

/** The value of an entry, without the line end behind a block; an empty one right behind its colon. */
function valueSpan(text: string, { value }: Pair): Span | undefined {
  const [start, end] = isNode(value) ? value.range ?? [] : [];
  if (start === undefined || end === undefined) return undefined;
  const length = text.slice(start, end).trimEnd().length;
  return { start, end: start + length };
}

function replaced(text: string, { start, end }: Span, value: string): string {
  const before = text.slice(0, start);
  // Of lists alone YAML takes it that they begin where their key does.
  const head = before.endsWith("\n") ? before.trimEnd() : before;
  const gap = /\s$/.test(head) ? "" : " ";
  return `${head}${gap}${value}${text.slice(end)}`;
}

/** Takes whole lines away: a comment behind the value is about the value. */
function without(text: string, { start, end }: Span): string {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const to = text.indexOf("\n", end);
  return text.slice(0, from) + (to < 0 ? "" : text.slice(to + 1));
}

function printAnew(
  _text: string,
  document: Document.Parsed,
  { key, value }: ConfigEdit,
): string | undefined {
  if (value === undefined) document.delete(key);
  else document.set(key, value);
  try {
    return document.toString({ lineWidth: 0 });
  } catch (error) {
    // What was taken out had an anchor that something else refers to; there is no code for it.
    const isReferred = error instanceof Error &&
      error.message.startsWith("Unresolved alias");
    if (isReferred) return undefined;
    throw error;
  }
}

function yamlOf(value: SettingValue): string {
  if (isList(value)) return `[${value.map(yamlOf).join(", ")}]`;
  if (typeof value !== "string") return String(value);
  const reading = readScalar(value);
  const isPlain = /^[\w./][\w./@+=,-]*(?: [\w./@+=,-]+)*$/.test(value) &&
    "value" in reading && reading.value === value;
  return isPlain ? value : JSON.stringify(value);
}

/** What the text says; undefined where nobody can tell. */
async function entriesIn(
  text: string,
  path: string,
): Promise<ReadonlyMap<string, unknown> | undefined> {
  try {
    const entries = await parseConfig(text, path);
    return new Map(entries.map(({ key, value }) => [key, value]));
  } catch (error) {
    if (error instanceof OrcError && error.kind === "config") return undefined;
    throw error;
  }
}

/** Equal for equal entries in the same order. */
function imageOf(entries: ReadonlyMap<string, unknown>): string {
  const toPlain = (_key: string, value: unknown): unknown =>
    value instanceof Map ? [...value] : value;
  return JSON.stringify([...entries], toPlain);
}

function nameOf(key: unknown): string | undefined {
  return isScalar(key) && typeof key.value === "string" ? key.value : undefined;
}

function offsetOf(node: unknown): number {
  return isNode(node) ? node.range?.[0] ?? 0 : 0;
}
