/** Plays a script on the real rules. */
import { jsonObject } from "../../src/base/json.ts";
import { decide } from "../../src/engine/decide.ts";
import { itemStateOf, phaseStateOf } from "../../src/engine/state.ts";
import type { Action } from "../../src/engine/action.ts";
import type {
  Caller,
  Decision,
  Event,
  Item,
  SessionState,
  Workflow,
} from "../../src/workflow/types.ts";
import {
  AGENT,
  HUMAN,
  NOBODY,
  resultFor,
  SETTING,
  START,
} from "../engine/fixtures.ts";
import type { Act, Player, Script } from "./move.ts";
import { EVIDENCE, NOTES, REASONS } from "./samples.ts";
import { instantAt } from "./view.ts";

export const CALLERS: Readonly<Record<Player, Caller>> = {
  agent: AGENT,
  nobody: NOBODY,
  human: HUMAN,
  setting: SETTING,
};

/** A session of the workflow, with what is odd about it. */
export function beginSession(workflow: Workflow, script: Script): Decision {
  const models = script.modelReviews.map((review, index) =>
    [`model${index}`, { review_type: review, success: true }] as const
  );
  const failed = jsonObject({ review_type: "docs", success: false });
  const reviews = new Map(
    models.map(([name, made]) => [name, jsonObject(made)]),
  );
  const metadata = jsonObject({
    review_models: jsonObject({
      ANY: reviews,
      OTHER: new Map([["x", failed]]),
    }),
  });
  const circumstances = { at: instantAt(0), caller: AGENT };
  const action = { ...START, metadata };
  const { state, events } = decide(workflow, undefined, action, circumstances);
  return { state: withOddities(state, script), events };
}

function withOddities(
  state: SessionState,
  { removed, paused }: Script,
): SessionState {
  return {
    ...state,
    status: paused ? "paused" : "active",
    phases: state.phases.map((phase) => ({
      ...phase,
      items: phase.items.filter(({ id }) => !removed.includes(id)),
    })),
  };
}

/** What there is to go back to. */
export interface Past {
  readonly checkpoints: readonly SessionState[];
  /** How it stood before the first update, and after each. */
  readonly updates: readonly SessionState[];
}

/** The action that an act is, given what there is to go back to; undefined for none. */
export function actionOf(
  workflow: Workflow,
  act: Exclude<Act, { type: "checkpoint" }>,
  { checkpoints, updates }: Past,
): Action | undefined {
  switch (act.type) {
    case "start_item":
      return { type: act.type, itemId: act.item };
    case "complete":
      return completeAction(workflow, act);
    case "skip": {
      const [reason = ""] = REASONS[act.reason] ?? [];
      return { type: act.type, itemId: act.item, reason, force: act.force };
    }
    case "approve_item":
      return {
        type: act.type,
        itemId: act.item,
        notes: notesAt(act.notes),
        early: act.early,
      };
    case "reject":
    case "reopen_item":
      return { type: act.type, itemId: act.item, reason: act.reason };
    case "reopen_phase":
      return { type: act.type, phaseId: act.phase, reason: act.reason };
    case "approve_phase":
      return { type: act.type, phaseId: act.phase };
    case "finish":
      return { ...act, notes: notesAt(act.notes) };
    case "abandon":
      return { ...act, notes: notesAt(act.notes) };
    case "note":
      return { type: act.type, text: act.text ?? " \n", itemId: act.item };
    case "restore":
      return restoreAction(workflow, act, checkpoints);
    case "undo": {
      const count = Math.min(act.updates, updates.length - 1);
      const stored = updates.at(-1 - count);
      if (count === 0 || stored === undefined) return undefined;
      return { ...act, updates: count, stored, reason: null };
    }
    case "refuse_approval":
      return { type: act.type, request: "approve", itemId: null };
    case "advance":
      return act;
  }
}

function notesAt(index: number): string | null {
  return NOTES[index]?.[0] ?? null;
}

export function findItem(workflow: Workflow, id: string): Item | undefined {
  return workflow.phases.flatMap(({ items }) => items)
    .find((item) => item.id === id);
}

function completeAction(
  workflow: Workflow,
  act: Extract<Act, { type: "complete" }>,
): Action {
  const item = findItem(workflow, act.item);
  const evidence = act.evidence === null
    ? undefined
    : EVIDENCE[act.evidence]?.value;
  return {
    type: "complete",
    renews: act.renews,
    itemId: act.item,
    notes: notesAt(act.notes),
    ...(evidence === undefined ? {} : { evidence }),
    result: item && resultFor(item, act.passes),
    skipVerify: act.skipVerify,
  };
}

function restoreAction(
  workflow: Workflow,
  { back, foreign, forged, force }: Extract<Act, { type: "restore" }>,
  checkpoints: readonly SessionState[],
): Action | undefined {
  const kept = checkpoints.at(-back) ?? checkpoints[0];
  if (kept === undefined) return undefined;
  const then = forged ? withAllCompleted(workflow, kept) : kept;
  return {
    type: "restore",
    checkpointId: "cp_1",
    stored: foreign ? { ...then, workflowId: "wf_ffffffff" } : then,
    force,
  };
}

function withAllCompleted(
  workflow: Workflow,
  state: SessionState,
): SessionState {
  const phases = workflow.phases.map((phase) => {
    const phaseState = phaseStateOf(state, phase);
    const items = phase.items.map(({ id }) => ({
      ...itemStateOf(phaseState, id),
      status: "completed" as const,
      completedAt: instantAt(0),
    }));
    return { ...phaseState, status: "completed" as const, items };
  });
  return { ...state, phases };
}

export function actorsOf(events: readonly Event[]): readonly string[] {
  return events.map(({ type, actor }) => `${type}:${actor}`);
}
