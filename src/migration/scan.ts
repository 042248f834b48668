import { sha256Hex } from "../base/checksum.ts";
import { notFound, nothingIfCorrupt } from "../base/error.ts";
import { isSessionId } from "../base/ids.ts";
import { decodeUtf8 } from "../base/json.ts";
import {
  includedPath,
  LEGACY_PREFIX,
  type RepositoryLayout,
  sessionLayout,
} from "../base/layout.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { decodeLogLine } from "../engine/event.ts";
import { hashOfWorkflow } from "../feedback/rules.ts";
import { asOrcError, isAbsent } from "../files/errors.ts";
import {
  entriesIn,
  fileKind,
  guardDirectory,
  isThere,
  readRegularFile,
} from "../files/read.ts";
import {
  changedMeanwhile,
  factOf,
  freeBytesAt,
  hashFile,
  type LegacyFile,
  treeBelow,
} from "../files/tree.ts";
import {
  DAMAGED_STATE_HINT,
  decodeSession,
  ORC_FORMAT,
} from "../session/codec.ts";
import { encodeSession } from "../session/encode.ts";
import { readAdoption } from "../session/legacy.ts";
import {
  type LegacyPlace,
  legacyPlacesIn,
  sortPlaces,
} from "../session/ownership.ts";
import { bytesOf, entriesOf, lookAtFile } from "../session/pack/door.ts";
import { decodeState } from "../session/read.ts";
import { SETTINGS } from "../settings/settings.ts";
import type { SessionState } from "../workflow/types.ts";
import { rebuildFromLog, type Rebuilding } from "./rebuild.ts";
import {
  countParts,
  ownerOf,
  placesOf,
  type Scan,
  scanCheckpoints,
  type ScanOptions,
} from "./scan_lines.ts";
import {
  type LegacyFacts,
  type LegacyLinesFile,
  type LegacyStateFile,
  type LegacyWholeFile,
  LINES_PLACES,
  type LinesRole,
  type PresentSession,
  type RebuiltSession,
} from "./session_plan.ts";

/** Gathers all facts of a migration. Reads only, follows no link, and holds no file. */
export async function scanLegacy(options: ScanOptions): Promise<LegacyFacts> {
  const { places: named, includes } = options;
  // A file that was named is taken for what it was named as.
  const { moving, left: others, includable } = named.of === "file"
    ? { moving: named.places, left: [], includable: [] }
    : sortPlaces(options.layout, named, {
      includes,
      settings: SETTINGS.map(({ name }) => name),
      isImport: named.of === "directory",
    });
  const scan: Scan = {
    ...options,
    places: { ...named, places: moving },
    left: [...others],
    warnings: [],
  };
  const { layout, left, warnings } = scan;
  const states: LegacyStateFile[] = [];
  for (const place of placesOf(scan.places, "state")) {
    const found = await scanState(scan, place);
    if (found !== undefined) states.push(found);
  }
  const known = new Set(states.map(({ state }) => state.workflowId));
  const logged = new Map<string, Rebuilding>();
  const logs = placesOf(scan.places, "log").flatMap((place) =>
    scanLog(scan, place, known, logged)
  );
  const { tree, checkpoints, newest } = scanCheckpoints(scan);
  const workflowIds = new Set([
    ...known,
    ...logged.keys(),
    ...checkpoints.map(({ workflowId }) => workflowId),
  ]);
  const hashes = await workflowsByHash(workflowIds, scan.salt);
  const feedback = placesOf(scan.places, "both", "tool", "process")
    .flatMap((place) => scanLines(scan, place, hashes));
  const present = await scanPresent(layout, workflowIds);
  const told = new Set([
    ...known,
    ...present.present.map(({ state }) => state.workflowId),
  ]);
  const rebuilt = await rebuild(
    [...workflowIds].filter((id) => !told.has(id)),
    logged,
    newest,
  );
  for (const { workflowId } of rebuilt) told.add(workflowId);
  // Of some workflows nothing is left but checkpoints that hold no state.
  const orphans = checkpoints.filter(({ workflowId }) => !told.has(workflowId));
  warnings.push(
    ...orphans.map(({ file, workflowId }) =>
      `"${file.path}" belongs to workflow "${workflowId}", of which nothing is left: it goes into the backup only`
    ),
  );
  const wholes = scanWholes(scan);
  const included = scanIncluded(scan, includable);
  const lines = [...logs, ...feedback];
  return {
    states,
    lines,
    checkpoints: checkpoints.filter(({ workflowId }) => told.has(workflowId)),
    wholes: [...wholes, ...included.wholes],
    // What was asked for moves as a whole.
    trees: [...tree.slice(0, 1), ...included.trees]
      .map(({ path }) => path.split("/")[0] ?? path),
    files: [
      ...[...states, ...lines].map(({ file }) => file),
      ...tree,
      ...wholes.map(({ file }) => file),
      ...included.trees,
      ...included.wholes.map(({ file }) => file),
    ],
    rebuilt,
    left,
    warnings,
    ...present,
    freeBytes: await freeBytesAt(layout.root),
    canLink: isSameDevice(scan),
  };
}

async function scanState(
  scan: Scan,
  { path }: LegacyPlace,
): Promise<LegacyStateFile | undefined> {
  const absolute = joinPath(scan.places.root, path);
  const bytes = readRegularFile(absolute, MAX_STATE_BYTES);
  if (bytes === undefined) return undefined;
  const text = decodeUtf8(bytes, absolute, DAMAGED_STATE_HINT);
  const { state } = await decodeSession(text, absolute);
  const fact = factOf(scan.places.root, path);
  if (fact?.sizeBytes !== bytes.length) throw changedMeanwhile(absolute);
  return { file: { ...fact, sha256: await sha256Hex(bytes) }, state };
}

/** Workflows of which the log alone tells are put together from it on the way. */
function scanLog(
  scan: Scan,
  place: LegacyPlace<LinesRole>,
  known: ReadonlySet<string>,
  logged: Map<string, Rebuilding>,
): readonly LegacyLinesFile[] {
  return scanLines(scan, place, new Map(), (workflowId, line) => {
    if (workflowId === "" || known.has(workflowId)) return;
    const rebuilding = logged.get(workflowId) ?? rebuildFromLog(workflowId);
    logged.set(workflowId, rebuilding);
    const event = line === undefined ? undefined : decodeLogLine(line);
    if (event !== undefined) rebuilding.add(event);
  });
}

function scanLines(
  scan: Scan,
  { path, role }: LegacyPlace<LinesRole>,
  workflowOfHash: ReadonlyMap<string, string>,
  see: (workflowId: string, line: string | undefined) => void = () => {},
): readonly LegacyLinesFile[] {
  const absolute = joinPath(scan.places.root, path);
  const fact = factOf(scan.places.root, path);
  if (fact === undefined) return [];
  const file = { ...fact, sha256: hashFile(absolute, scan.newHash) };
  const parts = countParts(absolute, ownerOf(role, workflowOfHash), see);
  return [{ file, role, parts }];
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
    const text = await encodeSession({
      ...{ state, format: ORC_FORMAT, serial: 0 },
      ...{ sessionId: null, lastEvents: [], chain: null },
    }, state.updatedAt);
    rebuilt.push({ workflowId, from, state, text });
  }
  return rebuilt;
}

/** Looks for sessions of these workflows, under whatever id, and for what else stands in the new place. */
async function scanPresent(
  layout: RepositoryLayout,
  workflowIds: ReadonlySet<string>,
): Promise<Pick<LegacyFacts, "present" | "sessionIds" | "hasCurrent">> {
  guardDirectory(layout.root, layout.sessions);
  const ids = namesIn(layout.sessions).filter(isSessionId);
  const present: PresentSession[] = [];
  for (const id of workflowIds.size === 0 ? [] : ids) {
    // A damaged session takes its id, and tells nothing else.
    const session = await readPresent(layout, id, workflowIds)
      .catch(nothingIfCorrupt);
    if (session !== undefined) present.push(session);
  }
  // Something that names no session is there all the same.
  const hasCurrent = isThere(layout.current);
  return { present, sessionIds: new Set(ids), hasCurrent };
}

/** First key of every state, in every shape. */
const WORKFLOW_ID = /"workflow_id"\s*:\s*"([^"\\]*)"/;

async function readPresent(
  layout: RepositoryLayout,
  id: string,
  workflowIds: ReadonlySet<string>,
): Promise<PresentSession | undefined> {
  const paths = sessionLayout(layout.root, id);
  guardDirectory(layout.root, paths.directory);
  const bytes = bytesOf(layout.root, paths.state, MAX_STATE_BYTES);
  const text = new TextDecoder().decode(bytes);
  const workflowId = WORKFLOW_ID.exec(text)?.[1];
  const isMeant = workflowId !== undefined && workflowIds.has(workflowId);
  if (bytes === undefined || !isMeant) return undefined;
  const { state } = await decodeState(text, paths, id);
  guardDirectory(layout.root, paths.checkpoints);
  return {
    id,
    state,
    stateSha256: await sha256Hex(bytes),
    adoptedSha256: readAdoption(layout, id) ?? null,
    checkpointNames: new Set(
      entriesOf(layout.root, paths.checkpoints, "list").map(({ name }) => name),
    ),
    feedback: new Set(
      (["tool", "process"] as const).filter((kind) =>
        lookAtFile(layout.root, paths[LINES_PLACES[kind]]) !== undefined
      ),
    ),
  };
}

function namesIn(directory: string): readonly string[] {
  return entriesIn(directory, "list").map(({ name }) => name).sort();
}

function scanWholes(scan: Scan): readonly LegacyWholeFile[] {
  return placesOf(scan.places, "whole").flatMap(({ path, to = path }) => {
    const file = factOf(scan.places.root, path);
    return file === undefined ? [] : [whole(scan, file, to, path)];
  });
}

function whole(
  { places, layout, newHash }: Scan,
  file: LegacyFile,
  to: string,
  retired: string,
): LegacyWholeFile {
  const target = joinPath(layout.directory, to);
  const kind = fileKind(target);
  const present = kind === "file" ? hashFile(target, newHash) : "";
  const sha256 = hashFile(joinPath(places.root, file.path), newHash);
  return {
    file: { ...file, sha256 },
    to,
    present: kind === "absent" ? null : present,
    retired,
  };
}

/** Files that only look like the older tool's: those that were asked for, and those that stay. */
function scanIncluded(scan: Scan, includable: readonly string[]): {
  readonly wholes: readonly LegacyWholeFile[];
  /** Directories, each before what lies in it and is no file. */
  readonly trees: readonly LegacyFile[];
} {
  const { places: { root, of }, layout, includes, left } = scan;
  const known = new Set(legacyPlacesIn(layout).map(({ path }) => path));
  const custom = (of === "repository" ? namesIn(root) : []).filter((name) =>
    name.startsWith(LEGACY_PREFIX) && !known.has(name)
  );
  const names = [...custom, ...includable];
  const moves = new Set(scan.places.places.map(({ path }) => path));
  const unknown = includes.find((name) =>
    !names.includes(name) && !moves.has(name)
  );
  if (unknown !== undefined) {
    throw notFound(
      "no_such_file",
      `Cannot include "${unknown}": it is no legacy file of this repository that could be left`,
      {
        hint: names.length === 0
          ? "there are none; see what moves: orc migrate --dry-run"
          : `there are: ${names.join(", ")}`,
        details: { names },
      },
    );
  }
  const trees: LegacyFile[] = [];
  const wholes: LegacyWholeFile[] = [];
  for (const path of custom) {
    const fact = factOf(root, path);
    if (fact === undefined) continue;
    if (!includes.includes(path)) {
      left.push({
        path,
        reason: `orc does not know it; --include ${path} moves it too`,
      });
    } else if (fact.kind !== "file" && fact.kind !== "directory") {
      left.push({ path, reason: "it is no regular file, nor a directory" });
    } else {
      const below = fact.kind === "directory" ? treeBelow(root, path) : [];
      for (const file of [fact, ...below]) {
        if (file.kind !== "file") trees.push(file);
        else wholes.push(whole(scan, file, includedPath(file.path), path));
      }
    }
  }
  return { wholes, trees };
}

function isSameDevice(scan: Scan): boolean {
  const { places: { root }, layout } = scan;
  const [checkpoints] = placesOf(scan.places, "checkpoints");
  if (checkpoints === undefined) return false;
  const source = deviceOf(joinPath(root, checkpoints.path));
  const target = deviceOf(layout.directory) ?? deviceOf(layout.root);
  return layout.root === root && source !== undefined && source === target;
}

function deviceOf(path: string): number | undefined {
  try {
    return Deno.lstatSync(path).dev;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw asOrcError(error, "look at", path);
  }
}
