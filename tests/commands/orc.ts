import { main } from "../../src/cli/main.ts";
import { captureStreams } from "../cli/fake.ts";
import { fixedHost, type Machine, withRoot } from "../work/fixtures.ts";
import { assertFitsSchema } from "./answer.ts";
import { assert, assertEquals } from "@std/assert";

/** How a command line ended, with `/shop` in the place of the root. */
export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in a repository, on a machine with a stopped clock. */
export async function orc(
  root: string,
  argv: readonly string[],
  machine: Machine = {},
): Promise<Ran> {
  const streams = captureStreams();
  const host = fixedHost({ workingDirectory: root, number: 1, ...machine });
  const exitCode = await main(["--root", root, ...argv], host, { streams });
  const [out, err] = [streams.out, streams.err].map((text) =>
    // A state holds the name of its directory, and directories of tests differ in length.
    text.replaceAll(root, "/shop").replaceAll(/("sizeBytes":)\d+/g, "$11000")
  );
  return { exitCode, out: out ?? "", err: err ?? "" };
}

/** What a person sees: the command line, its output, its errors and its exit code. */
export function transcriptOf(
  argv: readonly string[],
  { exitCode, out, err }: Ran,
): string {
  const words = argv.map((word) => /[\s"]|^$/.test(word) ? `'${word}'` : word);
  const errors = err.split("\n").slice(0, -1).map((line) => `! ${line}\n`);
  return `$ orc ${words.join(" ")}\n${out}${errors.join("")}[${exitCode}]\n`;
}

/** The one document that a program gets; anything else on standard output fails the test. */
export function documentOf({ exitCode, out }: Ran): unknown {
  assert(out.endsWith("}\n") && out.indexOf("\n") === out.length - 1, out);
  const document = JSON.parse(out);
  assertEquals(document.ok, exitCode === 0);
  assertFitsSchema(document);
  return document;
}

type Within = (test: (root: string) => Promise<void>) => Promise<void>;

/** A command line, and where it is run. */
export interface Scene {
  /** What the test is called: the command and what it does here. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly exitCode?: number;
  /** Runs the test in a repository; an empty directory without it. */
  readonly within?: Within;
  /** What happens before. */
  readonly before?: (root: string) => Promise<unknown>;
  readonly machine?: Machine;
}

const inEmptyDirectory: Within = (test) => withRoot({}, test);

/** Compares what people and what programs get with their snapshots; each in a repository of its own. */
export function testOutput(scene: Scene): void {
  Deno.test(scene.name, async (t) => {
    const told = await play(scene, []);
    await t.assertSnapshot(transcriptOf(scene.argv, told));
    await t.assertSnapshot(documentOf(await play(scene, ["--json"])));
  });
}

/** Compares what people get with its snapshot. */
export function testText(scene: Scene): void {
  Deno.test(scene.name, async (t) => {
    const told = await play(scene, []);
    await t.assertSnapshot(transcriptOf(scene.argv, told));
  });
}

async function play(scene: Scene, flags: readonly string[]): Promise<Ran> {
  const { argv, exitCode = 0, machine } = scene;
  const { within = inEmptyDirectory, before } = scene;
  const played: Ran[] = [];
  await within(async (root) => {
    await before?.(root);
    played.push(await orc(root, [...argv, ...flags], machine));
  });
  const [ran] = played;
  if (ran === undefined) throw new Error("The scene was not played");
  assertEquals(ran.exitCode, exitCode, ran.err);
  return ran;
}
