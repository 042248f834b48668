/**
 * Sizes of tasks: what of a workflow applies to one. A session pins the phases and items of its size as any
 * other workflow, so that whoever reads it needs to know nothing of sizes; beside them stands the whole.
 */
import { jsonHash } from "../base/checksum.ts";
import { orElse } from "../base/error.ts";
import {
  asObject,
  isJsonList,
  type JsonObject,
  jsonObject,
  type JsonValue,
  numberOf,
  parseJson,
  textAt,
} from "../base/json.ts";
import { printJson } from "../base/json_print.ts";
import { carriersOf } from "./definition.ts";
import { errorAt, type Path, type ProblemDraft } from "./problem.ts";
import type { Item, Phase, SizeLimits, Sizing, Workflow } from "./types.ts";

/** The key of a pinned workflow that holds what it says of sizes. */
const SIZING = "sizing";

/** How the note begins that says why a session grew: it is no advice on what its item asks for. */
export const GROWN_NOTE = "[important] Grown from";

/** What a phase or an item says of sizes. */
type Range = Pick<Item, "from" | "to">;

/** What the file says of sizes, put where the rest of the workflow is decoded without it. */
export function withSizes(workflow: Workflow, file: JsonObject): Workflow {
  const sizing: Sizing = {
    sizes: textsAt(file, "sizes"),
    limits: limitsAt(file, "size_limits"),
    riskPaths: textsAt(file, "risk_paths"),
    measuredPaths: textsAt(file, "measured_paths"),
  };
  const isSized = ["sizes", "size_limits", "risk_paths", "measured_paths"]
    .some((key) => file.has(key));
  const phases = objectsAt(file, "phases");
  return {
    ...workflow,
    ...isSized && { sizing },
    phases: workflow.phases.map((phase, index) => {
      const items = objectsAt(phases[index], "items");
      return {
        ...phase,
        ...rangeIn(phases[index]),
        items: phase.items.map((item, at) => ({
          ...item,
          ...rangeIn(items[at]),
        })),
      };
    }),
  };
}

function rangeIn(object: JsonObject | undefined): Range {
  const [from, to] = ["from", "to"].map((key) =>
    object === undefined ? null : textAt(object, key)
  );
  return { ...from && { from }, ...to && { to } };
}

export function encodeRange({ from, to }: Range): readonly [string, string][] {
  return [
    ...from === undefined ? [] : [["from", from] as [string, string]],
    ...to === undefined ? [] : [["to", to] as [string, string]],
  ];
}

/** What a file says of sizes, as it is pinned. */
export function encodeSizing(sizing: Sizing): JsonObject {
  const { sizes, limits, riskPaths, measuredPaths } = sizing;
  return jsonObject({
    sizes,
    limits: new Map(
      Array.from(limits, ([size, limit]) => [size, jsonObject({ ...limit })]),
    ),
    risk_paths: riskPaths,
    measured_paths: measuredPaths,
  });
}

/** A pinned workflow's sizes, and the one of its session. */
export interface PinnedSizing extends Sizing {
  readonly size: string;
}

/** The sizes of a pinned workflow; undefined where it has none. */
export function sizingIn(definition: JsonValue): PinnedSizing | undefined {
  const sizing = asObject(asObject(definition)?.get(SIZING));
  const size = sizing && textAt(sizing, "size");
  if (!sizing || !size) return undefined;
  return {
    size,
    sizes: textsAt(sizing, "sizes"),
    limits: limitsAt(sizing, "limits"),
    riskPaths: textsAt(sizing, "risk_paths"),
    measuredPaths: textsAt(sizing, "measured_paths"),
  };
}

/** A workflow as it is pinned for a size; itself where it has no sizes. */
export function atSize(definition: JsonValue, size: string): JsonValue {
  const whole = asObject(wholeOf(definition));
  const sizing = asObject(whole?.get(SIZING));
  if (!whole || !sizing) return definition;
  const phases = objectsAt(whole, "phases");
  const sizes = textsAt(sizing, "sizes");
  const applies = (part: JsonObject) =>
    isWithinRange(sizes, size, rangeIn(part));
  const left = phases.filter(applies).flatMap((phase) => {
    const all = objectsAt(phase, "items");
    const items = all.filter(applies);
    // A phase of which nothing is left would be entered for nothing.
    if (items.length === 0 && all.length > 0) return [];
    return [new Map<string, JsonValue>(phase).set("items", items)];
  });
  // As a text: it is most of a state, and asked for only where a session grows. An earlier one stays a list.
  const isList = isJsonList(pinnedPhases(definition) ?? null);
  return new Map<string, JsonValue>(whole).set("phases", left)
    .set(
      SIZING,
      new Map<string, JsonValue>(sizing)
        .set("size", size).set("phases", isList ? phases : printJson(phases)),
    );
}

/** A pinned workflow with all that its file says, as it was before its session had a size. */
export function wholeOf(definition: JsonValue): JsonValue {
  const pinned = asObject(definition);
  const sizing = asObject(pinned?.get(SIZING));
  const text = pinnedPhases(definition);
  if (!pinned || !sizing || text === undefined) return definition;
  // It was no text in the first sessions that had a size.
  const phases = typeof text === "string" ? readPhases(text) : text;
  const said = [...sizing].filter(([key]) =>
    key !== "size" && key !== "phases"
  );
  return new Map<string, JsonValue>(pinned).set("phases", phases)
    .set(SIZING, new Map(said));
}

function pinnedPhases(definition: JsonValue): JsonValue | undefined {
  return asObject(asObject(definition)?.get(SIZING))?.get("phases");
}

/** None where somebody edited the text: the state is not what was signed then. */
function readPhases(text: string): JsonValue {
  return orElse(() => parseJson(text, SIZING), () => []);
}

/** SHA-256 of a pinned workflow: the same for each size, since a session may grow. */
export async function definitionHash(definition: JsonValue): Promise<string> {
  return await jsonHash(wholeOf(definition));
}

function isWithinRange(
  sizes: readonly string[],
  size: string,
  { from, to }: Range,
): boolean {
  const at = sizes.indexOf(size);
  return (from === undefined || at >= sizes.indexOf(from)) &&
    (to === undefined || at <= sizes.indexOf(to));
}

/** Finds what keeps the sizes of a workflow from meaning what they say. */
export function* findWrongSizes(workflow: Workflow): Generator<ProblemDraft> {
  const { sizing, phases } = workflow;
  const sizes = sizing?.sizes ?? [];
  if (sizing !== undefined && sizes.length === 0) {
    const message =
      "Limits and paths of sizes have no effect without sizes: [s, m]";
    yield errorAt([], "sizes_missing", message);
  }
  for (const [index, size] of sizes.entries()) {
    const path = ["sizes", index];
    if (size === AUTO || !/^[\p{L}\p{N}_.-]{1,30}$/u.test(size)) {
      const message =
        "A size is one word of at most 30 letters, digits, dots and dashes, and not auto";
      yield errorAt(path, "invalid_value", message);
    }
    if (sizes.indexOf(size) === index) continue;
    yield errorAt(path, "duplicate_id", `Duplicate size "${size}"`);
  }
  for (const size of sizing?.limits.keys() ?? []) {
    yield* unknownSize(sizes, size, ["size_limits", size]);
  }
  for (const [index, phase] of phases.entries()) {
    const path = ["phases", index];
    yield* wrongRange(sizes, phase, path);
    for (const [at, item] of phase.items.entries()) {
      yield* wrongRange(sizes, item, [...path, "items", at]);
    }
  }
  for (const [index, size] of sizes.entries()) {
    yield* wrongAtSize(sizes, size, phases, ["sizes", index]);
  }
}

/** The word that lets orc decide about the size. */
export const AUTO = "auto";

/** How the reason of a size begins that whoever started the session wanted. */
export const ASKED_FOR = "asked for";

function* wrongRange(
  sizes: readonly string[],
  { from, to }: Range,
  path: Path,
): Generator<ProblemDraft> {
  if (from !== undefined) yield* unknownSize(sizes, from, [...path, "from"]);
  if (to !== undefined) yield* unknownSize(sizes, to, [...path, "to"]);
  if (from === undefined || to === undefined) return;
  if (sizes.indexOf(from) <= sizes.indexOf(to)) return;
  const message =
    `No size is from "${from}" to "${to}": write the smaller one first`;
  yield errorAt([...path, "from"], "invalid_value", message);
}

function* unknownSize(
  sizes: readonly string[],
  size: string,
  path: Path,
): Generator<ProblemDraft> {
  if (sizes.includes(size)) return;
  const known = sizes.length === 0
    ? "the workflow has no sizes: [s, m]"
    : `known are ${sizes.join(", ")}`;
  yield errorAt(path, "unknown_size", `Unknown size "${size}": ${known}`);
}

/** Nobody can finish a session of a size that has nothing to do, or asks for a review without an item. */
function* wrongAtSize(
  sizes: readonly string[],
  size: string,
  phases: readonly Phase[],
  path: Path,
): Generator<ProblemDraft> {
  const applies = (part: Range) => isWithinRange(sizes, size, part);
  const present = phases.filter(applies);
  const items = present.flatMap((phase) => phase.items.filter(applies));
  const ids = new Set(items.map(({ id }) => id));
  if (items.length === 0) {
    yield errorAt(path, "no_items", `No item applies to size "${size}"`);
  }
  const all = new Set(phases.flatMap((one) => one.items.map(({ id }) => id)));
  for (const review of present.flatMap((one) => one.requiredReviews)) {
    const carriers = carriersOf(review);
    // Where no size has such an item, that is said of the review itself.
    if (
      carriers.some((id) => ids.has(id)) || !carriers.some((id) => all.has(id))
    ) {
      continue;
    }
    const message =
      `No item of size "${size}" carries the required review "${review}", so nobody could finish without force`;
    yield errorAt(path, "review_without_item", message);
  }
}

function textsAt(object: JsonObject, key: string): readonly string[] {
  const list = object.get(key) ?? null;
  return isJsonList(list) ? list.map(String) : [];
}

function objectsAt(
  object: JsonObject | undefined,
  key: string,
): readonly JsonObject[] {
  const list = object?.get(key) ?? null;
  return isJsonList(list) ? list.flatMap((one) => asObject(one) ?? []) : [];
}

function limitsAt(object: JsonObject, key: string): Sizing["limits"] {
  return new Map(
    Array.from(asObject(object.get(key)) ?? [], ([size, value]) => {
      const limit = asObject(value);
      const [files, lines] = ["files", "lines"].map((name) =>
        numberOf(limit?.get(name) ?? null)
      );
      const given: Partial<SizeLimits> = {
        ...files !== undefined && { files },
        ...lines !== undefined && { lines },
      };
      return [size, given];
    }),
  );
}
