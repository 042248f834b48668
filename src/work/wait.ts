import { notFound, type OrcError, usage } from "../base/error.ts";
import { sessionLayout } from "../base/layout.ts";
import { quoted } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import { nextStep } from "../engine/next.ts";
import { assertOpen, findItem } from "../engine/situation.ts";
import { answerTo, type Awaited, type Question } from "../engine/waiting.ts";
import type { Host } from "../host/host.ts";
import type { SessionPlace } from "../repository/open.ts";
import {
  type OpenedSession,
  openSession,
  type SessionOptions,
} from "../repository/select.ts";
import { isManual } from "../workflow/supervision.ts";
import { shortPause, stampOf } from "./pause.ts";

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
 * Waits for a human's answer: a yes, a no, or nothing until the time is over. A no that nobody has
 * done anything about yet is an answer at once. The state is read again only when it changed; the
 * signal ends the waiting. Takes no lock and writes nothing.
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
  const { layout, store } = repository;
  const question = questionIn(opened, options.itemId);
  const begunMs = epochMsOf(host.now()) ?? 0;
  const paths = [sessionLayout(layout.root, session.id).state];
  if (session.legacyPath !== null) paths.push(session.legacyPath);
  const stamp = () => paths.map(stampOf).join();
  let seen = stamp();
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
    const now = stamp();
    if (now === seen) continue;
    seen = now;
    state = (await store.read(session.id)).state;
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

function questionIn(
  { workflow, session: { state } }: OpenedSession,
  itemId: string | undefined,
): Question {
  assertOpen(state);
  const { currentPhaseId: phaseId } = state;
  if (itemId !== undefined) {
    const { item } = findItem(workflow, state, itemId);
    if (isManual(item)) return { phaseId, itemId, before: state };
    throw nothingAwaited(
      `No human is asked about item "${itemId}"`,
      nextStep(workflow, state).command,
    );
  }
  const step = nextStep(workflow, state);
  if (step.action === "approve_item") {
    return { phaseId, itemId: step.itemId, before: state };
  }
  if (step.action === "approve_phase") {
    return { phaseId: step.phaseId, itemId: null, before: state };
  }
  throw nothingAwaited("Nothing waits for a human now", step.command);
}

function nothingAwaited(message: string, hint: string): OrcError {
  return notFound("nothing_awaited", message, hint);
}
