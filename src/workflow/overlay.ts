/** What a file may change of those that it includes: their items, but not their gates, and not who passes these. */
import { canonicalJson } from "../base/json_print.ts";
import {
  type MergedPhase,
  type Places,
  placeText,
  type Said,
} from "./layer.ts";
import { errorAt, type Path, type ProblemDraft } from "./problem.ts";
import { entriesOf, memberOf, quote, readMapping, toBoolean } from "./value.ts";

/** A gate that others included, and that whoever includes it cannot take away. */
export interface KeptGate {
  readonly id: string;
  /** Whether a human passes it. */
  readonly isManual: boolean;
  /** What its check looks at, before settings are filled in. */
  readonly subject: string;
  /** Where it stands, for people. */
  readonly place: string;
}

/** The gates of included files, but for those whose author lets others change them. */
export function gatesIn(
  phases: readonly MergedPhase[],
  places: Places,
): readonly KeptGate[] {
  return phases.flatMap(({ items }) =>
    items.flatMap((item) => keptGate(item, places) ?? [])
  );
}

function keptGate(item: unknown, places: Places): KeptGate | undefined {
  const verification = memberOf(item, "verification");
  const isManual = memberOf(verification, "type") === "manual_gate";
  const isGate = isManual || memberOf(item, "step_type") === "gate";
  if (!isGate || toBoolean(memberOf(item, "overridable")) === true) return;
  const place = places.get(Object(item));
  return {
    id: String(memberOf(item, "id")),
    isManual,
    subject: ["command", "path"].map((key) => memberOf(verification, key))
      .join(" "),
    place: place === undefined ? "" : placeText(place),
  };
}

/** What each word goes with. */
const KEYS: Readonly<Record<string, "replace" | "insert" | undefined>> = {
  at: "replace",
  after: "insert",
  before: "insert",
  remove: undefined,
};

const SHAPE =
  "Expected at with replace, after or before with insert, or remove alone";

/** Applies the changes in their order to phases that no other list shares. */
export function applyOverlays(
  phases: MergedPhase[],
  overlays: readonly unknown[],
  places: Places,
): readonly ProblemDraft[] {
  return overlays.flatMap((entry, index) => {
    const path = ["overlay", index];
    const overlay = readOverlay(entry);
    if (overlay === undefined) {
      return [errorAt(path, "invalid_overlay", SHAPE)];
    }
    const problem = applyOne(phases, overlay, places);
    if (problem === undefined) return [];
    const { code, message } = problem;
    return [errorAt([...path, overlay.word], code, message)];
  });
}

function readOverlay(entry: unknown): Overlay | undefined {
  const given = Object.keys(KEYS)
    .filter((word) => memberOf(entry, word) !== undefined);
  const [word = "", ...others] = given;
  const address = memberOf(entry, word);
  const key = KEYS[word];
  const values = ["replace", "insert"]
    .filter((one) => memberOf(entry, one) !== undefined);
  const value = key && memberOf(entry, key);
  const isWhole = typeof address === "string" && others.length === 0 &&
    values.join() === (key ?? "") &&
    (key === undefined || entriesOf(value) !== undefined);
  return isWhole ? { word, address, value } : undefined;
}

interface Overlay {
  readonly word: string;
  readonly address: string;
  readonly value: unknown;
}

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** A phase of the list, or an item of it. */
interface Found {
  readonly phase: number;
  readonly item: number | undefined;
}

function applyOne(
  phases: MergedPhase[],
  { word, address, value }: Overlay,
  places: Places,
): Refusal | undefined {
  const found = find(phases, address);
  const phase = found && phases[found.phase];
  if (found === undefined || phase === undefined) {
    return {
      code: "no_such_item",
      message: `${quote(address)} is no item of the included files, ${KNOWN}`,
    };
  }
  const { item: at } = found;
  const refusal = word === "at" || word === "remove"
    ? refuseGates(phase, at, { word, address }, places)
    : undefined;
  if (refusal !== undefined) return refusal;
  const added = word === "remove" ? [] : [value];
  const isReplaced = word === "at" || word === "remove";
  const skip = word === "after" ? 1 : 0;
  if (at !== undefined) {
    const items = [...phase.items];
    const id = memberOf(items[at], "id");
    const named = word === "at" ? [withId(value, id, places)] : added;
    items.splice(at + skip, isReplaced ? 1 : 0, ...named);
    phase.items = items;
    return undefined;
  }
  if (word === "at") {
    const message = `${
      quote(address)
    } is a phase: replace its items, or remove it and insert another`;
    return { code: "invalid_overlay", message };
  }
  const items = memberOf(value, "items");
  const inserted = added.map((one) => ({
    value: one,
    items: Array.isArray(items) ? items : [],
  }));
  phases.splice(found.phase + skip, isReplaced ? 1 : 0, ...inserted);
  return undefined;
}

const KNOWN =
  "which are named PHASE.item; orc workflow resolve --origin lists them";

/** What takes the place of an item has its id, unless it says another. */
function withId(value: unknown, id: unknown, places: Places): unknown {
  if (memberOf(value, "id") !== undefined) return value;
  const whole = new Map([["id", id], ...entriesOf(value) ?? []]);
  const place = places.get(Object(value));
  if (place !== undefined) places.set(whole, place);
  return whole;
}

/** Names of phases may hold a period, those of items never do. */
function find(
  phases: readonly MergedPhase[],
  address: string,
): Found | undefined {
  const named = (id: string) =>
    phases.findIndex(({ value }) => memberOf(value, "id") === id);
  const whole = named(address);
  if (whole >= 0) return { phase: whole, item: undefined };
  const dot = address.lastIndexOf(".");
  const phase = dot < 0 ? -1 : named(address.slice(0, dot));
  const item =
    phases[phase]?.items.findIndex((one) =>
      memberOf(one, "id") === address.slice(dot + 1)
    ) ?? -1;
  return item < 0 ? undefined : { phase, item };
}

function refuseGates(
  phase: MergedPhase,
  at: number | undefined,
  { word, address }: Pick<Overlay, "word" | "address">,
  places: Places,
): Refusal | undefined {
  const items = at === undefined ? phase.items : [phase.items[at]];
  const gate = items.flatMap((item) => keptGate(item, places) ?? [])[0];
  const verb = word === "at" ? "replaced" : "removed";
  if (gate !== undefined) {
    const message = `${
      quote(address)
    } cannot be ${verb}: "${gate.id}" at ${gate.place} is a gate, and only its own file may allow it, with overridable: true`;
    return { code: "gate_protected", message };
  }
  const isHuman = memberOf(phase.value, "exit_gate") === "human_approval";
  if (at !== undefined || !isHuman) return undefined;
  const message = `${
    quote(address)
  } cannot be ${verb}: a human has to approve that the phase is left`;
  return { code: "gate_protected", message };
}

/** The stricter, the earlier; what is no mode counts as the strictest. */
const MODES: readonly unknown[] = ["supervised", "hybrid", "zero_human"];

function rankOf(mode: unknown): number {
  return Math.max(0, MODES.indexOf(mode));
}

const MODE = "supervision_mode";

/** Settings that say who passes gates, and in what environment. */
const OF_GATES = [
  "approvals",
  "approvers",
  "approval_timeout_minutes",
  "check_environment",
];

/**
 * Finds settings by which a file would loosen the gates of those before it, and those before it its own.
 * `at` is where it is included.
 */
export function settingProblems(
  before: ReadonlyMap<unknown, Said>,
  said: ReadonlyMap<unknown, Said>,
  gates: readonly KeptGate[],
  included:
    | { readonly at: Path; readonly own: readonly KeptGate[] }
    | undefined,
): readonly ProblemDraft[] {
  const at = included?.at;
  const mode = before.get(MODE);
  const manual = included?.own.find(({ isManual }) => isManual);
  if (mode && at && manual && !said.has(MODE) && rankOf(mode.value) > 0) {
    const message = `${MODE} cannot be as ${
      placeText(mode)
    } says: a human passes the gate "${manual.id}" at ${manual.place}`;
    return [errorAt(at, "gate_protected", message)];
  }
  return [...said].flatMap(([key, { path, value }]) => {
    if (typeof key !== "string") return [];
    const earlier = before.get(key);
    const why = whyKept(key, { earlier, value }, gates);
    if (why === undefined) return [];
    const where = earlier === undefined
      ? ""
      : `, as ${placeText(earlier)} says`;
    const message = `${key} cannot be said otherwise${where}: ${why}`;
    return [errorAt(at ?? path, "gate_protected", message)];
  });
}

function whyKept(
  key: string,
  { earlier, value }: {
    readonly earlier: Said | undefined;
    readonly value: unknown;
  },
  gates: readonly KeptGate[],
): string | undefined {
  const isSame = earlier !== undefined &&
    imageOf(earlier.value) === imageOf(value);
  if (isSame) return undefined;
  if (key === MODE) {
    const manual = gates.find(({ isManual }) => isManual);
    const isLooser = rankOf(value) > rankOf(earlier?.value);
    return isLooser && manual !== undefined
      ? `a human passes the gate "${manual.id}" at ${manual.place}`
      : undefined;
  }
  // What the file left open, or empty, is for others to say.
  if (earlier === undefined || ["", null].includes(earlier.value as null)) {
    return undefined;
  }
  if (OF_GATES.includes(key)) return "it says what the gates are worth";
  const gate = gates.find(({ subject }) => subject.includes(`{{${key}}}`));
  return gate && `the gate "${gate.id}" at ${gate.place} checks with it`;
}

function imageOf(value: unknown): string {
  return canonicalJson(readMapping(new Map([["value", value]]), []).mapping);
}
