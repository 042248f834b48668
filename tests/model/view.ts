/** The state of a session in the words of the board, for comparison. */
import { rejectionOf } from "../../src/engine/state.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import { type Board, type Card, isDone } from "./board.ts";
import type { Definition } from "./definition.ts";
import { EVIDENCE } from "./samples.ts";

/** The instant some seconds after the session began. */
export function instantAt(seconds: number): string {
  return new Date(BEGIN_MS + seconds * 1000).toISOString()
    .replace(".000Z", "Z");
}

const BEGIN_MS = Date.parse("2026-03-04T05:06:07Z");

function secondsOf(instant: string | null): number | null {
  return instant === null ? null : (Date.parse(instant) - BEGIN_MS) / 1000;
}

/** One line for each thing that can be compared. */
export type View = readonly string[];

/** What the board says. */
export function viewOfBoard({ phases }: Definition, board: Board): View {
  return [
    `session ${board.status} ${board.completedAt}`,
    `current ${phases[board.current]?.id}`,
    `notes ${board.notes}`,
    ...phases.flatMap(({ id, items }, index) => [
      `phase ${id} ${JSON.stringify(board.stages[index])}`,
      `approval ${id} ${board.approved.has(id)}`,
      ...items.map((item) =>
        `item ${item.id} ${cardText(board.cards.get(item.id))}`
      ),
    ]),
  ];
}

function cardText(card: Card | undefined): string {
  if (card === undefined) return "missing";
  const { result, evidence, rejected, ...rest } = card;
  const value = evidence === null ? null : EVIDENCE[evidence]?.value;
  return JSON.stringify({
    ...rest,
    hasResult: result !== null,
    rejected: rejected && !isDone(card),
    evidence: fingerprint(value ?? null),
  });
}

/** What the state says; what it does not know counts as untouched. */
export function viewOfState(
  { phases }: Definition,
  state: SessionState,
): View {
  return [
    `session ${state.status} ${secondsOf(state.completedAt)}`,
    `current ${state.currentPhaseId}`,
    `notes ${state.notes.length}`,
    ...phases.flatMap(({ id, items }) => [
      `phase ${id} ${stageText(state, id)}`,
      `approval ${id} ${state.metadata.get(`phase_${id}_approved`) === true}`,
      ...items.map((item) => `item ${item.id} ${itemText(state, id, item.id)}`),
    ]),
  ];
}

function stageText(state: SessionState, phaseId: string): string {
  const phase = state.phases.find(({ id }) => id === phaseId);
  return JSON.stringify({
    status: phase?.status ?? "pending",
    startedAt: secondsOf(phase?.startedAt ?? null),
    completedAt: secondsOf(phase?.completedAt ?? null),
  });
}

function itemText(
  state: SessionState,
  phaseId: string,
  itemId: string,
): string {
  const item = state.phases.find(({ id }) => id === phaseId)?.items
    .find(({ id }) => id === itemId);
  return JSON.stringify({
    status: item?.status ?? "pending",
    startedAt: secondsOf(item?.startedAt ?? null),
    completedAt: secondsOf(item?.completedAt ?? null),
    skippedAt: secondsOf(item?.skippedAt ?? null),
    skipReason: item?.skipReason ?? null,
    notes: item?.notes ?? null,
    tries: item?.retryCount ?? 0,
    hasResult: (item?.verificationResult ?? item?.gateResult ?? null) !== null,
    rejected: item !== undefined && rejectionOf(item) !== null,
    evidence: fingerprint(item?.evidence ?? null),
  });
}

/** Evidence is told apart by what it holds, at a length that can be printed. */
function fingerprint(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_key, member) => member instanceof Map ? [...member] : member,
  );
  return `${text.length} ${text.slice(0, 60)}`;
}
