import { notFound, type OrcError, orElse, usage } from "../base/error.ts";
import { quoted } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import { findWorkingFile } from "../checks/run.ts";
import { nextStep, type Step } from "../engine/next.ts";
import { assertOpen, findItem } from "../engine/situation.ts";
import { itemStateOf, phaseStateOf, rejectionOf } from "../engine/state.ts";
import {
  answerTo,
  type Awaited,
  isWork,
  type Question,
  rejectedAtOf,
} from "../engine/waiting.ts";
import type { Host } from "../host/host.ts";
import type { SessionPlace } from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { eachEventBackwards } from "../session/kept/each.ts";
import { shortPause, stampOf } from "../session/kept/events.ts";
import { isManual } from "../workflow/supervision.ts";
import { fillTemplate } from "../workflow/template.ts";
import type { Item, Phase } from "../workflow/types.ts";

/** For what answer to wait, and how long. */
export interface WaitOptions extends SessionOptions {
  /** A manual gate of the current phase; without it, what the next step asks a human for. */
  readonly itemId?: string;
  /** How long at most, such as `30m`; without it, for as long as it takes. */
  readonly timeout?: string;
  /** Waits until it is worth to look again; a quarter of a second without it. */
  readonly pause?: (signal?: AbortSignal) => Promise<void>;
}

/** What a human said, if anything. */
export interface Waited extends Awaited {
  /** Which session it is, and where. */
  readonly place: SessionPlace;
  /** The phase of the item, or that is to be left. */
  readonly phaseId: string;
  /** The item; null for the leaving of a phase. */
  readonly itemId: string | null;
}

/**
 * Waits for a human's answer: a yes, a no, or nothing until the time is over. A no to another item of the
 * phase is an answer, too. One that was given before is an answer at once until something was done
 * since: an event that is no human's, or a change of a file that the item shows. The state is read
 * again only when it changed; the signal ends the waiting. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 *
 * @throws {OrcError} `nothing_awaited` (not_found) if nothing waits for a human, or the item is none
 *   that a human passes
 * @throws {OrcError} `session_closed` (refused) if the session ends meanwhile
 * @throws {OrcError} `invalid_time` (usage) if the time is none
 */
export async function waitForAnswer(
  host: Host,
  options: WaitOptions = {},
): Promise<Waited> {
  const { pause = shortPause, signal } = options;
  const limitMs = timeoutMs(options.timeout);
  const opened = await openSession(host, options, {
    itemId: true,
    timeout: true,
    pause: true,
  });
  const { place, workflow, session, repository } = opened;
  const { store } = repository;
  const question = await questionIn(opened, options.itemId);
  const begunMs = epochMsOf(host.now()) ?? 0;
  const { id, legacyPath } = session;
  const stamp = async () =>
    [await store.version(id), legacyPath && stampOf(legacyPath)].join();
  // An answer that came while this began is read at the first look.
  let seen: string | undefined;
  let { state } = session;
  for (;;) {
    const at = host.now();
    const answered = answerTo(workflow, state, question, at);
    const isOver = (epochMsOf(at) ?? 0) - begunMs >= limitMs;
    if (answered.answer !== "waiting" || isOver) {
      const { phaseId, itemId } = question;
      return { place, phaseId, itemId, ...answered };
    }
    assertOpen(state);
    await pause(signal);
    signal?.throwIfAborted();
    const now = await stamp();
    if (now === seen) continue;
    seen = now;
    state = (await store.read(id)).state;
  }
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function timeoutMs(text: string | undefined): number {
  if (text === undefined) return Infinity;
  const [, amount, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return Number(amount) * (UNITS[unit] ?? NaN);
  throw usage(
    "invalid_time",
    `Cannot use ${quoted(text)} as a time to wait`,
    "name seconds, minutes, hours or days, such as --timeout 30m",
  );
}

async function questionIn(
  opened: OpenedSession,
  itemId: string | undefined,
): Promise<Question> {
  const { workflow, session: { state } } = opened;
  assertOpen(state);
  const { currentPhaseId: phaseId } = state;
  const step = nextStep(workflow, state);
  const renewal = await renewalIn(opened, itemId, step);
  if (renewal !== undefined) return renewal;
  const asked = itemId ?? (step.action === "approve_item" ? step.itemId : null);
  if (asked !== null) {
    const { phase, item } = findItem(workflow, state, asked);
    if (isManual(item)) {
      const reworked = await reworkedItems(opened, phase);
      return { phaseId, itemId: asked, before: state, reworked };
    }
    const message = `No human is asked about item "${asked}"`;
    throw nothingAwaited(message, step.command);
  }
  if (step.action === "approve_phase") {
    const phase = workflow.phases.find(({ id }) => id === step.phaseId);
    const reworked = phase && await reworkedItems(opened, phase);
    return { phaseId: step.phaseId, itemId: null, before: state, reworked };
  }
  throw nothingAwaited("Nothing waits for a human now", step.command);
}

/** The approval that has to be given again before a human can be asked for anything else, or that is named. */
async function renewalIn(
  opened: OpenedSession,
  itemId: string | undefined,
  { action }: Step,
): Promise<Question | undefined> {
  const { workflow, session: { state } } = opened;
  const isEnd = action === "advance" || action === "finish";
  if (itemId === undefined && !isEnd) return undefined;
  const { staleApprovals } = await import("../trust/approvals.ts");
  const here = action === "advance" ? [state.currentPhaseId] : undefined;
  const stale = await staleApprovals(opened, itemId ? undefined : here);
  const asked = itemId === undefined
    ? stale[0]
    : stale.find((each) => each.itemId === itemId);
  const phase = workflow.phases.find(({ items }) =>
    items.some(({ id }) => id === asked?.itemId)
  );
  return asked && phase && {
    phaseId: phase.id,
    itemId: asked.itemId,
    before: state,
    renews: true,
  };
}

/** The items of a phase that were rejected, and after whose no something was done. */
async function reworkedItems(
  opened: OpenedSession,
  phase: Phase,
): Promise<ReadonlySet<string>> {
  const { workflow, repository: { found }, session: { state } } = opened;
  const { workingTree } = found;
  const rejected = phase.items.filter((item) =>
    rejectionOf(itemStateOf(phaseStateOf(state, phase), item.id)) !== null
  );
  const isChanged = (item: Item): boolean => {
    const itemState = itemStateOf(phaseStateOf(state, phase), item.id);
    const sinceMs = rejectedAtOf(itemState) ?? Infinity;
    return item.shows.some((path) =>
      changedMs(workingTree, fillTemplate(path, workflow.settings)) > sinceMs
    );
  };
  const reworked = new Set(rejected.filter(isChanged).map(({ id }) => id));
  const left = new Set(rejected.map(({ id }) => id));
  if (left.size === 0) return reworked;
  let isWorkedOn = false;
  for await (const event of eachEventBackwards(opened)) {
    const itemId = event.itemId ?? "";
    // The last no to each counts.
    if (event.details.get("rejected") === true && left.delete(itemId)) {
      if (isWorkedOn) reworked.add(itemId);
      if (left.size === 0) break;
    }
    isWorkedOn ||= isWork(event);
  }
  return reworked;
}

/** When a file was last written to; before all time where there is none to be seen. */
function changedMs(workingTree: string, path: string): number {
  const found = findWorkingFile(workingTree, path);
  if (found.problem !== null) return -Infinity;
  const info = orElse(() => Deno.statSync(found.path), () => undefined);
  return info?.mtime?.getTime() ?? -Infinity;
}

function nothingAwaited(message: string, hint: string): OrcError {
  return notFound("nothing_awaited", message, hint);
}
