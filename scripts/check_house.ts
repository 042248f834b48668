/** Fails on what breaks the architecture; shows the largest files and functions to look at. */
import {
  importCycles,
  importGraph,
  reachableFrom,
  type Sources,
} from "./house/graph.ts";
import { functionLengths } from "./house/lengths.ts";
import { namingProblems, ticketProblems } from "./house/names.ts";

const ENTRY_POINTS = ["mod.ts", "cli.ts", "src/core.ts"];
const LARGE_FILE_LINES = 300;
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
    ...importCycles(graph)
      .map((cycle) => `Import cycle: ${cycle.join(" > ")}`),
    ...[...sources].flatMap(([path, text]) => [
      ...(path.startsWith("tests/") ? [] : namingProblems(path, text)),
      ...ticketProblems(path, text),
    ]),
  ];
}

/** The largest files and functions, to look at and not as a verdict. */
export function sizeReport(sources: Sources): string[] {
  const source = [...sources].filter(([path]) => !path.startsWith("tests/"));
  const files = source
    .map(([path, text]) => ({ name: path, lines: text.split("\n").length - 1 }))
    .toSorted((a, b) => b.lines - a.lines);
  const functions = source
    .flatMap(([path, text]) =>
      functionLengths(text)
        .map(({ name, lines }) => ({ name: `${name} in ${path}`, lines }))
    )
    .toSorted((a, b) => b.lines - a.lines);
  const large = files.filter(({ lines }) => lines > LARGE_FILE_LINES);
  return [
    "Longest files:",
    ...rows(files.slice(0, Math.max(SHOWN, large.length))),
    `Files over ${LARGE_FILE_LINES} lines: ${large.length}`,
    "Longest functions:",
    ...rows(functions.slice(0, SHOWN)),
  ];
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

function* sourcePaths(directory: string): Iterable<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = directory === "." ? name : `${directory}/${name}`;
    if (isDirectory && !/^(?:testdata|\.tmp)$/.test(name)) {
      yield* sourcePaths(path);
    } else if (name.endsWith(".ts")) yield path;
  }
}

function main(): void {
  const topLevel = Array.from(Deno.readDirSync("."), ({ name }) => name);
  const sources = readSources([
    ...topLevel.filter((name) => ENTRY_POINTS.includes(name)),
    ...sourcePaths("src"),
    ...sourcePaths("tests"),
  ]);
  console.log(sizeReport(sources).join("\n"));
  const problems = houseProblems(sources);
  for (const problem of problems) console.error(problem);
  console.log(`${sources.size} files, ${problems.length} problems`);
  if (problems.length > 0) Deno.exit(1);
}

if (import.meta.main) main();
