import type { OrcError } from "../base/error.ts";
import { MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import {
  assembleMapping,
  type Entry,
  type Mark,
  type Marks,
} from "./assemble_yaml_mapping.ts";
import { invalidYaml, type YamlFault, type YamlText } from "./compose_yaml.ts";
import { quote } from "./value.ts";
import { readScalar, readTaggedScalar, SCALAR_TYPES } from "./yaml_scalar.ts";
import {
  type Alias,
  type Document,
  isAlias,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";

/**
 * Values and characters a file may come to when its aliases are written out.
 * No file that is small enough to be read comes near without aliases.
 */
const MAX_EXPANDED_SIZE = 2 * MAX_WORKFLOW_BYTES;

const TAG_PREFIX = "tag:yaml.org,2002:";

/** A typed value, and where its parts stand. */
export interface Construction {
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
export function constructYaml(
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
