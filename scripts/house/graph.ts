/** Texts of the project's files by their path from the root. */
export type Sources = ReadonlyMap<string, string>;

/** One import of another file of the project. */
export interface Edge {
  readonly to: string;
  readonly isDynamic: boolean;
}

/** What each file imports. */
export type ImportGraph = ReadonlyMap<string, readonly Edge[]>;

/** `deno fmt` puts each static import at the beginning of a line, or its end after a brace. */
const STATIC_IMPORT =
  /^(?:(?:import|export|\}) (?:.* )?from|import) "(\.[^"]+)"/gm;
const DYNAMIC_IMPORT = /^(?!\s*(?:\*|\/\/)).*\bimport\(\s*"(\.[^"]+)"/gm;

/** Reads the imports of each file from its text, type imports included. */
export function importGraph(sources: Sources): ImportGraph {
  return new Map(
    [...sources].map(([path, text]) => [path, [
      ...edges(path, text.matchAll(STATIC_IMPORT), false),
      ...edges(path, text.matchAll(DYNAMIC_IMPORT), true),
    ]]),
  );
}

function edges(
  from: string,
  matches: Iterable<RegExpMatchArray>,
  isDynamic: boolean,
): Edge[] {
  return Array.from(matches, ([, specifier = ""]) => ({
    to: new URL(specifier, `file:///${from}`).pathname.slice(1),
    isDynamic,
  }));
}

/** All files that the given ones import, directly or through others, and themselves. */
export function reachableFrom(
  graph: ImportGraph,
  roots: Iterable<string>,
): ReadonlySet<string> {
  const seen = new Set<string>(roots);
  for (const path of seen) {
    for (const { to } of graph.get(path) ?? []) seen.add(to);
  }
  return seen;
}

/** Circles of static imports, each as the path around it. */
export function importCycles(graph: ImportGraph): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();

  function visit(path: string, trail: readonly string[]) {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const { to, isDynamic } of graph.get(path) ?? []) {
      if (!isDynamic) visit(to, [...trail, path]);
    }
    done.add(path);
  }

  for (const path of graph.keys()) visit(path, []);
  return cycles;
}
