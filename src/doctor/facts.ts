import { isSessionId } from "../base/ids.ts";
import {
  includedPath,
  LEGACY_WHOLES,
  type RepositoryLayout,
  sessionLayout,
} from "../base/layout.ts";
import { nameOf } from "../base/path.ts";
import type { JudgeContext } from "../files/lock_judge.ts";
import { guardDirectory } from "../files/path_guard.ts";
import { readMigrationRecord } from "../migration/migration_files.ts";
import {
  readRepositoryMeta,
  type RepositoryMeta,
} from "../session/repository.ts";
import { type DirectoryFacts, directoryFacts } from "./diagnosis_directory.ts";
import {
  attempt,
  entryFact,
  listDirectory,
  pathFact,
} from "./diagnosis_entries.ts";
import type {
  DiagnosisFacts,
  PathFact,
  SessionFacts,
  Trouble,
} from "./diagnosis_facts.ts";
import { gitFacts } from "./diagnosis_git.ts";
import { legacyFacts } from "./diagnosis_legacy.ts";
import { sessionFacts } from "./diagnosis_session.ts";
import { pointerFacts } from "./store_diagnosis_pointers.ts";

/** What the files of a repository tell; the machine, workflow.yaml, settings and secrets are for others to look at. */
export type StoredFacts = Omit<
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
