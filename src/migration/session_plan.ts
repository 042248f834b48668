import { type JsonObject, jsonObject } from "../base/json.ts";
import { sessionPathsWithin } from "../base/layout.ts";
import { nameOf } from "../base/path.ts";
import { countOf } from "../base/text.ts";
import type { RecordedEvent } from "../engine/event.ts";
import { pendingItem } from "../engine/state.ts";
import type { LegacyFile } from "../files/tree.ts";
import type { MigrationUnit } from "../transfer/record.ts";
import type {
  ItemState,
  PhaseState,
  SessionState,
  SessionStatus,
} from "../workflow/types.ts";

/** A state of the older tool, and the session it will be. */
export interface LegacyStateFile {
  readonly file: LegacyFile;
  readonly state: SessionState;
}

/** What the lines of a file are: events, or one kind of feedback. */
export type LinesRole = "log" | "tool" | "process" | "both";

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

/** A checkpoint, and the workflow it belongs to. */
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
  /** Names and sizes of its checkpoints. */
  readonly checkpoints: ReadonlyMap<string, number>;
  readonly hasToolFeedback: boolean;
  readonly hasProcessFeedback: boolean;
}

/** What is left where it lies, and why. */
export interface LeftFile {
  /** Seen from the root. */
  readonly path: string;
  /** The second half of a sentence. */
  readonly reason: string;
}

/** All that is known before a migration is planned. */
export interface LegacyFacts {
  /** That of the root first, then that of an engine without sessions. */
  readonly states: readonly LegacyStateFile[];
  readonly lines: readonly LegacyLinesFile[];
  /** Directory of the checkpoints and all that lies in it; empty when there is none. */
  readonly checkpointTree: readonly LegacyFile[];
  readonly checkpoints: readonly LegacyCheckpointFile[];
  readonly wholes: readonly LegacyWholeFile[];
  /** Files that were asked for by name, and where they go. */
  readonly included: readonly LegacyWholeFile[];
  /** Directories that were asked for by name, each before what lies in it. */
  readonly includedTrees: readonly LegacyFile[];
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

/** What a migration will do. */
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
}

/** What a caller may decide. */
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

/** What one thing contributes to a plan. */
export type MigrationPart = Partial<
  Pick<
    MigrationPlan,
    | "sessions"
    | "moves"
    | "left"
    | "warnings"
    | "conflicts"
    | "steps"
    | "units"
    | "retired"
    | "lockedSessions"
  >
>;

/** Puts parts together. */
export function partsOf(
  parts: readonly MigrationPart[],
): Required<MigrationPart> {
  return {
    sessions: parts.flatMap(({ sessions = [] }) => sessions),
    moves: parts.flatMap(({ moves = [] }) => moves),
    left: parts.flatMap(({ left = [] }) => left),
    warnings: parts.flatMap(({ warnings = [] }) => warnings),
    conflicts: parts.flatMap(({ conflicts = [] }) => conflicts),
    steps: parts.flatMap(({ steps = [] }) => steps),
    units: parts.flatMap(({ units = [] }) => units),
    retired: parts.flatMap(({ retired = [] }) => retired),
    lockedSessions: parts.flatMap(({ lockedSessions = [] }) => lockedSessions),
  };
}

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
  const fields = (
    state: SessionState,
  ): readonly (readonly [string, string])[] => [
    ["task", state.task],
    ["status", state.status],
    ["phase", state.currentPhaseId],
    ["last update", state.updatedAt],
  ];
  const known = new Map(fields(now));
  const differing = fields(old).flatMap(([name, value]) =>
    difference(name, value, known.get(name))
  );
  return [...differing, ...itemDifferences(old, now)];
}

function itemDifferences(
  old: SessionState,
  now: SessionState,
): readonly string[] {
  const [before, after] = [itemsOf(old), itemsOf(now)];
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].flatMap((name) =>
    difference(
      `item ${name}`,
      progressOf(before.get(name)),
      progressOf(after.get(name)),
    )
  );
}

function itemsOf({ phases }: SessionState): Map<string, ItemState> {
  return new Map(
    phases.flatMap(({ id, items }) =>
      items.map((item) => [`${id}/${item.id}`, item] as const)
    ),
  );
}

function progressOf(item: ItemState | undefined): string | undefined {
  if (item === undefined) return undefined;
  const { status, notes, skipReason, retryCount } = item;
  const remarks = [
    notes ?? skipReason,
    retryCount > 0 ? `${retryCount} tries` : null,
  ]
    .filter((remark) => remark !== null && remark !== "");
  return [status, ...remarks].join(", ");
}

function difference(
  name: string,
  old: string | undefined,
  now: string | undefined,
): readonly string[] {
  if (old === now) return [];
  return [`${name}: old ${shown(old)}, new ${shown(now)}`];
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
  file: LegacyFile,
  newPath: string,
): MigrationConflict {
  return {
    oldPath: file.path,
    newPath,
    differences: [
      `content: old ${file.sizeBytes} bytes, sha256 ${
        file.sha256?.slice(0, 12)
      }…, new another`,
    ],
  };
}

/** Plans the session of one workflow, without the lines it shares with others. */
export function planWorkflow(
  workflow: Workflow,
  facts: LegacyFacts,
  options: PlanOptions,
): MigrationPart {
  const present = facts.present.find(({ state }) =>
    state.workflowId === workflow.workflowId
  );
  const retired = facts.states
    .filter(({ state }) => state.workflowId === workflow.workflowId)
    .map(({ file }) => file.path);
  const part = present === undefined
    ? planNew(workflow, facts, options)
    : planPresent(workflow, present, options);
  return partsOf([part, { retired }]);
}

function planNew(
  workflow: Workflow,
  { sessionIds }: LegacyFacts,
  options: PlanOptions,
): MigrationPart {
  const { sessionId, state } = workflow;
  const { directory } = sessionPathsWithin(sessionId);
  if (sessionIds.has(sessionId)) {
    return {
      conflicts: [{
        oldPath: state?.file.path ?? workflow.lines[0]?.file.path ?? directory,
        newPath: directory,
        differences: ["the new one belongs to another workflow, or is damaged"],
      }],
    };
  }
  return partsOf([
    wholeSession(workflow, sessionId, options),
    { units: [{ path: directory, replaces: false }] },
  ]);
}

/** A session of its own: state, description, log and checkpoints. */
function wholeSession(
  workflow: Workflow,
  id: string,
  { localTime }: PlanOptions,
): MigrationPart {
  const { state, rebuilt, workflowId } = workflow;
  const paths = sessionPathsWithin(id);
  const known = state?.state ?? rebuilt?.state;
  if (known === undefined) throw new Error(`Nothing tells of ${workflowId}`);
  const steps: MigrationStep[] = [
    state === undefined
      ? { type: "text", text: rebuilt?.text ?? "", to: paths.state }
      : { type: "copy", from: state.file, to: paths.state },
    {
      type: "text",
      text: metaText(workflow, id, known, localTime),
      to: paths.meta,
    },
    // A session without any event has a log too.
    { type: "text", text: "", to: paths.log },
  ];
  const { task, status } = known;
  return partsOf([
    {
      steps,
      sessions: [{
        id,
        workflowId,
        task,
        status,
        from: state === undefined ? rebuilt?.from ?? "log" : "state",
      }],
      moves: state === undefined ? [] : [{
        from: state.file.path,
        to: paths.state,
        count: 1,
        what: "files",
        sizeBytes: state.file.sizeBytes,
      }],
    },
    linkCheckpoints(workflow.checkpoints, paths.checkpoints),
  ]);
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
  checkpoints: readonly LegacyCheckpointFile[],
  to: string,
): MigrationPart {
  const [first] = checkpoints;
  if (first === undefined) return {};
  const from = first.file.path.slice(0, -nameOf(first.file.path).length - 1);
  return {
    steps: checkpoints.map(({ file }) => ({
      type: "link",
      from: file,
      to: `${to}/${nameOf(file.path)}`,
    })),
    moves: [{
      from,
      to,
      count: checkpoints.length,
      what: "files",
      sizeBytes: checkpoints.reduce((sum, { file }) => sum + file.sizeBytes, 0),
    }],
  };
}

/** The workflow has a session: what is new about it is added, unless the two contradict each other. */
function planPresent(
  workflow: Workflow,
  present: PresentSession,
  options: PlanOptions,
): MigrationPart {
  const { state } = workflow;
  const { directory } = sessionPathsWithin(present.id);
  const differences = differencesFrom(state, present);
  if (differences.length === 0 || options.force === "new") {
    return addTo(workflow, present, options);
  }
  if (options.force === undefined) {
    const oldPath = state?.file.path ?? "";
    return { conflicts: [{ oldPath, newPath: directory, differences }] };
  }
  return partsOf([
    wholeSession(workflow, present.id, options),
    {
      units: [{ path: directory, replaces: true }],
      lockedSessions: [present.id],
    },
  ]);
}

/** A session that went on in the new place does not contradict the file it came from. */
function differencesFrom(
  legacy: LegacyStateFile | undefined,
  { state, stateSha256, adoptedSha256 }: PresentSession,
): readonly string[] {
  if (legacy === undefined) return [];
  const { sha256 } = legacy.file;
  return sha256 === stateSha256 || sha256 === adoptedSha256
    ? []
    : stateDifferences(legacy.state, state);
}

function addTo(
  workflow: Workflow,
  present: PresentSession,
  { isImport = false }: PlanOptions,
): MigrationPart {
  const { id, state: { task, status } } = present;
  const { workflowId } = workflow;
  return partsOf([
    { sessions: [{ id, workflowId, task, status, from: "present" }] },
    addCheckpoints(workflow.checkpoints, present),
    ...(["tool", "process"] as const).map((kind) =>
      addFeedback(workflow.lines, present, kind)
    ).filter(({ steps = [] }) => !isImport || steps.length === 0),
    ...unaddedLog(workflow, present),
  ]);
}

function addCheckpoints(
  checkpoints: readonly LegacyCheckpointFile[],
  present: PresentSession,
): MigrationPart {
  const { checkpoints: to } = sessionPathsWithin(present.id);
  const fresh = checkpoints.filter(({ file }) =>
    !present.checkpoints.has(nameOf(file.path))
  );
  if (fresh.length === 0) return {};
  const units = present.checkpoints.size === 0
    ? [{ path: to, replaces: false }]
    : fresh.map(({ file }) => ({
      path: `${to}/${nameOf(file.path)}`,
      replaces: false,
    }));
  return partsOf([
    linkCheckpoints(fresh, to),
    { units, lockedSessions: [present.id] },
  ]);
}

/**
 * Feedback of the legacy files comes before that of the session: it is older. An
 * import adds none to what is there: nobody can tell whether it is the same.
 */
function addFeedback(
  lines: readonly LegacyLinesFile[],
  present: PresentSession,
  kind: "tool" | "process",
): MigrationPart {
  const isOfKind = (role: LinesRole) =>
    role === kind || (role === "both" && kind === "process");
  if (!lines.some(({ role }) => isOfKind(role))) return {};
  const paths = sessionPathsWithin(present.id);
  const to = kind === "tool" ? paths.toolFeedback : paths.processFeedback;
  const replaces = kind === "tool"
    ? present.hasToolFeedback
    : present.hasProcessFeedback;
  return {
    steps: replaces ? [{ type: "append", to }] : [],
    units: [{ path: to, replaces }],
    lockedSessions: [present.id],
  };
}

/** The log of a session that is there stays as it is: nobody can tell which events it lacks. */
function unaddedLog(
  { workflowId, lines }: Workflow,
  { id, adoptedSha256 }: PresentSession,
): readonly MigrationPart[] {
  const count = lines.filter(({ role }) => role === "log")
    .flatMap(({ parts }) => parts)
    .filter((part) => part.workflowId === workflowId)
    .reduce((sum, part) => sum + part.lines, 0);
  if (count === 0 || adoptedSha256 !== null) return [];
  return [{
    warnings: [
      `Session "${id}" has a log already: its legacy log, ${
        countOf(count, "line")
      }, is not added to it`,
    ],
  }];
}

/** Tells what became of a workflow from its events, one after the other. */
export interface Rebuilding {
  add(event: RecordedEvent): void;
  /** A closed session: nobody can go on with what has no rules any more. */
  state(): SessionState;
}

/** What a rebuilt session says in its metadata: that it is no original. */
const REBUILT = "rebuilt_from";

const SUPERSEDED = "a later workflow took the place of its state";

const NO_SOURCE: JsonObject = new Map();

interface Draft {
  task: string;
  workflowType: string;
  project: string | null;
  status: SessionStatus;
  reason: string | null;
  phaseId: string;
  firstAt: string;
  lastAt: string;
}

type Phases = Map<string, { phase: PhaseState; items: Map<string, ItemState> }>;

/** Begins to rebuild a workflow of which only the log is left. Holds its items, and none of the events. */
export function rebuildFromLog(workflowId: string): Rebuilding {
  const phases: Phases = new Map();
  const draft: Draft = {
    task: "",
    workflowType: "",
    project: null,
    status: "active",
    reason: null,
    phaseId: "",
    firstAt: "",
    lastAt: "",
  };
  return {
    add: (event) => {
      if (draft.firstAt === "") draft.firstAt = event.at;
      if (event.at !== "") draft.lastAt = event.at;
      addToSession(draft, event);
      if (event.phaseId === null) return;
      draft.phaseId = event.phaseId;
      addToPhase(phases, event.phaseId, event);
      if (event.itemId !== null) addToItem(phases, event.itemId, event);
    },
    state: () => closedState(workflowId, draft, phases),
  };
}

/** Closes the state of a checkpoint, the last that is left of a workflow. */
export function rebuildFromCheckpoint(state: SessionState): SessionState {
  if (state.status === "completed" || state.status === "abandoned") {
    return state;
  }
  const metadata = new Map([
    ...state.metadata,
    ...metadataOf("checkpoint", SUPERSEDED),
  ]);
  return { ...state, status: "abandoned", metadata };
}

function addToSession(draft: Draft, event: RecordedEvent): void {
  const { type, message, details } = event;
  const textOf = (key: string): string | null => {
    const value = details.get(key);
    return typeof value === "string" ? value : null;
  };
  if (type === "workflow_started") {
    draft.task = message.replace(/^Started workflow: /, "");
    draft.workflowType = textOf("workflow_type") ?? "";
    draft.project = textOf("project");
  } else if (type === "workflow_completed") {
    draft.status = "completed";
  } else if (type === "workflow_abandoned") {
    draft.status = "abandoned";
    draft.reason = message.replace(/^Workflow abandoned: /, "");
  }
}

function addToPhase(phases: Phases, id: string, event: RecordedEvent): void {
  const known = phases.get(id);
  const phase = known?.phase ?? newPhase(id, event.at);
  const isLeft = event.type === "phase_completed";
  phases.set(id, {
    phase: isLeft
      ? { ...phase, status: "completed", completedAt: event.at }
      : phase,
    items: known?.items ?? new Map(),
  });
}

function newPhase(id: string, at: string): PhaseState {
  return {
    id,
    status: "active",
    startedAt: at,
    completedAt: null,
    items: [],
    source: NO_SOURCE,
  };
}

function addToItem(phases: Phases, id: string, event: RecordedEvent): void {
  const items = phases.get(event.phaseId ?? "")?.items;
  items?.set(id, itemAfter(items.get(id) ?? pendingItem(id), event));
}

function itemAfter(item: ItemState, event: RecordedEvent): ItemState {
  const { type, at, details } = event;
  const text = (key: string, otherwise: string | null): string | null => {
    const value = details.get(key);
    return typeof value === "string" ? value : otherwise;
  };
  switch (type) {
    case "item_started":
      return { ...item, status: "in_progress", startedAt: at };
    case "item_completed": {
      const notes = text("notes", item.notes);
      return { ...item, status: "completed", completedAt: at, notes };
    }
    case "item_skipped": {
      const skipReason = text("reason", item.skipReason);
      return { ...item, status: "skipped", skippedAt: at, skipReason };
    }
    case "verification_failed":
    case "gate_failed": {
      const status = type === "gate_failed" ? item.status : "failed";
      return { ...item, status, retryCount: item.retryCount + 1 };
    }
    default:
      return item;
  }
}

function closedState(
  workflowId: string,
  draft: Draft,
  phases: Phases,
): SessionState {
  const isCompleted = draft.status === "completed";
  return {
    workflowId,
    workflowType: draft.workflowType,
    workflowVersion: "",
    task: draft.task,
    project: draft.project,
    status: isCompleted ? "completed" : "abandoned",
    currentPhaseId: draft.phaseId,
    phases: Array.from(phases.values(), ({ phase, items }) => ({
      ...phase,
      items: [...items.values()],
    })),
    createdAt: draft.firstAt,
    updatedAt: draft.lastAt,
    completedAt: isCompleted ? draft.lastAt : null,
    constraints: [],
    notes: [],
    metadata: metadataOf(
      "log",
      isCompleted ? null : draft.reason ?? SUPERSEDED,
    ),
    definition: null,
    source: NO_SOURCE,
  };
}

function metadataOf(from: string, reason: string | null): JsonObject {
  return jsonObject({
    [REBUILT]: from,
    ...(reason === null ? {} : { abandon_reason: reason }),
  });
}
