/**
 * How a session came about, as its events tell it: what it began with, who gave which yes and how it
 * was known, and whether its clock ran backwards.
 */
import {
  asObject,
  isJsonList,
  type JsonObject,
  numberOf,
  textAt,
} from "../base/json.ts";
import { listOf, quoted } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { isDone, isPhaseApproved } from "../engine/state.ts";
import type { SessionState } from "../workflow/types.ts";

/** A yes that still counts in a session, and how it was given. */
export interface GivenApproval {
  /** The phase it was given in, or for; null where it is about no phase. */
  readonly phaseId: string | null;
  /** The item it was given for; null for a phase, the session or its state. */
  readonly itemId: string | null;
  /** Number of its update; 0 where another tool says so. */
  readonly serial: number;
  /** When, as its event says it: an instant in UTC. */
  readonly at: string;
  /** Whether it got past a rule that else nobody passes, such as a check or what was still open. */
  readonly forced: boolean;
  /**
   * How it was known that a human stood for it: it was typed at a terminal, or the program that orc
   * is a part of said so. By a setting nobody was asked. Null where another tool says so.
   */
  readonly origin: "terminal" | "host" | "setting" | null;
  /** Name of the user who typed it, as the machine said it; null where it is not known. */
  readonly user: string | null;
  /** Name of that machine; null where it is not known. */
  readonly machine: string | null;
  /** How long the question stood, in seconds; null where nobody typed. */
  readonly askedSeconds: number | null;
  /** The approver whose key signed it, as its event says; null where none did. */
  readonly signedBy: string | null;
  /**
   * Whether it came with a copy of the session from another clone, and its workflow asks for no
   * signatures: whoever could write that copy could have written it.
   */
  readonly elsewhere: boolean;
  /** All that in one sentence without its period. */
  readonly message: string;
}

/** Updates that came with copies of a session: first and last of each run of them. */
export type Arrivals = readonly (readonly [from: number, to: number])[];

/** An approval as it counts where its update may have come from elsewhere. */
export function asArrived(
  approval: GivenApproval,
  arrivals: Arrivals,
  asksForSignatures: boolean,
): GivenApproval {
  const { serial, signedBy, message } = approval;
  const isSigned = asksForSignatures && signedBy !== null;
  const elsewhere = !isSigned &&
    arrivals.some(([from, to]) => from <= serial && serial <= to);
  return elsewhere
    ? { ...approval, elsewhere, message: `${message}: approved elsewhere` }
    : approval;
}

/** With the updates of a further copy, of which this clone had those up to `known`; what was meant to come and did not is left out. */
export function withArrival(
  arrivals: Arrivals,
  known: number,
  last: number,
): Arrivals {
  const before = arrivals.filter(([from]) => from <= known)
    .map(([from, to]) => [from, Math.min(to, known)] as const);
  return last > known ? [...before, [known + 1, last]] : before;
}

/** What a session began with, as its first event says it. */
export interface SessionStart {
  /** When: an instant in UTC. */
  readonly at: string;
  /** The file its workflow came from, absolute; null for the built-in one, and where nothing says so. */
  readonly workflowPath: string | null;
  /** SHA-256 of the workflow as the session keeps it; null where nothing says so. */
  readonly definitionSha256: string | null;
  /** Whole id of the commit that the working tree was at; null without one, or where nothing says so. */
  readonly commit: string | null;
  /**
   * Whether that file was as git's index has it, so that it was committed or about to be; null where
   * git does not track it, or nothing says so.
   */
  readonly indexed: boolean | null;
  /** Whether the commit had that file as it was; null where nothing says so. */
  readonly committed: boolean | null;
  /** How what was not committed was more than the session's size may change; null where it was not. */
  readonly uncommitted: string | null;
  /** Id of the earlier session whose work counts as part of this one; null for none. */
  readonly continued: string | null;
  /** Ids of earlier sessions of the same task that had been abandoned, the last one first. */
  readonly abandoned: readonly string[];
  /** Whether another tool began it. */
  readonly isElsewhere: boolean;
}

/** A time that lies before the one of the update ahead of it. */
export interface ClockStep {
  /** The update. */
  readonly serial: number;
  /** One sentence without its period. */
  readonly message: string;
}

/** What events tell of how a session came about. */
export interface Account {
  /** Null where no event tells of a start. */
  readonly start: SessionStart | null;
  /** Those that still count, in the order in which they were given. */
  readonly approvals: readonly GivenApproval[];
  /** Whether a gate passed because a human's time to answer was over. */
  readonly hasWaited: boolean;
  /** The first 20; none where no gate went by the clock, since clocks are set right for many reasons. */
  readonly clockSteps: readonly ClockStep[];
}

export interface Accountant {
  /** Takes the next event of the session, in the order of the log. */
  take(event: RecordedEvent): void;
  /** What they tell of a session that stands so. */
  result(state: SessionState): Account;
}

const MAX_CLOCK_STEPS = 20;

/** More ids say no more. */
const MAX_NAMED = 3;

/** Clocks are set right by a little all the time. */
const CLOCK_TOLERANCE_MS = 10_000;

const SESSION = "session";

interface Kept {
  readonly approval: GivenApproval;
  readonly counts: (state: SessionState) => boolean;
}

export function newAccountant(): Accountant {
  const kept = new Map<string, Kept>();
  const clockSteps: ClockStep[] = [];
  let start: SessionStart | null = null;
  let hasWaited = false;
  let last: RecordedEvent | undefined;

  function watchClock(event: RecordedEvent): void {
    // The older tool runs elsewhere at times, and has an instant of its own for everything.
    if (event.id === "") return;
    const before = last;
    last = event;
    const step = before && clockStepText(before.at, event.at);
    if (step === undefined || clockSteps.length === MAX_CLOCK_STEPS) return;
    const { serial } = event;
    clockSteps.push({
      serial,
      message: `The clock ran backwards before update ${serial}, ${step}`,
    });
  }

  return {
    take: (event) => {
      watchClock(event);
      hasWaited ||= event.details.has("approval_timeout_minutes");
      if (event.type === "workflow_started") start ??= startIn(event);
      const yes = yesIn(event);
      const key = yes?.key ?? keyOf(event);
      kept.delete(key);
      if (yes === undefined) return;
      const { what, counts, forced } = yes;
      // Whoever finishes by force leaves the last phase so.
      if (key === SESSION) kept.delete(`left ${event.phaseId}`);
      kept.set(key, { approval: givenBy(event, what, forced), counts });
    },
    result: (state) => ({
      start,
      approvals: [...kept.values()].filter(({ counts }) => counts(state))
        .map(({ approval }) => approval),
      clockSteps: hasWaited ? clockSteps : [],
      hasWaited,
    }),
  };
}

function startIn({ id, at, details }: RecordedEvent): SessionStart {
  const metadata = asObject(details.get("metadata")) ?? new Map();
  const indexed = details.get("indexed");
  const committed = details.get("committed");
  const abandoned = details.get("abandoned") ?? null;
  return {
    at,
    workflowPath: textAt(metadata, "workflow_yaml_path"),
    definitionSha256: textAt(details, "definition_sha256"),
    commit: textAt(details, "commit"),
    indexed: typeof indexed === "boolean" ? indexed : null,
    committed: typeof committed === "boolean" ? committed : null,
    uncommitted: textAt(details, "uncommitted"),
    continued: textAt(details, "continued"),
    abandoned: isJsonList(abandoned)
      ? abandoned.flatMap((one) =>
        textAt(asObject(one) ?? new Map(), "session") ?? []
      )
      : [],
    isElsewhere: id === "",
  };
}

/** What of a start is worth saying, each a sentence without its period. */
export function startTexts(start: SessionStart | null): readonly string[] {
  if (start === null) return [];
  const { commit, indexed, workflowPath, abandoned, isElsewhere } = start;
  const { committed, uncommitted, continued } = start;
  const workflow = workflowPath === null || (committed ?? indexed) === null
    ? ""
    : committed === false
    ? ", with a workflow file that is not committed"
    : committed || indexed
    ? ", with its workflow file as git has it"
    : ", with a workflow file that git does not have like that";
  return [
    ...isElsewhere ? ["It began in another tool"] : [],
    ...commit === null ? [] : [`It began at commit ${commit}${workflow}`],
    ...uncommitted === null ? [] : [uncommittedText(uncommitted)],
    ...continued === null ? [] : [continuedText(continued)],
    ...abandoned.length === 0 ? [] : [
      `It is about a task that was abandoned before: ${
        listOf(abandoned, MAX_NAMED)
      }`,
    ],
  ];
}

export function uncommittedText(reason: string): string {
  return `What was not committed when it began is more than its size may change: ${reason}`;
}

export function continuedText(session: string): string {
  return `What changed since session "${session}" began, which was abandoned, is measured as part of it`;
}

/** How far a clock was set back, for people; undefined where it was not, or by what all clocks are. */
export function clockStepText(
  before: string,
  at: string,
): string | undefined {
  const [was, is] = [epochMsOf(before), epochMsOf(at)];
  const isStep = was !== undefined && is !== undefined &&
    is < was - CLOCK_TOLERANCE_MS;
  return isStep
    ? `from ${before} to ${at}: what was waited for by the clock may not have been`
    : undefined;
}

/** What a later event about the same takes away or replaces. */
function keyOf({ type, itemId, phaseId }: RecordedEvent): string {
  if (itemId !== null) return `item ${itemId}`;
  return type === "phase_completed" ? `left ${phaseId}` : "";
}

interface Yes extends Pick<Kept, "counts"> {
  readonly key: string;
  /** A sentence that how it was given completes. */
  readonly what: string;
  readonly forced: boolean;
}

/** The yes that an event tells of; undefined for any other event. */
function yesIn(event: RecordedEvent): Yes | undefined {
  const { type, details, itemId, phaseId } = event;
  const says = (key: string) => details.get(key) === true;
  const [item, phase] = [quoted(itemId ?? ""), quoted(phaseId ?? "")];
  const ofItem = (done: string, forced: boolean): Yes => ({
    key: keyOf(event),
    what: `Item ${item} was ${done}`,
    forced,
    counts: ({ phases }) =>
      phases.some(({ items }) =>
        items.some((one) => one.id === itemId && isDone(one))
      ),
  });
  switch (type) {
    case "item_completed":
      if (says("verification_skipped")) {
        return ofItem("completed without its check", true);
      }
      if (!says("approved")) return undefined;
      return says("early")
        ? ofItem("approved before what comes ahead of it was done", true)
        : ofItem("approved", false);
    case "item_skipped":
      return says("force_skipped")
        ? ofItem("skipped by force", true)
        : undefined;
    case "phase_completed":
      return says("forced")
        ? {
          key: keyOf(event),
          what: `Phase ${phase} was left by force`,
          forced: true,
          counts: ({ phases }) =>
            phases.some(({ id, status }) =>
              id === phaseId && status === "completed"
            ),
        }
        : undefined;
    case "workflow_completed":
      return says("forced")
        ? {
          key: SESSION,
          what: "The session was finished by force",
          forced: true,
          counts: ({ status }) => status === "completed",
        }
        : undefined;
    case "human_override":
      if (says("reopened")) return undefined;
      return details.has("repair")
        ? always(event, "The state was put right by hand")
        : {
          key: `phase ${phaseId}`,
          what: `Phase ${phase} was approved`,
          forced: false,
          counts: (state) => isPhaseApproved(state, phaseId ?? ""),
        };
    case "note_added":
      return details.has("checkpoint_id") && details.has("origin")
        ? always(event, "A checkpoint was restored that held more")
        : undefined;
    default:
      return undefined;
  }
}

/** What led to the state, whatever came later. */
function always({ id }: RecordedEvent, what: string): Yes {
  return { key: `update ${id}`, what, forced: true, counts: () => true };
}

function givenBy(
  { phaseId, itemId, serial, at, details }: RecordedEvent,
  what: string,
  forced: boolean,
): GivenApproval {
  const presence = presenceIn(details);
  return {
    phaseId,
    itemId,
    serial,
    at,
    forced,
    origin: originIn(details),
    ...presence,
    signedBy: signerIn(details),
    elsewhere: false,
    message: `${what} ${howGiven(details)}`,
  };
}

/** How a human was known, as an event says it; null where it does not. */
export function originIn(details: JsonObject): GivenApproval["origin"] {
  const origin = textAt(details, "origin");
  return ORIGINS.find((known) => known === origin) ?? null;
}

const ORIGINS = ["terminal", "host", "setting"] as const;

/** How the yes in an event was given, for people; behind what was done. */
export function howGiven(details: JsonObject): string {
  const signer = signerIn(details);
  return signer
    ? `${howKnown(details)}, signed by ${signer}`
    : howKnown(details);
}

function signerIn(details: JsonObject): string | null {
  const signature = asObject(details.get("signature"));
  return signature === undefined ? null : textAt(signature, "principal");
}

function howKnown(details: JsonObject): string {
  switch (originIn(details)) {
    case "terminal": {
      const { user, machine, askedSeconds } = presenceIn(details);
      return [
        "at a terminal",
        ...user === null ? [] : [`by ${user}`],
        ...machine ? [`on ${machine}`] : [],
        ...askedSeconds === null ? [] : [`after ${askedSeconds} s`],
      ].join(" ");
    }
    case "host":
      return "by the host program";
    case "setting":
      return "by the setting approvals: any";
    case null:
      return "in another tool";
  }
}

function presenceIn(
  details: JsonObject,
): Pick<GivenApproval, "user" | "machine" | "askedSeconds"> {
  const presence = asObject(details.get("presence")) ?? new Map();
  const promptMs = numberOf(presence.get("prompt_ms"));
  return {
    user: textAt(presence, "user"),
    machine: textAt(presence, "host"),
    askedSeconds: promptMs === undefined ? null : Math.round(promptMs / 1000),
  };
}
