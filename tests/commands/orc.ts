import { main } from "../../src/cli/main.ts";
import parts from "../../src/commands/answers.json" with { type: "json" };
import { answerSchemas } from "../../src/commands/begin.ts";
import { captureStreams } from "../cli/fake.ts";
import {
  fixedHost,
  type Machine,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import {
  assert,
  assertEquals,
  assertObjectMatch,
  assertStringIncludes,
  equal,
} from "@std/assert";
import { Ajv, type ValidateFunction } from "ajv";

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

type Within = (
  test: (root: string, machine?: Machine) => Promise<void>,
) => Promise<void>;

/** A command line, and where it is run. */
export interface Scene {
  /** The test's name: the command and what it does here. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly exitCode?: number;
  /** Runs the test in a repository; one with a session without it. */
  readonly within?: Within;
  /** Prepares the repository. */
  readonly before?: (root: string, machine: Machine) => Promise<unknown>;
  readonly machine?: Machine;
}

/** The answer for programs, besides its schema. */
interface Expected {
  /** The code of the error, where the command fails. */
  readonly code?: string;
  /** Some members of the result, in the place of a snapshot of the whole. */
  readonly result?: Record<PropertyKey, unknown>;
}

/** Runs a test where orc was never used. */
export function inEmptyDirectory(
  test: (root: string) => Promise<void>,
): Promise<void> {
  return withRoot({}, test);
}

const inSession: Within = (test) => withSession(test);

/** Compares what people and what programs get; each in a repository of its own. */
export function testOutput({ code, result, ...scene }: Scene & Expected): void {
  Deno.test(scene.name, async (t) => {
    const told = await play(scene, []);
    await t.assertSnapshot(transcriptOf(scene.argv, told));
    const { given, status } = await playForProgram(scene);
    const document = Object(documentOf(given));
    if (document.result === undefined) {
      assertEquals(document.error.code, code);
      const facts = factsOf(document.error, told, status);
      if (Object.keys(facts).length > 0) await t.assertSnapshot(facts);
    } else if (result === undefined) {
      await t.assertSnapshot(newsIn(document, told, status, scene));
    } else {
      assertObjectMatch(document.result, result);
    }
  });
}

/** Compares what people get with its snapshot. */
export function testText(scene: Scene): void {
  Deno.test(scene.name, async (t) => {
    const told = await play(scene, []);
    await t.assertSnapshot(transcriptOf(scene.argv, told));
  });
}

/** What only programs are told about an error; people are told the rest in the same words. */
function factsOf(
  { message, hint, path, details }: Record<string, unknown>,
  { err }: Ran,
  status: unknown,
): object {
  assertStringIncludes(err, String(message));
  if (hint !== null) assertStringIncludes(err, `Try: ${hint}`);
  const news = unlike(details, status);
  return {
    ...path === null ? {} : { path },
    ...Object.keys(news).length === 0 ? {} : { details: news },
  };
}

/**
 * What only programs are told in an answer, in few lines. Warnings are those that people get,
 * null is what the schema wants of the members that are not there, and what `orc status` says
 * just the same behind the command has a snapshot of its own.
 */
function newsIn(
  document: Record<string, unknown>,
  { err }: Ran,
  status: unknown,
  { argv }: Scene,
): object {
  const { command, root, rootSource, session, result, error, warnings } =
    document;
  assert(argv.join(" ").startsWith(String(command)), String(command));
  const told = Array.isArray(warnings) ? warnings : [];
  for (const each of told) assertStringIncludes(err, `Warning: ${each}\n`);
  const isTold = (key: string, member: unknown): boolean =>
    key === "summary"
      ? Object.keys(unlike(member, status)).length === 0
      : typeof member === "object" && equal(member, Object(status)[key]);
  const members = Object.entries(Object(result)).filter(([key, member]) =>
    command === "status" || !isTold(key, member)
  );
  return Object(withoutNulls({
    place: [root, rootSource, session].filter(Boolean).join(" "),
    result: Object.fromEntries(members),
    error,
    warnings: told.length || null,
  }));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
}

/** The members of an object that are not the same in another one. */
function unlike(value: unknown, other: unknown): object {
  return Object.fromEntries(
    Object.entries(Object(value ?? {})).filter(([key, member]) =>
      !equal(member, Object(other)[key])
    ),
  );
}

async function playForProgram(
  scene: Scene,
): Promise<{ readonly given: Ran; readonly status: unknown }> {
  let status: unknown;
  const given = await play(scene, ["--json"], async (root, machine, ran) => {
    const { session } = JSON.parse(ran.out);
    const flags = session ? ["--session", session] : [];
    const { out } = await orc(root, ["status", "--json", ...flags], machine);
    status = JSON.parse(out).result;
  });
  return { given, status };
}

async function play(
  scene: Scene,
  flags: readonly string[],
  after?: (root: string, machine: Machine, ran: Ran) => Promise<void>,
): Promise<Ran> {
  const { argv, exitCode = 0, within = inSession, before } = scene;
  const played: Ran[] = [];
  await within(async (root, base) => {
    const machine = { ...base, ...scene.machine };
    await before?.(root, machine);
    const ran = await orc(root, [...argv, ...flags], machine);
    await after?.(root, machine, ran);
    played.push(ran);
  });
  const [ran] = played;
  if (ran === undefined) throw new Error("The scene was not played");
  assertEquals(ran.exitCode, exitCode, ran.err);
  return ran;
}

/** What `orc schema` prints, by its argument. */
export const answers = answerSchemas(parts);

const ajv = new Ajv({ allowUnionTypes: true });

/** What was made of a schema; making it takes longer than all the rest. */
const validators = new Map<string, ValidateFunction>();

/** Fails unless an answer is what `orc schema COMMAND` says. */
export function assertFitsSchema(
  document: { readonly command: string | null },
): void {
  const name = document.command ?? "error";
  const validate = validatorFor(name);
  const isFitting = validate(document);
  const problems = (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
  assert(
    isFitting,
    `The answer of "${name}" does not fit its schema, see deno task docs:answers:\n${
      problems.join("\n")
    }`,
  );
}

function validatorFor(name: string): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const schema = answers.get(name);
  assert(
    schema !== undefined,
    `"${name}" has no schema: deno task docs:answers`,
  );
  const made = ajv.compile(schema);
  validators.set(name, made);
  return made;
}
