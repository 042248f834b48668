import {
  eagerFrom,
  importCycles,
  type ImportGraph,
  type Sources,
} from "./graph.ts";
import { brokenOrder } from "./rooms.ts";

/** What `orc status` loads: agents call it most, and pay for each line before it runs. */
const STATUS = ["cli.ts", "src/commands/groups/status.ts"];
const MAX_EAGER_LINES = 8000;

/** More files than one takes in at a glance. */
const MAX_FOLDER_FILES = 20;

/** The numbers that must not grow, and what breaks a wall, as sentences. */
export interface Walls {
  readonly report: readonly string[];
  readonly problems: readonly string[];
}

/** Holds the sources against the walls of the house. */
export function inspectWalls(sources: Sources, graph: ImportGraph): Walls {
  const order = orderProblems(graph);
  const cycles = importCycles(graph)
    .map((cycle) => `Import cycle: ${cycle.join(" > ")}`);
  const { lines, packages } = eagerCost(sources, graph);
  const folders = folderSizes(sources);
  return {
    report: [
      `Largest folders: ${
        folders.slice(0, 3).map(([path, count]) => `${path} ${count}`)
          .join(", ")
      }`,
      `Eager lines of status: ${lines}, at most ${MAX_EAGER_LINES}; packages: ${packages.length}`,
      `Imports against the order of the rooms: ${order.length}`,
      `Import cycles: ${cycles.length}`,
    ],
    problems: [
      ...order,
      ...cycles,
      ...packages.map((name) => `status loads the package "${name}"`),
      ...lines > MAX_EAGER_LINES
        ? [`status loads ${lines} lines, more than ${MAX_EAGER_LINES}`]
        : [],
      ...folders.filter(([, count]) => count > MAX_FOLDER_FILES)
        .map(([path, count]) =>
          `${path}: ${count} files, more than ${MAX_FOLDER_FILES}`
        ),
    ],
  };
}

/** Also what the linter would say, so that one command shows all. */
function orderProblems(graph: ImportGraph): string[] {
  return [...graph].flatMap(([from, edges]) =>
    edges.filter(({ to }) => graph.has(to)).flatMap(({ to, isTypeOnly }) =>
      brokenOrder({ from, to, isTypeOnly }) ?? []
    )
  );
}

function eagerCost(
  sources: Sources,
  graph: ImportGraph,
): { readonly lines: number; readonly packages: readonly string[] } {
  const loaded = [...eagerFrom(graph, STATUS)];
  const files = loaded.flatMap((path) => sources.get(path) ?? []);
  return {
    lines: files.reduce((sum, text) => sum + linesOf(text), 0),
    // The standard library is part of what is built; it may cost nothing, as the bench shows.
    packages: loaded.filter((path) =>
      !path.endsWith(".ts") && !path.startsWith("@std/")
    ),
  };
}

/** Number of files beside each other, the largest folder first. */
function folderSizes(sources: Sources): (readonly [string, number])[] {
  const sizes = new Map<string, number>();
  for (const path of sources.keys()) {
    if (!path.endsWith(".ts")) continue;
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    sizes.set(folder, (sizes.get(folder) ?? 0) + 1);
  }
  return [...sizes].toSorted(([, one], [, other]) => other - one);
}

/** Lines of a text that ends with a line break. */
export function linesOf(text: string): number {
  return text.split("\n").length - 1;
}
