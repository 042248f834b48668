/** Fails on what breaks the architecture; shows the largest files and functions to look at. */
import { importGraph, reachableFrom, type Sources } from "./house/graph.ts";
import { functionLengths } from "./house/lengths.ts";
import { namingProblems, ticketProblems } from "./house/names.ts";
import { inspectWalls, linesOf } from "./house/walls.ts";
import { isShipped } from "./lint/source_path.ts";
import { walkSync } from "@std/fs/walk";

const ENTRY_POINTS = ["mod.ts", "cli.ts", "src/core.ts", "src/store.ts"];
const LARGE_FILE_LINES = 500;
const SHOWN = 5;

/** Everything that breaks a rule of the house, as sentences. */
export function houseProblems(sources: Sources): string[] {
  const graph = importGraph(sources);
  const paths = [...sources.keys()];
  const used = reachableFrom(graph, ENTRY_POINTS);
  const tested = reachableFrom(
    graph,
    paths.filter((path) => path.endsWith("_test.ts")),
  );
  const source = paths.filter((path) => path.startsWith("src/"));
  return [
    ...ENTRY_POINTS.filter((path) => !sources.has(path))
      .map((path) => `${path}: is missing`),
    ...source.filter((path) => !used.has(path))
      .map((path) => `${path}: no entry point leads to it`),
    ...source.filter((path) => !tested.has(path))
      .map((path) => `${path}: no test leads to it`),
    ...inspectWalls(sources, graph).problems,
    ...[...sources].flatMap(([path, text]) => [
      ...(isShipped(path) ? namingProblems(path, text) : []),
      ...(path.startsWith("scripts/") ? [] : ticketProblems(path, text)),
    ]),
  ];
}

/** The largest files and functions, to look at and not as a verdict. */
export function sizeReport(sources: Sources): string[] {
  const source = [...sources].filter(([path]) => isShipped(path));
  const files = source
    .map(([path, text]) => ({ name: path, lines: linesOf(text) }))
    .toSorted((a, b) => b.lines - a.lines);
  const functions = source
    .flatMap(([path, text]) =>
      functionLengths(text)
        .map(({ name, lines }) => ({ name: `${name} in ${path}`, lines }))
    )
    .toSorted((a, b) => b.lines - a.lines);
  const large = files.filter(({ lines }) => lines > LARGE_FILE_LINES);
  return [
    ...kindReport(sources),
    ...inspectWalls(sources, importGraph(sources)).report,
    "Longest files:",
    ...rows(files.slice(0, Math.max(SHOWN, large.length))),
    `Files over ${LARGE_FILE_LINES} lines: ${large.length}`,
    "Longest functions:",
    ...rows(functions.slice(0, SHOWN)),
  ];
}

/** Kinds of files by their paths; the first that fits counts. */
const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["snapshots", /\.snap$/],
  ["tests", /^tests\//],
  ["scripts", /^scripts\//],
  ["source", /\.ts$/],
];

/** How many files and lines there are of each kind, and how many lines say nothing to a machine. */
function kindReport(sources: Sources): string[] {
  return KINDS.map(([kind, pattern]) => {
    const texts = [...sources].filter(([path]) =>
      KINDS.find(([, known]) => known.test(path))?.[1] === pattern
    );
    const lines = texts.flatMap(([, text]) => text.split("\n").slice(0, -1));
    const comments = lines.filter((line) => /^\s*(?:\/\/|\/?\*)/.test(line));
    const blank = lines.filter((line) => line.trim() === "");
    return `${kind}: ${texts.length} files, ${lines.length} lines, of which ${comments.length} comments and ${blank.length} blank`;
  });
}

function rows(
  entries: readonly { readonly name: string; readonly lines: number }[],
): string[] {
  return entries.map(({ name, lines }) =>
    `${String(lines).padStart(5)}  ${name}`
  );
}

function readSources(paths: Iterable<string>): Sources {
  return new Map(
    Array.from(paths, (path) => [path, Deno.readTextFileSync(path)]),
  );
}

function sourcePaths(directory: string): Iterable<string> {
  // The page of the dashboard is no part of the program but its data, and has tests in a browser.
  const skip = [/\/(?:testdata|\.tmp|serve\/page)$/];
  const match = [/\.(?:ts|snap)$/];
  const found = walkSync(directory, { includeDirs: false, match, skip });
  return Array.from(found, ({ path }) => path);
}

function main(): void {
  const sources = readSources([
    ...ENTRY_POINTS.filter((path) => !path.includes("/")),
    ...sourcePaths("src"),
    ...sourcePaths("tests"),
    ...sourcePaths("scripts"),
  ]);
  console.log(sizeReport(sources).join("\n"));
  const problems = houseProblems(sources);
  for (const problem of problems) console.error(problem);
  console.log(`${sources.size} files, ${problems.length} problems`);
  if (problems.length > 0) Deno.exit(1);
}

if (import.meta.main) main();
