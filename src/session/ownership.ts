import { unlessCorrupt } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import {
  includedPath,
  LEGACY_WHOLES,
  LOCK_NAME,
  type RepositoryLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_SMALL_FILE_BYTES, MAX_STATE_BYTES } from "../base/limits.ts";
import { CHECKPOINT_SUFFIX, isCheckpointId } from "../base/names.ts";
import { isWithin, joinPath, nameOf, relativePath } from "../base/path.ts";
import { decodeLogLine } from "../engine/event.ts";
import { isFileTracked } from "../files/git_index.ts";
import { leftoverToken } from "../files/lock.ts";
import {
  entriesIn,
  fileKind,
  isThere,
  readBeginning,
  readRegularFile,
} from "../files/read.ts";
import { isForeignSession, isOwnId, textOfCurrent } from "./read.ts";
import { keysAtMargin, OLDER_SETTINGS } from "../workflow/value.ts";

/** What lies in a place of the older tool: it decides how that is read, and what becomes of it. */
export type LegacyRole =
  | "state"
  | "log"
  | "checkpoints"
  | "both"
  | "tool"
  | "process"
  | "whole";

export interface LegacyPlace<Role extends LegacyRole = LegacyRole> {
  /** Seen from the root. */
  readonly path: string;
  readonly role: Role;
  /** Where a file goes that moves as it is, seen from `.orchestrator/`. */
  readonly to?: string;
  /** By which its owner is told, where the role does not say. */
  readonly shape?: (typeof LEGACY_WHOLES)[number]["shape"];
}

/** What is left where it lies, and why. */
export interface LeftFile {
  /** Seen from the root. */
  readonly path: string;
  /** The second half of a sentence. */
  readonly reason: string;
}

/** All places of the older tool in a repository, each kind in the order in which it is read. */
export function legacyPlacesIn(
  layout: RepositoryLayout,
): readonly LegacyPlace[] {
  const { root } = layout;
  const table: readonly LegacyPlace[] = [
    { path: layout.legacyState, role: "state" },
    { path: layout.sessionlessState, role: "state" },
    { path: layout.legacyLog, role: "log" },
    { path: layout.sessionlessLog, role: "log" },
    { path: layout.legacyCheckpoints, role: "checkpoints" },
    // The oldest first, as it was written before the other two.
    { path: layout.legacyFeedback, role: "both" },
    { path: layout.legacyToolFeedback, role: "tool" },
    { path: layout.legacyProcessFeedback, role: "process" },
    ...LEGACY_WHOLES.map(({ from: path, to, shape }) => (
      { path, to, shape, role: "whole" } as const
    )),
  ];
  return table.map((place) => ({
    ...place,
    path: relativePath(root, place.path) ?? place.path,
  }));
}

export const NOT_FOLLOWED = "it is a symbolic link, which orc does not follow";

const ANOTHERS = "it is not the older tool's: another program keeps it";

/** What a migration moves, and what it leaves though the name is the older tool's. */
export interface SortedPlaces {
  readonly moving: readonly LegacyPlace[];
  readonly left: readonly LeftFile[];
  /** Those that are left, and move if they are asked for. */
  readonly includable: readonly string[];
}

export interface SortOptions {
  /** Paths that are to move though git tracks them. */
  readonly includes?: readonly string[];
  /** Names of orc's own settings: overrides of them would count for less in the new place. */
  readonly settings?: readonly string[];
  /** The files are copied: nothing is taken from anybody. */
  readonly isImport?: boolean;
}

/**
 * Tells which places hold what is the older tool's and may be moved. Other programs use the names
 * too, so the shape of what lies there decides; and what git tracks belongs to the project.
 *
 * @throws {OrcError} denied if a file may not be read
 */
export function sortPlaces(
  layout: RepositoryLayout,
  { root, places }: {
    readonly root: string;
    readonly places: readonly LegacyPlace[];
  },
  { includes = [], settings = [], isImport = false }: SortOptions = {},
): SortedPlaces {
  const left: LeftFile[] = [];
  const own = places.filter((place) => {
    const reason = whyNotOlder(root, place);
    if (reason !== undefined) left.push({ path: place.path, reason });
    return reason === undefined && isThere(joinPath(root, place.path));
  });
  const tracked = new Map(
    isImport ? [] : own.flatMap(({ path }) => {
      const reason = includes.includes(path)
        ? undefined
        : whyTracked(root, path);
      return reason === undefined ? [] : [[path, reason]];
    }),
  );
  // A session without its log, or a log without its session, would be torn apart.
  const isTorn = own.some(({ path, role }) =>
    role !== "whole" && tracked.has(path)
  );
  const isNamed = namesWorkflow(root, own);
  const targets = new Set<string>();
  const whyLeft = (place: LegacyPlace): string | undefined => {
    const { path, role } = place;
    if (tracked.has(path)) return tracked.get(path);
    if (role === "whole") {
      return whyTaken(layout, places, place, targets) ??
        whyStrong(joinPath(root, path), place.shape, settings);
    }
    if (isTorn) return "it belongs to what git tracks";
    return isNamed ? undefined : "it names no session it could belong to";
  };
  const moving = own.filter((place) => {
    const { path, to = path } = place;
    const reason = whyLeft(place);
    if (reason === undefined) targets.add(to);
    else left.push({ path, reason });
    return reason === undefined;
  });
  return { moving, left, includable: [...tracked.keys()] };
}

/** Why what lies in a place is not to be taken for the older tool's; undefined for nothing, too. */
function whyNotOlder(root: string, place: LegacyPlace): string | undefined {
  const path = joinPath(root, place.path);
  const kind = isBehindLink(root, place.path) ? "symlink" : fileKind(path);
  if (kind === "absent") return undefined;
  if (place.role === "state") {
    // A link in its place is refused by whoever reads it.
    const state = unlessCorrupt(() => readOlderState(path));
    return state?.isForeign === true ? ANOTHERS : undefined;
  }
  if (kind === "symlink") return NOT_FOLLOWED;
  if (place.role === "checkpoints") {
    if (kind !== "directory") return "it stands where a directory is expected";
    return holdsCheckpoints(path)
      ? undefined
      : "it holds no checkpoint of the older tool: another program keeps it";
  }
  if (kind !== "file") return "it is no regular file";
  const text = textOf(readBeginning(path, MAX_SMALL_FILE_BYTES));
  return isOlder(place, text) ? undefined : ANOTHERS;
}

function isBehindLink(root: string, path: string): boolean {
  const parts = path.split("/").slice(0, -1);
  return parts.some((_, depth) =>
    fileKind(joinPath(root, parts.slice(0, depth + 1).join("/"))) === "symlink"
  );
}

function isOlder({ role, shape }: LegacyPlace, text: string): boolean {
  if (role === "log") return isEmpty(text) || hasLine(text, isEvent);
  if (role !== "whole") return isEmpty(text) || hasLine(text, isFeedback);
  return shape === undefined || WHOLES[shape](text);
}

function whyTracked(root: string, path: string): string | undefined {
  const absolute = joinPath(root, path);
  const isDirectory = fileKind(absolute) === "directory";
  const tracked = isFileTracked(root, absolute, isDirectory);
  if (tracked === false) return undefined;
  const what = tracked === null
    ? "it cannot be told whether git tracks it"
    : "git tracks it";
  return `${what}; --include ${path} moves it nevertheless`;
}

/** Of two files with one target the first moves, and the second stays, however often that is asked. */
function whyTaken(
  { directory }: RepositoryLayout,
  places: readonly LegacyPlace[],
  { path, to = path }: LegacyPlace,
  targets: ReadonlySet<string>,
): string | undefined {
  if (targets.has(to)) return `another file goes to "${to}"`;
  const first = places.find((place) => place.to === to);
  const isSecond = first !== undefined && first.path !== path;
  return isSecond && isThere(joinPath(directory, to))
    ? `another file is at "${to}"`
    : undefined;
}

/** Why overrides keep their place: in the new one, the workflow wins over what they say. */
function whyStrong(
  path: string,
  shape: LegacyPlace["shape"],
  settings: readonly string[],
): string | undefined {
  if (shape !== "overrides") return undefined;
  const keys = keysAtMargin(textOf(readBeginning(path, MAX_SMALL_FILE_BYTES)));
  const strong = settings.find((name) => keys.includes(name));
  return strong &&
    `what it says about "${strong}" wins over the workflow, which config.yaml does not`;
}

/** Whether there is a session that lines without a workflow could belong to. */
function namesWorkflow(
  root: string,
  own: readonly LegacyPlace[],
): boolean {
  return own.some(({ path, role }) => {
    if (role === "state" || role === "checkpoints") return true;
    if (role !== "log") return false;
    const bytes = readBeginning(joinPath(root, path), MAX_SMALL_FILE_BYTES);
    const isWhole = (bytes?.length ?? 0) < MAX_SMALL_FILE_BYTES;
    return !isWhole || hasLine(
      textOf(bytes),
      (line) => (decodeLogLine(line)?.workflowId ?? "") !== "",
    );
  });
}

/** Whether a file that moves as it is shows by its content that it is the older tool's. */
const WHOLES: Readonly<
  Record<NonNullable<LegacyPlace["shape"]>, (text: string) => boolean>
> = {
  /** OpenSSL writes this before what it encrypts. */
  openssl: (text) => text === "" || text.startsWith("Salted__"),
  // SOPS encrypts values and no keys, and the older tool's begin with its name.
  sops: (text) => /^["']?workflow_orchestrator["']?\s*:/m.test(text),
  prd: (text) => {
    const keys = keysOf(text) ?? [];
    return keys.includes("prd_id") && keys.includes("tasks");
  },
  overrides: (text) =>
    keysAtMargin(text).some((key) => OLDER_SETTINGS.has(key)),
};

/** A state as it lies there: its bytes, or that another program keeps the file. */
type OlderState =
  | { readonly isForeign: true }
  | { readonly isForeign: false; readonly bytes: Uint8Array | undefined };

/**
 * Reads a state of the older tool. A directory, and a file that shows by what it holds that it is
 * another program's, is foreign; what says nothing at all may be a state that was damaged.
 *
 * @throws {OrcError} corrupt if it is a link, or too large
 */
export function readOlderState(path: string): OlderState {
  const kind = fileKind(path);
  if (kind === "directory") return { isForeign: true };
  if (kind === "file") {
    const text = textOf(readBeginning(path, MAX_SMALL_FILE_BYTES));
    if (text.length >= MAX_SMALL_FILE_BYTES && !mayBeState(text)) {
      return { isForeign: true };
    }
  }
  const bytes = readRegularFile(path, MAX_STATE_BYTES);
  if (bytes === undefined) return { isForeign: false, bytes };
  return isForeignState(textOf(bytes))
    ? { isForeign: true }
    : { isForeign: false, bytes };
}

/** How the older tool begins a state: enough to know one without parsing it. */
const STATE_BEGINNING =
  /^\s*\{\s*"workflow_id"\s*:\s*"[^"]*"\s*,\s*"workflow_type"\s*:/;

/** Beside the workflow's id, which others keep too, a state has one of these. */
const STATE_KEYS = [
  "workflow_type",
  "workflow_version",
  "workflow_definition",
  "current_phase_id",
];

function isForeignState(text: string): boolean {
  if (STATE_BEGINNING.test(text)) return false;
  if (saysNothing(text)) return false;
  const keys = keysOf(text);
  if (keys === undefined) return !mayBeState(text);
  return !keys.includes("workflow_id") ||
    !STATE_KEYS.some((key) => keys.includes(key));
}

/** Judges a text that is no whole JSON: torn, or only the beginning. */
function mayBeState(text: string): boolean {
  if (saysNothing(text)) return true;
  const has = (key: string) => text.includes(`"${key}"`);
  return /^\s*\{\s*"workflow_id"/.test(text) ||
    /^\s*\{/.test(text) && has("workflow_id") && STATE_KEYS.some(has);
}

/** Empty, zero-filled, or torn before the first word. */
function saysNothing(text: string): boolean {
  return !/[^\s\0\ufeff{"]/.test(text);
}

function isEmpty(text: string): boolean {
  return text.trim() === "";
}

function hasLine(text: string, is: (line: string) => boolean): boolean {
  return text.split("\n").some(is);
}

function isEvent(line: string): boolean {
  return decodeLogLine(line) !== undefined;
}

/** Each entry names its workflow, by its id or a hash of it. */
function isFeedback(line: string): boolean {
  const keys = keysOf(line) ?? [];
  return keys.includes("workflow_id") || keys.includes("workflow_id_hash");
}

/** The keys of a JSON object, none of another value; undefined for what is no JSON. */
function keysOf(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
    const isObject = typeof value === "object" && !Array.isArray(value);
    return isObject ? Object.keys(value ?? {}) : [];
  } catch {
    return undefined;
  }
}

function textOf(bytes: Uint8Array = new Uint8Array()): string {
  return new TextDecoder().decode(bytes);
}

/** An empty directory is made by the older tool when it only lists checkpoints. */
function holdsCheckpoints(directory: string): boolean {
  const entries = entriesIn(directory, "list");
  return entries.length === 0 ||
    entries.some(({ name }) =>
      name.endsWith(CHECKPOINT_SUFFIX) &&
      isCheckpointId(name.slice(0, -CHECKPOINT_SUFFIX.length))
    );
}

/** Whether another program keeps its own data where orc keeps the identity of the repository. */
export function isForeignMeta(text: string): boolean {
  const keys = keysOf(text) ?? [];
  return keys.length > 0 && !["repo_id", "repo_root", "orchestrator_version"]
    .some((key) => keys.includes(key));
}

/** What the older tool keeps in `.orchestrator/` and orc does not use. */
const OLDER_NAMES: ReadonlySet<string> = new Set([
  "audit.jsonl",
  "events.jsonl",
  "scan_state.json",
  "worktrees",
  "v3",
  "v4",
  "agent_workflow.yaml",
  "agent_instructions.md",
  "server.log",
  "server.pid",
  "enforce.log",
  "migration.log",
]);

/** What a repair has put aside. */
const ASIDE = /\.corrupt-/;

/** Names in `.orchestrator/` that mean nothing to orc. */
export function unknownNames(
  { directory, ...paths }: RepositoryLayout,
  names: readonly string[],
): readonly string[] {
  const known = new Set([
    LOCK_NAME,
    ...Object.values(paths).filter((path) => isWithin(directory, path))
      .map(nameOf),
    ...[...LEGACY_WHOLES.map(({ to }) => to), includedPath("")]
      .map((path) => path.replace(/\/.*/, "")),
  ]);
  return names.filter((name) => !known.has(name) && !ASIDE.test(name));
}

/**
 * Names in `.orchestrator/` under which another program keeps something: what neither orc nor the
 * older tool uses, and what by its content is not theirs.
 */
export function foreignNamesIn(
  layout: RepositoryLayout,
): readonly string[] {
  const { root, directory, current, meta, sessions } = layout;
  const names = entriesIn(directory, "list").map(({ name }) => name)
    .filter((name) => !isLeftover(name));
  const places = legacyPlacesIn(layout).filter(({ path }) =>
    isWithin(directory, joinPath(root, path))
  ).filter((place) => whyNotOlder(root, place) !== undefined);
  const bytes = readBeginning(meta, MAX_SMALL_FILE_BYTES);
  const sessionNames = entriesIn(sessions, "list").map(({ name }) => name);
  return [
    ...unknownNames(layout, names).filter((name) => !OLDER_NAMES.has(name)),
    ...places.map(({ path }) => nameOf(path)),
    ...isThere(current) && isForeignCurrent(layout) ? [nameOf(current)] : [],
    ...bytes && isForeignMeta(textOf(bytes)) ? [nameOf(meta)] : [],
    ...sessionNames.some((name) => !isOwnSession(layout, name))
      ? [nameOf(sessions)]
      : [],
  ];
}

function isLeftover(name: string): boolean {
  return [true, false].some((isDirectory) =>
    leftoverToken(name, isDirectory) !== undefined
  );
}

/** Whether something in the directory of sessions is one, or was left of one. */
function isOwnSession(layout: RepositoryLayout, name: string): boolean {
  if (!isSessionId(name)) return name.startsWith(".");
  return fileKind(sessionLayout(layout.root, name).directory) === "directory" &&
    !isForeignSession(layout, name);
}

/** Whether a log holds events of the older tool, or nothing yet. */
export function isOlderLog(path: string): boolean {
  const text = textOf(readBeginning(path, MAX_SMALL_FILE_BYTES));
  return isEmpty(text) || hasLine(text, isEvent);
}

/**
 * Whether another program keeps something in the place of `current`, or somebody edited it so that
 * it names no session. It chooses nothing, and is not orc's to replace.
 */
export function isForeignCurrent(layout: RepositoryLayout): boolean {
  const text = textOfCurrent(layout);
  return text === undefined || text !== "" && !isOwnId(layout, text);
}
