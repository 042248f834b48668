import { type OrcError, refused } from "../base/error.ts";
import { type JsonObject, numberOf } from "../base/json.ts";
import { shellWord } from "../base/text.ts";
import { epochMsOf, instantOf } from "../base/time.ts";
import type { Item, ItemState, Workflow } from "./types.ts";

type SupervisionMode = "supervised" | "zero_human" | "hybrid";

export const APPROVAL_TIMEOUT = "approval_timeout_minutes";

/** Longest wait for an answer: a year, so that its end is always an instant. */
export const MAX_APPROVAL_TIMEOUT_MINUTES = 525_600;

/** The workflow's supervision mode; anything unknown counts as the strictest. */
export function supervisionMode({ settings }: Workflow): SupervisionMode {
  const mode = settings.get("supervision_mode");
  return mode === "zero_human" || mode === "hybrid" ? mode : "supervised";
}

/** How long a human has to answer; undefined where nobody said, or nothing sensible. */
export function approvalTimeoutMinutes(
  settings: JsonObject,
): number | undefined {
  const minutes = numberOf(settings.get(APPROVAL_TIMEOUT)) ?? 0;
  return minutes > 0 && minutes <= MAX_APPROVAL_TIMEOUT_MINUTES
    ? minutes
    : undefined;
}

/** What gets a manual gate out of the way: a human's yes, nothing at all, or time to say something. */
type Passage =
  | { readonly type: "human" }
  | { readonly type: "nobody" }
  | { readonly type: "clock"; readonly minutes: number };

/**
 * Whether a human's word is what an item asks for: a manual gate, and a gate that names nothing to
 * verify, which the Python tool passes unseen.
 */
export function isManual({ stepType, verification: { type } }: Item): boolean {
  return type === "manual_gate" || stepType === "gate" && type === "none";
}

/** Says how an item is passed that asks for a human's word; a gate always waits for it. */
export function passageOf(
  workflow: Workflow,
  item: Item,
): Passage | undefined {
  if (!isManual(item)) return undefined;
  const mode = supervisionMode(workflow);
  if (item.stepType === "gate" || mode === "supervised") {
    return { type: "human" };
  }
  if (mode === "zero_human" || item.risk === "low") return { type: "nobody" };
  const minutes = approvalTimeoutMinutes(workflow.settings);
  return item.risk === "high" || minutes === undefined
    ? { type: "human" }
    : { type: "clock", minutes };
}

export function needsHuman(workflow: Workflow, item: Item): boolean {
  return passageOf(workflow, item)?.type === "human";
}

/** Whether no reason gets past a manual gate: who called a risk high wants a human to look. */
export function isHumanOnly(workflow: Workflow, item: Item): boolean {
  return item.risk === "high" && supervisionMode(workflow) === "hybrid" &&
    passageOf(workflow, item)?.type === "human";
}

/** When a manual gate passes by itself; null while nobody has started its clock. */
export function passesAt(
  { minutes }: Passage & { readonly type: "clock" },
  { startedAt }: ItemState,
): string | null {
  const startMs = epochMsOf(startedAt);
  if (startMs === undefined) return null;
  return instantOf(startMs + Math.ceil(minutes * 60_000));
}

/** The answer to who wants to get past a manual gate that waits for a human. */
export function approvalRequired(
  workflow: Workflow,
  verb: string,
  { id }: Item,
): OrcError {
  return refused(
    "approval_required",
    `Cannot ${verb} item "${id}": a human must approve it`,
    `a human runs, in a terminal: ${approvalCommand(workflow, id)}`,
  );
}

/**
 * A command that only a human may run. They type it in a terminal of their own, where another
 * session may be meant, and perhaps later, when there are more of them.
 */
export function forHuman({ session }: Workflow, command: string): string {
  return session === undefined ? command : `${command} --session ${session}`;
}

/** For whoever knows what they tried to run. */
export function sameCommand({ session }: Workflow): string {
  const command = "the same command";
  return session === undefined
    ? command
    : `${command} with --session ${session}`;
}

export function approvalCommand(workflow: Workflow, itemId: string): string {
  return forHuman(workflow, `orc approve-item ${shellWord(itemId)}`);
}

export function hasCome(instant: string, at: string): boolean {
  return (epochMsOf(at) ?? 0) >= (epochMsOf(instant) ?? Infinity);
}

/** The command that gets past a gate without its verification; a human's. */
export function forcedSkip(workflow: Workflow, itemId: string): string {
  const command = `orc skip ${shellWord(itemId)} --force --reason "<why>"`;
  return forHuman(workflow, command);
}
