import { nearest } from "../base/suggest.ts";
import {
  formatPath,
  type Locate,
  type Path,
  type ProblemDraft,
} from "./problem.ts";
import { KNOWN_KEYS } from "./schema.ts";
import { describeValue, entriesOf, quote } from "./value.ts";
import { noStringKey } from "./workflow_settings.ts";

/*
 * What the schema cannot see: keys it does not know, and ids that occur
 * twice. Works on files that are wrong in other places too, so that all
 * problems are found at once.
 */

/** A mapping somewhere in a workflow file. */
interface Mapping {
  readonly kind: keyof typeof KNOWN_KEYS;
  readonly path: Path;
  readonly members: ReadonlyMap<unknown, unknown>;
}

function* mappingsOf(input: unknown): Generator<Mapping> {
  const workflow = mappingAt(input, "workflow", []);
  if (workflow === undefined) return;
  yield workflow;
  for (const phase of listed(workflow, "phases", "phase")) {
    yield phase;
    for (const item of listed(phase, "items", "item")) {
      yield item;
      const path = [...item.path, "verification"];
      const verification = item.members.get("verification");
      const mapping = mappingAt(verification, "verification", path);
      if (mapping !== undefined) yield mapping;
    }
  }
}

function mappingAt(
  value: unknown,
  kind: Mapping["kind"],
  path: Path,
): Mapping | undefined {
  const entries = entriesOf(value);
  return entries && { kind, path, members: new Map(entries) };
}

function listed(
  parent: Mapping,
  key: string,
  kind: Mapping["kind"],
): readonly Mapping[] {
  const list = parent.members.get(key);
  if (!Array.isArray(list)) return [];
  return list.flatMap((member: unknown, index) =>
    mappingAt(member, kind, [...parent.path, key, index]) ?? []
  );
}

/** Finds keys that mean nothing to orc, and keys that are no strings. */
export function findUnknownKeys(input: unknown): readonly ProblemDraft[] {
  return [...mappingsOf(input)].flatMap((mapping) =>
    [...mapping.members.keys()].flatMap((key) => unknownKey(mapping, key))
  );
}

function unknownKey(
  { kind, path }: Mapping,
  key: unknown,
): readonly ProblemDraft[] {
  if (typeof key !== "string") {
    return kind === "workflow" ? [noStringKey(path, key)] : [{
      ...UNKNOWN_KEY,
      path,
      message: `Unknown key, ${describeValue(key)}`,
    }];
  }
  // Such keys are the author's own, for anchors above all.
  if (KNOWN_KEYS[kind].includes(key) || key.startsWith("x-")) return [];
  const meant = nearest(key, KNOWN_KEYS[kind]);
  const advice = meant === undefined ? "" : `: did you mean "${meant}"?`;
  const message = `Unknown key ${quote(key)}${advice}`;
  return [{ ...UNKNOWN_KEY, path: [...path, key], message }];
}

const UNKNOWN_KEY = { code: "unknown_key", severity: "warning" } as const;

/** Finds phase and item ids that occur more than once, anywhere in the workflow. */
export function findDuplicateIds(
  input: unknown,
  locate: Locate,
): readonly ProblemDraft[] {
  const mappings = [...mappingsOf(input)];
  return (["phase", "item"] as const).flatMap((kind) =>
    duplicatesAmong(mappings.filter((mapping) => mapping.kind === kind), locate)
  );
}

function duplicatesAmong(
  mappings: readonly Mapping[],
  locate: Locate,
): readonly ProblemDraft[] {
  const firstPaths = new Map<string, Path>();
  const duplicates: ProblemDraft[] = [];
  for (const mapping of mappings) {
    const id = mapping.members.get("id");
    if (typeof id !== "string") continue;
    const path = [...mapping.path, "id"];
    const firstPath = firstPaths.get(id);
    if (firstPath === undefined) {
      firstPaths.set(id, path);
      continue;
    }
    duplicates.push({
      code: "duplicate_id",
      severity: "error",
      path,
      message: `Duplicate ${mapping.kind} id ${quote(id)}, first used at ${
        placeText(firstPath, locate)
      }`,
    });
  }
  return duplicates;
}

function placeText(path: Path, locate: Locate): string {
  const position = locate(path);
  return position === undefined
    ? formatPath(path)
    : `${position.line}:${position.column}`;
}
