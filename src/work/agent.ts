import { OrcError } from "../base/error.ts";
import type { EvidenceSummary, NextStep, Summary } from "../engine/standing.ts";
import { summarize } from "../engine/summary.ts";
import type { Host } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type SessionPlace,
} from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { type EvidenceField, evidenceFields } from "../workflow/evidence.ts";
import { subjectOfCheck } from "../workflow/template.ts";
import { openStatus } from "./status.ts";

/** What to do next in a session, and all an agent needs to know for it. */
export interface Next extends
  Pick<
    Summary,
    | "active"
    | "status"
    | "task"
    | "phaseId"
    | "phases"
    | "constraints"
    | "rejections"
    | "next"
  > {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
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
  /** Whose session it is, where the caller is another agent and may only read it; else null. */
  readonly owner: OtherOwner | null;
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
  const { firstBefore } = await import("./renewal.ts");
  const first = await firstBefore(host, opened, seen.next);
  const status = first === undefined ? seen : {
    ...seen,
    next: first.next,
    warnings: [...seen.warnings, first.warning],
  };
  return {
    place: status.place,
    warnings: status.warnings,
    active: status.active,
    status: status.status,
    task: status.task,
    phaseId: status.phaseId,
    phases: status.phases,
    constraints: status.constraints,
    rejections: status.rejections,
    next: status.next,
    evidence: evidenceOf(status.next),
    ...commandOf(opened, status.next),
    owner: ownerIn(opened),
  };
}

function ownerIn({ refusal, session }: OpenedSession): OtherOwner | null {
  return refusal?.code === "session_of_another"
    ? { agent: String(Object(refusal.details).owner), session: session.id }
    : null;
}

/** What words say of a check hides neither what runs nor how that has to end. */
function commandOf(
  { workflow: { phases, settings } }: OpenedSession,
  next: NextStep | null,
): Pick<Next, "command" | "expects"> {
  const verification = phases.flatMap(({ items }) => items)
    .find(({ id }) => id === next?.item?.id)?.verification;
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
  /** Inactive where there is no session, or a closed one. */
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
  const { session, workflow, place } = await openSession(host, options, {});
  const summary = summarize(workflow, session.state);
  const { active, task, phaseId, phases, constraints } = summary;
  if (!active) return { place, reminder: { active } };
  const here = phases.find(({ id }) => id === phaseId);
  const done = (here?.completed ?? 0) + (here?.skipped ?? 0);
  const progress = `${done}/${here?.total ?? 0}`;
  return { place, reminder: { active, task, phaseId, progress, constraints } };
}
