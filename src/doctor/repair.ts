import {
  conflict,
  denied,
  notFound,
  OrcError,
  refused,
} from "../base/error.ts";
import type { Finding } from "../base/finding.ts";
import { matchSessionId } from "../base/ids.ts";
import {
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../base/layout.ts";
import { readCheckpoint, readCheckpoints } from "../checkpoints/files.ts";
import { humanEvent } from "../engine/situation.ts";
import { asOrcError } from "../files/errors.ts";
import {
  type HeldLock,
  type LockContext,
  sweep,
  withLock,
} from "../files/lock.ts";
import { fileKind, guardDirectory } from "../files/read.ts";
import {
  putAside,
  removeIfThere,
  syncDirectory,
  writeAtomic,
} from "../files/write.ts";
import type { Host } from "../host/host.ts";
import type { Repository } from "../repository/open.ts";
import { decodeUnsigned, type UnsignedSession } from "../session/codec.ts";
import { deleteRemoved, findRemoved } from "../session/create.ts";
import {
  assertWritable,
  noSuchSession,
  readSession,
  type Session,
} from "../session/read.ts";
import { IGNORE_EVERYTHING } from "../session/repository.ts";
import { commit, settle, stamp, type StoreContext } from "../session/update.ts";
import type { ConfigSite } from "../settings/files.ts";
import { settleMigration } from "../transfer/undo.ts";
import { askForApproval, type HumanAct } from "../work/change.ts";
import type { Caller, Event, SessionState } from "../workflow/types.ts";
import { checkLog, pointerFacts } from "./facts.ts";
import type { PointerFact } from "./session_rules.ts";

/** Findings of the repository's own pointers; those of a session are about its directory. */
const POINTER_CODES: ReadonlySet<string> = new Set([
  "binding_names_nothing",
  "current_names_nothing",
  "damaged_binding",
  "damaged_current",
]);

/** Findings that an update puts right by itself, even one that changes nothing. */
const LOG_CODES: ReadonlySet<string> = new Set([
  "log_behind_state",
  "log_missing",
  "log_torn",
]);

/**
 * Puts right what loses nothing: removes what dead processes left, brings logs
 * in step, hides the state from git, and clears names of what is not there.
 * Returns why something could not be done; the rest is done all the same.
 */
export async function fixFindings(
  repository: Repository,
  findings: readonly Finding[],
): Promise<readonly string[]> {
  const fixable = findings.filter((finding) => finding.fixable);
  const ofSessions = fixable.filter(isOfSession);
  const others = fixable.filter((finding) => !isOfSession(finding));
  const problems: (string | undefined)[] = [];
  if (others.length > 0) {
    problems.push(await problemOf(() => fixRepository(repository, others)));
  }
  const ids = new Set(ofSessions.map(({ session }) => session ?? ""));
  for (const id of ids) {
    const own = ofSessions.filter(({ session }) => session === id);
    problems.push(await problemOf(() => fixSession(repository, id, own)));
  }
  return problems.filter((problem) => problem !== undefined);
}

function isOfSession({ session, code }: Finding): boolean {
  return session !== null && !POINTER_CODES.has(code);
}

function fixRepository(
  { layout, context }: Repository,
  findings: readonly Finding[],
): Promise<void> {
  const pointers = findings.filter(({ code }) => POINTER_CODES.has(code));
  return repairRepository(layout, context, {
    gitignore: findings.some(({ code }) => code === "not_ignored"),
    pointers: new Set(pointers.map(({ path }) => path)),
  });
}

/** Whoever takes the lock of a session takes it over from the dead, and sweeps. */
async function fixSession(
  { layout, context, store }: Repository,
  id: string,
  findings: readonly Finding[],
): Promise<void> {
  if (findings.some(({ code }) => LOG_CODES.has(code))) {
    await store.update(id, ({ state }) => ({ state, events: [] }));
    return;
  }
  const { directory } = sessionLayout(layout.root, id);
  guardDirectory(layout.root, directory);
  try {
    await withLock(directory, context, () => Promise.resolve());
  } catch (error) {
    throw asOrcError(error, "repair", directory);
  }
}

async function problemOf(
  act: () => Promise<void>,
): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof OrcError) return error.message;
    throw error;
  }
}

/** What a human wants done with a session that no update can change any more. */
export interface RepairRequest {
  /** How it is to be put right. */
  readonly repair: SessionRepair;
  /** Id of the session, or an unambiguous part of it. */
  readonly session: string;
}

/** What was done with a session. */
export interface Repaired {
  /** How it was put right. */
  readonly repair: SessionRepair;
  /** Id of the session. */
  readonly session: string;
  /** Number of the update that did it. */
  readonly serial: number;
  /** Where the file is that was replaced; null when none was. */
  readonly aside: string | null;
}

interface RepairText {
  /** What a human is asked for; goes on with the session. */
  readonly request: string;
  /** What the log says of it. */
  readonly message: string;
  /** Findings that it puts right. */
  readonly codes: readonly string[];
}

const TEXTS: Readonly<Record<SessionRepair, RepairText>> = {
  trust_state: {
    request: "go on from the older state of",
    message: "Went on from an older state; the log was put aside",
    codes: ["state_behind_log"],
  },
  resign: {
    request: "sign the changed state of",
    message: "Signed the state as somebody had changed it outside orc",
    codes: ["changed_outside"],
  },
  restore: {
    request: "return to the newest checkpoint of",
    message: "Returned to the newest checkpoint, as the state was destroyed",
    codes: ["damaged_state", "foreign_state", "unfinished_session"],
  },
};

/**
 * Puts a session right by a decision that only a human may take.
 *
 * @throws {OrcError} `not_damaged` (refused) if there is nothing to put right
 * @throws {OrcError} `approval_required` or `approval_declined` (denied) if no
 *   human says yes
 */
export async function repairDamaged(
  host: Host,
  repository: Repository,
  { repair, session }: RepairRequest,
  findings: readonly Finding[],
): Promise<
  { readonly repaired: Repaired; readonly warnings: readonly string[] }
> {
  const { layout, context, store } = repository;
  const id = matchSessionId(session, store.ids());
  const { request, message, codes } = TEXTS[repair];
  const act = `${request} session "${id}"`;
  const isNeeded = findings.some((finding) =>
    finding.session === id && codes.includes(finding.code)
  );
  if (!isNeeded) throw notDamaged(act);
  const approval = await approvalFor(host, repository, {
    request: act,
    confirmation: id,
  });
  const caller = { ...host.caller(), approval };
  const { serial, aside, warnings } = await repairSession({
    layout,
    context,
    id,
    eventFor: ({ currentPhaseId }) =>
      humanEvent("human_override", { phaseId: currentPhaseId }, {
        message,
        details: { repair },
      }, caller),
  }, repair);
  return { repaired: { repair, session: id, serial, aside }, warnings };
}

async function approvalFor(
  host: Host,
  site: ConfigSite,
  act: Pick<HumanAct, "request" | "confirmation">,
): Promise<Caller["approval"]> {
  const approval = await askForApproval(host, site, act);
  if (approval !== null) return approval;
  throw denied(
    "approval_required",
    `Cannot ${act.request}: only a human may, at a terminal`,
    "ask a human to run the same command in a terminal",
  );
}

function notDamaged(request: string): OrcError {
  return refused(
    "not_damaged",
    `Cannot ${request}: there is no need`,
    "see what is found: orc doctor",
  );
}

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
interface RepairTarget {
  readonly layout: RepositoryLayout;
  readonly context: StoreContext;
  readonly id: string;
  /** Makes the event that records the repair. */
  readonly eventFor: (state: SessionState) => Event;
}

/** A session that was put right. */
interface RepairedSession {
  /** Number of the update that did it. */
  readonly serial: number;
  /** Where the file is that was replaced; null when none was. */
  readonly aside: string | null;
  /** What went wrong after the repair counted. */
  readonly warnings: readonly string[];
}

/** Puts a session right, as a logged update under its lock. What is replaced is put aside first. */
async function repairSession(
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
  return conflict(
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
  throw notFound(
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

/** What is to be put right besides leftovers and the lock itself. */
interface RepositoryRepair {
  /** Whether the file is to be made that hides the state from git. */
  readonly gitignore: boolean;
  /** `current` and bindings that name nothing. */
  readonly pointers: ReadonlySet<string>;
}

/** Puts right what can be without losing anything, under the repository's lock. */
async function repairRepository(
  layout: RepositoryLayout,
  context: LockContext,
  repair: RepositoryRepair,
): Promise<void> {
  const work = async (lock: HeldLock): Promise<void> => {
    for (const directory of [layout.sessions, layout.bindings]) {
      guardDirectory(layout.root, directory);
      if (fileKind(directory) === "directory") sweep(directory, lock.token);
    }
    await settleMigration(layout, lock);
    for (const path of findRemoved(layout)) deleteRemoved(path);
    if (repair.gitignore) writeIgnoreFile(layout, lock);
    repairPointers(layout, repair.pointers, context.now());
  };
  guardDirectory(layout.root, layout.directory);
  try {
    await withLock(layout.lockDirectory, context, work);
  } catch (error) {
    throw asOrcError(error, "repair", layout.directory);
  }
}

/** What somebody else wrote into it meanwhile stays. */
function writeIgnoreFile(
  { gitignore }: RepositoryLayout,
  lock: HeldLock,
): void {
  if (fileKind(gitignore) !== "absent") return;
  writeAtomic(gitignore, new TextEncoder().encode(IGNORE_EVERYTHING), {
    token: lock.token,
  });
}

/** They are read again: whoever chose a session meanwhile wrote them anew. */
function repairPointers(
  layout: RepositoryLayout,
  paths: ReadonlySet<string>,
  at: string,
): void {
  for (const pointer of pointerFacts(layout)) {
    if (!paths.has(pointer.path)) continue;
    if (pointer.trouble?.kind === "corrupt") putAside(pointer.path, at);
    else if (namesNothing(layout, pointer)) {
      removeIfThere(pointer.path);
      syncDirectory(layout.directory);
    }
  }
}

function namesNothing(
  { root }: RepositoryLayout,
  { session }: PointerFact,
): boolean {
  return session !== null &&
    fileKind(sessionLayout(root, session).directory) === "absent";
}
