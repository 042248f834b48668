import { type SessionLayout, sessionPathsWithin } from "../base/layout.ts";
import { nameOf } from "../base/path.ts";
import { countOf } from "../base/text.ts";
import type { FeedbackKind } from "../feedback/rules.ts";
import type { LegacyFile } from "../files/tree.ts";
import type { LeftFile } from "../session/ownership.ts";
import type { MigrationUnit } from "../transfer/record.ts";
import type {
  ItemState,
  SessionState,
  SessionStatus,
} from "../workflow/types.ts";

export interface LegacyStateFile {
  readonly file: LegacyFile;
  readonly state: SessionState;
}

/** What the lines of a file are: events, or one kind of feedback. */
export type LinesRole = "log" | FeedbackKind;

/** Where lines go in a session. The oldest feedback holds what must stay private, so all of it does. */
export const LINES_PLACES: Readonly<Record<LinesRole, keyof SessionLayout>> = {
  log: "log",
  tool: "toolFeedback",
  process: "processFeedback",
  both: "processFeedback",
};

/** The lines of one workflow in a file that many workflows share. */
export interface LinePart {
  /** Empty for lines that name none. */
  readonly workflowId: string;
  readonly lines: number;
  readonly sizeBytes: number;
}

/** A file of lines, and whose they are, in the order of their first lines. */
export interface LegacyLinesFile {
  readonly file: LegacyFile;
  readonly role: LinesRole;
  readonly parts: readonly LinePart[];
}

export interface LegacyCheckpointFile {
  readonly file: LegacyFile;
  readonly workflowId: string;
}

/** A file that moves as it is, and where to, seen from `.orchestrator/`. */
export interface LegacyWholeFile {
  readonly file: LegacyFile;
  readonly to: string;
  /** Hash of what stands there already; null when nothing does. */
  readonly present: string | null;
  /** The part of the root that moves into the backup with it. */
  readonly retired: string;
}

/** A workflow of which only the log or checkpoints are left, made a closed session. */
export interface RebuiltSession {
  readonly workflowId: string;
  readonly from: "log" | "checkpoint";
  readonly state: SessionState;
  /** Text of its state.json. */
  readonly text: string;
}

/** A session that stands in the new place and belongs to a workflow of the legacy files. */
export interface PresentSession {
  readonly id: string;
  readonly state: SessionState;
  readonly stateSha256: string;
  /** Hash of the legacy state it was adopted from; null when it was not. */
  readonly adoptedSha256: string | null;
  readonly checkpointNames: ReadonlySet<string>;
  readonly feedback: ReadonlySet<LinesRole>;
}

export interface LegacyFacts {
  /** That of the root first, then that of an engine without sessions. */
  readonly states: readonly LegacyStateFile[];
  readonly lines: readonly LegacyLinesFile[];
  readonly checkpoints: readonly LegacyCheckpointFile[];
  /** The older tool's own first, then those that were asked for by name. */
  readonly wholes: readonly LegacyWholeFile[];
  /** Directories that move as a whole: nothing else belongs into them. */
  readonly trees: readonly string[];
  /** All files and directories that may move. */
  readonly files: readonly LegacyFile[];
  readonly rebuilt: readonly RebuiltSession[];
  readonly left: readonly LeftFile[];
  readonly warnings: readonly string[];
  readonly present: readonly PresentSession[];
  /** Ids that are taken in the new place, by whatever. */
  readonly sessionIds: ReadonlySet<string>;
  readonly hasCurrent: boolean;
  /** Null where the system does not say. */
  readonly freeBytes: number | null;
  /** Whether files can get a second name in the new place instead of a copy. */
  readonly canLink: boolean;
}

/** What is put aside for the new place. Paths `to` are seen from `.orchestrator/`. */
export type MigrationStep =
  | { readonly type: "copy"; readonly from: LegacyFile; readonly to: string }
  /** A second name where the file system allows it, for what never changes again. */
  | { readonly type: "link"; readonly from: LegacyFile; readonly to: string }
  /** Gives each workflow its lines of a file, behind those that are there. */
  | {
    readonly type: "divide";
    readonly from: LegacyLinesFile;
    readonly to: ReadonlyMap<string, string>;
  }
  /** Adds what stands in the new place already. */
  | { readonly type: "append"; readonly to: string }
  | { readonly type: "text"; readonly text: string; readonly to: string };

export interface MigrationPlan {
  readonly sessions: readonly PlannedSession[];
  readonly moves: readonly PlannedMove[];
  readonly left: readonly LeftFile[];
  readonly warnings: readonly string[];
  /** While there are any, nothing may be done. */
  readonly conflicts: readonly MigrationConflict[];
  readonly steps: readonly MigrationStep[];
  readonly units: readonly MigrationUnit[];
  /** Legacy files and directories that move into the backup, seen from the root. */
  readonly retired: readonly string[];
  /** All files and directories in them. */
  readonly files: readonly LegacyFile[];
  /** Sessions that are there already and are changed. */
  readonly lockedSessions: readonly string[];
  readonly neededBytes: number;
  readonly freeBytes: number | null;
  readonly canLink: boolean;
}

export interface PlanOptions {
  readonly force?: ForceFrom;
  /** Whether the legacy files stay where they are, and so may come again. */
  readonly isImport?: boolean;
  /** For `meta.json` where a state does not say when it began: local time. */
  readonly localTime: string;
}

/** A session that a migration makes, or adds to. */
export interface PlannedSession {
  /** Id of the session. */
  readonly id: string;
  /** Id of the workflow in the legacy files. */
  readonly workflowId: string;
  /** What was to be done. */
  readonly task: string;
  /** How far it is. */
  readonly status: SessionStatus;
  /** What it is made of; `present` when it is there already. */
  readonly from: "state" | "log" | "checkpoint" | "present";
}

/** One line of what moves where, for people. */
export interface PlannedMove {
  /** Seen from the root. */
  readonly from: string;
  /** Seen from `.orchestrator/`. */
  readonly to: string;
  /** How many of what. */
  readonly count: number;
  /** Lines where a file is divided. */
  readonly what: "files" | "lines";
  /** Of all of them together. */
  readonly sizeBytes: number;
}

/** A plan in the making: whoever plans a part adds to it. */
export type PlanDraft = {
  readonly [
    List in Exclude<
      keyof MigrationPlan,
      "files" | "neededBytes" | "freeBytes" | "canLink"
    >
  ]: MigrationPlan[List][number][];
};

/** All that the legacy files say about one workflow. */
export interface Workflow {
  readonly workflowId: string;
  /** Id of its session, unless it has one already. */
  readonly sessionId: string;
  readonly state: LegacyStateFile | undefined;
  readonly rebuilt: RebuiltSession | undefined;
  /** Files that hold lines of it. */
  readonly lines: readonly LegacyLinesFile[];
  readonly checkpoints: readonly LegacyCheckpointFile[];
}

/** Something that stands in both places and differs. */
export interface MigrationConflict {
  /** Seen from the root. */
  readonly oldPath: string;
  /** Seen from the root. */
  readonly newPath: string;
  /** What differs, one sentence each. */
  readonly differences: readonly string[];
}

/** Which of two wins where both places hold something else. */
export type ForceFrom = "old" | "new";

/** What differs between the legacy state of a session and the new one; empty when they say the same. */
export function stateDifferences(
  old: SessionState,
  now: SessionState,
): readonly string[] {
  const [before, after] = [tellingOf(old), tellingOf(now)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [one, other] = [before.get(name), after.get(name)];
    if (one === other) return [];
    return [`${name}: old ${shown(one)}, new ${shown(other)}`];
  });
}

function tellingOf(
  { task, status, currentPhaseId, updatedAt, phases }: SessionState,
): ReadonlyMap<string, string> {
  return new Map([
    ["task", task],
    ["status", status],
    ["phase", currentPhaseId],
    ["last update", updatedAt],
    ...phases.flatMap(({ id, items }) =>
      items.map((item) => [`item ${id}/${item.id}`, progressOf(item)] as const)
    ),
  ]);
}

function progressOf(
  { status, notes, skipReason, retryCount }: ItemState,
): string {
  const remarks = [
    notes ?? skipReason,
    retryCount > 0 ? `${retryCount} tries` : null,
  ].filter((remark) => remark !== null && remark !== "");
  return [status, ...remarks].join(", ");
}

const MAX_SHOWN = 60;

function shown(value: string | undefined): string {
  if (value === undefined || value === "") return "missing";
  const [line = ""] = value.split("\n");
  const points = Array.from(line);
  return points.length <= MAX_SHOWN && line === value
    ? `"${line}"`
    : `"${points.slice(0, MAX_SHOWN).join("")}…"`;
}

/** The difference of two files whose content is not known. */
export function fileConflict(
  { path, sizeBytes, sha256 }: LegacyFile,
  newPath: string,
): MigrationConflict {
  const about = `${sizeBytes} bytes, sha256 ${sha256?.slice(0, 12)}…`;
  const differences = [`content: old ${about}, new another`];
  return { oldPath: path, newPath, differences };
}

/** Plans the session of one workflow, without the lines it shares with others. */
export function planWorkflow(
  draft: PlanDraft,
  workflow: Workflow,
  facts: LegacyFacts,
  options: PlanOptions,
): void {
  const isOwn = ({ state }: { readonly state: SessionState }): boolean =>
    state.workflowId === workflow.workflowId;
  const { sessionId, state, lines } = workflow;
  const present = facts.present.find(isOwn);
  draft.retired.push(
    ...facts.states.filter(isOwn).map(({ file }) => file.path),
  );
  if (present) return planPresent(draft, workflow, present, options);
  if (!facts.sessionIds.has(sessionId)) {
    return planSession(draft, workflow, sessionId, false, options);
  }
  const { directory: newPath } = sessionPathsWithin(sessionId);
  draft.conflicts.push({
    oldPath: state?.file.path ?? lines[0]?.file.path ?? newPath,
    newPath,
    differences: ["the new one belongs to another workflow, or is damaged"],
  });
}

/** A session of its own: state, description, log and checkpoints. */
function planSession(
  draft: PlanDraft,
  workflow: Workflow,
  id: string,
  replaces: boolean,
  { localTime }: PlanOptions,
): void {
  const { state, rebuilt, workflowId } = workflow;
  const paths = sessionPathsWithin(id);
  const known = state?.state ?? rebuilt?.state;
  if (known === undefined) throw new Error(`Nothing tells of ${workflowId}`);
  const { task, status } = known;
  const meta = metaText(workflow, id, known, localTime);
  draft.steps.push(
    state === undefined
      ? { type: "text", text: rebuilt?.text ?? "", to: paths.state }
      : { type: "copy", from: state.file, to: paths.state },
    { type: "text", text: meta, to: paths.meta },
    // A session without any event has a log too.
    { type: "text", text: "", to: paths.log },
  );
  const from = state === undefined ? rebuilt?.from ?? "log" : "state";
  draft.sessions.push({ id, workflowId, task, status, from });
  if (state !== undefined) draft.moves.push(moveOf(state.file, paths.state));
  linkCheckpoints(draft, workflow.checkpoints, paths.checkpoints);
  draft.units.push({ path: paths.directory, replaces });
  if (replaces) draft.lockedSessions.push(id);
}

export function moveOf(
  { path, sizeBytes }: LegacyFile,
  to: string,
): PlannedMove {
  return { from: path, to, count: 1, what: "files", sizeBytes };
}

/** The Python tool's description of a session, with where it came from. */
function metaText(
  { state, lines, checkpoints }: Workflow,
  id: string,
  { createdAt }: SessionState,
  localTime: string,
): string {
  const source = state?.file ?? lines[0]?.file ?? checkpoints[0]?.file;
  const meta = {
    session_id: id,
    created_at: createdAt === ""
      ? localTime
      : createdAt.replace(/(?:Z|[+-]\d{2}:\d{2})$/, ""),
    repo_root: ".",
    adopted_from: source?.path ?? null,
    adopted_sha256: state?.file.sha256 ?? null,
  };
  return JSON.stringify(meta, null, 2);
}

function linkCheckpoints(
  { steps, moves }: PlanDraft,
  checkpoints: readonly LegacyCheckpointFile[],
  to: string,
): void {
  const [first] = checkpoints;
  if (first === undefined) return;
  for (const { file } of checkpoints) {
    steps.push({ type: "link", from: file, to: `${to}/${nameOf(file.path)}` });
  }
  moves.push({
    from: first.file.path.slice(0, -nameOf(first.file.path).length - 1),
    to,
    count: checkpoints.length,
    what: "files",
    sizeBytes: checkpoints.reduce((sum, { file }) => sum + file.sizeBytes, 0),
  });
}

/** The workflow has a session: what is new about it is added, unless the two contradict each other. */
function planPresent(
  draft: PlanDraft,
  workflow: Workflow,
  present: PresentSession,
  options: PlanOptions,
): void {
  const { state: legacy } = workflow;
  // A session that went on in the new place does not contradict the file it came from.
  const isSource = legacy === undefined ||
    [present.stateSha256, present.adoptedSha256].includes(legacy.file.sha256);
  const differences = isSource
    ? []
    : stateDifferences(legacy.state, present.state);
  if (differences.length === 0 || options.force === "new") {
    return addTo(draft, workflow, present, options);
  }
  if (options.force === "old") {
    return planSession(draft, workflow, present.id, true, options);
  }
  const { directory: newPath } = sessionPathsWithin(present.id);
  const oldPath = legacy?.file.path ?? "";
  draft.conflicts.push({ oldPath, newPath, differences });
}

function addTo(
  draft: PlanDraft,
  { workflowId, lines, checkpoints }: Workflow,
  present: PresentSession,
  { isImport = false }: PlanOptions,
): void {
  const { id, state: { task, status } } = present;
  draft.sessions.push({ id, workflowId, task, status, from: "present" });
  addCheckpoints(draft, checkpoints, present);
  addFeedback(draft, lines, present, isImport);
  // The log of a session that is there stays as it is: nobody can tell which events it lacks.
  const count = lines.filter(({ role }) => role === "log")
    .flatMap(({ parts }) => parts)
    .filter((part) => part.workflowId === workflowId)
    .reduce((sum, part) => sum + part.lines, 0);
  if (count === 0 || present.adoptedSha256 !== null) return;
  draft.warnings.push(
    `Session "${id}" has a log already: its legacy log, ${
      countOf(count, "line")
    }, is not added to it`,
  );
}

function addCheckpoints(
  draft: PlanDraft,
  checkpoints: readonly LegacyCheckpointFile[],
  present: PresentSession,
): void {
  const { checkpoints: to } = sessionPathsWithin(present.id);
  const fresh = checkpoints.filter(({ file }) =>
    !present.checkpointNames.has(nameOf(file.path))
  );
  if (fresh.length === 0) return;
  linkCheckpoints(draft, fresh, to);
  const paths = present.checkpointNames.size === 0
    ? [to]
    : fresh.map(({ file }) => `${to}/${nameOf(file.path)}`);
  draft.units.push(...paths.map((path) => ({ path, replaces: false })));
  draft.lockedSessions.push(present.id);
}

/** Legacy feedback comes before that of the session; an import adds none, as it may be the same. */
function addFeedback(
  draft: PlanDraft,
  lines: readonly LegacyLinesFile[],
  { id, feedback }: PresentSession,
  isImport: boolean,
): void {
  for (const kind of ["tool", "process"] as const) {
    const place = LINES_PLACES[kind];
    const replaces = feedback.has(kind);
    const isTold = lines.some(({ role }) => LINES_PLACES[role] === place);
    if (!isTold || (isImport && replaces)) continue;
    const path = sessionPathsWithin(id)[place];
    if (replaces) draft.steps.push({ type: "append", to: path });
    draft.units.push({ path, replaces });
    draft.lockedSessions.push(id);
  }
}
