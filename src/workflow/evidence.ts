import {
  isJsonList,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "../base/json.ts";
import {
  MIN_FORCED_SKIP_REASON_LENGTH,
  MIN_SKIP_REASON_LENGTH,
} from "../base/limits.ts";
import { lengthOf, nearest, quoted } from "../base/text.ts";
import { formatPath, type Path } from "./problem.ts";
import type { StepType } from "./types.ts";

/** A field that a schema knows. Fields it does not know are kept unread. */
export interface EvidenceField {
  /** Its key. */
  readonly name: string;
  /** A text, a list of texts, or a mapping of texts to texts. */
  readonly type: "text" | "list" | "map";
  /** Whether evidence without it is refused. */
  readonly required: boolean;
  /** Fewest entries of a list or mapping, fewest characters of a text. */
  readonly minimum: number;
  /** Whether blanks around a text count as characters. */
  readonly countsBlanks: boolean;
}

interface EvidenceProblem {
  /** Such as `files_reviewed[2]`; empty for the evidence as a whole. */
  readonly path: string;
  readonly message: string;
}

function field(
  name: string,
  type: EvidenceField["type"],
  minimum = 0,
): EvidenceField {
  return { name, type, required: true, minimum, countsBlanks: false };
}

function optionalList(name: string): EvidenceField {
  return { ...field(name, "list"), required: false };
}

/** The schemas of the Python tool. */
const SCHEMAS: ReadonlyMap<string, readonly EvidenceField[]> = new Map([
  ["CodeAnalysisEvidence", [
    field("files_reviewed", "list", 1),
    field("patterns_identified", "list"),
    field("approach_decision", "text", 20),
    optionalList("concerns_raised"),
  ]],
  ["EdgeCaseEvidence", [
    field("cases_considered", "list", 1),
    field("how_handled", "map"),
    optionalList("cases_deferred"),
  ]],
  ["SpecReviewEvidence", [
    field("requirements_extracted", "list", 1),
    optionalList("ambiguities_found"),
    optionalList("assumptions_made"),
  ]],
  ["TestPlanEvidence", [
    field("test_cases_planned", "list", 1),
    { ...field("coverage_approach", "text", 10), countsBlanks: true },
    optionalList("edge_cases_covered"),
  ]],
]);

export const EVIDENCE_SCHEMAS: readonly string[] = [...SCHEMAS.keys()];

export function evidenceFields(
  schema: string,
): readonly EvidenceField[] | undefined {
  return SCHEMAS.get(schema);
}

/** All that is wrong with evidence; for a schema orc does not know it must only not be empty. */
export function validateEvidence(
  schema: string,
  evidence: JsonObject,
): readonly EvidenceProblem[] {
  const fields = evidenceFields(schema);
  if (fields === undefined) {
    return evidence.size > 0 ? [] : [problem([], "It is empty")];
  }
  return fields.flatMap((field) => {
    const value = evidence.get(field.name);
    if (value !== undefined) return [...problemsOfValue(field, value)];
    if (!field.required) return [];
    const meant = nearest(field.name, [...evidence.keys()]);
    const advice = meant === undefined ? "" : `: rename ${quoted(meant)}`;
    return [problem([field.name], `Missing${advice}`)];
  });
}

function* problemsOfValue(
  { name, type, minimum, countsBlanks }: EvidenceField,
  value: JsonValue,
): Generator<EvidenceProblem> {
  const isWrong = (expected: string) =>
    problem([name], `Expected ${expected}, found ${kindOf(value)}`);
  const hasFew = (count: number, unit: string) =>
    problem([name], `Has ${count} of at least ${minimum} ${unit}`);
  if (type === "text") {
    if (typeof value !== "string") return yield isWrong("a text");
    const length = lengthOf(countsBlanks ? value : value.trim());
    if (length < minimum) return yield hasFew(length, "characters");
    if (!isRepetition(value)) return;
    return yield problem([name], "Repeats itself instead of saying something");
  }
  if (type === "list") {
    if (!isJsonList(value)) return yield isWrong("a list");
    const count = value.filter(isSaid).length;
    if (count < minimum) yield hasFew(count, "entries");
  } else if (!isJsonObject(value)) return yield isWrong("a mapping");
  for (const [key, member] of value.entries()) {
    if (typeof member === "string") continue;
    const message = `Expected a text, found ${kindOf(member)}`;
    yield problem([name, key], message);
  }
}

/** A blank entry is none; what is no text is a problem of its own. */
function isSaid(value: JsonValue): boolean {
  return typeof value !== "string" || value.trim() !== "";
}

function problem(path: Path, message: string): EvidenceProblem {
  return { path: formatPath(path), message };
}

function kindOf(value: JsonValue): string {
  if (value === null) return "nothing";
  if (typeof value === "string") return "a text";
  if (typeof value === "boolean") return `the word ${value}`;
  if (isJsonList(value)) return "a list";
  return isJsonObject(value) ? "a mapping" : "a number";
}

export function describeFields(schema: string): string {
  const fields = evidenceFields(schema);
  if (fields === undefined) return "any fields, at least one";
  const [required, optional] = [true, false].map((isRequired) =>
    fields.filter(({ required }) => required === isRequired)
      .map(describeField).join(", ")
  );
  return `${required}; optional: ${optional}`;
}

function describeField({ name, type, minimum }: EvidenceField): string {
  const kind = {
    text: `text, at least ${minimum} characters`,
    list: minimum > 0 ? `list, at least ${minimum}` : "list, may be empty",
    map: "mapping of texts to texts",
  }[type];
  return `${name} (${kind})`;
}

/** Phrases that say nothing; the Python tool lists them but never reaches its list. */
const STOCK_PHRASES: ReadonlySet<string> = new Set([
  ...[
    "already done",
    "do not need it",
    "does not apply",
    "done",
    "fine",
    "n a",
  ],
  ...["no need", "no reason", "none", "not applicable", "not needed"],
  ...["not necessary", "not relevant", "not required", "obvious", "ok", "skip"],
  ...["skip this", "skipped", "skipping this", "unnecessary"],
]);

/** Fewer different characters than this in a whole reason is a key held down. */
const MIN_DISTINCT_CHARACTERS = 5;

/** As few different words as this, each of them twice on average, are a phrase said over and over. */
const MAX_REPEATED_WORDS = 4;

/** Returns what is wrong with a reason for skipping an item, or undefined when it is one. */
export function problemOfSkipReason(
  reason: string,
  stepType: StepType,
): string | undefined {
  const text = reason.trim();
  const words = wordsOf(text);
  const minimum = stepType === "flexible"
    ? MIN_SKIP_REASON_LENGTH
    : MIN_FORCED_SKIP_REASON_LENGTH;
  if (text === "") return "The reason is empty";
  if (!words.some((word) => /\p{L}/u.test(word))) {
    return "The reason has no words";
  }
  if (isStockPhrase(words)) return `"${text}" is not a reason`;
  if (lengthOf(text) < minimum) {
    return `The reason has ${lengthOf(text)} of at least ${minimum} characters`;
  }
  return isRepetition(text)
    ? "The reason repeats itself instead of giving one"
    : undefined;
}

/** Words that dress a phrase up without adding to it. */
const FILLERS: ReadonlySet<string> = new Set(
  "a all an and at be for here i in is it item just now of really s simply so step that the this to was we"
    .split(" "),
);

function isStockPhrase(words: readonly string[]): boolean {
  const bare = words.filter((word) => !FILLERS.has(word));
  return STOCK_PHRASES.has(words.join(" ")) || bare.length === 0 ||
    STOCK_PHRASES.has(bare.join(" "));
}

/** The words of a text in any script, without case and punctuation. */
function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

/** Whether a text is a key held down, or a phrase said over and over. */
function isRepetition(text: string): boolean {
  const words = wordsOf(text);
  const characters = new Set(words.join(""));
  const { size } = new Set(words);
  return characters.size < MIN_DISTINCT_CHARACTERS ||
    (size <= MAX_REPEATED_WORDS && words.length >= 2 * size);
}
