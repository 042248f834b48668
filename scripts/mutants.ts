/**
 * Breaks one promise of the source at a time, in a copy of the project, and runs the tests that
 * must notice. What nobody notices is a promise without a test.
 *
 * Arguments: words, of which one must stand in a mutant's file or promise; without them all are
 * tried. `--look` only looks whether each mutant's text and tests are still there. All of them take
 * long; with a `TMPDIR` that lies in memory it is a fraction, but not below `/dev`, where Deno lets
 * no test write.
 *
 * @module
 */
import { type Mutant, mutated, parseMutants } from "./mutants/mutant.ts";
import { copyProject, isNoticed, placeOf } from "./mutants/trial.ts";

const LISTS = "scripts/mutants/lists";

/** Reads all lists. */
export function allMutants(): readonly Mutant[] {
  return Array.from(Deno.readDirSync(LISTS), ({ name }) => name).sort()
    .flatMap((name) => parseMutants(Deno.readTextFileSync(`${LISTS}/${name}`)));
}

async function main(args: readonly string[]): Promise<number> {
  const mutants = allMutants();
  const words = args.filter((arg) => !arg.startsWith("-"));
  const unknown = args.find((arg) => arg.startsWith("-") && arg !== "--look");
  if (unknown !== undefined) {
    console.error(`No flag "${unknown}"; there is --look`);
    return 2;
  }
  // An edit of the source must not silently take a mutant away.
  const broken = mutants.flatMap(problemWith);
  for (const problem of broken) console.error(problem);
  if (broken.length > 0) return 1;
  if (args.includes("--look")) return 0;
  const chosen = mutants.filter(({ file, promise }) =>
    words.length === 0 ||
    words.some((word) => file.includes(word) || promise.includes(word))
  );
  const copy = await copyProject();
  try {
    return await tryAll(copy, chosen);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** Why a mutant cannot be tried: its text or its tests are gone. */
export function problemWith(mutant: Mutant): string[] {
  try {
    placeOf(mutant.tests);
    mutated(Deno.readTextFileSync(`src/${mutant.file}`), mutant);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

async function tryAll(
  copy: string,
  mutants: readonly Mutant[],
): Promise<number> {
  /** Tests that fail by themselves say nothing; each is tried once, before its first mutant. */
  const spoilt = new Map<string, boolean>();
  let missed = 0;
  for (const mutant of mutants) {
    const { file, within, promise, tests, changesNothing } = mutant;
    if (!spoilt.has(tests)) {
      spoilt.set(tests, await isNoticed(copy, tests));
    }
    if (spoilt.get(tests)) {
      missed++;
      console.log(`NOT TRIED: ${promise} (${file}; ${tests} fails by itself)`);
      continue;
    }
    const path = `${copy}/src/${file}`;
    const source = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, mutated(source, mutant));
    const noticed = await isNoticed(copy, tests);
    Deno.writeTextFileSync(path, source);
    const isExpected = noticed === (changesNothing === undefined);
    if (!isExpected) missed++;
    const verdict = isExpected ? "ok" : noticed ? "NOTICED" : "NOT NOTICED";
    const why = noticed ? tests : changesNothing ?? tests;
    console.log(`${verdict}: ${promise} (${file}, ${within}; ${why})`);
  }
  console.log(`${mutants.length} mutants, ${missed} not as expected`);
  return missed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
