import { misconfigured, notFound, OrcError, usage } from "../base/error.ts";
import {
  asObject,
  decodeUtf8,
  isJsonList,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseUniqueJson,
  withFields,
} from "../base/json.ts";
import { MAX_EVIDENCE_BYTES } from "../base/limits.ts";
import { resolvePath } from "../base/path.ts";
import { butThereIs } from "../files/near.ts";
import { readRegularFile, realOrGiven } from "../files/read.ts";
import type { Host } from "../host/host.ts";
import { type EvidenceField, evidenceFields } from "../workflow/evidence.ts";
import { placeProblem, problemLines } from "../workflow/problem.ts";
import { describeValue, entriesOf, readMapping } from "../workflow/value.ts";

/**
 * Evidence, or where it comes from: one file of JSON or YAML, one `-` for standard input, or any
 * number of fields as `name=text`.
 */
export type EvidenceSource = JsonObject | readonly string[];

/** The name of standard input, and what people are told instead. */
const STANDARD_INPUT = "-";
const STANDARD_INPUT_NAME = "standard input";

const HINT = "correct the evidence, then run the command again";

/** Lets a file be read, by its path without links, or throws. */
export type FilePermit = (path: string) => void | Promise<void>;

export async function readEvidence(
  host: Host,
  source: EvidenceSource = [],
  schema: string | null = null,
  permit: FilePermit = () => {},
): Promise<JsonObject | undefined> {
  if (isJsonObject(source)) return source;
  const [first, ...others] = source;
  if (first === undefined) return undefined;
  if (source.every(isEvidencePair)) return evidenceOfPairs(source, schema);
  if (others.length > 0) {
    throw usage(
      "conflicting_flags",
      'Evidence comes from one file, from "-", or from fields as name=text, and not from several of them',
      "put all of it into one file",
    );
  }
  try {
    return await readObject(host, first, permit);
  } catch (cause) {
    throw asConfigError(cause);
  }
}

async function readObject(
  host: Host,
  file: string,
  permit: FilePermit,
): Promise<JsonObject> {
  const isInput = file === STANDARD_INPUT;
  const name = isInput ? STANDARD_INPUT_NAME : file;
  const bytes = isInput
    ? readStandardInput(host)
    : await readFile(host, file, permit);
  const text = decodeUtf8(bytes, name);
  if (!isJson(file, text)) return await readYaml(text, name);
  const value = parseUniqueJson(text, name);
  if (isJsonObject(value)) return value;
  throw noMapping(value, name);
}

function readStandardInput(host: Host): Uint8Array {
  const bytes = host.readInput(MAX_EVIDENCE_BYTES);
  if (bytes.length <= MAX_EVIDENCE_BYTES) return bytes;
  throw misconfigured(
    "file_too_large",
    `Cannot read ${STANDARD_INPUT_NAME}: it is larger than ${MAX_EVIDENCE_BYTES} bytes`,
    { details: { maxBytes: MAX_EVIDENCE_BYTES } },
  );
}

async function readFile(
  host: Host,
  file: string,
  permit: FilePermit,
): Promise<Uint8Array> {
  const path = realOrGiven(resolvePath(host.workingDirectory, file));
  await permit(path);
  const bytes = readRegularFile(path, MAX_EVIDENCE_BYTES);
  if (bytes !== undefined) return bytes;
  const near = butThereIs(host.workingDirectory, file);
  throw notFound("no_such_file", `No evidence file "${file}"${near}`, {
    path,
    hint: "check the path, or give fields: --evidence NAME=TEXT",
  });
}

/** YAML takes most JSON too, but not all, and its parser is slow to load. */
function isJson(file: string, text: string): boolean {
  if (/\.ya?ml$/i.test(file)) return false;
  return /\.json$/i.test(file) || /^\s*[{[]/.test(text);
}

async function readYaml(text: string, name: string): Promise<JsonObject> {
  const { readWorkflowText } = await import("../workflow/yaml.ts");
  const { value, locate } = readWorkflowText(text, name);
  if (entriesOf(value) === undefined) throw noMapping(value, name);
  const { mapping, problems } = readMapping(value, []);
  if (problems.length === 0) return mapping;
  const placed = problems.slice(0, 1).map((problem) =>
    placeProblem(problem, locate)
  );
  throw misconfigured("invalid_evidence", problemLines(placed, 1, name));
}

function noMapping(value: unknown, name: string): OrcError {
  return misconfigured(
    "invalid_evidence",
    `Evidence is a mapping of fields, and ${name} holds ${
      describeValue(value)
    }`,
  );
}

/** What cannot be read is a mistake of whoever wrote it, not damage to the state. */
function asConfigError(cause: unknown): unknown {
  if (!(cause instanceof OrcError)) return cause;
  const { kind, code, message, path } = cause;
  if (kind !== "corrupt" && kind !== "config") return cause;
  return misconfigured(code, message, { cause, path, hint: HINT });
}

/** A name, for a field that is a mapping a key in it, and a text. */
const PAIR = /^([\p{L}_][\p{L}\p{N}_-]*)(?:\.([^=]+))?=(.*)$/su;

interface Pair {
  readonly name: string;
  readonly key: string | undefined;
  readonly text: string;
}

/** Whether a text is `name=text` and not the path of a file; `./name=text` is one. */
export function isEvidencePair(text: string): boolean {
  return PAIR.test(text);
}

/**
 * Puts evidence together from texts such as `name=text`, as the schema says; `name=` alone is an
 * empty list.
 */
export function evidenceOfPairs(
  texts: readonly string[],
  schema: string | null,
): JsonObject {
  const evidence = new Map<string, JsonValue>();
  for (const text of texts) {
    const pair = pairOf(text, schema);
    evidence.set(pair.name, extended(evidence.get(pair.name), pair, schema));
  }
  return evidence;
}

/** Only in a mapping a dot has a meaning. */
function pairOf(given: string, schema: string | null): Pair {
  const [, name = "", key, text = ""] = PAIR.exec(given) ?? [];
  return key === undefined || typeOf(name, schema) === "map"
    ? { name, key, text }
    : { name: `${name}.${key}`, key: undefined, text };
}

function typeOf(
  name: string,
  schema: string | null,
): EvidenceField["type"] | undefined {
  const fields = schema === null ? undefined : evidenceFields(schema);
  return fields?.find((field) => field.name === name)?.type;
}

function extended(
  before: JsonValue | undefined,
  { name, key, text }: Pair,
  schema: string | null,
): JsonValue {
  switch (typeOf(name, schema)) {
    case "map": {
      const members = asObject(before) ?? new Map();
      if (key !== undefined) return withFields(members, { [key]: text });
      if (text === "") return members;
      throw unfit(
        name,
        `is a mapping: give ${name}.KEY=TEXT for each of its keys`,
      );
    }
    case "list":
      return [...listOf(before), ...(text === "" ? [] : [text])];
    case "text":
      if (before === undefined) return text;
      throw unfit(name, "is one text, and was given twice");
    case undefined:
      return before === undefined ? text : [...listOf(before), text];
  }
}

function unfit(name: string, because: string): OrcError {
  return usage("invalid_value", `Evidence "${name}" ${because}`, "orc next");
}

function listOf(before: JsonValue | undefined): readonly JsonValue[] {
  if (before === undefined) return [];
  return isJsonList(before) ? before : [before];
}
