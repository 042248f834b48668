/** A change that breaks one promise of the source, and the tests that must notice it. */
export interface Mutant {
  /** What would no longer hold. */
  readonly promise: string;
  /** Below `src/`. */
  readonly file: string;
  /** The function, method or constant in which the text stands. */
  readonly within: string;
  /** Stands there once; blanks and line breaks count alike. */
  readonly text: string;
  /** What stands in its place for a trial. */
  readonly put: string;
  /** The tests that must notice: a suite, and after a colon what their names contain. */
  readonly tests: string;
  /** Why no test can notice it. */
  readonly changesNothing?: string;
}

/**
 * Reads mutants that are written as
 *
 *     file files/write.ts
 *     in writeNewFile: its bytes are on the disk before its name is
 *     - file.syncSync();
 *     + file.statSync();
 *     tests faults: "start"
 *     nothing why nobody can notice it
 *
 * The file holds for all that follow; without a `+` the text is taken out, and only what changes
 * nothing has its last line. A `#` begins a comment.
 */
export function parseMutants(text: string): readonly Mutant[] {
  const mutants: { -readonly [Key in keyof Mutant]: Mutant[Key] }[] = [];
  let file = "";
  for (const line of text.split("\n")) {
    const [, word = "", rest = ""] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    if (word === "" || word === "#") continue;
    if (word === "file") {
      file = rest;
      continue;
    }
    if (word === "in") {
      const [within = "", promise = ""] = rest.split(/: (.*)/);
      mutants.push({ promise, file, within, text: "", put: "", tests: "" });
      continue;
    }
    const key = KEYS.get(word);
    const mutant = mutants.at(-1);
    if (key === undefined || mutant === undefined) {
      throw new Error(`Cannot read "${line}"`);
    }
    mutant[key] = rest;
  }
  for (const { promise, file, text, tests } of mutants) {
    if ([promise, file, text, tests].includes("")) {
      throw new Error(`"${promise}" lacks its file, text or tests`);
    }
  }
  return mutants;
}

const KEYS = new Map<
  string,
  "text" | "put" | "tests" | "changesNothing"
>([
  ["-", "text"],
  ["+", "put"],
  ["tests", "tests"],
  ["nothing", "changesNothing"],
]);

/** Where a mutant's text stands in a source. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * Returns the source with the mutant's text replaced.
 *
 * @throws {Error} if the text does not stand in its function exactly once: then the source was
 *   edited, and the mutant has to follow
 */
export function mutated(source: string, mutant: Mutant): string {
  const { file, within, text, put } = mutant;
  const blocks = blocksOf(source, within);
  const places = blocks.flatMap((block) => placesOf(source, block, text));
  const [place] = places;
  if (place === undefined || places.length > 1) {
    const where = blocks.length === 0 ? `there is no "${within}"` : "";
    const count = where || `"${text}" stands ${places.length} times`;
    throw new Error(
      `"${mutant.promise}": ${count} in "${within}" of "src/${file}"`,
    );
  }
  return source.slice(0, place.start) + put + source.slice(place.end);
}

/** All declarations of a name: their first lines, and what is indented below them. */
function blocksOf(source: string, name: string): readonly Place[] {
  const words = "(?:export |default |async |function\\*? |const |class |get )*";
  const first = new RegExp(
    `^( *)${words}${escaped(name)}\\b(?=[ =(<:{])[^\\n]*\\n`,
    "gm",
  );
  return Array.from(source.matchAll(first), (found) => {
    const indent = found[1] ?? "";
    const start = found.index;
    let end = start + found[0].length;
    const rest = source.slice(end).split("\n");
    for (const line of rest) {
      const isInside = line.trim() === "" || line.startsWith(`${indent} `) ||
        /^[)}\]>]/.test(line.slice(indent.length));
      if (!isInside) break;
      end += line.length + 1;
    }
    return { start, end: Math.min(end, source.length) };
  });
}

function placesOf(
  source: string,
  { start, end }: Place,
  text: string,
): readonly Place[] {
  const words = text.trim().split(/\s+/).map(escaped);
  const pattern = new RegExp(words.join("\\s+"), "g");
  return Array.from(source.slice(start, end).matchAll(pattern), (found) => ({
    start: start + found.index,
    end: start + found.index + found[0].length,
  }));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
