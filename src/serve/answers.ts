/** What the dashboard tells of one session: plain data, all of which a page shows as text. */
import { notFound } from "../base/error.ts";
import { findStale, type Freshness } from "../checks/stale.ts";
import { parseReceipt } from "../engine/receipt.ts";
import type { ItemSummary, PhaseSummary } from "../engine/standing.ts";
import { itemStateOf, phaseStateOf } from "../engine/state.ts";
import { summarizeItems } from "../engine/summary.ts";
import { phaseLines, questionLines } from "../engine/waiting.ts";
import type { Host } from "../host/host.ts";
import { type HistoryEvent, streamHistory } from "../history/use.ts";
import { CHECKED, OVERRIDING } from "../history/rules.ts";
import { type OpenedSession, openSession } from "../repository/select.ts";
import { eachEventBackwards } from "../session/kept/each.ts";
import { lookAtShown } from "../trust/shown.ts";
import { type Verified, verifySession } from "../trust/use.ts";
import { type SessionApproval, waitingOf } from "../work/approvals.ts";
import { openStatus, type Status } from "../work/status.ts";
import type { FoundRoot } from "../files/root.ts";

/** Where a session is, which a page names whole. */
export interface SessionSite {
  readonly found: FoundRoot;
  readonly session: string;
  readonly signal: AbortSignal;
}

/** An item, and how it was done. */
export interface ItemDetail extends ItemSummary {
  /** What was done, as whoever completed it says. */
  readonly said: string | null;
  /** When it was completed or skipped. */
  readonly doneAt: string | null;
}

/** A phase with its items. */
export interface PhaseDetail extends PhaseSummary {
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly items: readonly ItemDetail[];
}

/** What a human is asked, as they are at a terminal. */
export interface Question extends SessionApproval {
  /** What is asked, and what is open before it. */
  readonly lines: readonly string[];
  /** The beginnings of the files that it shows. */
  readonly files: readonly {
    readonly path: string;
    readonly problem: string | null;
    readonly lines: readonly string[];
  }[];
}

/** Where a session stands. */
export interface SessionAnswer extends Omit<Status, "place" | "items"> {
  readonly detail: readonly PhaseDetail[];
  readonly questions: readonly Question[];
}

export async function sessionAnswer(
  host: Host,
  site: SessionSite,
): Promise<SessionAnswer> {
  const { status, opened } = await openStatus(host, site);
  const { place: _place, items: _items, phases, ...rest } = status;
  const { workflow, session: { state } } = opened;
  const detail = workflow.phases.map((phase, index) => {
    const phaseState = phaseStateOf(state, phase);
    const { startedAt, completedAt } = phaseState;
    const items = summarizeItems(workflow, state, phase).map((item) => {
      const { notes: said, ...times } = itemStateOf(phaseState, item.id);
      return { ...item, said, doneAt: times.completedAt ?? times.skippedAt };
    });
    return { ...summaryAt(phases, index), startedAt, completedAt, items };
  });
  return { ...rest, phases, detail, questions: await questionsIn(opened) };
}

function summaryAt(
  phases: readonly PhaseSummary[],
  index: number,
): PhaseSummary {
  const phase = phases[index];
  if (phase === undefined) throw new Error("A phase has no summary");
  return phase;
}

async function questionsIn(
  { repository, workflow, session }: OpenedSession,
): Promise<readonly Question[]> {
  const { state } = session;
  const { workingTree } = repository.found;
  const waiting = await waitingOf(repository, session, []);
  return await Promise.all(waiting.map(async (approval) => {
    const { phaseId, itemId } = approval;
    const lines = itemId === null
      ? phaseLines(workflow, state, phaseId)
      : questionLines(workflow, state, itemId);
    const item = workflow.phases.flatMap(({ items }) => items)
      .find(({ id }) => id === itemId);
    const seen = item ? await lookAtShown(workingTree, workflow, item) : [];
    const files = seen.map(({ path, problem, lines }) => ({
      path,
      problem,
      lines,
    }));
    return { ...approval, lines, files };
  }));
}

/** Nobody reads more questions on one page. */
const MAX_ASKING_SESSIONS = 30;

/** What waits for a human in all sessions, as they are asked at a terminal. */
export async function waitingAnswer(
  host: Host,
  { found, signal }: Omit<SessionSite, "session">,
  waiting: readonly SessionApproval[],
): Promise<readonly Question[]> {
  const ids = new Set(waiting.map(({ session }) => session));
  const questions: Question[] = [];
  for (const session of [...ids].slice(0, MAX_ASKING_SESSIONS)) {
    const opened = await openSession(host, { found, signal, session });
    questions.push(...await questionsIn(opened));
  }
  return questions;
}

/** The last run of an item's check. */
export interface CheckAnswer {
  readonly itemId: string;
  readonly at: string;
  readonly passed: boolean;
  readonly message: string;
  readonly command: string | null;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
  readonly runner: string | null;
  readonly testsRun: number | null;
  /** Whether it was proved able to fail; null where that was not asked for. */
  readonly proved: boolean | null;
  /** What names what it printed; null where it printed nothing. */
  readonly output: string | null;
}

/** What checks said, and what of it still holds. */
export interface ChecksAnswer extends Freshness {
  readonly checks: readonly CheckAnswer[];
}

/** Of a log of a million lines the page shows what was done last. */
const MAX_EVENTS_SEARCHED = 50_000;

/** The last run of each check, and whether what it saw is still there. Runs git. */
export async function checksAnswer(
  host: Host,
  site: SessionSite,
): Promise<ChecksAnswer> {
  const opened = await openSession(host, site);
  const wanted = new Set(
    opened.workflow.phases.flatMap(({ items }) => items)
      .filter(({ verification }) => verification.type !== "none")
      .map(({ id }) => id),
  );
  const checks: CheckAnswer[] = [];
  let searched = 0;
  for await (const event of eachEventBackwards(opened)) {
    if (wanted.size === 0 || searched++ === MAX_EVENTS_SEARCHED) break;
    const { type, itemId, at, message, details } = event;
    const passed = CHECKED[type];
    const receipt = parseReceipt(details.get("receipt"));
    if (passed === undefined || itemId === null || !receipt) continue;
    if (!wanted.delete(itemId)) continue;
    const { command, exitCode, durationMs, runner, testsRun, output } = receipt;
    const proved = receipt.proved && receipt.proved.reason === null;
    checks.push({
      ...{ itemId, at, passed, message },
      ...{ command, exitCode, durationMs, runner, testsRun, proved, output },
    });
  }
  return { checks, ...await findStale(host, opened) };
}

/** What a check printed. */
export interface OutputAnswer {
  readonly text: string;
}

export async function outputAnswer(
  host: Host,
  { output, ...site }: SessionSite & { readonly output: string },
): Promise<OutputAnswer> {
  const { repository, session } = await openSession(host, site, {
    output: true,
  });
  const text = await (await repository.store.outputs(session)).read(output);
  if (text !== undefined) return { text };
  throw notFound("no_output", "This output is not kept", "orc history");
}

export async function findingsAnswer(
  host: Host,
  site: SessionSite,
): Promise<Omit<Verified, "place">> {
  const { place: _place, ...verified } = await verifySession(host, site);
  return verified;
}

/** How an event is shown. */
export type Tone = "forced" | "refused" | "failed" | "human" | "passed" | "";

/** An event with how it is shown. */
export interface ToldEvent extends HistoryEvent {
  readonly tone: Tone;
}

/** What a page shows of a long log. */
const LAST_EVENTS = 300;

/** The last events of a session, and then each as it is logged, until the session is closed. */
export async function* eventsAnswer(
  host: Host,
  site: SessionSite,
  pause: (signal?: AbortSignal) => Promise<void>,
): AsyncGenerator<readonly ToldEvent[]> {
  const { batches } = await streamHistory(host, {
    ...site,
    follow: true,
    limit: LAST_EVENTS,
    pause,
  });
  for await (const events of batches) {
    yield events.map((event) => ({ ...event, tone: toneOf(event) }));
  }
}

const REFUSED: readonly string[] = ["error", "skip_rejected"];

function toneOf({ type, actor, details }: HistoryEvent): Tone {
  if (OVERRIDING.some((key) => details[key] === true)) return "forced";
  if (REFUSED.includes(type)) return "refused";
  if (CHECKED[type] === false) return "failed";
  if (actor === "human" || details["origin"]) return "human";
  return CHECKED[type] === true ? "passed" : "";
}
