import { notFound, OrcError } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import {
  decodeUtf8,
  isJsonList,
  isJsonObject,
  parseJson,
} from "../base/json.ts";
import {
  includedPath,
  LEGACY_PREFIX,
  type LegacyWhole,
  type RepositoryLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_STATE_BYTES, MAX_WORKFLOW_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { decodeLogLine } from "../engine/event.ts";
import { hashOfWorkflow } from "../feedback/rules.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import { fileKind, guardDirectory, readRegularFile } from "../files/read.ts";
import {
  changedMeanwhile,
  factOf,
  freeBytesAt,
  hashFile,
  type LegacyFile,
  type NewHash,
  treeBelow,
} from "../files/tree.ts";
import { readCurrent } from "../session/binding.ts";
import {
  DAMAGED_STATE_HINT,
  decodeSession,
  ORC_FORMAT,
} from "../session/codec.ts";
import { encodeSession } from "../session/encode.ts";
import { readAdoption } from "../session/legacy.ts";
import { decodeState } from "../session/read.ts";
import { SETTINGS } from "../settings/settings.ts";
import type { SessionState } from "../workflow/types.ts";
import {
  countParts,
  isSameDevice,
  ownerOf,
  regularFact,
  type Scan,
  scanCheckpoints,
  type ScanOptions,
} from "./scan_lines.ts";
import {
  type LegacyCheckpointFile,
  type LegacyFacts,
  type LegacyLinesFile,
  type LegacyStateFile,
  type LegacyWholeFile,
  type LinesRole,
  type PresentSession,
  rebuildFromLog,
  type Rebuilding,
  type RebuiltSession,
} from "./session_plan.ts";

/** Gathers all facts of a migration. Reads only, follows no link, and holds no file. */
export async function scanLegacy(options: ScanOptions): Promise<LegacyFacts> {
  const scan: Scan = { ...options, left: [], warnings: [] };
  const { places, layout } = scan;
  const states = await scanStates(scan);
  const known = new Set(states.map(({ state }) => state.workflowId));
  const logs = new Map<string, Rebuilding>();
  const logLines = places.logs.flatMap((path) =>
    scanLog(scan, path, (workflowId) => known.has(workflowId), logs)
  );
  const { tree, checkpoints, newest } = scanCheckpoints(scan);
  const workflowIds = new Set([
    ...known,
    ...logs.keys(),
    ...checkpoints.map(({ workflowId }) => workflowId),
  ]);
  const feedback = await scanFeedback(scan, workflowIds);
  const present = await scanPresent(layout, workflowIds, scan.newHash);
  const stored = new Set(present.sessions.map(({ state }) => state.workflowId));
  const lost = [...workflowIds].filter((id) =>
    !known.has(id) && !stored.has(id)
  );
  const rebuilt = await rebuild(lost, logs, newest);
  const told = new Set([
    ...known,
    ...stored,
    ...rebuilt.map(({ workflowId }) => workflowId),
  ]);
  return {
    states,
    lines: [...logLines, ...feedback],
    checkpointTree: tree,
    checkpoints: withSession(scan, checkpoints, told),
    wholes: scanWholes(scan),
    ...scanIncluded(scan),
    rebuilt,
    left: scan.left,
    warnings: scan.warnings,
    present: present.sessions,
    sessionIds: present.ids,
    hasCurrent: present.hasCurrent,
    freeBytes: await freeBytesAt(layout.root),
    canLink: isSameDevice(layout, places),
  };
}

async function scanStates(scan: Scan): Promise<readonly LegacyStateFile[]> {
  const states: LegacyStateFile[] = [];
  for (const path of scan.places.states) {
    const found = await scanState(scan, path);
    if (found !== undefined) states.push(found);
  }
  return states;
}

async function scanState(
  scan: Scan,
  path: string,
): Promise<LegacyStateFile | undefined> {
  const absolute = joinPath(scan.places.root, path);
  const bytes = readRegularFile(absolute, MAX_STATE_BYTES);
  if (bytes === undefined) return undefined;
  const text = decodeUtf8(bytes, absolute, DAMAGED_STATE_HINT);
  if (path === scan.places.foreignState && isForeign(text)) {
    const reason = "it is no state of a workflow: another program keeps it";
    scan.left.push({ path, reason });
    return undefined;
  }
  const { state } = await decodeSession(text, absolute);
  const fact = factOf(scan.places.root, path);
  if (fact?.sizeBytes !== bytes.length) throw changedMeanwhile(absolute);
  const hash = scan.newHash();
  hash.update(bytes);
  return { file: { ...fact, sha256: hash.digest("hex") }, state };
}

/** The Python tool's API server kept tasks under the name of a state. */
function isForeign(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null &&
      !("workflow_id" in value);
  } catch {
    return false;
  }
}

/** Workflows of which the log alone tells are put together from it on the way. */
function scanLog(
  scan: Scan,
  path: string,
  hasState: (workflowId: string) => boolean,
  logs: Map<string, Rebuilding>,
): readonly LegacyLinesFile[] {
  return scanLines(scan, path, "log", new Map(), (workflowId, line) => {
    if (workflowId === "" || hasState(workflowId)) return;
    const rebuilding = logs.get(workflowId) ?? rebuildFromLog(workflowId);
    logs.set(workflowId, rebuilding);
    const event = line === undefined ? undefined : decodeLogLine(line);
    if (event !== undefined) rebuilding.add(event);
  });
}

function scanLines(
  { places, newHash, left }: Scan,
  path: string,
  role: LinesRole,
  workflowOfHash: ReadonlyMap<string, string>,
  see: (workflowId: string, line: string | undefined) => void = () => {},
): readonly LegacyLinesFile[] {
  const absolute = joinPath(places.root, path);
  const fact = regularFact(places.root, path, left);
  if (fact === undefined) return [];
  const file = { ...fact, sha256: hashFile(absolute, newHash) };
  const parts = countParts(absolute, ownerOf(role, workflowOfHash), see);
  return [{ file, role, parts }];
}

async function scanFeedback(
  scan: Scan,
  workflowIds: ReadonlySet<string>,
): Promise<readonly LegacyLinesFile[]> {
  const hashes = await workflowsByHash(workflowIds, scan.salt);
  return scan.places.feedback.flatMap(({ path, role }) =>
    scanLines(scan, path, role, hashes)
  );
}

/** Feedback names workflows by their hash only. */
export async function workflowsByHash(
  workflowIds: Iterable<string>,
  salt: string,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for (const id of workflowIds) hashes.set(await hashOfWorkflow(id, salt), id);
  return hashes;
}

async function rebuild(
  workflowIds: readonly string[],
  logs: ReadonlyMap<string, Rebuilding>,
  newest: ReadonlyMap<string, SessionState>,
): Promise<readonly RebuiltSession[]> {
  const rebuilt: RebuiltSession[] = [];
  for (const workflowId of workflowIds) {
    const logged = logs.get(workflowId)?.state();
    const state = logged ?? newest.get(workflowId);
    if (state === undefined) continue;
    const from = logged === undefined ? "checkpoint" : "log";
    rebuilt.push({ workflowId, from, state, text: await textOf(state) });
  }
  return rebuilt;
}

function textOf(state: SessionState): Promise<string> {
  const unsigned = {
    state,
    format: ORC_FORMAT,
    serial: 0,
    sessionId: null,
    lastEvents: [],
  };
  return encodeSession(unsigned, state.updatedAt);
}

/** Of some workflows nothing is left but checkpoints that hold no state. */
function withSession(
  scan: Scan,
  checkpoints: readonly LegacyCheckpointFile[],
  told: ReadonlySet<string>,
): readonly LegacyCheckpointFile[] {
  return checkpoints.filter(({ file, workflowId }) => {
    if (told.has(workflowId)) return true;
    scan.warnings.push(
      `"${file.path}" belongs to workflow "${workflowId}", of which nothing is left: it goes into the backup only`,
    );
    return false;
  });
}

/** What stands in the new place already. */
interface ScannedPresent {
  /** Those of the workflows that were asked for. */
  readonly sessions: readonly PresentSession[];
  readonly ids: ReadonlySet<string>;
  readonly hasCurrent: boolean;
}

/** Looks for sessions of these workflows, under whatever id. */
async function scanPresent(
  layout: RepositoryLayout,
  workflowIds: ReadonlySet<string>,
  newHash: NewHash,
): Promise<ScannedPresent> {
  guardDirectory(layout.root, layout.sessions);
  const ids = namesIn(layout.sessions).filter(isSessionId);
  const sessions: PresentSession[] = [];
  for (const id of workflowIds.size === 0 ? [] : ids) {
    const session = await readPresent(layout, id, workflowIds, newHash);
    if (session !== undefined) sessions.push(session);
  }
  return { sessions, ids: new Set(ids), hasCurrent: hasCurrent(layout) };
}

function hasCurrent(layout: RepositoryLayout): boolean {
  try {
    return readCurrent(layout) !== undefined ||
      fileKind(layout.current) !== "absent";
  } catch (error) {
    // Something is there, even if it names no session.
    if (error instanceof OrcError && error.kind === "corrupt") return true;
    throw error;
  }
}

/** First key of every state, in every shape. */
const WORKFLOW_ID = /"workflow_id"\s*:\s*"([^"\\]*)"/;

async function readPresent(
  layout: RepositoryLayout,
  id: string,
  workflowIds: ReadonlySet<string>,
  newHash: NewHash,
): Promise<PresentSession | undefined> {
  const paths = sessionLayout(layout.root, id);
  try {
    guardDirectory(layout.root, paths.directory);
    const bytes = readRegularFile(paths.state, MAX_STATE_BYTES);
    if (bytes === undefined) return undefined;
    const text = new TextDecoder().decode(bytes);
    const workflowId = WORKFLOW_ID.exec(text)?.[1];
    if (workflowId === undefined || !workflowIds.has(workflowId)) {
      return undefined;
    }
    const { state } = await decodeState(text, paths, id);
    const hash = newHash();
    hash.update(bytes);
    return {
      id,
      state,
      stateSha256: hash.digest("hex"),
      adoptedSha256: readAdoption(layout, id) ?? null,
      checkpoints: checkpointSizes(layout, paths.checkpoints),
      hasToolFeedback: fileKind(paths.toolFeedback) !== "absent",
      hasProcessFeedback: fileKind(paths.processFeedback) !== "absent",
    };
  } catch (error) {
    // A damaged session takes its id, and tells nothing else.
    if (error instanceof OrcError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

function checkpointSizes(
  { root }: RepositoryLayout,
  directory: string,
): ReadonlyMap<string, number> {
  guardDirectory(root, directory);
  return new Map(
    namesIn(directory).map((name) => [
      name,
      Deno.lstatSync(`${directory}/${name}`).size,
    ]),
  );
}

function namesIn(directory: string): readonly string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw asOrcError(error, "list", directory);
  }
}

/** Files that move as they are. */
function scanWholes(scan: Scan): readonly LegacyWholeFile[] {
  const { places, left } = scan;
  const taken = new Set<string>();
  return places.wholes.flatMap(({ from, to, shape }) => {
    const file = regularFact(places.root, from, left);
    if (file === undefined) return [];
    const reason = taken.has(to)
      ? `another file goes to "${to}"`
      : misfit(joinPath(places.root, from), shape);
    if (reason !== undefined) {
      left.push({ path: from, reason });
      return [];
    }
    taken.add(to);
    return [whole(scan, file, to)];
  });
}

/** Why a file cannot be taken for what its name says. */
function misfit(
  path: string,
  shape: LegacyWhole["shape"],
): string | undefined {
  if (shape === "prd" && !isPrd(path)) {
    return "it is not the older tool's: another program keeps it";
  }
  const setting = shape === "overrides" ? strongSetting(path) : undefined;
  return setting === undefined
    ? undefined
    : `what it says about "${setting}" wins over the workflow, which config.yaml does not`;
}

/** A setting that means less in the new place than in the old one. */
function strongSetting(path: string): string | undefined {
  const bytes = readRegularFile(path, MAX_WORKFLOW_BYTES) ?? new Uint8Array();
  const keys = decodeUtf8(bytes, path).split("\n")
    .map((line) => /^["']?(\w+)["']?\s*:/.exec(line)?.[1]);
  return SETTINGS.find(({ name }) => keys.includes(name))?.name;
}

function whole(scan: Scan, file: LegacyFile, to: string): LegacyWholeFile {
  const { places, layout, newHash } = scan;
  const target = joinPath(layout.directory, to);
  const kind = fileKind(target);
  const present = kind === "file" ? hashFile(target, newHash) : "";
  const sha256 = hashFile(joinPath(places.root, file.path), newHash);
  return {
    file: { ...file, sha256 },
    to,
    present: kind === "absent" ? null : present,
  };
}

/** The older tool's list of tasks; Claude Code may keep something else under the name. */
function isPrd(path: string): boolean {
  try {
    const bytes = readRegularFile(path, MAX_STATE_BYTES) ?? new Uint8Array();
    const value = parseJson(decodeUtf8(bytes, path), path);
    return isJsonObject(value) && value.has("prd_id") &&
      isJsonList(value.get("tasks"));
  } catch (error) {
    if (error instanceof OrcError && error.kind === "corrupt") return false;
    throw error;
  }
}

/** Files that only look like the older tool's: those that were asked for, and those that stay. */
function scanIncluded(
  scan: Scan,
): Pick<LegacyFacts, "included" | "includedTrees"> {
  const { places, includes, left } = scan;
  const names = places.hasCustom ? customNames(scan) : [];
  const unknown = includes.find((name) => !names.includes(name));
  if (unknown !== undefined) throw noSuchFile(unknown, names);
  const trees: LegacyFile[] = [];
  const included = names.flatMap((path) => {
    const fact = factOf(places.root, path);
    if (fact === undefined) return [];
    if (!includes.includes(path)) {
      const reason = `orc does not know it; --include ${path} moves it too`;
      left.push({ path, reason });
      return [];
    }
    if (fact.kind === "file") return [whole(scan, fact, includedPath(path))];
    if (fact.kind !== "directory") {
      left.push({ path, reason: "it is no regular file, nor a directory" });
      return [];
    }
    const tree = treeBelow(places.root, path);
    trees.push(fact, ...tree.filter(({ kind }) => kind !== "file"));
    return tree.filter(({ kind }) => kind === "file")
      .map((file) => whole(scan, file, includedPath(file.path)));
  });
  return { included, includedTrees: trees };
}

function customNames({ places }: Scan): readonly string[] {
  const known = new Set([
    ...places.states,
    ...places.logs,
    ...places.feedback.map(({ path }) => path),
    ...places.checkpoints === null ? [] : [places.checkpoints],
  ]);
  try {
    return Array.from(Deno.readDirSync(places.root), ({ name }) => name)
      .filter((name) => name.startsWith(LEGACY_PREFIX) && !known.has(name))
      .sort();
  } catch (error) {
    throw asOrcError(error, "list", places.root);
  }
}

function noSuchFile(name: string, names: readonly string[]): OrcError {
  return notFound(
    "no_such_file",
    `Cannot include "${name}": it is no custom legacy file of this repository`,
    {
      hint: names.length === 0
        ? "there are none; see what moves: orc migrate --dry-run"
        : `there are: ${names.join(", ")}`,
      details: { names },
    },
  );
}
