import { onRefusal, OrcError } from "../base/error.ts";
import { minutesBetween } from "../base/text.ts";
import { type LeftOut, leftOutIn } from "../engine/phase.ts";
import type { EvidenceSummary, NextStep, Summary } from "../engine/standing.ts";
import { summarize } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type SessionPlace,
} from "../repository/open.ts";
import { refusalOfAnother } from "../repository/owner.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { type EvidenceField, evidenceFields } from "../workflow/evidence.ts";
import { fillTemplate, subjectOfCheck } from "../workflow/template.ts";
import type { Item, Workflow } from "../workflow/types.ts";
import type { Changed } from "./change.ts";
import type { Renewal } from "./renewal.ts";
import { openStatus } from "./status.ts";

/** What comes next in a session, with what is asked for there. */
export interface Ahead extends
  Pick<
    Summary,
    "status" | "phaseId" | "phases" | "phaseNotes" | "rejections" | "next"
  > {
  /** The evidence that the next item asks for; null for none. */
  readonly evidence: NextEvidence | null;
  /** The command that checks the next item, with settings filled in; null where none does. */
  readonly command: string | null;
  /** How that command has to end, where it is not enough that it succeeds now; null where it is, or none runs. */
  readonly expects: {
    /** The exit code with which it passes. */
    readonly exitCode: number;
    /** `base` where the same command has to fail there first; null where it need not. */
    readonly prove: "base" | null;
  } | null;
  /** The files that the next item shows to a human, relative to the working tree. */
  readonly files: readonly string[];
}

/** What to do next in a session, and all an agent needs to know for it. */
export interface Next
  extends Ahead, Pick<Summary, "active" | "task" | "constraints"> {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** Whose session it is, where the caller is another agent and may only read it; else null. */
  readonly owner: OtherOwner | null;
  /** How it ended; null while it goes on. */
  readonly end: SessionEnd | null;
  /** What to know before going on, as sentences for people. */
  readonly warnings: readonly string[];
}

/** The agent that a session belongs to. */
export interface OtherOwner {
  /** Its name and id. */
  readonly agent: string;
  /** Id of the session, by which it can be taken over. */
  readonly session: string;
}

/** What is left to say of a session that has ended. */
export interface SessionEnd extends Pick<Summary, "status" | "progress"> {
  /** What was left out in it, and why. */
  readonly skipped: readonly LeftOut[];
  /** Whole minutes that it took; null where its end is not known. */
  readonly durationMinutes: number | null;
}

/** What evidence the next item asks for, with the fields of its schema. */
export interface NextEvidence extends EvidenceSummary {
  /** Null for a schema that orc does not know. */
  readonly fields: readonly EvidenceField[] | null;
}

/**
 * Reads what to do next: one item, and the evidence it asks for. Where nothing is left to do but to go
 * on, it looks whether the files are still those that checks and humans saw, and where not, the next thing
 * is to run such a check again, or to have it approved again. Takes no lock and writes nothing.
 *
 * Requires `--allow-read` and, to compare files, `--allow-run` of git.
 *
 * @throws {OrcError} what {@linkcode readStatus} throws
 */
export async function readNext(
  host: Host,
  options: SessionOptions = {},
): Promise<Next> {
  const { status: seen, opened } = await openStatus(host, options);
  const first = await firstBefore(host, opened, seen);
  return {
    place: seen.place,
    active: seen.active,
    task: seen.task,
    constraints: seen.constraints,
    ...aheadOf(opened.workflow, withStep(seen, first?.next)),
    owner: ownerIn(opened),
    end: seen.active ? null : endOf(opened, seen),
    warnings: [...seen.warnings, ...first ? [first.warning] : []],
  };
}

/**
 * Adds to the answer of a change what comes next, as {@linkcode readNext} says it: then nobody has to ask,
 * and nobody is sent on who would be refused. The change counts, whatever cannot be read by then: a warning
 * says so.
 */
export async function withNext<
  Answer extends Pick<Changed, "summary" | "warnings">,
>(
  host: Host,
  after: OpenedSession,
  answer: Answer,
): Promise<Answer & Ahead> {
  const said: string[] = [];
  const first = await firstBefore(host, after, answer.summary)
    .catch(onRefusal(({ message }) => {
      said.push(`Whether results still hold cannot be seen: ${message}`);
      return undefined;
    }));
  if (first) said.push(first.warning);
  const summary = withStep(answer.summary, first?.next);
  return {
    ...answer,
    ...aheadOf(after.workflow, summary),
    summary,
    warnings: [...answer.warnings, ...said],
  };
}

function withStep<Seen extends Pick<Summary, "next">>(
  seen: Seen,
  next: NextStep | undefined,
): Seen {
  return next === undefined ? seen : { ...seen, next };
}

/** Loaded only where something may come before the step: to go on, and what runs a command. */
async function firstBefore(
  host: Host,
  opened: OpenedSession,
  { next }: Pick<Summary, "next">,
): Promise<Renewal | undefined> {
  const isPlain = next?.action === "complete"
    ? next.item.verification !== "command"
    : next?.action !== "advance" && next?.action !== "finish";
  if (isPlain) return undefined;
  return await (await import("./renewal.ts")).firstBefore(host, opened, next);
}

/** What comes next where a session stands. */
export function aheadOf(
  workflow: Workflow,
  { status, phaseId, phases, phaseNotes, rejections, next }: Summary,
): Ahead {
  const item = workflow.phases.flatMap(({ items }) => items)
    .find(({ id }) => id === next?.item?.id);
  return {
    ...{ status, phaseId, phases, phaseNotes, rejections, next },
    evidence: evidenceOf(next),
    ...commandOf(item, workflow),
    files: (item?.shows ?? [])
      .map((path) => fillTemplate(path, workflow.settings)),
  };
}

function endOf(
  { workflow, session: { state } }: OpenedSession,
  { status, progress }: Summary,
): SessionEnd {
  const minutes = minutesBetween(state.createdAt, state.completedAt ?? "");
  return {
    status,
    progress,
    skipped: leftOutIn(state, workflow.phases),
    durationMinutes: minutes ?? null,
  };
}

function ownerIn(opened: OpenedSession): OtherOwner | null {
  const refusal = refusalOfAnother(opened);
  return refusal && {
    agent: String(Object(refusal.details).owner),
    session: opened.session.id,
  };
}

/** What words say of a check hides neither what runs nor how that has to end. */
function commandOf(
  item: Item | undefined,
  { settings }: Workflow,
): Pick<Ahead, "command" | "expects"> {
  const verification = item?.verification;
  if (verification?.type !== "command") return { command: null, expects: null };
  const { expectExitCode: exitCode, prove } = verification;
  const isPlain = exitCode === 0 && prove === undefined;
  return {
    command: subjectOfCheck(verification, settings),
    expects: isPlain ? null : { exitCode, prove: prove ? "base" : null },
  };
}

function evidenceOf(next: NextStep | null): NextEvidence | null {
  const evidence = next?.item?.evidence ?? null;
  if (evidence === null) return null;
  const { schema } = evidence;
  const fields = schema === null ? undefined : evidenceFields(schema);
  return { ...evidence, fields: fields ?? null };
}

/** What an agent should not forget, short enough to be read at every turn. */
export type Reminder =
  | { readonly active: false }
  | {
    readonly active: true;
    /** What is to be done, as given at start. */
    readonly task: string;
    /** Id of the current phase. */
    readonly phaseId: string;
    /** Items of that phase that are completed or skipped, and all, as `2/5`. */
    readonly progress: string;
    /** What must hold throughout, as given at start. */
    readonly constraints: readonly string[];
  };

/** A reminder, and which session it is about. */
export interface Reminded {
  /** Which session it is, and where; no session where none is meant. */
  readonly place: Place;
  /** Inactive where there is no session, a closed one, or that of another agent. */
  readonly reminder: Reminder;
}

/**
 * Reads what an agent should be reminded of. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 */
export async function remindContext(
  host: Host,
  options: SessionOptions = {},
): Promise<Reminded> {
  try {
    return await reminderOf(host, options);
  } catch (error) {
    const isNone = error instanceof OrcError && error.code === "no_session";
    if (!isNone) throw error;
    const place = placeOf(openRepository(host, options), null);
    return { place, reminder: { active: false } };
  }
}

async function reminderOf(
  host: Host,
  options: SessionOptions,
): Promise<Reminded> {
  const opened = await openSession(host, options, {});
  const { session, workflow, place } = opened;
  const summary = summarize(workflow, session.state);
  const { active, task, phaseId, phases, constraints } = summary;
  if (!active || ownerIn(opened)) return { place, reminder: { active: false } };
  const here = phases.find(({ id }) => id === phaseId);
  const done = (here?.completed ?? 0) + (here?.skipped ?? 0);
  const progress = `${done}/${here?.total ?? 0}`;
  return { place, reminder: { active, task, phaseId, progress, constraints } };
}
