import { main } from "../../src/cli/main.ts";
import parts from "../../src/commands/answers.json" with { type: "json" };
import { answerSchema, errorSchema } from "../../src/commands/answers.ts";
import { type TableEntry, tableOf } from "../../src/commands/command.ts";
import { commandGroups } from "../../src/commands/table.ts";
import { captureStreams } from "../cli/fake.ts";
import {
  fixedHost,
  type Machine,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes, equal } from "@std/assert";
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
      .replaceAll(/\(\d+\.\d kB\)/g, "(1.0 kB)")
      // The tests lie in a checkout, of whatever commit, or in none.
      .replaceAll(/("commit":)"[0-9a-f]+"/g, "$1null")
      .replaceAll(/^ *(?:Start +)?It began at commit .*\n/gm, "")
      .replace(/^How it came about:\n(?! )/m, "")
  );
  return { exitCode, out: out ?? "", err: err ?? "" };
}

/** What a person sees: the output, then the errors, each line of them behind a mark. */
function textOf({ out, err }: Ran): string {
  const errors = err.split("\n").slice(0, -1).map((line) => `! ${line}\n`);
  return `${out}${errors.join("")}`.replace(/\n$/, "");
}

/** The form of a document: `full` is that of `--full`. */
type Form = "compact" | "full";

/** The one document that a program gets; anything else on standard output fails the test. */
export function documentOf(
  { exitCode, out }: Ran,
  form: Form = "full",
): unknown {
  assert(out.endsWith("}\n") && out.indexOf("\n") === out.length - 1, out);
  const document = JSON.parse(out);
  assertEquals(document.ok, exitCode === 0);
  assertFitsSchema(document, form);
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
  /** What a person sees, where that is short; else it has a snapshot. */
  readonly text?: string;
  /** Runs the test in a repository; one with a session without it. */
  readonly within?: Within;
  /** Prepares the repository. */
  readonly before?: (root: string, machine: Machine) => unknown;
  readonly machine?: Machine;
}

/** The answer for programs, besides its schema. */
interface Expected {
  /** The code of the error, where the command fails. */
  readonly code?: string;
  /** The file that the error is about, where it says so. */
  readonly path?: string;
  /** The facts in the error that `orc status` does not say just the same. */
  readonly details?: object;
  /** Some members of the result, in the place of a snapshot of the whole. */
  readonly result?: object;
  /** Some members of the error that stands beside a result. */
  readonly error?: object;
}

/** Runs a test where orc was never used. */
export function inEmptyDirectory(
  test: (root: string) => Promise<void>,
): Promise<void> {
  return withRoot({}, test);
}

const inSession: Within = (test) => withSession(test);

/** Compares what people and what programs get; each in a repository of its own. */
export function testOutput(
  { code, path, details = {}, result, error, ...scene }: Scene & Expected,
): void {
  Deno.test(scene.name, async (t) => {
    const told = await assertText(t, scene);
    const { given, status } = await playForProgram(scene);
    const document = Object(documentOf(given));
    await assertCompact(scene, document);
    if (document.result === undefined) {
      const { error } = document;
      assertTold(error, told);
      assertEquals(
        [error.code, error.path ?? undefined, unlike(error.details, status)],
        [code, path, details],
      );
      return;
    }
    assertEnvelope(document, told, status, scene);
    if (result !== undefined) {
      assertLikeStatus(document, status, result);
      assertEquals(partLike(result, document.result), result);
      assertEquals(partLike(error, document.error), error);
    } else await t.assertSnapshot(newsIn(document, status));
  });
}

/** Commands whose results are documents of other kinds. */
const WHOLE = ["attest", "context-reminder", "schema"];

/** Without `--full` a program gets a part of the same, with nothing in it that says nothing. */
async function assertCompact(scene: Scene, full: Answer): Promise<void> {
  const ran = await play(scene, ["--json"]);
  const { command, result, error } = Object(documentOf(ran, "compact"));
  const isWhole = WHOLE.includes(command);
  assertEquals(isWhole ? result : withoutEmpty(result), result);
  assertEquals(partLike(result, full.result), result);
  assertEquals(partLike(error, full.error), error);
}

/** Compares what people get. */
export function testText(scene: Scene): void {
  Deno.test(scene.name, async (t) => {
    await assertText(t, scene);
  });
}

async function assertText(t: Deno.TestContext, scene: Scene): Promise<Ran> {
  const told = await play(scene, []);
  if (scene.text !== undefined) assertEquals(textOf(told), scene.text);
  else await t.assertSnapshot(textOf(told), { serializer: String });
  return told;
}

/** An error says the same to people and to programs. */
function assertTold(
  { message, hint }: Record<string, unknown>,
  { err }: Ran,
): void {
  assertStringIncludes(err, String(message));
  if (hint !== null) assertStringIncludes(err, `Try: ${hint}`);
}

/** Commands whose answer is about more than one session, or about none. */
const OF_NO_SESSION =
  /^(?:analyze|cleanup|config|doctor|feedback review|init|list|migrate|secrets|session cleanup|validate)/;

/** A document of a command that was done. */
interface Answer {
  readonly command: string;
  readonly root: string | null;
  readonly rootSource: string | null;
  readonly session: string | null;
  readonly result: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
  readonly warnings?: readonly string[];
}

/** What stands around a result: where it holds, and the warnings that people get too, each of them. */
function assertEnvelope(
  { command, root, rootSource, session, result, warnings = [] }: Answer,
  { err }: Ran,
  status: unknown,
  { argv }: Scene,
): void {
  assert(argv.join(" ").startsWith(command), command);
  const isTree = /^(?:cleanup|list)$/.test(command);
  assertEquals([root, rootSource], isTree ? [null, null] : ["/shop", "flag"]);
  // Who wants no feedback gets none, in whatever session.
  const isOfNone = OF_NO_SESSION.test(command) || result.feedback === null;
  assertEquals(session, isOfNone ? null : Object(status).session ?? null);
  // Programs are not told of what the older tool left.
  const told = err.split("\n").filter((line) =>
    /^Warning: (?!Legacy files)/.test(line)
  );
  assertEquals(warnings.map((each) => `Warning: ${each}`), told);
}

/** What an answer says of its session is what `orc status` says of it, unless the test expects something else. */
function assertLikeStatus(
  { command, result }: Answer,
  status: unknown,
  expected: object,
): void {
  const isAll = command === "session info";
  const said = { ...isAll && result, ...Object(result.summary) };
  for (const [key, member] of Object.entries(said)) {
    if (key in expected || !(key in Object(status))) continue;
    assertEquals(member, Object(status)[key], key);
  }
}

/**
 * What only programs are told in an answer, in few lines. Null is what the schema wants of the
 * members that are not there, and what `orc status` says just the same behind the command has a
 * snapshot of its own.
 */
function newsIn(
  { command, result, error }: Answer,
  status: unknown,
): object {
  const isTold = (key: string, member: unknown): boolean =>
    key === "summary"
      ? Object.keys(unlike(member, status)).length === 0
      : typeof member === "object" && equal(member, Object(status)[key]);
  const members = Object.entries(result).filter(([key, member]) =>
    command === "status" || !isTold(key, member)
  );
  const news = Object.fromEntries(members);
  return Object(withoutNulls(error === undefined ? news : { error, ...news }));
}

/** The members of a value that an expected one has; lists stay as long as they are. */
function partLike(expected: unknown, value: unknown): unknown {
  if (Array.isArray(expected) && Array.isArray(value)) {
    return value.map((each, index) => partLike(expected[index], each));
  }
  if (!isObject(expected) || !isObject(value)) return value;
  const actual = new Map(Object.entries(value));
  return Object.fromEntries(
    Object.entries(expected)
      .map(([key, member]) => [key, partLike(member, actual.get(key))]),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      // A commit is null here because its name differs from machine to machine.
      .filter(([key, member]) =>
        key === "commit" || member !== null && !equal(member, [])
      )
      .map(([key, member]) => [key, withoutEmpty(member)]),
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
  const given = await play(
    scene,
    ["--json", "--full"],
    async (root, machine, ran) => {
      const { session } = JSON.parse(ran.out);
      const flags = session ? ["--session", session] : [];
      const { out } = await orc(root, ["status", "--full", ...flags], machine);
      status = JSON.parse(out).result;
    },
  );
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

function byName(one: TableEntry, other: TableEntry): number {
  return one.name < other.name ? -1 : 1;
}

/** What `orc schema` prints, by its argument. */
export const answers = new Map([
  ["error", errorSchema()],
  ...await Promise.all(
    tableOf(commandGroups).toSorted(byName).map(async ({ name, load }) =>
      [name, await answerSchema(name, parts, await load())] as const
    ),
  ),
]);

const ajv = new Ajv({ allowUnionTypes: true });

/** How the schemas call the two forms. */
const FORMS: Readonly<Record<Form, string>> = {
  compact: "Without --full",
  full: "With --full",
};

/** What was made of a schema; making it takes longer than all the rest. */
const validators = new Map<string, ValidateFunction>();

/** Fails unless an answer is what `orc schema COMMAND` says. */
export function assertFitsSchema(
  document: object,
  form: Form = "full",
): void {
  const name = Object(document).command ?? "error";
  const validate = validatorFor(name, form);
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

function validatorFor(name: string, form: Form): ValidateFunction {
  const known = validators.get(`${form} ${name}`);
  if (known !== undefined) return known;
  const schema = answers.get(name);
  assert(
    schema !== undefined,
    `"${name}" has no schema: deno task docs:answers`,
  );
  const ofForm = Object(schema).anyOf.filter(({ title }: { title: string }) =>
    title === FORMS[form]
  );
  const made = ajv.compile({ ...schema, anyOf: ofForm });
  validators.set(`${form} ${name}`, made);
  return made;
}
