import { isSessionId } from "../base/ids.ts";
import { asObject } from "../base/json.ts";
import {
  GIT_ENTRY,
  GIT_IGNORE_FILE,
  gitLayout,
  LEGACY_PREFIX,
  ORCHESTRATOR_DIRECTORY,
  type RepositoryLayout,
  repositoryLayout,
} from "../base/layout.ts";
import {
  MAX_SMALL_FILE_BYTES,
  MAX_STATE_BYTES,
  MIN_INDEXED_SESSIONS,
} from "../base/limits.ts";
import {
  joinPath,
  nameOf,
  parentDirectory,
  relativePath,
} from "../base/path.ts";
import { isGitDirectory, isHidden, readGitPointer } from "../files/git.ts";
import { findGit, isTracked, linkedWorktrees } from "../files/git_index.ts";
import {
  guardDirectory,
  isThere,
  isVisible,
  readJson,
  readRegularFile,
  readText,
  realOrGiven,
} from "../files/read.ts";
import type { FoundRoot } from "../files/root.ts";
import type { NotifyFailure } from "../notify/use.ts";
import type { Machine } from "../host/ephemeral.ts";
import type { Host } from "../host/host.ts";
import { readAdoption, readLegacyState } from "../session/legacy.ts";
import {
  isForeignCurrent,
  legacyPlacesIn,
  sortPlaces,
  unknownNames,
} from "../session/ownership.ts";
import {
  isForeignSession,
  readBindingFile,
  readCurrent,
} from "../session/read.ts";
import {
  ownNames,
  readRepositoryMeta,
  unlistedNames,
  withMergeRules,
} from "../session/repository.ts";
import { absentSpares, type Spare } from "../session/spare.ts";
import {
  type ConfigSite,
  foreignNames,
  legacyConfigFiles,
  readConfig,
} from "../settings/files.ts";
import {
  configWarnings,
  isCounted,
  wrongStatement,
} from "../settings/merge.ts";
import { SETTINGS } from "../settings/settings.ts";
import type { DatabaseLook } from "../postgres/database.ts";
import type { SecretFacts } from "../secrets/rules.ts";
import { readMigrationRecord } from "../transfer/settle.ts";
import {
  attempt,
  directoryFacts,
  entriesIn,
  type PathFact,
  pathFact,
  readTrouble,
  type Trouble,
  troubleOf,
} from "./look.ts";
import {
  type IndexUse,
  lookAtSessions,
  type LookContext,
  NO_INDEX,
  readIndex,
} from "./index.ts";
import type { SessionView } from "./session_facts.ts";

export type StoreFact =
  | { readonly address: string; readonly status: DatabaseLook }
  | { readonly trouble: Trouble };

export interface DiagnosisFacts extends StoredFacts {
  /** Whether a repository may be here at all. */
  readonly isProject: boolean;
  /** Ids of the open sessions that came from elsewhere, and that nobody trusted yet. */
  readonly foreign: readonly string[];
  /** State in linked worktrees, where nobody looks for it. */
  readonly stranded: readonly StrandedState[];
  /** The file system that holds the state; null for what cannot be told. */
  readonly disk: {
    /** What lies there. */
    readonly path: string;
    readonly freeBytes: number | null;
    /** Such as `ext4`. */
    readonly type: string | null;
    readonly isReadOnly: boolean;
  };
  /** The database that keeps sessions, or why it cannot be asked; null where files do. */
  readonly store: StoreFact | null;
  /** Where this is, and whether that vanishes. */
  readonly machine: Machine;
  /** What kept the last message from being told that a human is waited for; null where nothing did. */
  readonly notify: NotifyFailure | null;
  /** What belongs to somebody else who does not let this user change it. */
  readonly unwritable: readonly PathFact[];
  /** What sessions are started with, or why none can be. */
  readonly workflow: {
    /** Null for the bundled one. */
    readonly path: string | null;
    readonly sha256: string | null;
    readonly trouble: Trouble | null;
    /** Checks in it that can verify nothing, as sentences; they keep no session from starting. */
    readonly doubts: readonly string[];
  };
  /** What the files of settings and the environment say, here and of the user. */
  readonly config: {
    /** Files of the Python tool that settings are still read from. */
    readonly legacyFiles: readonly string[];
    /** What no command can use; a harmless one stops none. */
    readonly troubles: readonly (Trouble & { readonly isHarmless?: boolean })[];
    /** What else is doubtful: a file, and a sentence. */
    readonly notes: readonly Pick<Trouble, "path" | "message">[];
  };
  /** Why they could not be looked at, where they could not. */
  readonly secrets: SecretFacts | { readonly trouble: Trouble };
}

/** `current` or a binding; its session is null when it names none, or cannot be read. */
export type PointerFact = ReturnType<typeof pointerFact>;

/** What the files of a repository tell; machine, workflow.yaml, settings and secrets are for others to look at. */
interface StoredFacts extends InsideFacts {
  readonly layout: RepositoryLayout;
  /** What the older Python tool left outside of the sessions. */
  readonly legacy: Awaited<ReturnType<typeof legacyFacts>>;
  /** Sessions that are not there any more, and were not removed by orc. */
  readonly missing: readonly Spare[];
}

const NO_GIT = {
  isRepository: false,
  isIgnored: false,
  hasIgnoreFile: false,
  lacksMergeRules: false,
  unlisted: [],
  isTracked: null,
};

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
  index: null,
  pointers: [],
  git: NO_GIT,
};

/**
 * Looks at all that orc keeps for a repository, past whatever is damaged; takes no lock. Of each
 * session it reads state, meta data and the end of the log; of other files only what their
 * directory tells. On the way it yields the sessions of which something may be said.
 */
export async function* gatherFacts(
  layout: RepositoryLayout,
  context: LookContext,
  index: IndexUse = "none",
): AsyncGenerator<SessionView, StoredFacts> {
  const { root, directory } = layout;
  const outside = {
    layout,
    legacy: await legacyFacts(layout),
    missing: absentSpares(layout),
  };
  const { trouble } = attempt(directory, () => guardDirectory(root, directory));
  const inside = trouble === null
    ? yield* insideFacts(layout, context, index)
    : { ...NOTHING, troubles: [trouble] };
  return { ...inside, ...outside };
}

type InsideFacts = ReturnType<typeof insideFacts> extends
  AsyncGenerator<SessionView, infer Facts> ? Facts : never;

async function* insideFacts(
  layout: RepositoryLayout,
  context: LookContext,
  use: IndexUse,
) {
  const { root, directory } = layout;
  const top = directoryFacts(directory, null, context);
  const inner = [layout.sessions, layout.bindings, layout.secrets]
    .filter((path) =>
      top.paths.some((fact) => fact.path === path && fact.kind === "directory")
    ).map((path) => directoryFacts(path, null, context));
  const ids = inner.flatMap(({ paths }) => paths)
    .filter(({ path, kind }) =>
      kind === "directory" && path.startsWith(`${layout.sessions}/`)
    ).map(({ path }) => nameOf(path)).filter((name) =>
      isSessionId(name) && !isForeignSession(layout, name)
    );
  const { found } = attempt(layout.current, () => isForeignCurrent(layout));
  const foreign = [
    ...unknownNames(layout, top.names),
    ...found ? [nameOf(layout.current)] : [],
  ];
  const meta = attempt(layout.meta, () => readRepositoryMeta(layout));
  // What git keeps goes to other machines, where an index means nothing.
  const isKept = use !== "none" && ids.length >= MIN_INDEXED_SESSIONS &&
    meta.found?.portable !== true;
  const index = isKept && use === "read" ? readIndex(layout) : NO_INDEX;
  const looking = lookAtSessions(layout, ids, context, index);
  const { sessions, seen } = yield* looking;
  const directories = [top, ...inner, ...seen];
  return {
    // What another program keeps there is for that to look after.
    paths: [
      ...[pathFact(directory) ?? []].flat(),
      ...directories.flatMap(({ paths }) => paths),
      ...sessions.flatMap(({ odd }) => odd),
    ].filter(({ path }) =>
      !foreign.some((name) => path === `${directory}/${name}`)
    ),
    foreignNames: foreign,
    unfinishedMigrations: [layout.migrationPending, layout.migrationUndo]
      .filter((path) => top.names.includes(nameOf(path))),
    migrationTrouble:
      attempt(layout.migrationRecord, () => readMigrationRecord(layout))
        .trouble,
    isPortable: meta.found?.portable ?? false,
    /** Directories that could not be listed. */
    troubles: directories.flatMap(({ trouble }) => trouble ?? []),
    metaTrouble: meta.trouble,
    locks: directories.flatMap(({ lock }) => lock ?? []),
    /** What killed processes left: names of what is not yet, or no more, in use. */
    leftovers: directories.flatMap(({ leftover }) => leftover ?? []),
    sessions,
    /** The index that was used; null where none is kept. */
    index: isKept ? index : null,
    // Sessions that are no files are not known here.
    pointers: context.hasFiles === false ? [] : pointerFacts(layout),
    /** What git has to do with the state. */
    git: attempt(root, () => gitFacts(layout)).found ?? NO_GIT,
  };
}

/** Where state lies, and the sessions in it that the repository itself does not have. */
interface StrandedState {
  readonly layout: RepositoryLayout;
  readonly sessions: readonly string[];
  /** The main worktree, where the linked ones share this state because nothing leads to that. */
  readonly unknownTree?: string | undefined;
}

/** Looks into all linked worktrees of a repository, in the place that belongs to its root, and into what they share. */
export function strandedStates(
  { root, worktree, workingTree }: FoundRoot,
): readonly StrandedState[] {
  const top = worktree ??
    (isGitDirectory(root) ? root : findGit(root)?.tree);
  if (top === undefined) return [];
  const pointer = readGitPointer(top);
  const common = "commonDirectory" in pointer ? pointer.commonDirectory : top;
  const below = relativePath(top, workingTree) ?? "";
  const known = sessionNames(repositoryLayout(root));
  const places = [
    ...linkedWorktrees(common).map((tree) => ({
      at: joinPath(tree, below),
      unknownTree: undefined,
    })),
    ...(pointer.kind === "repository"
      ? [{ at: sharedPlace(common), unknownTree: top }]
      : []),
  ];
  return places.flatMap(({ at, ...place }) => {
    const layout = repositoryLayout(at);
    const sessions = sessionNames(layout).filter((id) => !known.includes(id));
    const isHere = [root, place.unknownTree].includes(layout.root) ||
      sessions.length === 0;
    return isHere ? [] : [{ layout, sessions, ...place }];
  });
}

/** Where the linked worktrees of a git directory keep their state if they know no main one. */
function sharedPlace(common: string): string {
  const real = realOrGiven(common);
  const around = parentDirectory(real);
  if (around === undefined || !isHidden(real)) return real;
  const entry = joinPath(around, GIT_ENTRY);
  return !isThere(entry) || realOrGiven(entry) === real ? around : real;
}

function sessionNames({ sessions }: RepositoryLayout): readonly string[] {
  return entriesIn(sessions).filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name).filter(isSessionId);
}

/** Asks git's files, and no git, whether the state is kept out of it. */
function gitFacts(layout: RepositoryLayout) {
  const found = findGit(layout.root);
  if (found === undefined || !isThere(layout.directory)) return NO_GIT;
  const { tree, pointer } = found;
  const below = relativePath(tree, layout.directory) ?? "";
  const { index, exclude } = gitLayout(pointer.gitDirectory);
  const ignoreFiles = [exclude, joinPath(tree, GIT_IGNORE_FILE)];
  const foreign = foreignNames(layout);
  const own = ownNames(layout).filter((name) => !foreign.includes(name));
  const isHidden = ignoreFiles.some((path) =>
    hasLine(path, ignoresState(below))
  );
  return {
    isRepository: true,
    isIgnored: isHidden ||
      hasLine(layout.gitignore, /^(?:\*|\/sessions\/.*)$/),
    hasIgnoreFile: isThere(layout.gitignore),
    /** Whether the file that tells git how to merge lacks some of it. */
    lacksMergeRules: lacksMergeRules(layout),
    unlisted: isHidden ? [] : unlistedHere(layout, foreign),
    /** Null when that cannot be told. The schema of workflow.yaml is meant to be. */
    isTracked: foreign.length === 0
      ? isTracked(
        index,
        `${below}/`,
        joinPath(below, nameOf(layout.workflowSchema)),
      )
      : own.flatMap((name) => [`${name}/`, `${name}\0`])
        .map((name) => isTracked(index, `${below}/${name}`))
        .reduce((one, other) => one || other, false as boolean | null),
  };
}

function lacksMergeRules({ gitattributes: path }: RepositoryLayout): boolean {
  const text = readText(path, MAX_SMALL_FILE_BYTES);
  return withMergeRules(text) !== text;
}

/** What git shows as untracked since orc keeps it, too. */
export function unlistedHere(
  layout: RepositoryLayout,
  foreign: readonly string[],
): readonly string[] {
  const bytes = readRegularFile(layout.gitignore, MAX_SMALL_FILE_BYTES);
  const names = entriesIn(layout.directory).map(({ name }) => name)
    .filter((name) => !foreign.includes(name));
  return unlistedNames(layout, new TextDecoder().decode(bytes), names);
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

/** Looks for what the older Python tool left, as a migration does. */
async function legacyFacts(layout: RepositoryLayout) {
  const { root, sessionlessState } = layout;
  const places = legacyPlacesIn(layout);
  const settings = SETTINGS.map(({ name }) => name);
  const { found } = attempt(
    root,
    () => sortPlaces(layout, { root, places }, { settings }),
  );
  const names = new Set(places.map(({ path }) => path));
  const server = attempt(sessionlessState, () => isServerState(layout));
  return {
    /** What a migration moves. */
    paths: (found?.moving ?? []).map(({ path }) => joinPath(root, path))
      .filter(isVisible),
    /** Others with such a name, which it moves only when they are named. */
    custom: entriesIn(root).map(({ name }) => name)
      .filter((name) => name.startsWith(LEGACY_PREFIX) && !names.has(name)),
    ...await legacySession(layout),
    isServer: server.found ?? false,
    // What may not be read is not known to be anybody's.
    sessionlessTrouble: server.trouble?.kind === "denied"
      ? server.trouble
      : null,
  };
}

/** The Python tool's server keeps its tasks where its engine keeps a state. */
function isServerState({ sessionlessState }: RepositoryLayout): boolean {
  const state = asObject(readJson(sessionlessState, MAX_STATE_BYTES));
  return state?.has("tasks") === true && !state.has("workflow_id");
}

/** The session in the state file, and whether it was adopted and is since the same. */
async function legacySession(layout: RepositoryLayout): Promise<{
  readonly session: LegacySession | null;
  readonly trouble: Trouble | null;
}> {
  try {
    const legacy = await readLegacyState(layout);
    // An engine without sessions left its state to whatever is current by now.
    if (legacy?.session.legacyPath !== layout.legacyState) {
      return { session: null, trouble: null };
    }
    const { id } = legacy.session;
    const adopted = readAdoption(layout, id);
    const since = adopted === legacy.sha256 ? "same" : "changed";
    const adoption = adopted === undefined ? "none" : since;
    return { session: { id, adoption }, trouble: null };
  } catch (error) {
    return { session: null, trouble: readTrouble(error, layout.legacyState) };
  }
}

interface LegacySession {
  readonly id: string;
  readonly adoption: "none" | "same" | "changed";
}

/** Reads `current` and all bindings; those that name nothing are told. */
export function pointerFacts(
  layout: RepositoryLayout,
): readonly PointerFact[] {
  const { current, bindings } = layout;
  return [
    pointerFact("current", current, () => readCurrent(layout)),
    ...entriesIn(bindings)
      .filter(({ name, isFile }) => isFile && name.endsWith(".json"))
      .map(({ name }) => `${bindings}/${name}`)
      .map((path) => pointerFact("binding", path, () => readBindingFile(path))),
  ];
}

function pointerFact(
  kind: "current" | "binding",
  path: string,
  read: () => string | undefined,
) {
  const { found, trouble } = attempt(path, read);
  return { path, kind, session: found ?? null, trouble };
}

/** Gathers what doctor has to know about settings. A file that cannot be read is an answer. */
export async function configFacts(
  host: Host,
  site: ConfigSite,
): Promise<DiagnosisFacts["config"]> {
  const legacyFiles = legacyConfigFiles(host, site);
  const path = site.layout.config;
  try {
    const { files, environment } = await readConfig(host, site);
    // What does not count keeps nobody from working, whatever it says.
    const troubles = [...files.map(({ layer }) => layer), environment].flat()
      .filter(isCounted).flatMap((each) => {
        const error = wrongStatement(each);
        const { isPlanned = false, isForShow = false } = each.setting;
        const isHarmless = isPlanned || isForShow;
        return error ? [{ ...troubleOf(error, path), isHarmless }] : [];
      });
    const known = new Set(troubles.map(({ message }) => message));
    const notes = files.flatMap(({ file, entries, layer }) =>
      configWarnings(file, entries, layer)
        .map((message) => ({ path: file.path, message }))
    ).filter(({ message }) => !known.has(message));
    return { legacyFiles, troubles, notes };
  } catch (error) {
    return { legacyFiles, troubles: [troubleOf(error, path)], notes: [] };
  }
}
