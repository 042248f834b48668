import { OrcError } from "../base/error.ts";
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../base/layout.ts";
import { readCheckpoint, readCheckpoints } from "../checkpoints/files.ts";
import { putAside } from "../files/aside.ts";
import { asOrcError } from "../files/errors.ts";
import { type HeldLock, withLock } from "../files/lock.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { fileKind } from "../files/read.ts";
import { decodeUnsigned, type UnsignedSession } from "../session/codec.ts";
import { assertWritable, noSuchSession, readSession } from "../session/read.ts";
import { settle } from "../session/session_settle.ts";
import { stamp } from "../session/session_stamp.ts";
import type { Session } from "../session/session_store.ts";
import { commit, type StoreContext } from "../session/update.ts";
import type { Event, SessionState } from "../workflow/types.ts";
import { checkLog } from "./diagnosis_log.ts";

/**
 * How a session is put right that no update can change any more:
 *
 * - `trust_state`: an older state was put back; it counts, and the log, which is
 *   ahead of it, is put aside
 * - `resign`: the state was changed by hand; it counts as it is
 * - `restore`: the state is destroyed or gone; the newest checkpoint takes its
 *   place
 */
export type SessionRepair = "trust_state" | "resign" | "restore";

/** A session to be put right. */
export interface RepairTarget {
  readonly layout: RepositoryLayout;
  readonly context: StoreContext;
  readonly id: string;
  /** Makes the event that records the repair. */
  readonly eventFor: (state: SessionState) => Event;
}

/** A session that was put right. */
export interface RepairedSession {
  /** Number of the update that did it. */
  readonly serial: number;
  /** Where the file is that was replaced; null when none was. */
  readonly aside: string | null;
  /** What went wrong after the repair counted. */
  readonly warnings: readonly string[];
}

/** Puts a session right, as a logged update under its lock. What is replaced is put aside first. */
export async function repairSession(
  { layout, context, id, eventFor }: RepairTarget,
  repair: SessionRepair,
): Promise<RepairedSession> {
  const paths = sessionLayout(layout.root, id);
  guardDirectory(layout.root, paths.directory);
  if (fileKind(paths.directory) === "absent") {
    throw noSuchSession(id, paths.directory);
  }
  const newId = await context.idSource();
  const work = async (lock: HeldLock): Promise<RepairedSession> => {
    const found = await FINDERS[repair]({ layout, paths, id });
    lock.assertHeld();
    const aside =
      found.replaced === null || fileKind(found.replaced) === "absent"
        ? null
        : putAside(found.replaced, context.now());
    const { session } = found;
    const settled = settle(paths, session, { lock, logEnd: undefined });
    const decision = {
      state: session.state,
      events: [eventFor(session.state)],
    };
    const next = stamp(
      { ...session, lastEvents: settled.carried },
      decision,
      context.now(),
      newId,
    );
    const { warnings } = await commit(paths, next, lock);
    return {
      serial: next.session.serial,
      aside,
      warnings: [...settled.warnings, ...warnings],
    };
  };
  try {
    return await withLock(paths.directory, context, work);
  } catch (error) {
    throw asOrcError(error, "repair the session", paths.directory);
  }
}

interface Place {
  readonly layout: RepositoryLayout;
  readonly paths: SessionLayout;
  readonly id: string;
}

/** What the session is to go on from, and the file that stands in its way. */
interface Found {
  readonly session: Session;
  readonly replaced: string | null;
}

const FINDERS: Readonly<
  Record<SessionRepair, (place: Place) => Promise<Found>>
> = {
  trust_state: async (place) => {
    const session = await vouchedSession(place);
    const { root } = place.layout;
    const { lastSerial } = checkLog(root, place.paths.log).facts;
    if (lastSerial <= session.serial) throw mendedMeanwhile(place);
    return { session, replaced: place.paths.log };
  },
  resign: async (place) => ({
    session: await vouchedSession(place),
    replaced: null,
  }),
  restore: async (place) => {
    if (await isReadable(place)) throw mendedMeanwhile(place);
    return { session: restoredSession(place), replaced: place.paths.state };
  },
};

async function isReadable({ layout, id }: Place): Promise<boolean> {
  try {
    await readSession(layout, id);
    return true;
  } catch (error) {
    if (error instanceof OrcError) return false;
    throw error;
  }
}

/** While the human was asked, somebody else put back what was missing. */
function mendedMeanwhile({ paths, id }: Place): OrcError {
  return new OrcError(
    "conflict",
    "session_changed",
    `Cannot repair session "${id}": it was put right meanwhile`,
    { path: paths.directory, hint: "see what is found now: orc doctor" },
  );
}

/** A human stands for the state, whatever its checksum says; not for what this orc does not understand. */
async function vouchedSession({ layout, paths, id }: Place): Promise<Session> {
  const session = await readSession(layout, id);
  const vouched: Session = { ...session, checksum: "valid" };
  assertWritable(vouched, paths.state);
  return vouched;
}

function restoredSession({ layout, paths, id }: Place): Session {
  const { isThere, lastSerial } = checkLog(layout.root, paths.log).facts;
  const stored = newestCheckpoint({ layout, paths, id });
  const session: Session = {
    ...stored,
    id,
    sessionId: id,
    // No serial is given out twice: the log may know updates that the checkpoint does not.
    serial: Math.max(stored.serial, lastSerial),
    lastEvents: isThere ? [] : stored.lastEvents,
    checksum: "valid",
    legacyPath: null,
  };
  assertWritable(session, paths.state);
  return session;
}

function newestCheckpoint({ layout, paths, id }: Place): UnsignedSession {
  const { checkpoints: directory } = paths;
  const { entries } = readCheckpoints(layout, directory);
  for (const { id: checkpointId, path } of entries.toReversed()) {
    const { snapshot } = readCheckpoint(layout, directory, checkpointId);
    const stored = snapshot && decodeOwn(snapshot, path, id);
    if (stored) return stored;
  }
  throw new OrcError(
    "not_found",
    "no_checkpoint",
    `Session "${id}" has no checkpoint to return to`,
    { path: directory, hint: "put back a good copy of its state.json" },
  );
}

/** Undefined when it cannot be read, or was copied there from another session. */
function decodeOwn(
  snapshot: Parameters<typeof decodeUnsigned>[0],
  path: string,
  id: string,
): UnsignedSession | undefined {
  try {
    const stored = decodeUnsigned(snapshot, path);
    return (stored.sessionId ?? id) === id ? stored : undefined;
  } catch (error) {
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}
