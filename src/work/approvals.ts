import { denied, onRefusal, refused } from "../base/error.ts";
import { shortSessionId } from "../base/ids.ts";
import { MAX_CANDIDATES } from "../base/limits.ts";
import { inOneLine, listOf } from "../base/text.ts";
import { agentIn } from "../engine/event.ts";
import { isClosed } from "../engine/state.ts";
import { type WaitingApproval, waitingIn } from "../engine/waiting.ts";
import { type Host, variableOf } from "../host/host.ts";
import {
  openRepository,
  type Place,
  placeOf,
  type Repository,
  type RepositoryOptions,
} from "../repository/open.ts";
import { type SessionOptions, workflowOf } from "../repository/select.ts";
import { ARRIVALS, readAccount } from "../session/account.ts";
import { unlessDamaged } from "../session/entries.ts";
import { shortPause } from "../session/kept/events.ts";
import { readLegacyState } from "../session/legacy.ts";
import type { Session } from "../session/store.ts";

/** What waits for a human somewhere in a repository. */
export interface SessionApproval extends WaitingApproval {
  /** Id of the session it is in. */
  readonly session: string;
  /** What the session is for. */
  readonly task: string;
  /** Who made its last update; null for nobody known. */
  readonly agent: string | null;
}

/** What waits for a human in all sessions of a repository. */
export interface Approvals {
  /** Where they are; no session. */
  readonly place: Place;
  /** By session, the oldest first. */
  readonly approvals: readonly SessionApproval[];
  /** Which sessions could not be read. */
  readonly warnings: readonly string[];
}

/**
 * Lists what waits for a human in all sessions of a repository, with the command for each. Takes no
 * lock and writes nothing.
 *
 * Requires `--allow-read`.
 */
export async function listApprovals(
  host: Host,
  options: RepositoryOptions = {},
): Promise<Approvals> {
  const repository = openRepository(host, options, {});
  const warnings: string[] = [];
  const approvals = await allWaiting(repository, warnings);
  return { place: placeOf(repository, null), approvals, warnings };
}

async function allWaiting(
  repository: Repository,
  warnings: string[],
): Promise<readonly SessionApproval[]> {
  const { store, layout } = repository;
  const ids = await store.ids();
  const found: SessionApproval[] = [];
  for (const id of ids) {
    const session = await unlessDamaged(() => store.read(id), warnings);
    if (session === undefined) continue;
    found.push(...await waitingOf(repository, session, warnings));
    const meta = await store.meta(id).catch(onRefusal(() => undefined));
    if (isClosed(session.state.status) || !meta?.has(ARRIVALS)) continue;
    const said = unlessDamaged(
      () => approvedElsewhere(repository, session),
      warnings,
    );
    warnings.push(...await said ?? []);
  }
  const legacy = await unlessDamaged(() => readLegacyState(layout), warnings);
  if (legacy === undefined || ids.includes(legacy.session.id)) return found;
  return [...found, ...await waitingOf(repository, legacy.session, warnings)];
}

/** Which approvals came with a copy of a session, for whoever goes on from them. Reads its log. */
export async function approvedElsewhere(
  { store }: Repository,
  session: Session,
): Promise<readonly string[]> {
  const { approvals } = await readAccount(store, session);
  const given = approvals.filter(({ elsewhere, serial }) =>
    elsewhere && serial <= session.serial
  ).map(({ phaseId, itemId }) => itemId ?? phaseId ?? "the session");
  if (given.length === 0) return [];
  const { id } = session;
  return [
    `Session "${id}": ${
      listOf(given, MAX_CANDIDATES)
    } approved elsewhere; how is told by: orc session info ${id}`,
  ];
}

/** What waits for a human in one session, where it can still change. */
export async function waitingOf(
  repository: Repository,
  session: Session,
  warnings: string[],
): Promise<readonly SessionApproval[]> {
  const { id, state, lastEvents } = session;
  if (isClosed(state.status)) return [];
  const opened = await unlessDamaged(
    () => workflowOf(repository, session),
    warnings,
  );
  if (opened === undefined || opened.refusal !== null) return [];
  return waitingIn(opened.workflow, state).map((waiting) => ({
    session: id,
    task: state.task,
    agent: agentIn(lastEvents),
    ...waiting,
  }));
}

/** How approvals are watched. */
export interface WatchApprovalsOptions extends RepositoryOptions {
  /** Waits until it is worth to look again; a quarter of a second without it. */
  readonly pause?: (signal?: AbortSignal) => Promise<void>;
}

/** What comes to wait for a human, without an end. */
export interface ApprovalStream extends Pick<Approvals, "place"> {
  /** First all that waits, then what comes to wait, each once. */
  readonly batches: AsyncIterable<readonly SessionApproval[]>;
  /** Which sessions could not be read. */
  warnings(): readonly string[];
}

/**
 * Watches what comes to wait for a human in a repository, until the signal ends it. Only states
 * that changed are read again, and none of a closed session. Takes no lock and writes nothing.
 *
 * Requires `--allow-read`.
 */
export function watchApprovals(
  host: Host,
  options: WatchApprovalsOptions = {},
): ApprovalStream {
  const repository = openRepository(host, options, { pause: true });
  const { pause = shortPause, signal } = options;
  const { store } = repository;
  const warnings: string[] = [];
  const stamps = new Map<string, string>();
  const closed = new Set<string>();
  const shown = new Map<string, ReadonlySet<string>>();
  /** What came to wait in a session since it was looked at. */
  async function* news(id: string): AsyncGenerator<SessionApproval> {
    if (closed.has(id)) return;
    const stamp = await store.version(id);
    if (stamp === undefined || stamps.get(id) === stamp) return;
    stamps.set(id, stamp);
    const session = await unlessDamaged(() => store.read(id), warnings);
    if (session === undefined) return;
    if (isClosed(session.state.status)) closed.add(id);
    const waiting = await waitingOf(repository, session, warnings);
    const before = shown.get(id);
    const keyOf = ({ phaseId, itemId, since }: SessionApproval) =>
      JSON.stringify([phaseId, itemId, since]);
    shown.set(id, new Set(waiting.map(keyOf)));
    yield* waiting.filter((each) => !before?.has(keyOf(each)));
  }
  async function* batches(): AsyncGenerator<readonly SessionApproval[]> {
    for (;;) {
      const batch: SessionApproval[] = [];
      for (const id of await store.ids()) {
        for await (const each of news(id)) batch.push(each);
      }
      if (batch.length > 0) yield batch;
      await pause(signal);
      signal?.throwIfAborted();
    }
  }
  const place = placeOf(repository, null);
  return { place, batches: batches(), warnings: () => warnings };
}

/** What is to be approved: an item, a phase, or without either the current phase. */
interface Wanted {
  readonly itemId?: string;
  readonly phaseId?: string;
}

/**
 * Says which session a human means who approves something and names none: the one in which it
 * waits. They are asked where it waits in several; where nobody can be asked, it is not guessed.
 *
 * @throws {OrcError} `session_ambiguous` (refused) if it waits in several and nobody can be asked,
 *   `approval_declined` (denied) if the answer names none of them
 */
export async function inWaitingSession<Options extends SessionOptions>(
  host: Host,
  options: Options,
  wanted: Wanted,
): Promise<Options> {
  const isNamed = options.session !== undefined ||
    variableOf(host, "ORCHESTRATOR_SESSION");
  // An agent is refused in the session that is its own.
  if (isNamed || host.caller().agent !== null) return options;
  const { root, found, lockTimeout, lockTimeoutMs, signal } = options;
  const where = { root, found, lockTimeout, lockTimeoutMs, signal };
  const waiting = (await allWaiting(openRepository(host, where), []))
    .filter((each) => isWanted(each, wanted));
  const sessions = [...new Set(waiting.map(({ session }) => session))];
  const [only] = sessions;
  if (sessions.length > 1) {
    return { ...options, session: chosenFrom(host, sessions, waiting, wanted) };
  }
  // Where nobody is asked, a repeated approval must not go on to another session.
  return only !== undefined && canAsk(host)
    ? { ...options, session: only }
    : options;
}

function canAsk({ terminal, approve }: Host): boolean {
  return terminal.isInteractive && approve === undefined;
}

function isWanted(
  waiting: WaitingApproval,
  { itemId, phaseId }: Wanted,
): boolean {
  if (itemId !== undefined) return waiting.itemId === itemId;
  return waiting.itemId === null &&
    (phaseId === undefined || waiting.phaseId === phaseId);
}

function chosenFrom(
  host: Host,
  sessions: readonly string[],
  waiting: readonly SessionApproval[],
  { itemId, phaseId }: Wanted,
): string {
  const what = itemId === undefined
    ? phaseId === undefined ? "An approval" : `Phase "${phaseId}"`
    : `Item "${itemId}"`;
  if (!canAsk(host)) {
    throw refused(
      "session_ambiguous",
      `${what} waits in ${sessions.length} sessions, and none is named: ${
        listOf(sessions, MAX_CANDIDATES)
      }`,
      {
        hint: "see them all with their commands: orc approvals",
        details: { candidates: sessions.slice(0, MAX_CANDIDATES) },
      },
    );
  }
  const lines = sessions.map((session, index) => {
    const { task, agent } = waiting.find((each) => each.session === session) ??
      { task: "", agent: null };
    const by = agent === null ? "" : ` (${agent})`;
    return `  ${index + 1}  ${shortSessionId(session)}  ${
      inOneLine(`${task}${by}`)
    }\n`;
  });
  const answer = host.terminal.readLine(
    `${inOneLine(what)} waits in ${sessions.length} sessions:\n${
      lines.join("")
    }Which one? Type its number, or the end of its id: `,
  )?.trim() ?? "";
  const byNumber = /^\d{1,3}$/.test(answer)
    ? sessions[Number(answer) - 1]
    : undefined;
  const byEnd = answer.length < MIN_END_LENGTH
    ? []
    : sessions.filter((session) => session.endsWith(answer));
  const chosen = byNumber ?? (byEnd.length === 1 ? byEnd[0] : undefined);
  if (chosen !== undefined) return chosen;
  throw denied(
    "approval_declined",
    `Nothing was approved: "${inOneLine(answer)}" is none of these sessions`,
    "see them all with their commands: orc approvals",
  );
}

/** A shorter end of an id is typed by accident. */
const MIN_END_LENGTH = 4;
