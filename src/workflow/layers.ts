/** How a workflow file and those that it includes become one workflow, in which each entry has its place in a file. */
import {
  applyOverlays,
  gatesIn,
  type KeptGate,
  settingProblems,
} from "./overlay.ts";
import {
  type Layer,
  type MergedPhase,
  type Place,
  type Places,
  placeText,
  type Said,
} from "./layer.ts";
import {
  errorAt,
  type Locate,
  type Path,
  type Position,
  type ProblemDraft,
} from "./problem.ts";
import { entriesOf, memberOf, quote } from "./value.ts";

/** A file with all that it includes. */
export interface Merged {
  readonly layer: Layer;
  readonly phases: MergedPhase[];
  readonly settings: ReadonlyMap<unknown, Said>;
  readonly secrets: readonly unknown[];
  /** What it says besides. */
  readonly rest: ReadonlyMap<unknown, Said>;
}

/** Notes down where all that a file holds stands. */
export function rememberPlaces(layer: Layer, places: Places): void {
  const visit = (value: unknown, path: Path): void => {
    const isNew = typeof value === "object" && value !== null &&
      !places.has(value);
    if (!isNew) return;
    if (path.length > 0) places.set(value, { layer, path });
    const members = Array.isArray(value) ? value.entries() : entriesOf(value);
    for (const [key, member] of members ?? []) {
      const isPart = typeof key === "string" || typeof key === "number";
      if (isPart) visit(member, [...path, key]);
    }
  };
  visit(layer.value, []);
}

/** Keys that are put together from all files, or that mean nothing once they are. */
const PUT_TOGETHER = ["include", "overlay", "phases", "settings", "secrets"];

/** Keys of which the last file decides that says them. */
const REPLACED = ["name", "version", "description", "orc"];

/** Keys by which one file decides what tasks of a size need: together they say when a gate counts. */
const SIZING = ["sizes", "size_limits", "risk_paths", "measured_paths"];

/** Puts a file behind those that it includes, the first of them lowest, and tells what it may not say. */
export function mergeLayers(
  layer: Layer,
  included: readonly Merged[],
  places: Places,
): { readonly merged: Merged; readonly problems: readonly ProblemDraft[] } {
  const members = new Map(entriesOf(layer.value));
  const own = plain(layer, members);
  const problems: ProblemDraft[] = [];
  const phases: MergedPhase[] = [];
  for (const [index, one] of included.entries()) {
    const at = ["include", index];
    problems.push(...collisions(phases, one.phases, places, at));
    phases.push(...one.phases.map((phase) => ({
      ...phase,
      items: [...phase.items],
    })));
  }
  const overlays = members.get("overlay");
  problems.push(...applyOverlays(phases, listOf(overlays), places));
  problems.push(...collisions(phases, own.phases, places));
  phases.push(...own.phases);
  const settings = new Map<unknown, Said>();
  const rest = new Map<unknown, Said>();
  const kept: KeptGate[] = [];
  for (const [index, one] of [...included, own].entries()) {
    const at = one === own ? undefined : ["include", index];
    const gates = gatesIn(one.phases, places);
    const how = at && { at, own: gates };
    problems.push(...settingProblems(settings, one.settings, kept, how));
    kept.push(...gates);
    for (const [key, said] of one.settings) settings.set(key, said);
    for (const [key, said] of one.rest) {
      const others = typeof key !== "string" || REPLACED.includes(key)
        ? []
        : SIZING.includes(key)
        ? SIZING
        : [key];
      const before = others.map((other) => rest.get(other))
        .find((other) => other && other.layer !== said.layer);
      rest.set(key, said);
      if (before === undefined) continue;
      const message = `${quote(String(key))} cannot be said here, since ${
        placeText(before)
      } says ${quote(String(before.path[0]))}`;
      problems.push(errorAt(at ?? said.path, "said_twice", message));
    }
  }
  const secrets = [...included, own].flatMap((one) => one.secrets);
  const merged = { layer, phases, settings, secrets, rest };
  return { merged, problems };
}

/** What a file says by itself. */
function plain(layer: Layer, members: ReadonlyMap<unknown, unknown>): Merged {
  const settings = new Map<unknown, Said>();
  for (const [key, value] of entriesOf(members.get("settings")) ?? []) {
    const path = typeof key === "string" ? ["settings", key] : ["settings"];
    settings.set(key, { layer, path, value });
  }
  const rest = new Map<unknown, Said>();
  for (const [key, value] of members) {
    const isText = typeof key === "string";
    if (isText && (isPutTogether(key, value) || key.startsWith("x-"))) continue;
    rest.set(key, { layer, path: isText ? [key] : [], value });
  }
  const phases = listOf(members.get("phases")).map((value) => ({
    value,
    items: listOf(memberOf(value, "items")),
  }));
  const secrets = listOf(members.get("secrets"));
  return { layer, rest, phases, settings, secrets };
}

/** What is no list or mapping although it should be stays as it is: the schema says so. */
function isPutTogether(key: string, value: unknown): boolean {
  if (!PUT_TOGETHER.includes(key)) return false;
  return key === "settings"
    ? entriesOf(value) !== undefined
    : Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Finds ids of phases and items that others have already. */
function collisions(
  before: readonly MergedPhase[],
  added: readonly MergedPhase[],
  places: Places,
  at?: Path,
): readonly ProblemDraft[] {
  const firsts = new Map(namedIn(before));
  return namedIn(added).flatMap(([name, value]) => {
    const first = firsts.get(name);
    const place = first && places.get(first);
    if (place === undefined) return [];
    const path = at ?? [...places.get(value)?.path ?? [], "id"];
    const where = placeText({ ...place, path: [...place.path, "id"] });
    const message = `Duplicate ${name}, first used at ${where}`;
    return [errorAt(path, "duplicate_id", message)];
  });
}

function namedIn(
  phases: readonly MergedPhase[],
): readonly (readonly [string, object])[] {
  const all = phases.flatMap(({ value, items }) => [
    { kind: "phase", value },
    ...items.map((value) => ({ kind: "item", value })),
  ]);
  return all.flatMap(({ kind, value }) => {
    const id = memberOf(value, "id");
    return typeof id === "string" && typeof value === "object" && value
      ? [[`${kind} id ${quote(id)}`, value] as const]
      : [];
  });
}

/** What all files together say, as if one file said it. */
export function wholeOf(
  { layer, phases, settings, secrets, rest }: Merged,
  places: Places,
): { readonly value: unknown; readonly locate: Locate } {
  const value = new Map<unknown, unknown>();
  for (const [key, said] of rest) value.set(key, said.value);
  if (secrets.length > 0) value.set("secrets", [...new Set(secrets)]);
  if (settings.size > 0) {
    const entries = Array.from(settings, ([key, said]) => [key, said.value]);
    value.set("settings", new Map(entries as [unknown, unknown][]));
  }
  if (phases.length > 0) {
    value.set("phases", phases.map((phase) => withItems(phase, places)));
  }
  const locate: Locate = (path, key) => {
    const place = placeAt(value, path, { layer, settings, rest, places });
    const position = place.layer.locate(place.path, key);
    return position && placedIn(position, place, layer);
  };
  return { value, locate };
}

function withItems({ value, items }: MergedPhase, places: Places): unknown {
  const own = memberOf(value, "items");
  const isSame = !Array.isArray(own) && items.length === 0 ||
    Array.isArray(own) && own.length === items.length &&
      items.every((item, index) => item === own[index]);
  if (isSame) return value;
  const whole = new Map(entriesOf(value)).set("items", items);
  const place = typeof value === "object" && value && places.get(value);
  if (place) places.set(whole, place);
  return whole;
}

interface Whole extends Pick<Merged, "layer" | "settings" | "rest"> {
  readonly places: Places;
}

/** The place of what stands at a path of the whole: that of the innermost mapping or list that a file holds. */
function placeAt(
  value: unknown,
  path: Path,
  { layer, settings, rest, places }: Whole,
): Place {
  const [first, second] = path;
  const said = first === "settings" && path.length > 1
    ? settings.get(second)
    : rest.get(first);
  const known = first === "settings" ? 2 : 1;
  let found: Place = said === undefined
    ? { layer, path }
    : { layer: said.layer, path: [...said.path, ...path.slice(known)] };
  let inner = value;
  for (const [index, step] of path.entries()) {
    inner = Array.isArray(inner) && typeof step === "number"
      ? inner[step]
      : memberOf(inner, String(step));
    const place = typeof inner === "object" && inner !== null
      ? places.get(inner)
      : undefined;
    if (place === undefined) continue;
    const below = path.slice(index + 1);
    found = { layer: place.layer, path: [...place.path, ...below] };
  }
  return found;
}

function placedIn(
  position: Position,
  { layer, path }: Place,
  own: Layer,
): Position {
  const placed = { ...position, path };
  return layer === own ? placed : { ...placed, file: layer.source };
}

/** Where each item of the whole stands, in its order. */
export function originsOf(
  { phases }: Merged,
  places: Places,
): readonly ItemOrigin[] {
  return phases.flatMap(({ value, items }) =>
    items.map((item) => {
      const place = typeof item === "object" && item !== null
        ? places.get(item)
        : undefined;
      return {
        phaseId: String(memberOf(value, "id")),
        itemId: String(memberOf(item, "id")),
        file: place?.layer.source ?? "",
        line: place?.layer.locate(place.path)?.line ?? null,
      };
    })
  );
}

/** An item, and where it is defined. */
export interface ItemOrigin {
  readonly phaseId: string;
  readonly itemId: string;
  /** The file, as messages name it. */
  readonly file: string;
  /** From 1; null where nobody knows it. */
  readonly line: number | null;
}
