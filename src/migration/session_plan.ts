import { sessionPathsWithin } from "../base/layout.ts";
import { nameOf } from "../base/path.ts";
import { countOf } from "../base/text.ts";
import type { SessionState } from "../workflow/types.ts";
import { stateDifferences } from "./migration_conflict.ts";
import type {
  LegacyCheckpointFile,
  LegacyFacts,
  LegacyLinesFile,
  LegacyStateFile,
  LinesRole,
  PresentSession,
} from "./migration_facts.ts";
import {
  type MigrationPart,
  type MigrationStep,
  partsOf,
  type PlanOptions,
  type Workflow,
} from "./migration_plan.ts";

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
