/** How a session grows: when its change has outgrown its size, and what that opens. */
import { refused } from "../base/error.ts";
import { asObject, isJsonList, type JsonValue } from "../base/json.ts";
import { countOf, listOf, quoted } from "../base/text.ts";
import { decodeDefinition } from "../workflow/definition.ts";
import {
  atSize,
  GROWN_NOTE,
  type PinnedSizing,
  sizingIn,
} from "../workflow/sizes.ts";
import type {
  Decision,
  Phase,
  PhaseState,
  SessionState,
  SizeLimits,
  Sizing,
  Workflow,
} from "../workflow/types.ts";
import type { ActionOf } from "./action.ts";
import { type Situation, systemEvent } from "./situation.ts";
import {
  approvalKey,
  isDone,
  itemStateOf,
  pendingItem,
  pendingPhase,
  phaseStateOf,
} from "./state.ts";

/**
 * What a task of a size may change where its workflow does not say, from the largest size down: there are as
 * many words as authors, so that the place counts. The last row is that of all smaller ones, too.
 */
const LIMITS: readonly SizeLimits[] = [
  { files: null, lines: null },
  { files: 30, lines: 1500 },
  { files: 8, lines: 300 },
  { files: 3, lines: 60 },
];

/** What a task of a size may change. */
export function limitsOf({ sizes, limits }: Sizing, size: string): SizeLimits {
  const fromTop = sizes.length - 1 - sizes.indexOf(size);
  const usual = LIMITS[Math.min(fromTop, LIMITS.length - 1)];
  return { files: null, lines: null, ...usual, ...limits.get(size) };
}

/** The size that a change of risky files needs at least: the largest but one, of two the larger. */
export function riskSizeOf({ sizes }: Pick<Sizing, "sizes">): string {
  const at = sizes.length > 2 ? sizes.length - 2 : sizes.length - 1;
  return sizes[at] ?? "";
}

/** How a working tree differs from the start of a session. */
export interface Change {
  readonly files: number;
  /** Lines added and removed; null where they are not known. */
  readonly lines: number | null;
  /** Files that the workflow calls risky. */
  readonly risky: readonly string[];
}

/** The size that a change needs, and why, where it has outgrown the one it has. */
export function outgrown(
  sizing: PinnedSizing,
  { files, lines, risky }: Change,
): { readonly size: string; readonly reason: string } | undefined {
  const { sizes, size } = sizing;
  const isTooMuch = (allowed: number | null, found: number | null) =>
    allowed !== null && found !== null && found > allowed;
  const fits = (each: string, index: number): boolean => {
    const limits = limitsOf(sizing, each);
    const isRisky = risky.length > 0 &&
      index < sizes.indexOf(riskSizeOf(sizing));
    return !isRisky && !isTooMuch(limits.files, files) &&
      !isTooMuch(limits.lines, lines);
  };
  const at = sizes.indexOf(size);
  const needed =
    sizes.find((each, index) => index >= at && fits(each, index)) ??
      sizes.at(-1);
  if (needed === undefined || needed === size) return undefined;
  const limits = limitsOf(sizing, size);
  const reasons = [
    ...isTooMuch(limits.files, files)
      ? [
        `${countOf(files, "file")} changed, at most ${limits.files} in ${size}`,
      ]
      : [],
    ...isTooMuch(limits.lines, lines)
      ? [
        `${
          countOf(lines ?? 0, "line")
        } changed, at most ${limits.lines} in ${size}`,
      ]
      : [],
    ...risky.length > 0 && at < sizes.indexOf(riskSizeOf(sizing))
      ? [`risky: ${listOf(risky, MAX_NAMED)}`]
      : [],
  ];
  return { size: needed, reason: reasons.join("; ") };
}

/** Risky files named at once. */
const MAX_NAMED = 3;

/**
 * Takes a session to a larger size: what now applies opens, and the session goes back to the first phase
 * in which something required did. What is done stays done.
 */
export function grow(
  situation: Situation,
  { size, reason }: ActionOf<"grow">,
): Decision {
  const { state, caller, at } = situation;
  const sizing = sizingIn(state.definition);
  const isLarger = sizing !== undefined &&
    sizing.sizes.indexOf(size) > sizing.sizes.indexOf(sizing.size);
  if (!sizing || !isLarger) {
    throw refused(
      "cannot_grow",
      `Cannot grow to size ${quoted(size)}: the session has ${
        sizing ? `size ${quoted(sizing.size)}` : "no size"
      }`,
      "orc status",
    );
  }
  const from = sizing.size;
  const definition = atSize(state.definition, size);
  const { phases } = decodeDefinition(definition);
  const entry = entryOf(situation, phases);
  const message = `Grown from ${from} to ${size}: ${reason}`;
  const keys = phases.slice(phases.indexOf(entry.phase)).map(({ id }) =>
    approvalKey(id)
  );
  const taken = new Set(
    entry.isBack ? keys.flatMap((key) => [key, `${key}_at`]) : [],
  );
  return {
    state: {
      ...state,
      currentPhaseId: entry.phase.id,
      phases: phases.map((phase, index) =>
        grownPhase(state, phase, {
          at,
          place: entry.isBack ? index - phases.indexOf(entry.phase) : null,
        })
      ),
      metadata: new Map([...state.metadata].filter(([key]) => !taken.has(key))),
      definition: entry.itemId === null ? definition : withAdvice(
        definition,
        entry.itemId,
        `${GROWN_NOTE} ${from} to ${size}: ${reason}`,
      ),
    },
    events: [systemEvent("note_added", { phaseId: entry.phase.id }, {
      message,
      details: { grown: size, from, reason },
    }, caller)],
  };
}

/** Where a session goes on that has grown. */
interface Entry {
  readonly phase: Phase;
  /** Whether it lies before the phase that the session was in. */
  readonly isBack: boolean;
  /** The first item that opened there or later; null where none did. */
  readonly itemId: string | null;
}

function entryOf(
  { workflow, state }: Pick<Situation, "workflow" | "state">,
  phases: readonly Phase[],
): Entry {
  const known = new Set(idsIn(workflow));
  const opened = phases.flatMap((phase) => {
    const item = phase.items.find(({ id, required }) =>
      required && !known.has(id)
    );
    return item ? [{ phase, itemId: item.id }] : [];
  });
  // The phase that a session is in may be one that the larger size does not have.
  const now = phases.findIndex(({ id }) => id === state.currentPhaseId);
  const open = phases.findIndex((phase) =>
    phase.items.some(({ id, required }) =>
      required && !isDone(itemStateOf(phaseStateOf(state, phase), id))
    )
  );
  const first = opened[0];
  const to = first ? phases.indexOf(first.phase) : Math.max(open, 0);
  const isBack = now < 0 || to < now;
  const phase = phases[isBack ? to : now] ?? first?.phase;
  if (phase === undefined) throw new Error("a size has a phase");
  return { phase, isBack, itemId: first?.itemId ?? null };
}

function idsIn({ phases }: Pick<Workflow, "phases">): readonly string[] {
  return phases.flatMap(({ items }) => items.map(({ id }) => id));
}

/** A phase with what the larger size asks for in it; `place` counts from the phase gone back to. */
function grownPhase(
  state: SessionState,
  phase: Phase,
  { at, place }: { readonly at: string; readonly place: number | null },
): PhaseState {
  const known = state.phases.find(({ id }) => id === phase.id);
  const before = known ?? pendingPhase(phase);
  const items = phase.items.map(({ id }) =>
    before.items.find((item) => item.id === id) ?? pendingItem(id)
  );
  if (place === null) return { ...before, items };
  if (place === 0) {
    const startedAt = before.startedAt ?? at;
    return { ...before, items, status: "active", startedAt, completedAt: null };
  }
  // What lies before was left behind, if only by growing past it.
  if (place < 0) return { ...before, items };
  return {
    ...before,
    ...{ items, status: "pending", startedAt: null, completedAt: null },
  };
}

/** Puts a sentence behind the advice of an item, where agents read it: the first says what to do when its check fails. */
function withAdvice(
  definition: JsonValue,
  itemId: string,
  text: string,
): JsonValue {
  const change = (
    value: JsonValue,
    key: string,
    to: (one: JsonValue) => JsonValue,
  ) => {
    const list = asObject(value)?.get(key) ?? null;
    return isJsonList(list)
      ? new Map(asObject(value)).set(key, list.map(to))
      : value;
  };
  return change(
    definition,
    "phases",
    (phase) =>
      change(phase, "items", (item) => {
        const object = asObject(item);
        if (object?.get("id") !== itemId) return item;
        const notes = object.get("notes") ?? null;
        const others = isJsonList(notes) ? notes : [];
        return new Map<string, JsonValue>(object).set("notes", [
          ...others,
          text,
        ]);
      }),
  );
}

/** Refuses to go back to before a session grew: what opened then would be open in a phase behind it. */
export function assertSameSize(
  { definition }: SessionState,
  stored: readonly PhaseState[],
  { phases }: Pick<Workflow, "phases">,
  act: string,
): void {
  const sizing = sizingIn(definition);
  if (sizing === undefined) return;
  const known = new Set(idsOfStates(stored));
  const missing = idsIn({ phases }).find((id) => !known.has(id));
  if (missing === undefined) return;
  throw refused(
    "grown_since",
    `Cannot ${act}: the session has grown to size ${
      quoted(sizing.size)
    } since, and has item ${quoted(missing)} only from then on`,
    'take back a single item: orc reopen ITEM --reason "<why>"',
  );
}

function idsOfStates(phases: readonly PhaseState[]): readonly string[] {
  return phases.flatMap(({ items }) => items.map(({ id }) => id));
}
