import { decodeUtf8 } from "../base/json_parse.ts";
import { MAX_STATE_BYTES } from "../base/limits.ts";
import { joinPath } from "../base/path.ts";
import { decodeLogLine } from "../engine/event.ts";
import { hashOfWorkflow } from "../feedback/feedback_anonymity.ts";
import { freeBytesAt } from "../files/disk_space.ts";
import { readRegularFile } from "../files/read.ts";
import { changedMeanwhile, hashFile } from "../files/tree.ts";
import {
  DAMAGED_STATE_HINT,
  decodeSession,
  ORC_FORMAT,
} from "../session/codec.ts";
import { encodeSession } from "../session/encode.ts";
import type { SessionState } from "../workflow/types.ts";
import { countParts, ownerOf } from "./legacy_lines.ts";
import type {
  LegacyCheckpointFile,
  LegacyFacts,
  LegacyLinesFile,
  LegacyStateFile,
  LinesRole,
  RebuiltSession,
} from "./migration_facts.ts";
import { rebuildFromLog, type Rebuilding } from "./migration_rebuild.ts";
import {
  factOf,
  isSameDevice,
  regularFact,
  type Scan,
  type ScanOptions,
} from "./migration_scan_file.ts";
import { scanPresent } from "./migration_scan_present.ts";
import { scanIncluded, scanWholes } from "./migration_scan_whole.ts";
import { scanCheckpoints } from "./scan_lines.ts";

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
