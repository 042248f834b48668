/** The sessions of a repository as the dashboard lists them: each is read again only after its update. */
import { inOneLine } from "../base/text.ts";
import { agentIn } from "../engine/event.ts";
import { isClosed } from "../engine/state.ts";
import { pause } from "../files/wait.ts";
import type { Repository } from "../repository/open.ts";
import { unlessDamaged } from "../session/entries.ts";
import { readLegacyState } from "../session/legacy.ts";
import { readCurrent } from "../session/read.ts";
import type { Session } from "../session/store.ts";
import { type SessionLine, sessionLine } from "../sessions/list.ts";
import { type SessionApproval, waitingOf } from "../work/approvals.ts";
import type { SessionStatus } from "../workflow/types.ts";
import { isFound, type ListQuery } from "./rules.ts";

/** A session in one line of the list. */
export interface ListedSession extends SessionLine {
  /** Who made its last update; null for nobody known. */
  readonly agent: string | null;
  /** How much waits for a human in it. */
  readonly waiting: number;
}

/** A part of the list. */
export interface ListAnswer {
  readonly root: string;
  /** Of those that were found, as many as were asked for, the newest first. */
  readonly sessions: readonly ListedSession[];
  /** How many were found. */
  readonly found: number;
  /** How many there are of each status, and of those that cannot be read, whatever is searched. */
  readonly counts: Readonly<Partial<Record<SessionStatus | "damaged", number>>>;
  /** How many are there and not read yet: what is searched may be among them. */
  readonly unread: number;
  /** How much waits for a human in all sessions. */
  readonly waiting: number;
}

interface Known {
  readonly version: string;
  readonly line: ListedSession;
  readonly waiting: readonly SessionApproval[];
}

/** Told which sessions are others than before. */
export type OnChange = (ids: readonly string[]) => void;

/** The list, kept up to date while somebody watches it. */
export interface SessionsWatch {
  /** A part of the list, as it is by now. */
  list(query: ListQuery): Promise<ListAnswer>;
  /** What waits for a human, the oldest first. */
  waiting(): Promise<readonly SessionApproval[]>;
  /** Tells of changes until it is called off. */
  onChange(told: OnChange): () => void;
}

/** A change is to be seen within a fifth of a second. */
const LOOK_INTERVAL_MS = 120;
/** Looking takes at most this part of the time, however many sessions there are, as long as the pause is bearable. */
const LOOK_SHARE = 0.1;
const MAX_LOOK_INTERVAL_MS = 1000;
/** What is closed hardly changes: such sessions are looked at by every so manieth look. */
const LOOKS_PER_CLOSED = 25;
/** Requests are answered between so many readings. */
const READ_AT_ONCE = 50;
/** What the first page shows is read before it is answered. */
const FIRST_READ = 100;
/** A task may be a page long, and there are thousands. */
const MAX_TASK_LENGTH = 300;

/** Watches the sessions of a repository until the signal ends it. Takes no lock and writes nothing. */
export function watchSessions(
  repository: Repository,
  signal: AbortSignal,
): SessionsWatch {
  const { store, layout } = repository;
  const known = new Map<string, Known>();
  const listeners = new Set<OnChange>();
  let ids: readonly string[] = [];
  let looks = 0;
  let looking: Promise<void> | undefined;
  let isFollowing = false;

  const changed = (told: readonly string[]): void => {
    if (told.length > 0) listeners.forEach((listener) => listener(told));
  };

  async function read(id: string, version: string): Promise<void> {
    const problems: string[] = [];
    const session = await unlessDamaged(() => store.read(id), problems);
    const [problem = null] = problems;
    const line = await sessionLine(store, {
      id,
      state: session?.state ?? null,
      problem,
    });
    const waiting = session
      ? await waitingOf(repository, session, problems)
      : [];
    known.set(id, knownOf(version, line, { session, waiting }));
  }

  /** Reads what is new or was updated, the newest first; `isEnough` ends it early. */
  async function look(isEnough: (count: number) => boolean): Promise<void> {
    ids = (await store.ids()).toReversed();
    const there = new Set(ids);
    const gone = [...known.keys()].filter((id) => !there.has(id));
    gone.forEach((id) => known.delete(id));
    const isThorough = looks++ % LOOKS_PER_CLOSED === 0;
    let told: string[] = [...gone];
    let count = 0;
    for (const id of ids) {
      const before = known.get(id);
      const status = before?.line.status ?? null;
      if (status !== null && isClosed(status) && !isThorough) continue;
      const version = await store.version(id) ?? "";
      if (before?.version === version) continue;
      if (isEnough(count++)) break;
      await read(id, version);
      told.push(id);
      if (count % READ_AT_ONCE > 0) continue;
      changed(told);
      told = [];
      await pause(0, signal);
    }
    changed(told);
  }

  /** One look at a time; who asks meanwhile gets the result of the one under way. */
  function lookOnce(): Promise<void> {
    return looking ??= look(() => false).finally(() => looking = undefined);
  }

  async function follow(): Promise<void> {
    if (isFollowing) return;
    isFollowing = true;
    try {
      while (listeners.size > 0) {
        const beganMs = performance.now();
        await lookOnce();
        const tookMs = performance.now() - beganMs;
        const fairMs = Math.min(tookMs / LOOK_SHARE, MAX_LOOK_INTERVAL_MS);
        await pause(Math.max(LOOK_INTERVAL_MS, fairMs), signal);
      }
    } finally {
      isFollowing = false;
    }
  }

  let isBegun: Promise<void> | undefined;
  /** The first answer does not wait for ten thousand sessions. */
  async function upToDate(): Promise<void> {
    isBegun ??= look((count) => count >= FIRST_READ);
    await isBegun;
    if (known.size < ids.length) void lookOnce().catch(ignoreEnd(signal));
    else if (!isFollowing) await lookOnce();
  }

  /** All that is known by now, with the session in the older tool's file. */
  async function all(): Promise<readonly Known[]> {
    const read = ids.flatMap((id) => known.get(id) ?? []);
    const legacy = await unlessDamaged(() => readLegacyState(layout), []);
    const session = legacy?.session;
    if (!session || ids.includes(session.id)) return read;
    const { id, state } = session;
    const line = await sessionLine(store, { id, state, problem: null }, true);
    const waiting = await waitingOf(repository, session, []);
    return [...read, knownOf("", line, { session, waiting })];
  }

  async function lines(): Promise<readonly ListedSession[]> {
    const current = await unlessDamaged(() => readCurrent(layout), []);
    return (await all()).map(({ line }) =>
      line.id === current ? { ...line, current: true } : line
    );
  }

  return {
    async list({ search, status, offset, limit }) {
      await upToDate();
      const known = await lines();
      const found = known.filter((line) =>
        (status === "" || statusOf(line) === status ||
          status === "waiting" && line.waiting > 0) && isFound(line, search)
      );
      const counts: Partial<Record<SessionStatus | "damaged", number>> = {};
      for (const line of known) {
        counts[statusOf(line)] = (counts[statusOf(line)] ?? 0) + 1;
      }
      return {
        root: layout.root,
        sessions: found.slice(offset, offset + limit),
        found: found.length,
        counts,
        unread: Math.max(0, ids.length - known.length),
        waiting: known.reduce((sum, line) => sum + line.waiting, 0),
      };
    },
    async waiting() {
      await upToDate();
      const sinceOf = ({ since }: SessionApproval) => since ?? "";
      return (await all()).flatMap(({ waiting }) => waiting)
        .toSorted((one, other) => sinceOf(one).localeCompare(sinceOf(other)));
    },
    onChange(told) {
      listeners.add(told);
      void follow().catch(ignoreEnd(signal));
      return () => listeners.delete(told);
    },
  };
}

function knownOf(
  version: string,
  line: SessionLine,
  { session, waiting }: {
    readonly session: Session | undefined;
    readonly waiting: readonly SessionApproval[];
  },
): Known {
  const task = line.task && inOneLine(line.task).slice(0, MAX_TASK_LENGTH);
  const agent = agentIn(session?.lastEvents ?? []);
  const listed = { ...line, task, agent, waiting: waiting.length };
  return { version, ...ownCopy({ line: listed, waiting }) };
}

/** A part of a text keeps all of it in memory, and each of these is a part of a session's whole state. */
function ownCopy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}

function statusOf({ status }: SessionLine): SessionStatus | "damaged" {
  return status ?? "damaged";
}

/** The end of the dashboard ends what it is at. */
function ignoreEnd(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
