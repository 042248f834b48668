import { OrcError } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import { asObject, decodeUtf8, parseJson } from "../base/json.ts";
import {
  CHECKPOINT_SUFFIX,
  GIT_IGNORE_FILE,
  gitLayout,
  includedPath,
  LEGACY_PREFIX,
  LEGACY_WHOLES,
  LOCK_NAME,
  ORCHESTRATOR_DIRECTORY,
  type RepositoryLayout,
  type SessionLayout,
  sessionLayout,
} from "../base/layout.ts";
import {
  MAX_CHECKED_LOG_BYTES,
  MAX_PROBLEMS,
  MAX_SMALL_FILE_BYTES,
  MAX_STATE_BYTES,
} from "../base/limits.ts";
import { joinPath, nameOf, relativePath } from "../base/path.ts";
import { repeatFilter } from "../base/text.ts";
import { epochMsOf } from "../base/time.ts";
import { decodeLogLine, type RecordedEvent } from "../engine/event.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { findGit, isTracked } from "../files/git_index.ts";
import {
  type JudgeContext,
  leftoverToken,
  type LockRecord,
  lookAt,
} from "../files/lock.ts";
import {
  fileKind,
  guardDirectory,
  readRegularFile,
  visibleKind,
} from "../files/read.ts";
import type { Host } from "../host/host.ts";
import { readBindingFile, readCurrent } from "../session/binding.ts";
import { ORC_FORMAT } from "../session/codec.ts";
import { isRemovedSession } from "../session/create.ts";
import { readAdoption, readLegacyState } from "../session/legacy.ts";
import { damageFinder } from "../session/log.ts";
import { type Line, linesFrom, openForReading } from "../session/log_read.ts";
import { decodeState, readSessionMeta, readState } from "../session/read.ts";
import {
  readRepositoryMeta,
  type RepositoryMeta,
} from "../session/repository.ts";
import {
  type Config,
  type ConfigSite,
  legacyConfigFiles,
  readConfig,
} from "../settings/files.ts";
import { configWarnings, wrongStatement } from "../settings/merge.ts";
import { readMigrationRecord } from "../transfer/finish.ts";
import { decodeDefinition, findDuplicateId } from "../workflow/definition.ts";
import type { SessionState } from "../workflow/types.ts";
import type {
  ConfigFacts,
  DiagnosisFacts,
  GitFacts,
  HolderFact,
  LeftoverFact,
  LegacyFacts,
  LineSample,
  LockFact,
  LogFacts,
  PathFact,
  PointerFact,
  SessionFacts,
  StateFacts,
  Trouble,
} from "./session_rules.ts";

/** What lies in a directory, or why that cannot be told. */
interface Listing {
  readonly entries: readonly Deno.DirEntry[];
  readonly trouble: Trouble | null;
}

/** Lists a directory, sorted by name; what is none is empty, also a link to one. */
function listDirectory(path: string): Listing {
  if (visibleKind(path) !== "directory") return { entries: [], trouble: null };
  return attempt(path, () => ({ entries: entriesOf(path), trouble: null }), {
    entries: [],
  });
}

function entriesOf(path: string): readonly Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)].sort(byName);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw asOrcError(error, "list", path);
  }
}

function byName(one: Deno.DirEntry, other: Deno.DirEntry): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}

/** Looks at something; what is wrong with it is an answer, and a bug is not. */
function attempt<Found extends { readonly trouble: Trouble | null }>(
  path: string,
  look: () => Found,
  otherwise: Omit<Found, "trouble">,
): Found | Omit<Found, "trouble"> & { readonly trouble: Trouble } {
  try {
    return look();
  } catch (error) {
    return { ...otherwise, trouble: troubleOf(error, path) };
  }
}

/** What an error of orc says about a file; any other is thrown again. */
function troubleOf(error: unknown, path: string): Trouble {
  const known = asOrcError(error, "read", path);
  if (!(known instanceof OrcError)) throw known;
  const { kind, code, message } = known;
  return { kind, code, message, path: known.path ?? path };
}

/** What is at a path; undefined when it is gone by now, or may not be looked at. */
function pathFact(path: string): PathFact | undefined {
  try {
    const info = Deno.lstatSync(path);
    const { mode, uid } = info;
    return { path, kind: kindOf(info), mode, uid };
  } catch (error) {
    troubleOf(error, path);
    return undefined;
  }
}

/** As {@linkcode pathFact}, without looking closer than the directory does. */
function entryFact(directory: string, entry: Deno.DirEntry): PathFact {
  const path = `${directory}/${entry.name}`;
  return { path, kind: kindOf(entry), mode: null, uid: null };
}

function kindOf(
  { isFile, isDirectory, isSymlink }: Omit<Deno.DirEntry, "name">,
): PathFact["kind"] {
  if (isSymlink) return "symlink";
  if (isFile) return "file";
  return isDirectory ? "directory" : "other";
}

/** What the files of a repository tell; the machine, workflow.yaml, settings and secrets are for others to look at. */
type StoredFacts = Omit<
  DiagnosisFacts,
  "disk" | "workflow" | "config" | "secrets"
>;

/**
 * Looks at all that orc keeps for a repository. Reads only, takes no lock, and
 * goes on past whatever is damaged. Of each session it reads state, meta data
 * and the end of the log; of other files only what their directory tells.
 */
export async function gatherFacts(
  layout: RepositoryLayout,
  context: JudgeContext,
): Promise<StoredFacts> {
  const outside = { layout, legacy: await legacyFacts(layout) };
  const trouble = guardTrouble(layout);
  if (trouble !== null) return { ...NOTHING, ...outside, troubles: [trouble] };
  const places = placesOf(layout, context);
  const { meta, trouble: metaTrouble } = readMeta(layout);
  const { directories } = places;
  return {
    ...outside,
    paths: [
      ...[pathFact(layout.directory) ?? []].flat(),
      ...directories.flatMap(({ paths }) => paths),
      ...places.contents,
    ],
    foreignNames: foreignNames(layout, places.top),
    unfinishedMigrations: unfinishedMigrations(layout, places.top),
    migrationTrouble: migrationTrouble(layout),
    isPortable: meta?.portable ?? false,
    troubles: directories.flatMap(({ troubles }) => troubles),
    metaTrouble,
    locks: directories.flatMap(({ locks }) => locks),
    leftovers: directories.flatMap(({ leftovers }) => leftovers),
    sessions: await allSessions(layout, places.sessionIds),
    pointers: pointerFacts(layout),
    git: gitFacts(layout),
  };
}

const NOTHING = {
  paths: [],
  foreignNames: [],
  unfinishedMigrations: [],
  migrationTrouble: null,
  isPortable: false,
  metaTrouble: null,
  locks: [],
  leftovers: [],
  sessions: [],
  pointers: [],
  git: {
    isRepository: false,
    isIgnored: false,
    hasIgnoreFile: false,
    isTracked: null,
  },
} as const;

function guardTrouble({ root, directory }: RepositoryLayout): Trouble | null {
  const guard = () => {
    guardDirectory(root, directory);
    return { trouble: null };
  };
  return attempt(directory, guard, {}).trouble;
}

interface Places {
  /** Names directly in `.orchestrator/`. */
  readonly top: readonly string[];
  readonly directories: readonly DirectoryFacts[];
  /** What is wrong in the directories of a session. */
  readonly contents: readonly PathFact[];
  readonly sessionIds: readonly string[];
}

function placesOf(layout: RepositoryLayout, context: JudgeContext): Places {
  const { directory, sessions, bindings, secrets, root } = layout;
  const top = directoryFacts(directory, null, context);
  const isThere = (path: string): boolean =>
    top.paths.some((fact) => fact.path === path && fact.kind === "directory");
  const inner = [sessions, bindings, secrets].filter(isThere)
    .map((path) => directoryFacts(path, null, context));
  const sessionIds = inner.flatMap(({ paths }) => paths)
    .filter(({ path, kind }) =>
      kind === "directory" && path.startsWith(`${sessions}/`)
    )
    .map(({ path }) => nameOf(path)).filter(isSessionId);
  const own = sessionIds.map((id) =>
    directoryFacts(sessionLayout(root, id).directory, id, context)
  );
  return {
    top: top.names,
    directories: [top, ...inner, ...own],
    contents: sessionIds.flatMap((id) => contentsOf(root, id)),
    sessionIds,
  };
}

/** Checkpoints and feedback may be many: only links and the like among them are worth a look. */
function contentsOf(root: string, id: string): readonly PathFact[] {
  const { checkpoints, feedback } = sessionLayout(root, id);
  return [checkpoints, feedback].flatMap((directory) =>
    listDirectory(directory).entries
      .filter(({ isFile, isDirectory }) => !isFile && !isDirectory)
      .map((entry) => entryFact(directory, entry))
  );
}

function readMeta(layout: RepositoryLayout): {
  readonly meta: RepositoryMeta | undefined;
  readonly trouble: Trouble | null;
} {
  const read = () => ({ meta: readRepositoryMeta(layout), trouble: null });
  return attempt(layout.meta, read, { meta: undefined });
}

/** What a repair has put aside is known too. */
const ASIDE = /\.corrupt-/;

function foreignNames(
  layout: RepositoryLayout,
  names: readonly string[],
): readonly string[] {
  const moved = [...LEGACY_WHOLES.map(({ to }) => to), includedPath("")]
    .map((path) => path.replace(/\/.*/, ""));
  const known = new Set([...Object.values(layout).map(nameOf), ...moved]);
  return names.filter((name) => !known.has(name) && !ASIDE.test(name));
}

function unfinishedMigrations(
  { migrationPending, migrationUndo }: RepositoryLayout,
  names: readonly string[],
): readonly string[] {
  return [migrationPending, migrationUndo]
    .filter((path) => names.includes(nameOf(path)));
}

function migrationTrouble(layout: RepositoryLayout): Trouble | null {
  const read = () => {
    readMigrationRecord(layout);
    return { trouble: null };
  };
  return attempt(layout.migrationRecord, read, {}).trouble;
}

async function allSessions(
  layout: RepositoryLayout,
  ids: readonly string[],
): Promise<readonly SessionFacts[]> {
  const sessions: SessionFacts[] = [];
  for (const id of ids) sessions.push(await sessionFacts(layout, id));
  return sessions;
}

/** What is found in a directory that may hold a lock. */
interface DirectoryFacts {
  /** Entries that are neither lock nor leftover. */
  readonly paths: readonly PathFact[];
  /** Names of the former. */
  readonly names: readonly string[];
  readonly locks: readonly LockFact[];
  readonly leftovers: readonly LeftoverFact[];
  readonly troubles: readonly Trouble[];
}

/** Looks at a directory and each of its entries. */
function directoryFacts(
  directory: string,
  session: string | null,
  context: JudgeContext,
): DirectoryFacts {
  const { entries, trouble } = listDirectory(directory);
  const isLeftover = ({ name, isDirectory }: Deno.DirEntry): boolean =>
    leftoverToken(name, isDirectory) !== undefined ||
    isDirectory && isRemovedSession(name);
  const left = entries.filter(isLeftover).map(({ name }) => name);
  const names = entries.filter((entry) => !isLeftover(entry))
    .map(({ name }) => name)
    .filter((name) => name !== LOCK_NAME);
  const lock = entries.some(({ name }) => name === LOCK_NAME)
    ? lockFact(`${directory}/${LOCK_NAME}`, session, context)
    : undefined;
  return {
    paths: names.flatMap((name) => pathFact(`${directory}/${name}`) ?? []),
    names,
    locks: lock ? [lock] : [],
    leftovers: left.length === 0 ? [] : [{ directory, session, names: left }],
    troubles: trouble === null ? [] : [trouble],
  };
}

function lockFact(
  path: string,
  session: string | null,
  context: JudgeContext,
): LockFact | undefined {
  const { seen, trouble } = attempt(
    path,
    () => ({ seen: lookAt(path), trouble: null }),
    { seen: { kind: "unreadable", key: "" } },
  );
  if (seen.kind === "absent") return undefined;
  const holder = seen.kind === "record" ? holderOf(seen.record, context) : null;
  return { path, session, holder, trouble };
}

function holderOf(record: LockRecord, context: JudgeContext): HolderFact {
  const { pid, host, purpose, at } = record;
  const ageMs = (epochMsOf(context.now()) ?? 0) - (epochMsOf(at) ?? 0);
  return {
    pid,
    host,
    purpose,
    ageMs: Math.max(0, ageMs),
    liveness: context.livenessOf(record, at),
  };
}

const NO_GIT: GitFacts = {
  isRepository: false,
  isIgnored: false,
  hasIgnoreFile: false,
  isTracked: null,
};

/** Asks git's files, and no git, whether the state is kept out of it. */
function gitFacts(layout: RepositoryLayout): GitFacts {
  try {
    const found = findGit(layout.root);
    if (found === undefined || fileKind(layout.directory) === "absent") {
      return NO_GIT;
    }
    const { tree, pointer } = found;
    const below = relativePath(tree, layout.directory) ?? "";
    const { index, exclude } = gitLayout(pointer.gitDirectory);
    const ignoreFiles = [exclude, joinPath(tree, GIT_IGNORE_FILE)];
    return {
      isRepository: true,
      isIgnored: hasLine(layout.gitignore, /^\*$/) ||
        ignoreFiles.some((path) => hasLine(path, ignoresState(below))),
      hasIgnoreFile: fileKind(layout.gitignore) !== "absent",
      isTracked: isTracked(index, `${below}/`),
    };
  } catch (error) {
    troubleOf(error, layout.root);
    return NO_GIT;
  }
}

/** The ways in which people name the directory; git knows many more. */
function ignoresState(below: string): RegExp {
  const escape = (text: string) =>
    text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const names = [below, ORCHESTRATOR_DIRECTORY].map(escape).join("|");
  return new RegExp(`^(?:/|\\*\\*/)?(?:${names})(?:/|/\\*\\*?)?$`);
}

function hasLine(path: string, pattern: RegExp): boolean {
  const bytes = readRegularFile(path, MAX_SMALL_FILE_BYTES);
  if (bytes === undefined) return false;
  return new TextDecoder().decode(bytes).split("\n")
    .some((line) => pattern.test(line.trim()));
}

/** Looks for what the older Python tool left; hashes its state and nothing else. */
async function legacyFacts(
  layout: RepositoryLayout,
): Promise<LegacyFacts> {
  const sessionless = sessionlessState(layout);
  const known = legacyPaths(layout, sessionless);
  const names = new Set(known.map(nameOf));
  return {
    paths: known.filter((path) => visibleKind(path) !== "absent"),
    custom: listDirectory(layout.root).entries.map(({ name }) => name)
      .filter((name) => name.startsWith(LEGACY_PREFIX) && !names.has(name)),
    ...await legacySession(layout),
    sessionless,
  };
}

function legacyPaths(
  layout: RepositoryLayout,
  sessionless: LegacyFacts["sessionless"],
): readonly string[] {
  return [
    layout.legacyState,
    layout.legacyLog,
    layout.legacyCheckpoints,
    layout.legacyFeedback,
    layout.legacyToolFeedback,
    layout.legacyProcessFeedback,
    // What others use the name for too is for the migration to judge.
    ...LEGACY_WHOLES.filter(({ shape }) => shape === undefined)
      .map(({ from }) => joinPath(layout.root, from)),
    ...sessionless === "engine"
      ? [layout.sessionlessState, layout.sessionlessLog]
      : [],
  ];
}

async function legacySession(
  layout: RepositoryLayout,
): Promise<Pick<LegacyFacts, "session" | "trouble">> {
  try {
    const legacy = await readLegacyState(layout);
    if (legacy === undefined) return { session: null, trouble: null };
    const { id } = legacy.session;
    const adopted = readAdoption(layout, id);
    const isSame = adopted === legacy.sha256;
    const adoption = adopted === undefined
      ? "none"
      : isSame
      ? "same"
      : "changed";
    return { session: { id, adoption }, trouble: null };
  } catch (error) {
    return { session: null, trouble: troubleOf(error, layout.legacyState) };
  }
}

/** The Python tool's engine and its server keep different things under one name. */
function sessionlessState(
  { sessionlessState: path }: RepositoryLayout,
): LegacyFacts["sessionless"] {
  try {
    const bytes = readRegularFile(path, MAX_STATE_BYTES);
    if (bytes === undefined) return "absent";
    const state = asObject(parseJson(decodeUtf8(bytes, path), path));
    return state?.has("workflow_id") ? "engine" : "server";
  } catch (error) {
    troubleOf(error, path);
    return "server";
  }
}

/** Numbers of lines, some of which are kept. */
interface LineCollector {
  add(this: void, number: number): void;
  /** What was kept, and these besides. */
  result(more?: readonly number[]): LineSample;
}

/** Counts all and keeps the first few. */
function lineCollector(): LineCollector {
  const numbers: number[] = [];
  let count = 0;
  return {
    add: (number) => {
      if (++count <= MAX_PROBLEMS) numbers.push(number);
    },
    result: (more = []) => ({
      count: count + more.length,
      numbers: [...numbers, ...more].slice(0, MAX_PROBLEMS),
    }),
  };
}

/** A wider gap is told by its first updates. */
const MAX_MISSING = 1000;

/** Which updates between the first and the last one are in no line. */
interface MissingUpdates {
  take(serial: number): void;
  lastSerial(): number;
  result(): LineSample;
}

/** After a power cut restored events may stand behind later ones. */
function missingUpdates(): MissingUpdates {
  const missing = new Set<number>();
  let lastSerial = 0;
  return {
    take: (serial) => {
      missing.delete(serial);
      const first = lastSerial === 0 ? serial : lastSerial + 1;
      for (let each = first; each < serial; each++) {
        if (missing.size === MAX_MISSING) break;
        missing.add(each);
      }
      lastSerial = Math.max(lastSerial, serial);
    },
    lastSerial: () => lastSerial,
    result: () => ({
      count: missing.size,
      numbers: [...missing].slice(0, MAX_PROBLEMS),
    }),
  };
}

/** A log, and the ids of its last events. */
interface CheckedLog {
  readonly facts: LogFacts;
  readonly recentIds: ReadonlySet<string>;
}

/** More than a state ever carries. */
const MAX_RECENT_IDS = 64;

/** Reads a log line by line; of a long one the end, in constant memory. */
export function checkLog(root: string, path: string): CheckedLog {
  const tally = newTally(path);
  try {
    const file = openForReading({ root, path });
    if (file === undefined) return tally.result();
    try {
      tally.begin(file.statSync().size);
      for (const line of linesFrom(file, tally.fromByte())) tally.take(line);
    } finally {
      file.close();
    }
    return tally.result();
  } catch (error) {
    const { facts, recentIds } = tally.result();
    return { facts: { ...facts, trouble: troubleOf(error, path) }, recentIds };
  }
}

interface Tally {
  begin(sizeBytes: number): void;
  fromByte(): number;
  take(line: Line): void;
  result(): CheckedLog;
}

function newTally(path: string): Tally {
  const isRepeat = repeatFilter();
  const [damaged, repeated] = [lineCollector(), lineCollector()];
  const finder = damageFinder(damaged.add);
  const updates = missingUpdates();
  let recentIds: string[] = [];
  let [isThere, isTorn] = [false, false];
  let [number, fromByte] = [0, 0];
  const takeEvent = ({ id, serial }: RecordedEvent): void => {
    // Lines of the Python tool have no serial.
    if (serial > 0) updates.take(serial);
    if (isRepeat(id)) return repeated.add(number);
    recentIds.push(id);
    if (recentIds.length > 2 * MAX_RECENT_IDS) {
      recentIds = recentIds.slice(-MAX_RECENT_IDS);
    }
  };
  return {
    begin: (sizeBytes) => {
      isThere = true;
      fromByte = Math.max(0, sizeBytes - MAX_CHECKED_LOG_BYTES);
    },
    fromByte: () => fromByte,
    take: ({ text, isEnded }) => {
      number++;
      // A long log is entered in the middle of a line.
      if (number === 1 && fromByte > 0) return;
      isTorn = !isEnded;
      if (text?.trim() === "") return;
      const event = text === undefined ? undefined : decodeLogLine(text);
      const isWhole = event !== undefined;
      if (isWhole || isEnded) finder.take(number, text, isWhole);
      if (isWhole) takeEvent(event);
    },
    result: () => ({
      facts: {
        path,
        isThere,
        trouble: null,
        lastSerial: updates.lastSerial(),
        isTorn,
        fromByte,
        damaged: damaged.result(finder.pending()),
        repeated: repeated.result(),
        gaps: updates.result(),
      },
      recentIds: new Set(recentIds),
    }),
  };
}

/** Reads `current` and all bindings; those that name nothing are told. */
export function pointerFacts(
  layout: RepositoryLayout,
): readonly PointerFact[] {
  const { current, bindings } = layout;
  return [
    pointerFact("current", current, () => readCurrent(layout)),
    ...listDirectory(bindings).entries
      .filter(({ name, isFile }) => isFile && name.endsWith(".json"))
      .map(({ name }) => `${bindings}/${name}`)
      .map((path) => pointerFact("binding", path, () => readBindingFile(path))),
  ];
}

function pointerFact(
  kind: PointerFact["kind"],
  path: string,
  read: () => string | undefined,
): PointerFact {
  const look = () => ({ session: read() ?? null, trouble: null });
  return { path, kind, ...attempt(path, look, { session: null }) };
}

/** Reads a session whose directory is known to be one; what is damaged is told. */
async function sessionFacts(
  { root }: RepositoryLayout,
  id: string,
): Promise<SessionFacts> {
  const paths = sessionLayout(root, id);
  // In this order an update that is made meanwhile looks like a log that is behind, which does no harm.
  const log = checkLog(root, paths.log);
  const { state, trouble } = await checkState(paths, id, log);
  return {
    id,
    directory: paths.directory,
    statePath: paths.state,
    state,
    trouble,
    log: log.facts,
    metaTrouble: checkMeta(paths.meta),
    checkpoints: listDirectory(paths.checkpoints).entries
      .filter(({ name }) => name.endsWith(CHECKPOINT_SUFFIX)).length,
  };
}

async function checkState(
  paths: SessionLayout,
  id: string,
  log: CheckedLog,
): Promise<Pick<SessionFacts, "state" | "trouble">> {
  try {
    const text = readState(paths, id);
    const session = await decodeState(text, paths, id);
    const { state, serial, format, checksum, lastEvents } = session;
    return {
      state: {
        status: state.status,
        serial,
        isNewer: format > ORC_FORMAT,
        checksum,
        missingEvents: lastEvents.filter(({ id }) => !log.recentIds.has(id))
          .length,
        ...workflowFacts(state),
        pinned: pinnedFrom(state),
      },
      trouble: null,
    };
  } catch (error) {
    const trouble = troubleOf(error, paths.state);
    const isAbsent = trouble.code === "no_such_session";
    return { state: null, trouble: isAbsent ? null : trouble };
  }
}

/** The workflow of a session that nobody changes any more is not looked at: it is most of what there is to read. */
function workflowFacts(
  { status, definition }: SessionState,
): Pick<StateFacts, "duplicate" | "workflowProblem"> {
  const isOpen = status === "active" || status === "paused";
  if (!isOpen || definition === null) {
    return { duplicate: null, workflowProblem: null };
  }
  try {
    const duplicate = findDuplicateId(decodeDefinition(definition)) ?? null;
    return { duplicate, workflowProblem: null };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { duplicate: null, workflowProblem: error.message };
  }
}

function pinnedFrom({ metadata }: SessionState): StateFacts["pinned"] {
  const path = metadata.get("workflow_yaml_path");
  const sha256 = metadata.get("workflow_yaml_checksum");
  return typeof path === "string" && typeof sha256 === "string"
    ? { path, sha256 }
    : null;
}

function checkMeta(path: string): Trouble | null {
  const read = () => {
    readSessionMeta(path);
    return { trouble: null };
  };
  return attempt(path, read, {}).trouble;
}

/** Gathers what doctor has to know about settings. A file that cannot be read is an answer. */
export async function configFacts(
  host: Host,
  site: ConfigSite,
): Promise<ConfigFacts> {
  const legacyFiles = legacyConfigFiles(host, site);
  try {
    const config = await readConfig(host, site);
    const troubles = wrongIn(config, site);
    const known = new Set(troubles.map(({ message }) => message));
    const notes = notesIn(config).filter(({ message }) => !known.has(message));
    return { legacyFiles, troubles, notes };
  } catch (error) {
    if (!(error instanceof OrcError)) throw error;
    return { legacyFiles, troubles: [troubleIn(error, site)], notes: [] };
  }
}

function wrongIn(
  { files, environment }: Config,
  site: ConfigSite,
): readonly Trouble[] {
  return [...files.map(({ layer }) => layer), environment].flat()
    .flatMap((each) => wrongStatement(each) ?? [])
    .map((error) => troubleIn(error, site));
}

function troubleIn(
  { kind, code, message, path }: OrcError,
  { layout }: ConfigSite,
): Trouble {
  return { kind, code, message, path: path ?? layout.config };
}

function notesIn({ files }: Config): ConfigFacts["notes"] {
  return files.flatMap(({ file, entries, layer }) =>
    configWarnings(file, entries, layer)
      .map((message) => ({ path: file.path, message }))
  );
}
