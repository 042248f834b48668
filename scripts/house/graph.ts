/** Texts of the project's files by their path from the root. */
export type Sources = ReadonlyMap<string, string>;

/** One import of another file of the project, or of a package. */
export interface Edge {
  readonly to: string;
  readonly isDynamic: boolean;
  /** Whether nothing of it is loaded: only types are imported. */
  readonly isTypeOnly: boolean;
}

/** What each file imports. */
export type ImportGraph = ReadonlyMap<string, readonly Edge[]>;

/** `deno fmt` puts each static import at the beginning of a line, and a semicolon behind it. */
const STATIC_IMPORT =
  /^(?:import|export)( type)?(?: [^;"]*? from)? "([^"\n]+)";$/gm;
const DYNAMIC_IMPORT = /^(?!\s*(?:\*|\/\/)).*\bimport\(\s*()"([^"\n]+)"/gm;

/** Reads the imports of each file from its text, those of types and packages included. */
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
  return Array.from(matches, ([, type, specifier = ""]) => ({
    to: specifier.startsWith(".")
      ? new URL(specifier, `file:///${from}`).pathname.slice(1)
      : specifier,
    isDynamic,
    isTypeOnly: type === " type",
  }));
}

/**
 * All files and packages that the given files import, directly or through others, and
 * themselves; only by imports of one kind, if it is given.
 */
export function reachableFrom(
  graph: ImportGraph,
  roots: Iterable<string>,
  follows: (edge: Edge) => boolean = () => true,
): ReadonlySet<string> {
  const seen = new Set<string>(roots);
  for (const path of seen) {
    for (const edge of graph.get(path) ?? []) {
      if (follows(edge)) seen.add(edge.to);
    }
  }
  return seen;
}

/** What the runtime loads before a file runs: no types, and nothing that is imported later. */
export function eagerFrom(
  graph: ImportGraph,
  roots: Iterable<string>,
): ReadonlySet<string> {
  return reachableFrom(
    graph,
    roots,
    ({ isDynamic, isTypeOnly }) => !isDynamic && !isTypeOnly,
  );
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
