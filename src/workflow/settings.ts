import { JsonNumber, type JsonObject, type JsonValue } from "../base/json.ts";
import { MAX_DEPTH } from "../base/limits.ts";
import type { Path, ProblemDraft } from "./problem.ts";
import {
  APPROVAL_TIMEOUT,
  approvalTimeoutMinutes,
  MAX_APPROVAL_TIMEOUT_MINUTES,
} from "./supervision.ts";
import { describeValue, entriesOf, scalarText, YamlTime } from "./value.ts";

/** What became of a mapping that was turned into JSON. */
interface MappingReading {
  readonly mapping: JsonObject;
  readonly problems: readonly ProblemDraft[];
}

/** What became of the settings of a workflow file. */
interface SettingsReading {
  readonly settings: JsonObject;
  readonly problems: readonly ProblemDraft[];
}

/** Turns the settings into JSON, as the Python tool stores them. */
export function readSettings(value: unknown): SettingsReading {
  const { mapping, problems } = readMapping(value, ["settings"]);
  return { settings: mapping, problems };
}

/** Turns what stands at a path of a YAML file into a JSON object; empty if it is no mapping. */
export function readMapping(value: unknown, path: Path): MappingReading {
  const problems: ProblemDraft[] = [];
  const entries = entriesOf(value) ?? [];
  for (const [key] of entries) {
    if (typeof key !== "string") problems.push(noStringKey(path, key));
  }
  return { mapping: toObject(entries, { path, problems }), problems };
}

/** The refusal of a key that has to be a string. */
export function noStringKey(path: Path, key: unknown): ProblemDraft {
  const text = scalarText(key) ?? "null";
  return {
    code: "invalid_key",
    severity: "error",
    path,
    message: `Expected only strings as keys, found ${
      describeValue(key)
    }: write "${text}" in quotes`,
  };
}

interface Place {
  readonly path: Path;
  readonly problems: ProblemDraft[];
}

function toJson(value: unknown, place: Place): JsonValue {
  if (place.path.length > MAX_DEPTH) return tooDeep(place);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string" || value instanceof JsonNumber) return value;
  // JSON has no infinity; the Python tool stores null in its place.
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (value instanceof YamlTime) return value.iso;
  if (Array.isArray(value)) return toList(value, place);
  const entries = entriesOf(value);
  return entries === undefined
    ? unsupported(value, place)
    : toObject(entries, place);
}

function toList(list: readonly unknown[], place: Place): JsonValue {
  return list.map((member, index) => toJson(member, below(place, index)));
}

/** Python takes `true` and `1` for one key: the last value counts, the first spelling stays. */
function toObject(
  entries: readonly (readonly [unknown, unknown])[],
  place: Place,
): JsonObject {
  const spellings = new Map<unknown, string>();
  const object = new Map<string, JsonValue>();
  for (const [key, value] of entries) {
    const identity = typeof key === "boolean" ? Number(key) : key;
    const spelling = spellings.get(identity) ?? keyText(key);
    spellings.set(identity, spelling);
    object.set(spelling, toJson(value, below(place, spelling)));
  }
  return object;
}

/** A key as the Python tool spells it in JSON. */
function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  if (typeof key === "number" && !Number.isFinite(key)) return "None";
  return scalarText(key) ?? "None";
}

function below({ path, problems }: Place, step: string | number): Place {
  return { path: [...path, step], problems };
}

function tooDeep({ path, problems }: Place): null {
  problems.push({
    code: "too_deep",
    severity: "error",
    path: path.slice(0, 1),
    message: `Nested deeper than ${MAX_DEPTH}`,
  });
  return null;
}

function unsupported(value: unknown, { path, problems }: Place): null {
  problems.push({
    code: "invalid_type",
    severity: "error",
    path,
    message: `Expected what JSON can hold, found ${describeValue(value)}`,
  });
  return null;
}

/** Finds values that orc cannot take for settings it knows; all other settings are the author's. */
export function findWrongSettings(
  settings: JsonObject,
): readonly ProblemDraft[] {
  const isGiven = settings.has(APPROVAL_TIMEOUT);
  if (!isGiven || approvalTimeoutMinutes(settings) !== undefined) return [];
  const found = describeValue(settings.get(APPROVAL_TIMEOUT));
  return [{
    code: "invalid_value",
    severity: "error",
    path: ["settings", APPROVAL_TIMEOUT],
    message:
      `Expected a number of minutes above 0, at most ${MAX_APPROVAL_TIMEOUT_MINUTES}, found ${found}`,
  }];
}
