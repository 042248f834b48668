import { OrcError, refused } from "../base/error.ts";
import type { EvidenceSummary, NextStep, Summary } from "../engine/standing.ts";
import { isClosed } from "../engine/state.ts";
import { summarize } from "../engine/summary.ts";
import { type Host, variableOf } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type SessionPlace,
} from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  selectSession,
  type SessionOptions,
} from "../repository/select.ts";
import type { SessionEntry } from "../session/store.ts";
import { type EvidenceField, evidenceFields } from "../workflow/evidence.ts";
import { subjectOfCheck } from "../workflow/template.ts";
import type { SessionState } from "../workflow/types.ts";
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

/** The phase in which files of the project are changed. */
const WRITING_PHASE = "EXECUTE";

/** Why files may be changed. */
export interface WriteAllowed {
  /** Which session was looked at, and where; none where there is none, or more than one. */
  readonly place: Place;
  /** Whether there is an open session at all. */
  readonly active: boolean;
  /** Its phase; null without one. */
  readonly phaseId: string | null;
}

type Candidate = { readonly id: string; readonly state: SessionState };

/**
 * Tells whether the files of the project may be changed now: in the phase `EXECUTE`, and where no
 * session is open. Made for a hook: it reads no workflow, takes no lock and writes nothing. Where a
 * binding is damaged or several sessions are active, all open ones have to allow it.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `write_not_allowed` (refused) if a session is in another phase
 */
export async function verifyWriteAllowed(
  host: Host,
  options: SessionOptions = {},
): Promise<WriteAllowed> {
  const repository = openRepository(host, options, {});
  const candidates = await candidatesFor(host, repository, options.session);
  const open = candidates.filter(({ state }) => !isClosed(state.status));
  const elsewhere = open.find(isElsewhere);
  if (elsewhere) throw notAllowed(elsewhere);
  const [session, ...others] = open;
  const id = others.length === 0 ? session?.id : undefined;
  return {
    place: placeOf(repository, id ?? null),
    active: session !== undefined,
    phaseId: session?.state.currentPhaseId ?? null,
  };
}

async function candidatesFor(
  host: Host,
  repository: Repository,
  named: string | undefined,
): Promise<readonly Candidate[]> {
  try {
    const { session } = await selectSession(host, repository, named);
    return [session];
  } catch (error) {
    const isNamed = named !== undefined ||
      variableOf(host, "ORCHESTRATOR_SESSION");
    if (isNamed || !(error instanceof OrcError)) throw error;
    if (error.code === "no_session") return [];
    if (!isUndecided(repository, error)) throw error;
    return await allSessions(repository);
  }
}

/** Whether what failed is the choice of a session, and not a session itself. */
function isUndecided({ layout }: Repository, error: OrcError): boolean {
  const { code, path = "" } = error;
  return ["no_such_session", "session_ambiguous"].includes(code) ||
    path === layout.current || path.startsWith(layout.bindings);
}

/** States that cannot be read are passed over, as where the only active session is looked for. */
async function allSessions(
  { store, layout }: Repository,
): Promise<readonly Candidate[]> {
  let entries = await store.list(FIRST_LOOK);
  if (!candidatesIn(entries).some(isElsewhere)) entries = await store.list();
  if (entries.length > 0) return candidatesIn(entries);
  const { readLegacyState } = await import("../session/legacy.ts");
  const legacy = await readLegacyState(layout);
  return legacy ? [legacy.session] : [];
}

/** Sessions looked at first: one of them decides, if work goes on elsewhere. */
const FIRST_LOOK = 100;

function candidatesIn(
  entries: readonly SessionEntry[],
): readonly Candidate[] {
  return entries.flatMap(({ id, state }) => state ? [{ id, state }] : []);
}

function isElsewhere({ state }: Candidate): boolean {
  return !isClosed(state.status) && state.currentPhaseId !== WRITING_PHASE;
}

function notAllowed({ id, state }: Candidate): OrcError {
  const phaseId = state.currentPhaseId;
  return refused(
    "write_not_allowed",
    `Cannot change files now: the session is in phase "${phaseId}", not in ${WRITING_PHASE}`,
    { hint: "orc next", details: { session: id, phaseId } },
  );
}
