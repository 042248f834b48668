/** What a state says that its events do not lead to. */
import type { JsonValue } from "../base/json.ts";
import { canonicalJson } from "../base/json_print.ts";
import { quoted } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import { ITEM_FIELDS } from "../engine/progress.ts";
import { itemStateOf, pendingItem } from "../engine/state.ts";
import type { ItemState, PhaseState, SessionState } from "../workflow/types.ts";
import type { Replayed } from "./replay.ts";

/** One thing that a state says and its events do not. */
export interface Unearned {
  /** The item it is about; null when it is about a phase or the session. */
  readonly itemId: string | null;
  /** The phase it is about, or the item's; null when it is about the session. */
  readonly phaseId: string | null;
  /** One sentence without its period, such as `Item "a" is completed, but its events leave it pending`. */
  readonly message: string;
}

/** Compares a state with what its events lead to; empty where it says nothing else. */
export function unearnedIn(
  state: SessionState,
  { state: earned, touched, touchedPhases, isShared }: Replayed,
): readonly Unearned[] {
  if (earned === undefined) return [];
  const touchedIds = new Set(touched.keys());
  const phases = state.phases.flatMap((phase) => {
    const other = earned.phases.find(({ id }) => id === phase.id);
    return other === undefined
      ? phase.items.flatMap((item) =>
        itemDifferences(phase.id, item, pendingItem(item.id))
      )
      : phaseDifferences(phase, other, { touched, touchedPhases, isShared });
  });
  const missing = earned.phases.flatMap((phase) => {
    const stored = state.phases.find(({ id }) => id === phase.id);
    const empty: PhaseState = { ...phase, items: [] };
    return missingItems(stored ?? empty, phase, touchedIds);
  });
  return [
    ...sessionDifferences(state, earned, isShared),
    ...phases,
    ...missing,
  ];
}

function sessionDifferences(
  state: SessionState,
  earned: SessionState,
  isShared: boolean,
): readonly Unearned[] {
  const about = { itemId: null, phaseId: null };
  const fields: readonly (readonly [string, JsonValue, JsonValue])[] = [
    ["status", state.status, earned.status],
    ["current phase", state.currentPhaseId, earned.currentPhaseId],
    ["task", state.task, earned.task],
    ["project", state.project, earned.project],
    ["constraints", state.constraints, earned.constraints],
    ["notes", notesOf(state, isShared), notesOf(earned, isShared)],
    ["workflow id", state.workflowId, earned.workflowId],
  ];
  const isOther = state.definition !== earned.definition &&
    !isSame(state.definition, earned.definition);
  const differing = fields.filter(([, is, was]) => !isSame(is, was))
    .map(([name, is, was]): Unearned => ({
      ...about,
      message: differs(`The session's ${name}`, is, was),
    }));
  const keys = new Set([...state.metadata.keys(), ...earned.metadata.keys()]);
  // The older tool keeps there what it tells nobody.
  const looked = [...keys].filter((key) => !isShared || /_approved$/.test(key));
  const metadata = looked.flatMap((key): readonly Unearned[] => {
    const [is, was] = [state.metadata.get(key), earned.metadata.get(key)];
    return isSame(is ?? null, was ?? null) ? [] : [{
      ...about,
      message: differs(`The session's ${quoted(key)}`, is ?? null, was ?? null),
    }];
  });
  const workflow = isOther
    ? [{
      ...about,
      message: "The session's workflow is not the one of the size it has",
    }]
    : [];
  return [...differing, ...workflow, ...metadata];
}

/** An orc that knew no chain gave a note another instant than its event. */
function notesOf({ notes }: SessionState, isShared: boolean): JsonValue {
  return notes.map(({ at, text, itemId }) =>
    isShared ? [text, itemId] : [at, text, itemId]
  );
}

function phaseDifferences(
  phase: PhaseState,
  earned: PhaseState,
  { touched, touchedPhases, isShared }: Pick<
    Replayed,
    "touched" | "touchedPhases" | "isShared"
  >,
): readonly Unearned[] {
  const about = { itemId: null, phaseId: phase.id };
  const names = isShared ? [] : ["startedAt", "completedAt"] as const;
  const isTouched = touchedPhases.get(phase.id)?.has(phase.status) ?? false;
  const fields = (["status", ...names] as const).filter((name) =>
    !isSame(phase[name], earned[name]) && !(name === "status" && isTouched)
  );
  const own = fields.map((name): Unearned => ({
    ...about,
    message: differs(
      `The ${WORDS[name] ?? name} of phase ${quoted(phase.id)}`,
      phase[name],
      earned[name],
    ),
  }));
  const items = phase.items.flatMap((item) => {
    const seen = touched.get(item.id);
    if (seen?.has(item.status)) return [];
    const { retryCount, startedAt, ...rest } = itemStateOf(earned, item.id);
    // Another tool counts its own tries, and begins an item without an event.
    const other = seen === undefined ? { retryCount, startedAt } : item;
    return itemDifferences(phase.id, item, {
      ...rest,
      retryCount: other.retryCount,
      startedAt: other.startedAt,
    });
  });
  return [...own, ...items];
}

const WORDS: Readonly<Record<string, string>> = {
  startedAt: "start",
  completedAt: "end",
  skippedAt: "time of leaving out",
  skipReason: "reason for leaving out",
  retryCount: "number of failed tries",
  verificationResult: "result",
  gateResult: "result",
};

function itemDifferences(
  phaseId: string,
  item: ItemState,
  earned: ItemState,
): readonly Unearned[] {
  const about = { itemId: item.id, phaseId };
  const id = quoted(item.id);
  if (item.status !== earned.status) {
    const [is, was] = [item.status, earned.status].map((status) =>
      status.replace("_", " ")
    );
    const message = `Item ${id} is ${is}, but its events leave it ${was}`;
    return [{ ...about, message }];
  }
  return ITEM_FIELDS.filter(([name]) => !isSameField(name, item, earned))
    .map(([field]) => ({
      ...about,
      message: differs(
        `The ${WORDS[field] ?? field} of item ${id}`,
        item[field],
        earned[field],
      ),
    }));
}

/** What was taken out of a state counts as untouched, and is so only where nobody touched it. */
function missingItems(
  stored: PhaseState,
  earned: PhaseState,
  touched: ReadonlySet<string>,
): readonly Unearned[] {
  return earned.items
    .filter(({ id }) => !touched.has(id))
    .filter(({ id }) => !stored.items.some((item) => item.id === id))
    .flatMap((item) => itemDifferences(earned.id, pendingItem(item.id), item));
}

const MAX_SHOWN_LENGTH = 60;

function differs(subject: string, is: JsonValue, was: JsonValue): string {
  const [found, earned] = [is, was].map((value) => {
    const text = value === null ? "nothing" : canonicalJson(value);
    return text.length > MAX_SHOWN_LENGTH
      ? `${text.slice(0, MAX_SHOWN_LENGTH)}…`
      : text;
  });
  return `${subject} is ${found}, but its events say ${earned}`;
}

function isSame(is: JsonValue, was: JsonValue): boolean {
  return canonicalJson(is) === canonicalJson(was);
}

/** The older tool writes the same instant in other digits. */
function isSameField(
  name: (typeof ITEM_FIELDS)[number][0],
  item: ItemState,
  earned: ItemState,
): boolean {
  const [is, was] = [item[name], earned[name]];
  if (isSame(is, was)) return true;
  if (!/At$/.test(name)) return false;
  const [instant, other] = [is, was].map((value) => epochMsOf(String(value)));
  return instant !== undefined && instant === other;
}
