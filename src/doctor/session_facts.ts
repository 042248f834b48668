import type { Digest } from "../base/checksum.ts";
import { orElse } from "../base/error.ts";
import { type RepositoryLayout, sessionLayout } from "../base/layout.ts";
import { MAX_CHECKED_LOG_BYTES, MAX_PROBLEMS } from "../base/limits.ts";
import { CHECKPOINT_SUFFIX } from "../base/names.ts";
import { nameOf } from "../base/path.ts";
import { decodeLogLine, type RecordedEvent } from "../engine/event.ts";
import { isClosed } from "../engine/state.ts";
import { workflowFromState } from "../repository/unpinned.ts";
import type { StoredSession } from "../session/codec.ts";
import { unknownVersionOf } from "../session/encode.ts";
import { loggedLines } from "../session/kept/events.ts";
import { type Line, linesFrom } from "../session/log.ts";
import {
  damageFinder,
  openForReading,
  repeatFilter,
} from "../session/log_read.ts";
import { packOf, readMeta, readState } from "../session/pack/door.ts";
import { decodeState } from "../session/read.ts";
import type { Session } from "../session/store.ts";
import { type Contradiction, traceSession } from "../session/trace.ts";
import {
  decodeDefinition,
  type DuplicateId,
  findDuplicateId,
} from "../workflow/definition.ts";
import { fillTexts } from "../workflow/template.ts";
import type { SessionState } from "../workflow/types.ts";
import {
  attempt,
  type DirectoryFacts,
  entriesIn,
  type LockFact,
  type PathFact,
  pathFact,
  readTrouble,
  type Trouble,
} from "./look.ts";
import type { MergeFact } from "./merge.ts";

export interface SessionFacts {
  readonly id: string;
  readonly directory: string;
  readonly statePath: string;
  /** Null when there is none, or it cannot be read. */
  readonly state: StateFacts | null;
  readonly trouble: Trouble | null;
  readonly log: LogFacts;
  /** What state and log say that nothing led to. */
  readonly contradictions: readonly Contradiction[];
  /** What a merge of git did to it; what else is found is because of that. */
  readonly merge: MergeFact | null;
  readonly metaTrouble: Trouble | null;
  /** How many checkpoints lie in it, unread. */
  readonly checkpoints: number;
  /** Links and the like among checkpoints and feedback, of which there may be many. */
  readonly odd: readonly PathFact[];
  /** How its files looked just before; null where they could change and still look so. */
  readonly sight: string | null;
  /** Whether it was not read: it was sound, and its files look as they did then. */
  readonly isUnchanged: boolean;
}

/** Sessions, and what lies in their directories besides. */
export interface SessionView {
  readonly layout: RepositoryLayout;
  readonly sessions: readonly SessionFacts[];
  readonly locks: readonly LockFact[];
  readonly leftovers: readonly NonNullable<DirectoryFacts["leftover"]>[];
}

/** What is asked about sessions even if they are sound. */
export type SoundFacts = Pick<StateFacts, "status" | "pinned">;

export type StateFacts = ReturnType<typeof stateFacts>;

export interface LogFacts {
  readonly path: string;
  readonly isThere: boolean;
  readonly trouble: Trouble | null;
  /** Serial of its last update; 0 without one. */
  readonly lastSerial: number;
  readonly recentIds: ReadonlySet<string>;
  /** Whether its last line has no end. */
  readonly isTorn: boolean;
  /** Where it was read from; beyond 0 the beginning of a long one was not. */
  readonly fromByte: number;
  /** Lines that hold no event, by number, counted where reading began. */
  readonly damaged: LineSample;
  readonly repeated: LineSample;
  /** First updates that are missing between two that are there. */
  readonly gaps: LineSample;
}

export interface LineSample {
  readonly count: number;
  readonly numbers: readonly number[];
}

/** A session that is sound, and need not be read for that. */
export function soundSession(
  root: string,
  id: string,
  { status, pinned }: SoundFacts,
  sight: string,
): SessionFacts {
  const { directory, state: statePath, log } = sessionLayout(root, id);
  return {
    ...{ id, directory, statePath, sight },
    isUnchanged: true,
    state: { ...SOUND_STATE, status, pinned },
    trouble: null,
    log: { ...SOUND_LOG, path: log },
    contradictions: [],
    merge: null,
    metaTrouble: null,
    checkpoints: 0,
    odd: [],
  };
}

const SOUND_STATE = {
  serial: 0,
  checksum: "valid",
  isNewer: false,
  missingEvents: 0,
  duplicate: null,
  workflowProblem: null,
} as const;

const NO_LINES: LineSample = { count: 0, numbers: [] };

const SOUND_LOG: Omit<LogFacts, "path"> = {
  isThere: true,
  trouble: null,
  lastSerial: 0,
  recentIds: new Set(),
  isTorn: false,
  fromByte: 0,
  damaged: NO_LINES,
  repeated: NO_LINES,
  gaps: NO_LINES,
};

/** Reads a session whose directory was looked at; what is damaged is told. */
export async function sessionFacts(
  root: string,
  id: string,
  seen: Pick<DirectoryFacts, "paths">,
  digest: Digest,
): Promise<Omit<SessionFacts, "sight">> {
  const paths = sessionLayout(root, id);
  // In this order an update that is made meanwhile looks like a log that is behind, which does no harm.
  const log = checkLog(root, paths.log);
  const { state, trouble, session } = await checkState(root, id, log, digest);
  const contradictions = session === undefined
    ? []
    : await contradictionsOf(root, session, log);
  const [checkpoints = [], feedback = []] = [paths.checkpoints, paths.feedback]
    .map((path) =>
      seen.paths.some((fact) => fact.path === path) ? entriesIn(path) : []
    );
  return {
    id,
    directory: paths.directory,
    statePath: paths.state,
    isUnchanged: false,
    state,
    trouble,
    log,
    contradictions,
    merge: await mergeIn(root, id, { state, trouble, log, contradictions }),
    metaTrouble: attempt(paths.meta, () => readMeta(root, id)).trouble,
    checkpoints:
      checkpoints.filter(({ name }) => name.endsWith(CHECKPOINT_SUFFIX))
        .length + packedCheckpoints(root, id),
    odd: [
      ...oddAmong(paths.checkpoints, checkpoints),
      ...oddAmong(paths.feedback, feedback),
    ],
  };
}

function packedCheckpoints(root: string, id: string): number {
  const { checkpoints } = sessionLayout("", id);
  const { found } = attempt(checkpoints, () => packOf(root, id));
  return found?.index.files.filter(({ name }) =>
    name.startsWith(`${nameOf(checkpoints)}/`) &&
    name.endsWith(CHECKPOINT_SUFFIX)
  ).length ?? 0;
}

function oddAmong(
  directory: string,
  entries: readonly Deno.DirEntry[],
): readonly PathFact[] {
  return entries.filter(({ isFile, isDirectory }) => !isFile && !isDirectory)
    .flatMap(({ name }) => pathFact(`${directory}/${name}`) ?? [])
    .map((fact) => ({ ...fact, mode: null, uid: null }));
}

async function checkState(
  root: string,
  id: string,
  log: LogFacts,
  digest: Digest,
): Promise<
  Pick<SessionFacts, "state" | "trouble"> & { readonly session?: Session }
> {
  const paths = sessionLayout(root, id);
  try {
    const text = readState(root, paths, id);
    const session = await decodeState(text, paths, id, digest);
    return { state: stateFacts(session, log), trouble: null, session };
  } catch (error) {
    const trouble = readTrouble(error, paths.state);
    const isAbsent = trouble.code === "no_such_session";
    return { state: null, trouble: isAbsent ? null : trouble };
  }
}

/**
 * A session that orc did not touch yet has no chain; of an older state that was put back more is said
 * elsewhere; and a log of which only the end is read here is for `orc verify` to read.
 */
async function contradictionsOf(
  root: string,
  session: Session,
  { fromByte, lastSerial, trouble }: LogFacts,
): Promise<readonly Contradiction[]> {
  const { state: { definition }, checksum, serial } = session;
  const isForOthers = checksum === "changed" || serial === 0 ||
    trouble !== null || lastSerial > serial || fromByte > 0 ||
    unknownVersionOf(session) !== undefined;
  if (isForOthers) return [];
  const workflow = orElse(
    () =>
      definition === null
        ? workflowFromState(session.state)
        : fillTexts(decodeDefinition(definition)),
    () => undefined,
  );
  if (workflow === undefined) return [];
  const layout = { root };
  const store = {
    log: (id: string, startBytes?: number) =>
      loggedLines(layout, id, startBytes),
  };
  const { contradictions, coveredFrom } = await traceSession(
    { layout, store },
    session,
    workflow,
  );
  return coveredFrom === null ? [] : contradictions;
}

/** Looked for only where something is wrong that a merge may have done. */
async function mergeIn(
  root: string,
  id: string,
  { state, trouble, log, contradictions }: Pick<
    SessionFacts,
    "state" | "trouble" | "log" | "contradictions"
  >,
): Promise<MergeFact | null> {
  const isOdd = trouble?.code === "invalid_json" ||
    contradictions.length > 0 || log.damaged.count > 0 ||
    state !== null && log.lastSerial > state.serial;
  if (!isOdd || log.fromByte > 0) return null;
  const { mergeFact } = await import("./merge.ts");
  return await mergeFact(root, id) ?? null;
}

function stateFacts(
  session: StoredSession,
  { recentIds }: LogFacts,
) {
  const { state, serial, checksum, lastEvents } = session;
  return {
    ...{ status: state.status, serial, checksum },
    isNewer: unknownVersionOf(session) !== undefined,
    /** How many events of its last updates are not in the log. */
    missingEvents: lastEvents.filter(({ id }) => !recentIds.has(id)).length,
    ...workflowFacts(state),
    pinned: pinnedFrom(state),
  };
}

/** The workflow of a session that nobody changes any more is not looked at: it is most of what there is to read. */
function workflowFacts({ status, definition }: SessionState): {
  /** An id that its workflow has twice. */
  readonly duplicate: DuplicateId | null;
  /** Why it cannot be read. */
  readonly workflowProblem: string | null;
} {
  if (isClosed(status) || definition === null) {
    return { duplicate: null, workflowProblem: null };
  }
  return orElse(() => {
    const duplicate = findDuplicateId(decodeDefinition(definition)) ?? null;
    return { duplicate, workflowProblem: null };
  }, ({ message }) => ({ duplicate: null, workflowProblem: message }));
}

/** Where the workflow came from, and the beginning of that file's hash. */
function pinnedFrom({ metadata }: SessionState) {
  const path = metadata.get("workflow_yaml_path");
  const sha256 = metadata.get("workflow_yaml_checksum");
  return typeof path === "string" && typeof sha256 === "string"
    ? { path, sha256 }
    : null;
}

/** Reads a log line by line; of a long one the end, in constant memory. */
export function checkLog(root: string, path: string): LogFacts {
  const isRepeat = repeatFilter();
  const [damaged, repeated] = [newSample(), newSample()];
  const finder = damageFinder((line: number) => addTo(damaged, line));
  const updates = missingUpdates();
  let recentIds: string[] = [];
  let [isThere, isTorn] = [false, false];
  let [number, fromByte] = [0, 0];
  const takeEvent = ({ id, serial }: RecordedEvent): void => {
    // Lines of the Python tool have no serial.
    if (serial > 0) updates.take(serial);
    if (isRepeat(id)) return addTo(repeated, number);
    recentIds.push(id);
    if (recentIds.length > 2 * MAX_RECENT_IDS) {
      recentIds = recentIds.slice(-MAX_RECENT_IDS);
    }
  };
  const take = ({ text, isEnded }: Line): void => {
    number++;
    // A long log is entered in the middle of a line.
    if (number === 1 && fromByte > 0) return;
    isTorn = !isEnded;
    if (text?.trim() === "") return;
    const event = text === undefined ? undefined : decodeLogLine(text);
    if (event || isEnded) finder.take(number, text, event !== undefined);
    if (event) takeEvent(event);
  };
  const { trouble } = attempt(path, () => {
    const file = openForReading({ root, path });
    if (file === undefined) return;
    isThere = true;
    try {
      fromByte = Math.max(0, file.statSync().size - MAX_CHECKED_LOG_BYTES);
      for (const line of linesFrom(file, fromByte)) take(line);
    } finally {
      file.close();
    }
  });
  for (const each of finder.pending()) addTo(damaged, each);
  return {
    ...{ path, isThere, trouble, isTorn, fromByte, damaged, repeated },
    ...updates.result(),
    recentIds: new Set(recentIds),
  };
}

/** More than a state ever carries. */
const MAX_RECENT_IDS = 64;

function newSample(): { count: number; numbers: number[] } {
  return { count: 0, numbers: [] };
}

/** Counts all and keeps the first few. */
function addTo(
  sample: ReturnType<typeof newSample>,
  number: number,
): void {
  if (++sample.count <= MAX_PROBLEMS) sample.numbers.push(number);
}

/** A wider gap is told by its first updates. */
const MAX_MISSING = 1000;

/** Which updates between the first and the last one are in no line. */
function missingUpdates() {
  const missing = new Set<number>();
  let lastSerial = 0;
  return {
    // After a power cut restored events may stand behind later ones.
    take: (serial: number): void => {
      missing.delete(serial);
      const first = lastSerial === 0 ? serial : lastSerial + 1;
      for (let each = first; each < serial; each++) {
        if (missing.size === MAX_MISSING) break;
        missing.add(each);
      }
      lastSerial = Math.max(lastSerial, serial);
    },
    result: (): { readonly lastSerial: number; readonly gaps: LineSample } => {
      const numbers = [...missing].slice(0, MAX_PROBLEMS);
      return { lastSerial, gaps: { count: missing.size, numbers } };
    },
  };
}
