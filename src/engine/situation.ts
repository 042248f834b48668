import { denied, refused, usage } from "../base/error.ts";
import { jsonObject, type JsonValue } from "../base/json.ts";
import { MAX_NOTES_LENGTH } from "../base/limits.ts";
import { lengthOf } from "../base/text.ts";
import type {
  Action,
  Caller,
  Decision,
  Event,
  EventType,
  SessionState,
  Workflow,
} from "../workflow/types.ts";

/** The actions of one type. */
export type ActionOf<Type extends Action["type"]> = Extract<
  Action,
  { type: Type }
>;

/** When an action is taken, and by whom. */
export interface Circumstances {
  /** Now: an instant in UTC, as the host returns it. */
  readonly at: string;
  /** Who asks. Acts of a human are refused without an approval in it. */
  readonly caller: Caller;
}

/** All that a rule may look at. */
export interface Situation extends Circumstances {
  readonly workflow: Workflow;
  readonly state: SessionState;
}

/** The answer to a repeated action: it is done already. */
export function unchanged(state: SessionState): Decision {
  return { state, events: [] };
}

/** What an event is about. */
export interface Subject {
  readonly phaseId: string | null;
  readonly itemId?: string;
}

/** An event that orc itself stands for; names the agent that asked, if there was one. */
export function systemEvent(
  type: EventType,
  subject: Subject,
  text: { message: string; details?: Readonly<Record<string, JsonValue>> },
  caller?: Caller,
): Event {
  const details: Record<string, JsonValue> = { ...text.details };
  if (caller?.agent) details.agent = caller.agent;
  return {
    type,
    phaseId: subject.phaseId,
    itemId: subject.itemId ?? null,
    message: text.message,
    details: jsonObject(details),
    actor: "system",
  };
}

/** An event that a human stands for; names how the human's presence was established. */
export function humanEvent(
  type: EventType,
  subject: Subject,
  text: { message: string; details?: Readonly<Record<string, JsonValue>> },
  caller: Caller,
): Event {
  const details = { ...text.details, origin: caller.approval };
  const event = systemEvent(type, subject, { ...text, details }, caller);
  return { ...event, actor: "human" };
}

/** Refuses an act of a human to everybody who is not known to be one. */
export function requireHuman(caller: Caller, act: string): void {
  if (caller.approval !== null) return;
  throw denied(
    "approval_required",
    `Cannot ${act}: only a human may, at a terminal`,
    "ask a human to run the same command in a terminal",
  );
}

/** Refuses notes the Python tool would refuse. */
export function assertNotesFit(notes: string | null): void {
  if (notes === null || lengthOf(notes) <= MAX_NOTES_LENGTH) return;
  throw usage(
    "notes_too_long",
    `The notes have ${
      lengthOf(notes)
    } characters; at most ${MAX_NOTES_LENGTH} are kept`,
    "say it shorter, or write it into a file and name the file",
  );
}

/** Refuses any change of a session that has ended. */
export function assertOpen(state: SessionState): void {
  if (state.status === "active" || state.status === "paused") return;
  throw refused(
    "session_closed",
    `The session is ${state.status}; nothing in it can change any more`,
    'start a new one: orc start "TASK"',
  );
}
