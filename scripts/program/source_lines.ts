/** Where the lines of the built program come from, for the stack of a bug. */

/** What of a source map says where code comes from. */
interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** Where a piece of a built line comes from; lines and columns count from 0. */
interface Segment {
  readonly column: number;
  readonly source: number;
  readonly line: number;
  readonly sourceColumn: number;
}

/** The part of V8's call sites that is used. */
interface CallSite {
  getFileName(): string | null | undefined;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
  toString(): string;
}

/** Finds the map of a built file; undefined where there is none. */
type FindMap = (file: string) => SourceMap | undefined;

/**
 * From now on stacks name lines of the sources. Runtimes could read the maps by
 * themselves, but Deno does so at each start, also where nothing goes wrong.
 */
export async function showSourceLines(): Promise<void> {
  const mapOf = await openMaps();
  Error.prepareStackTrace = (error, sites) =>
    [String(error), ...sites.map((site) => `    at ${placed(site, mapOf)}`)]
      .join("\n");
}

/** What is written beside the program where it may be loaded from afar, and not be read. */
const ALL_MAPS = "maps.js";

async function openMaps(): Promise<FindMap> {
  const { href } = new URL(ALL_MAPS, import.meta.url);
  const all: Readonly<Record<string, SourceMap>> = await import(href)
    .then((module) => module.default, () => ({}));
  const own = new Map<string, SourceMap | undefined>();
  return (file) => {
    if (!own.has(file)) own.set(file, all[nameIn(file)] ?? readMap(file));
    return own.get(file);
  };
}

/** Files of the program are told apart by their names, whether a path or an address leads to them. */
function nameIn(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

function placed(site: CallSite, mapOf: FindMap): string {
  const [file, line, column] = [
    site.getFileName(),
    site.getLineNumber(),
    site.getColumnNumber(),
  ];
  const map = file ? mapOf(file) : undefined;
  if (!file || line === null || column === null || map === undefined) {
    return site.toString();
  }
  const found = findSegment(map.mappings, line - 1, column - 1);
  const source = found && map.sources[found.source];
  if (found === undefined || source === undefined) return site.toString();
  return site.toString().replace(
    `${file}:${line}:${column}`,
    `${source}:${found.line + 1}:${found.sourceColumn + 1}`,
  );
}

/** Undefined where there is none, or where it may not be read: then built lines are shown. */
function readMap(file: string): SourceMap | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(`${pathOf(file)}.map`));
  } catch {
    return undefined;
  }
}

/** Node names files by their path, Deno by their address. */
function pathOf(file: string): string {
  if (!file.startsWith("file://")) return file;
  const path = decodeURIComponent(new URL(file).pathname);
  return path.replace(/^\/([A-Za-z]:\/)/, "$1");
}

/** The last segment of a line that begins no later than a column. */
export function findSegment(
  mappings: string,
  line: number,
  column: number,
): Segment | undefined {
  // Sources and their lines are counted on from line to line, columns are not.
  const counts = [0, 0, 0, 0];
  let found: Segment | undefined;
  for (const [index, group] of mappings.split(";").entries()) {
    if (index > line) break;
    counts[0] = 0;
    for (const text of group.split(",")) {
      const deltas = decodeNumbers(text);
      for (const [field, delta] of deltas.slice(0, 4).entries()) {
        counts[field] = (counts[field] ?? 0) + delta;
      }
      const [at = 0, source = 0, from = 0, sourceColumn = 0] = counts;
      if (index < line || deltas.length < 4 || at > column) continue;
      found = { column: at, source, line: from, sourceColumn };
    }
  }
  return found;
}

const DIGITS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Numbers in base 64 of variable length, the lowest bit being the sign. */
function decodeNumbers(text: string): readonly number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}
