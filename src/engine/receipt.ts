/*
 * What a check that orc ran leaves behind: enough to say later what ran, what it printed and what it
 * saw. It stands in `details.receipt` of the event that the check caused, passed or failed.
 */
import {
  asObject,
  isJsonList,
  type JsonObject,
  jsonObject,
  type JsonValue,
} from "../base/json.ts";

/** What a program printed to one stream, secrets masked, in two numbers. */
export interface StreamReceipt {
  /** How much it was, also of what is not kept. */
  readonly bytes: number;
  /** SHA-256 of all of it, in hexadecimal digits. */
  readonly sha256: string;
}

/** What a check saw: the identity of the working tree, or of what its item depends on. */
export interface TreeReceipt {
  readonly id: string;
  readonly kind: "git" | "files";
  /** What the item says it depends on; without it, the tree as a whole. */
  readonly inputs?: readonly string[];
}

/** How a command ended on the base. */
export interface BaseRun {
  readonly exitCode: number;
  /** How many tests ran; null where nobody can tell. */
  readonly testsRun: number | null;
}

/** Whether a check was proved able to fail. */
export interface BaseReceipt {
  /** The full id of the commit it ran on; null where none was found. */
  readonly base: string | null;
  /** How that was chosen, such as `merge base with origin/main`. */
  readonly origin: string | null;
  /** With the tests as they are now; null where it never ran. */
  readonly red: BaseRun | null;
  /** With the tests of the base. */
  readonly control: BaseRun | null;
  /** Why it is not proved; null where it is. */
  readonly reason: string | null;
}

/** What a check ran in, ran, and found; null where it has no such thing, as a look at a file has no program. */
export interface Receipt {
  /** As it ran, with settings filled in and secrets masked. */
  readonly command: string | null;
  /** The file that ran, as it was found on `PATH`; for a text with operators, the shell. */
  readonly program: string | null;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
  readonly stdout: StreamReceipt | null;
  readonly stderr: StreamReceipt | null;
  /** Where the beginning and the end of both streams lie, below the directory of the session. */
  readonly output: string | null;
  /** The version of orc that ran it. */
  readonly orcVersion: string;
  /** What of orc's environment the program got; see the setting `check_environment`. */
  readonly environment: string | null;
  /** Names of the variables that it did not get; at most {@linkcode MAX_TAKEN_OUT}. */
  readonly takenOut: readonly string[];
  /** The test runner whose summary was recognised. */
  readonly runner: string | null;
  /** How many tests it ran, by its own count. */
  readonly testsRun: number | null;
  readonly tree: TreeReceipt | null;
  /** Why there is no tree. */
  readonly treeReason: string | null;
  /** Of a check that ended as it should and has to be proved able to fail. */
  readonly proved: BaseReceipt | null;
}

/** More names say no more. */
export const MAX_TAKEN_OUT = 100;

/** Encodes a receipt; what it has not is left out, but for the tree. */
export function encodeReceipt(receipt: Receipt): JsonObject {
  const { stdout, stderr, tree, takenOut } = receipt;
  const fields: Readonly<Record<string, JsonValue>> = {
    command: receipt.command,
    program: receipt.program,
    exit_code: receipt.exitCode,
    duration_ms: receipt.durationMs,
    stdout: stdout && jsonObject({ ...stdout }),
    stderr: stderr && jsonObject({ ...stderr }),
    output: receipt.output,
    orc_version: receipt.orcVersion,
    environment: receipt.environment,
    taken_out: takenOut.length > 0 ? takenOut.slice(0, MAX_TAKEN_OUT) : null,
    runner: receipt.runner,
    tests_run: receipt.testsRun,
    tree_reason: receipt.treeReason,
    proved: receipt.proved && encodeBase(receipt.proved),
  };
  const said = Object.entries(fields).filter(([, value]) => value !== null);
  return new Map<string, JsonValue>([
    ...said,
    ["tree", tree && jsonObject({ ...tree })],
  ]);
}

function encodeBase({ red, control, ...texts }: BaseReceipt): JsonObject {
  const runs = {
    red: red && encodeRun(red),
    control: control && encodeRun(control),
  };
  return new Map(
    Object.entries<JsonValue>({ ...texts, ...runs })
      .filter(([, value]) => value !== null),
  );
}

function encodeRun({ exitCode, testsRun }: BaseRun): JsonObject {
  return jsonObject({
    exit_code: exitCode,
    ...testsRun !== null && { tests_run: testsRun },
  });
}

/** Reads a receipt from the details of an event; undefined where there is none, or a part is not of its kind. */
export function parseReceipt(
  value: JsonValue | undefined,
): Receipt | undefined {
  const object = asObject(value ?? null);
  if (object === undefined) return undefined;
  const orcVersion = object.get("orc_version");
  const takenOut = textsOf(object.get("taken_out"));
  const texts = readAll(object, TEXTS, isText);
  const counts = readAll(object, COUNTS, isCount);
  const exitCode = orNull(object.get("exit_code"), Number.isInteger);
  const [stdout, stderr] = ["stdout", "stderr"].map((name) =>
    streamOf(object.get(name))
  );
  const tree = treeOf(object.get("tree"));
  const proved = baseReceiptOf(object.get("proved"));
  if (
    !isText(orcVersion) || takenOut === undefined || texts === undefined ||
    counts === undefined || exitCode === undefined || stdout === undefined ||
    stderr === undefined || tree === undefined || proved === undefined
  ) return undefined;
  return {
    command: texts.command,
    program: texts.program,
    exitCode: exitCode as number | null,
    durationMs: counts.duration_ms,
    stdout,
    stderr,
    output: texts.output,
    orcVersion,
    environment: texts.environment,
    takenOut,
    runner: texts.runner,
    testsRun: counts.tests_run,
    tree,
    treeReason: texts.tree_reason,
    proved,
  };
}

const TEXTS = [
  "command",
  "program",
  "output",
  "environment",
  "runner",
  "tree_reason",
] as const;
const COUNTS = ["duration_ms", "tests_run"] as const;
const SHA256 = /^[0-9a-f]{64}$/;

type Guard<Value> = (value: unknown) => value is Value;

const isText: Guard<string> = (value) => typeof value === "string";
const isCount: Guard<number> = (value): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** The members of these names; undefined where one of them is of another kind. */
function readAll<Name extends string, Value>(
  object: JsonObject,
  names: readonly Name[],
  isRight: Guard<Value>,
): Readonly<Record<Name, Value | null>> | undefined {
  const values = names.map((name) => orNull(object.get(name), isRight));
  if (values.includes(undefined)) return undefined;
  return Object.fromEntries(
    names.map((name, index) => [name, values[index]]),
  ) as Record<Name, Value | null>;
}

/** Null where there is nothing; undefined for something else than what is asked for. */
function orNull<Value>(
  value: unknown,
  isRight: Guard<Value> | ((value: unknown) => boolean),
): Value | null | undefined {
  if (value === undefined || value === null) return null;
  return isRight(value) ? value as Value : undefined;
}

function textsOf(
  value: JsonValue | undefined,
): readonly string[] | undefined {
  if (value === undefined) return [];
  return isJsonList(value) && value.every(isText)
    ? value as readonly string[]
    : undefined;
}

function streamOf(
  value: JsonValue | undefined,
): StreamReceipt | null | undefined {
  if (value === undefined) return null;
  const object = asObject(value);
  const bytes = object?.get("bytes");
  const sha256 = object?.get("sha256");
  const isRight = isCount(bytes) && isText(sha256) && SHA256.test(sha256);
  return isRight ? { bytes, sha256 } : undefined;
}

function treeOf(
  value: JsonValue | undefined,
): TreeReceipt | null | undefined {
  if (value === undefined || value === null) return null;
  const object = asObject(value);
  const id = object?.get("id");
  const kind = object?.get("kind");
  const inputs = object?.get("inputs");
  const listed = inputs === undefined ? undefined : textsOf(inputs);
  const isKnown = kind === "git" || kind === "files";
  if (!isText(id) || !isKnown || inputs !== undefined && !listed) {
    return undefined;
  }
  return { id, kind, ...listed && { inputs: listed } };
}

function baseReceiptOf(
  value: JsonValue | undefined,
): BaseReceipt | null | undefined {
  if (value === undefined || value === null) return null;
  const object = asObject(value);
  const texts = object && readAll(object, ["base", "origin", "reason"], isText);
  const [red, control] = ["red", "control"].map((name) =>
    runOf(object?.get(name))
  );
  return texts && red !== undefined && control !== undefined
    ? { ...texts, red, control }
    : undefined;
}

function runOf(value: JsonValue | undefined): BaseRun | null | undefined {
  if (value === undefined || value === null) return null;
  const object = asObject(value);
  const exitCode = object?.get("exit_code");
  const testsRun = orNull(object?.get("tests_run"), isCount);
  return Number.isInteger(exitCode) && testsRun !== undefined
    ? { exitCode: Number(exitCode), testsRun }
    : undefined;
}
