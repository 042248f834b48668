/** A finding of doctor, put to the proof: the damage is made, and what doctor says of it is done. */
import type { Finding } from "../../src/base/finding.ts";
import { writeTree } from "../files/temporary.ts";
import { VALUE } from "../secrets/fixtures.ts";
import { type Ended, inLab, type Lab, test } from "../bad_inputs/lab.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** Lines that somebody types, or what somebody does by hand. */
export type Act =
  | string
  | readonly string[]
  | ((place: Place) => unknown);

/** A command line, and how it must end. */
export type Outcome = readonly [line: string, exitCode: number, says?: string];

/** One finding, and all that is said of it. */
export interface Proof {
  readonly code: string;
  /** What tells it from others of the same code. */
  readonly of?: string;
  /** How a repository that is well comes to have it. */
  readonly damage: Act;
  /** What holds as long as nothing is done about it. */
  readonly untilThen?: readonly Outcome[];
  /** What is advised, word for word as doctor prints it, and what whoever follows it types or does. */
  readonly ways: Readonly<Record<string, Act>>;
  /** What holds when one of them was gone; without it, that updates and new sessions work. */
  readonly afterwards?: readonly Outcome[];
  /** Whether it stays, as there is nothing to mend. */
  readonly stays?: boolean;
  /** The only other codes that are found then. */
  readonly besides?: readonly string[];
  /** Whether orc runs as somebody who may not do what the mode of a file forbids; root may do anything. */
  readonly isUnprivileged?: boolean;
  readonly ignore?: boolean;
}

/** A repository with two sessions, whose user has a directory of their own. */
export interface Place extends Lab {
  readonly home: string;
  /** Types a line; `orc` in it is this orc. */
  type(line: string): Promise<Ended>;
  write(files: Readonly<Record<string, string>>): void;
}

/** Work goes on in the damaged session, in the other one, and in new ones. */
export const ALL_GOES_ON: readonly Outcome[] = [
  ["orc note works --session FIRST", 0],
  ["orc note works --session SECOND", 0],
  ['orc start --beside "Another task"', 0],
];

/** A program that anybody may be asked to type; the rest of the line is what it gets. */
const COMMAND =
  /\b(?:orc (?!does|works|leaves|follows|reads|is\b)[a-z]|chmod |git -C |sudo |ls -)[^;:]*?(?=, (?:or|unless|and|then|which)\b|;|:|$)/g;

/** Makes a test of what doctor says, and one of each way that it shows. */
export function prove(proof: Proof): void {
  const { code, of, damage, untilThen = [], ways, ignore, besides } = proof;
  const name = of === undefined ? code : `${code} (${of})`;
  test({
    name: `${name} is found, and what it says is so`,
    ignore,
    fn: () =>
      inPlace(async (place) => {
        assertEquals(await find(place, code), []);
        await act(place, damage);
        const all = await allFindings(place);
        const found = all.filter((finding) => finding.code === code);
        assert(found.length > 0, JSON.stringify(all, null, 1));
        await assertShown(place, found);
        if (besides !== undefined) {
          const codes = all.map(({ code }) => code);
          assertEquals(codes.toSorted(), [code, ...besides].toSorted());
        }
        const remedies = found.map(({ remedy }) => remedy);
        const known = Object.keys(ways).map((way) => filled(place, way));
        for (const remedy of remedies) {
          for (const [command] of remedy.matchAll(COMMAND)) {
            assert(
              known.some((way) => way.includes(command)),
              `nobody tries: ${command}`,
            );
          }
        }
        await assertOutcomes(place, untilThen);
      }, proof),
  });
  for (const [way, done] of Object.entries(ways)) {
    test({
      name: `${name} is put right as it says: ${way}`,
      ignore,
      fn: () => inPlace((place) => follow(place, proof, way, done), proof),
    });
  }
}

async function follow(
  place: Place,
  { code, damage, stays, afterwards = ALL_GOES_ON }: Proof,
  way: string,
  done: Act,
): Promise<void> {
  await act(place, damage);
  const before = await find(place, code);
  assert(before.length > 0, `${code} is not found`);
  const advised = before.map(({ remedy }) => remedy).join("\n");
  assertStringIncludes(advised, filled(place, way));
  await act(place, done);
  const left = await allFindings(place);
  const gone = before.filter(({ path, message }) =>
    !left.some((each) => each.path === path && each.message === message)
  );
  assertEquals(gone.length > 0, stays !== true, JSON.stringify(left, null, 1));
  await assertOutcomes(place, afterwards);
}

async function assertShown(
  { orc, root }: Place,
  found: readonly Finding[],
): Promise<void> {
  // How long a lock is held goes on.
  const still = (text: string) =>
    text.replaceAll(/for \d+ s/g, "for some time");
  const out = still((await orc(["doctor", "--root", root])).out);
  for (const { message, remedy } of found) {
    assertStringIncludes(out, still(message));
    assertStringIncludes(out, `Try: ${remedy}`);
  }
}

async function assertOutcomes(
  place: Place,
  outcomes: readonly Outcome[],
): Promise<void> {
  for (const [line, exitCode, says = ""] of outcomes) {
    const { code, out, err } = await place.type(filled(place, line));
    assertEquals([line, code], [line, exitCode], out + err);
    assertStringIncludes(out + err, filled(place, says));
  }
}

async function act(place: Place, done: Act): Promise<void> {
  if (typeof done === "function") return void await done(place);
  for (const line of [done].flat()) {
    const { code, out, err } = await place.type(filled(place, line));
    // Doctor says by its exit code that something else is left.
    const isDone = code === 0 || code === 3 && line.startsWith("orc doctor");
    assert(isDone, `${line}: ${code} ${out}${err}`);
  }
}

/** What doctor finds under a code, as programs get it. */
export async function find(
  place: Place,
  code: string,
): Promise<readonly Finding[]> {
  const findings = await allFindings(place);
  return findings.filter((finding) => finding.code === code);
}

async function allFindings({ orc, root }: Place): Promise<readonly Finding[]> {
  const { out } = await orc(["doctor", "--full", "--root", root]);
  return JSON.parse(out).result.findings;
}

/** Puts the names of this place where a row has words for them. */
export function filled(
  { root, first, second, home }: Place,
  text: string,
): string {
  return text.replaceAll("ROOT", root).replaceAll("HOME", home)
    .replaceAll("FIRST", first).replaceAll("SECOND", second);
}

/** Runs a test in a place of its own. */
export function inPlace(
  run: (place: Place) => Promise<void>,
  { isUnprivileged = false }: Pick<Proof, "isUnprivileged"> = {},
): Promise<void> {
  return inLab(async (lab) => {
    const home = lab.root.replace(/[^/]+$/, "home");
    Deno.mkdirSync(home);
    const env = {
      ORCHESTRATOR_APPROVALS: "any",
      HOME: home,
      SECRETS_PASSWORD: "",
    };
    const readInput = () => new TextEncoder().encode(VALUE);
    const host = { homeDirectory: () => home, readInput };
    const orc: Lab["orc"] = (args, options = {}) =>
      isUnprivileged
        ? lab.spawn(args, {
          unprivileged: true,
          env: { ...env, DENO_DIR: DENO_DIRECTORY },
        })
        : lab.orc(args, {
          ...options,
          env: { ...env, ...options.env },
          host: { ...host, ...options.host },
        });
    const type = (line: string): Promise<Ended> =>
      /^orc [^|&]*$/.test(line)
        ? orc(wordsOf(line.slice("orc ".length)))
        // Whoever runs the tests may do it, or the case is left out.
        : lab.shell(`sudo() { "$@"; }\n${line}`, { env });
    const write: Place["write"] = (files) => writeTree(lab.root, files);
    Deno.writeTextFileSync(`${lab.root}/.orchestrator/.gitignore`, "*\n");
    await run({ ...lab, home, orc, type, write });
  });
}

/** Where the packages are, whatever home a process is given. */
const DENO_DIRECTORY = Deno.env.get("DENO_DIR") ??
  `${Deno.env.get("HOME")}/.cache/deno`;

function wordsOf(line: string): readonly string[] {
  return Array.from(
    line.matchAll(/"([^"]*)"|\S+/g),
    ([word, quoted]) => quoted ?? word,
  );
}
