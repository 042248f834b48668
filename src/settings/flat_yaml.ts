import { readScalar } from "../workflow/yaml_scalar.ts";
import type { ConfigEntry } from "./merge.ts";

/** A line with a key and a plain or quoted scalar that can mean only one thing. */
const ENTRY =
  /^([A-Za-z_]\w*): +(?:(\w[\w./@+-]*(?: [\w./@+-]+)*)|"([^"\\]*)"|'([^']*)') *(?: #.*)?$/;
const NOTHING = /^ *(?:#.*)?$/;
const PRINTABLE = /^[\n\x20-\x7e]*$/;

/**
 * Reads a text of `key: value` lines, the form in which nearly every configuration is kept;
 * undefined for anything else, which takes a parser that takes longer to load than orc.
 */
export function readFlatYaml(
  text: string,
): readonly ConfigEntry[] | undefined {
  if (!PRINTABLE.test(text)) return undefined;
  const entries = new Map<string, ConfigEntry>();
  for (const [index, line] of text.split("\n").entries()) {
    if (NOTHING.test(line)) continue;
    const entry = readLine(line, index + 1);
    if (entry === undefined || entries.has(entry.key)) return undefined;
    entries.set(entry.key, entry);
  }
  return [...entries.values()];
}

function readLine(line: string, number: number): ConfigEntry | undefined {
  const [, key, plain, double, single] = ENTRY.exec(line) ?? [];
  if (key === undefined || isNoString(key)) return undefined;
  const place = { key, line: number, column: 1 };
  if (plain === undefined) return { ...place, value: double ?? single };
  const reading = readScalar(plain);
  return "value" in reading ? { ...place, value: reading.value } : undefined;
}

/** In YAML 1.1 `on` is a boolean, also as a key. */
function isNoString(key: string): boolean {
  const reading = readScalar(key);
  return !("value" in reading) || typeof reading.value !== "string";
}
