import { conflict, corrupt, type OrcError, usage } from "../base/error.ts";
import { handed } from "../base/handed.ts";
import {
  LOCK_NAME,
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_CARRIED_EVENTS, MAX_LOG_TAIL_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { instantOf } from "../base/time.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { settlePack } from "./pack/settle.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { type HeldLock, LockLost, withLock } from "../files/lock.ts";
import { guardDirectory, ifAllowed, isThere } from "../files/read.ts";
import { StagedFileLost, writeAtomic } from "../files/write.ts";
import {
  type Chain,
  linkedLine,
  linkEvents,
  newChain,
  withBase,
  withOther,
} from "../replay/chain.ts";
import type { Decision, LoggedEvent } from "../workflow/types.ts";
import { ORC_FORMAT } from "./codec.ts";
import { assertWritable, encodeSession } from "./encode.ts";
import {
  appendEvents,
  bytesOfLine,
  findLogEnd,
  linesFrom,
  type LogEnd,
  settleLog,
  syncLog,
} from "./log.ts";
import { looseState, noSuchSession, recall } from "./read.ts";
import { isSpareLog, keepSpare } from "./spare.ts";
import type {
  Memory,
  Session,
  SessionChange,
  SessionStore,
  StoreContext,
  Updated,
} from "./store.ts";

/** How often an update is repeated whose lock was taken over; more means something else is wrong. */
const MAX_LOST_LOCKS = 50;

/** Makes the only function that changes sessions. */
export function sessionUpdater(
  layout: RepositoryLayout,
  context: StoreContext,
  memory: Memory = {},
): SessionStore["update"] {
  return async (id, change, signal = context.signal) => {
    const paths = sessionLayout(layout.root, id);
    const newId = await context.idSource();
    if (guardDirectory(layout.root, paths.directory) === "absent") {
      throw noSuchSession(id, paths.directory);
    }
    const { root } = layout;
    const { now } = context;
    const update = { id, root, paths, memory, change, newId, now };
    for (let lost = 0;; lost++) {
      try {
        return await withLock(
          paths.directory,
          { ...context, signal },
          (lock) => applyUnderLock(update, lock),
        );
      } catch (error) {
        // Both mean that a new holder took the lock over before the commit point.
        const isLost = error instanceof LockLost ||
          error instanceof StagedFileLost;
        if (isLost && lost < MAX_LOST_LOCKS) continue;
        if (!isAbsent(error)) {
          throw asOrcError(error, "update the session", paths.directory);
        }
        throw conflict(
          "session_removed",
          `Session "${id}" was removed while it was being updated`,
          { path: paths.directory, hint: "orc session list" },
        );
      }
    }
  };
}

interface Update {
  readonly id: string;
  readonly root: string;
  readonly paths: SessionLayout;
  readonly memory: Memory;
  readonly change: SessionChange;
  readonly newId: () => string;
  readonly now: () => string;
}

async function applyUnderLock(
  { id, root, paths, memory, change, newId, now }: Update,
  lock: HeldLock,
): Promise<Updated> {
  await settlePack(root, id, lock, now);
  if (isThere(paths.arriving)) {
    const { finishArrival } = await import("./arrival.ts");
    await finishArrival(root, id, lock);
  }
  const text = looseState(paths);
  if (text === undefined) throw noSuchSession(id, paths.state);
  const known = recall(memory, text, paths, id);
  const session = await known.session;
  assertWritable(session, paths.state);
  const { carried, chain, warnings } = settle(paths, session, {
    root,
    lock,
    logEnd: known.logEnd,
  });
  const at = handed("now()", now());
  const decision = change(session, at, () => clockOfFiles(paths));
  if (decision.events.length === 0) return { session, events: [], warnings };
  const settled = { ...session, lastEvents: carried, chain };
  const next = stamp(settled, decision, at, newId);
  const committed = await commit(paths, next, lock);
  keepSpare({ root, session: next.session, before: session });
  memory.last = { id, ...committed, session: Promise.resolve(next.session) };
  return {
    session: next.session,
    events: next.events,
    warnings: [...warnings, ...committed.warnings],
  };
}

/** What the file system's clock said when the lock of the update was made. */
function clockOfFiles({ directory }: SessionLayout): string | undefined {
  const path = joinPath(directory, LOCK_NAME);
  const madeMs = ifAllowed(
    { name: "read", path },
    () => Deno.lstatSync(path).mtime?.getTime(),
  );
  return madeMs === undefined ? undefined : instantOf(madeMs);
}

interface Committed {
  readonly text: string;
  /** Undefined when the log could not be brought up to the state. */
  readonly logEnd: LogEnd | undefined;
  readonly warnings: readonly string[];
}

/** The rename of state.json is the commit point: nothing after it may fail the update. */
export async function commit(
  paths: SessionLayout,
  { session, events }: Stamped,
  lock: HeldLock,
): Promise<Committed> {
  const text = await encodeSession(session, session.state.updatedAt);
  const unconfirmed = writeAtomic(paths.state, text, {
    token: lock.token,
    fence: () => lock.assertHeld(),
  });
  // A log that survives a power cut which the state did not would be ahead of it.
  if (unconfirmed.length > 0) {
    return { text, logEnd: undefined, warnings: unconfirmed };
  }
  try {
    // A new holder has completed the log already; a second time would repeat the events.
    const logEnd = lock.isHeld() ? appendEvents(paths.log, events) : undefined;
    return { text, logEnd, warnings: [] };
  } catch (error) {
    const warning = `The change is made, but "${paths.log}" is behind (${
      (error as Error).message
    }); the next update completes it`;
    return { text, logEnd: undefined, warnings: [warning] };
  }
}

interface Settled {
  /** Events that the next state must hold too, since the log does not hold them durably. */
  readonly carried: readonly RecordedEvent[];
  /** With what other tools wrote since; one that begins only now has no event yet. */
  readonly chain: Chain;
  readonly warnings: readonly string[];
}

/**
 * Brings the log up to the state. Events travel in state.json over a few updates, so that the
 * log need not be synced in each: a power cut may take them from the log, and they are restored.
 */
export function settle(
  paths: SessionLayout,
  session: Session,
  { root, lock, logEnd }: {
    readonly root: string;
    readonly lock: HeldLock;
    readonly logEnd: LogEnd | undefined;
  },
): Settled {
  const isDurable = session.lastEvents.length >= MAX_CARRIED_EVENTS;
  const carried = isDurable ? [] : session.lastEvents;
  const known = session.chain;
  if (
    known !== null && logEnd !== undefined &&
    isUnchanged(logEnd, findLogEnd(paths.log))
  ) {
    if (!isDurable) return { carried, chain: known, warnings: [] };
    syncLog(paths.log);
    const chain = { ...known, offsetBytes: logEnd.sizeBytes };
    return { carried, chain, warnings: [] };
  }
  let chain = known ?? newChain(session.id);
  const isRecreated = settleLog(paths.log, {
    lastEvents: session.lastEvents,
    isDurable,
    judge: (lastSerial) => assertNotBehind(session, lastSerial, paths, lock),
    fence: () => lock.assertHeld(),
    token: lock.token,
    isSpare: (log) => isSpareLog(root, session.id, log),
    look: (file) => {
      const { size } = file.statSync();
      // What fills a log with gigabytes is not read for an update: the chain begins anew behind it.
      const isBegun = known !== null &&
        size - known.offsetBytes <= MAX_LOG_TAIL_BYTES;
      chain = isBegun
        ? withOthers(known, file, isDurable)
        : { ...newChain(session.id), offsetBytes: size };
      return !isBegun || chain.others > known.others;
    },
  });
  const warnings = isRecreated
    ? [`"${paths.log}" was missing; only the last events are in it`]
    : [];
  return { carried, chain, warnings };
}

/** Covers what other tools wrote since, which is made durable: a later look must find it there. */
function withOthers(
  chain: Chain,
  file: Deno.FsFile,
  isDurable: boolean,
): Chain {
  let { others, othersDigest, offsetBytes } = chain;
  for (const line of linesFrom(file, offsetBytes)) {
    if (!line.isEnded) break;
    offsetBytes = line.endBytes;
    if (linkedLine(line.text ?? "") !== undefined) continue;
    others += 1;
    othersDigest = withOther(othersDigest, bytesOfLine(file, line));
  }
  const isMoved = isDurable || others > chain.others;
  return isMoved ? { ...chain, others, othersDigest, offsetBytes } : chain;
}

function isUnchanged(known: LogEnd, found: LogEnd | undefined): boolean {
  return known.device === found?.device && known.inode === found.inode &&
    known.sizeBytes === found.sizeBytes;
}

/** An older state.json was put back: going on from it would give out serials twice. */
function assertNotBehind(
  { serial }: Session,
  logged: number,
  { state, log }: SessionLayout,
  lock: HeldLock,
): void {
  if (logged <= serial) return;
  // Whoever was displaced between the two reads sees the next holder's log, not an older state.
  lock.assertHeld();
  throw corrupt(
    "state_behind_log",
    `"${state}" is at update ${serial}, but "${log}" is at update ${logged}: an older state was put back`,
    {
      path: state,
      hint:
        "put the newer state.json back, or see what else can be done: orc doctor; reading still works: orc status",
      details: { serial, logged },
    },
  );
}

interface Stamped {
  readonly session: Session;
  readonly events: readonly LoggedEvent[];
}

/** Refuses what cannot be the id of a new session. */
export function notNew(id: string): OrcError {
  return usage(
    "invalid_session_id",
    `"${id}" cannot be the id of a new session`,
    "take one that no session has, of lower-case letters and digits",
  );
}

/** A session that begins with a decision. */
export function stampNew(
  id: string,
  decision: Decision,
  newId: () => string,
): Session {
  const empty: Session = {
    id,
    sessionId: id,
    format: ORC_FORMAT,
    serial: 0,
    state: decision.state,
    lastEvents: [],
    chain: null,
    checksum: "valid",
    legacyPath: null,
  };
  const { createdAt } = decision.state;
  return stamp(empty, decision, createdAt, newId).session;
}

/** Gives a decision its running number, its instant, the ids of its events, and their place in the chain. */
export function stamp(
  session: Session,
  decision: Decision,
  at: string,
  newId: () => string,
): Stamped {
  const serial = session.serial + 1;
  const { workflowId } = decision.state;
  const stamps = { serial, at, workflowId };
  const made = decision.events.map((event) => ({
    ...event,
    id: handed("idSource()", newId()),
    ...stamps,
  }));
  const before = session.chain ?? newChain(session.id);
  const { head, offsetBytes } = before;
  const isNew = session.serial === 0 && session.chain === null;
  const isBegun = isNew || head !== session.id;
  const { chain, events } = linkEvents(
    before,
    isBegun ? made : withBase(made, session.state, offsetBytes),
    decision.state,
  );
  return {
    session: {
      ...session,
      format: ORC_FORMAT,
      serial,
      sessionId: session.id,
      state: { ...decision.state, updatedAt: at },
      lastEvents: [...session.lastEvents, ...events],
      chain,
      checksum: "valid",
    },
    events,
  };
}
