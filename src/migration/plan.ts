import { conflict, corrupt, type OrcError } from "../base/error.ts";
import { legacySessionId } from "../base/ids.ts";
import { sessionPathsWithin } from "../base/layout.ts";
import { MAX_CANDIDATES, MIGRATION_RESERVE_BYTES } from "../base/limits.ts";
import { listOf } from "../base/text.ts";
import type { LegacyFile } from "../files/tree.ts";
import type {
  ChangedUnit,
  MigrationRecord,
  MigrationUnit,
  RollbackFacts,
} from "../transfer/record.ts";
import {
  fileConflict,
  type ForceFrom,
  type LegacyCheckpointFile,
  type LegacyFacts,
  type LegacyLinesFile,
  type LegacyStateFile,
  type LegacyWholeFile,
  type MigrationPart,
  type MigrationPlan,
  type MigrationStep,
  partsOf,
  type PlanOptions,
  planWorkflow,
  type Workflow,
} from "./session_plan.ts";

/** Decides what a migration does. Pure: the same facts make the same plan. */
export function planMigration(
  facts: LegacyFacts,
  options: PlanOptions,
): MigrationPlan {
  const main = mainWorkflow(facts);
  const workflows = workflowsIn(facts, main);
  const sessions = partsOf(
    workflows.map((workflow) => planWorkflow(workflow, facts, options)),
  );
  const parts = partsOf([
    sessions,
    ...facts.lines.map((file) => divide(file, sessions, main)),
    ...facts.wholes.map((whole) => planWhole(whole, options.force)),
    ...facts.included.map((whole) => ({
      ...planWhole(whole, options.force),
      retired: [topOf(whole.file)],
    })),
    twinStates(facts.states, options.force),
    checkpointTree(facts),
    { left: facts.left, warnings: facts.warnings },
  ]);
  const current = currentPart(facts, parts);
  return finished(facts, partsOf([parts, current]));
}

/** Whether a plan does anything. */
export function doesNothing(
  { units, retired }: Pick<MigrationPlan, "units" | "retired">,
): boolean {
  return units.length === 0 && retired.length === 0;
}

function finished(
  facts: LegacyFacts,
  parts: Required<MigrationPart>,
): MigrationPlan {
  const retired = [...new Set(parts.retired)];
  return {
    ...parts,
    // Lines first, then what stood there before them.
    steps: [
      ...parts.steps.filter(({ type }) => type !== "append"),
      ...parts.steps.filter(({ type }) => type === "append"),
    ],
    units: outermost(parts.units),
    retired,
    files: allFiles(facts).filter(({ path }) =>
      retired.some((name) => isWithin(name, path))
    ),
    lockedSessions: [...new Set(parts.lockedSessions)],
    neededBytes: neededBytes(parts.steps, facts.canLink),
    freeBytes: facts.freeBytes,
  };
}

/** The workflow that lines without a workflow belong to. */
function mainWorkflow(
  { states, lines, checkpoints }: LegacyFacts,
): string | null {
  const [state] = states;
  if (state !== undefined) return state.state.workflowId;
  const logged = lines.filter(({ role }) => role === "log")
    .flatMap(({ parts }) => parts)
    .filter(({ workflowId }) => workflowId !== "");
  return logged.at(-1)?.workflowId ?? checkpoints.at(-1)?.workflowId ?? null;
}

function workflowsIn(
  { states, lines, checkpoints, rebuilt }: LegacyFacts,
  main: string | null,
): readonly Workflow[] {
  const logs = lines.filter(({ role }) => role === "log");
  const ids = new Set([
    ...states.map(({ state }) => state.workflowId),
    ...logs.flatMap(({ parts }) => parts.map(({ workflowId }) => workflowId)),
    ...checkpoints.map(({ workflowId }) => workflowId),
  ]);
  ids.delete("");
  const checkpointsOf = grouped(checkpoints);
  return Array.from(ids, (workflowId) => ({
    workflowId,
    state: states.find(({ state }) => state.workflowId === workflowId),
    rebuilt: rebuilt.find((one) => one.workflowId === workflowId),
    lines: lines.filter(({ parts }) =>
      parts.some((part) =>
        part.workflowId === workflowId ||
        (workflowId === main && isOrphan(part.workflowId, ids))
      )
    ),
    checkpoints: checkpointsOf.get(workflowId) ?? [],
    sessionId: legacySessionId(workflowId),
  }));
}

/** Many thousands of checkpoints, gone through once. */
function grouped(
  checkpoints: readonly LegacyCheckpointFile[],
): ReadonlyMap<string, readonly LegacyCheckpointFile[]> {
  const groups = new Map<string, LegacyCheckpointFile[]>();
  for (const checkpoint of checkpoints) {
    const group = groups.get(checkpoint.workflowId);
    if (group === undefined) groups.set(checkpoint.workflowId, [checkpoint]);
    else group.push(checkpoint);
  }
  return groups;
}

function isOrphan(workflowId: string, known: ReadonlySet<string>): boolean {
  return !known.has(workflowId);
}

/** A file whose lines have no session at all stays where it is. */
function divide(
  from: LegacyLinesFile,
  { sessions, units }: Required<MigrationPart>,
  main: string | null,
): MigrationPart {
  const { path } = from.file;
  const sessionOf = (workflowId: string | null): string | undefined =>
    sessions.find((session) => session.workflowId === workflowId)?.id;
  const fallback = sessionOf(main);
  if (fallback === undefined) {
    const reason = "it names no session it could belong to";
    return { left: [{ path, reason }] };
  }
  const placed = from.parts
    .map((part) => {
      const session = sessionOf(part.workflowId) ?? fallback;
      return { ...part, to: linesPath(session, from.role) };
    })
    // What has no place there stays in the backup.
    .filter(({ to }) => units.some((unit) => isWithin(unit.path, to)));
  const to = new Map(placed.map((part) => [part.workflowId, part.to]));
  return {
    steps: [{ type: "divide", from, to }],
    retired: [path],
    moves: [...new Set(to.values())].map((target) => {
      const parts = placed.filter((part) => part.to === target);
      return {
        from: path,
        to: target,
        count: parts.reduce((sum, { lines }) => sum + lines, 0),
        what: "lines" as const,
        sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
      };
    }),
  };
}

function isWithin(directory: string, path: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** The oldest feedback holds what must stay private, so all of it does. */
function linesPath(sessionId: string, role: LegacyLinesFile["role"]): string {
  const paths = sessionPathsWithin(sessionId);
  if (role === "log") return paths.log;
  return role === "tool" ? paths.toolFeedback : paths.processFeedback;
}

function planWhole(
  { file, to, present }: LegacyWholeFile,
  force: ForceFrom | undefined,
): MigrationPart {
  const retired = [file.path];
  if (present === file.sha256 || (present !== null && force === "new")) {
    return { retired };
  }
  if (present !== null && force === undefined) {
    return { conflicts: [fileConflict(file, to)] };
  }
  const { path: from, sizeBytes } = file;
  return {
    retired,
    steps: [{ type: "copy", from: file, to }],
    units: [{ path: to, replaces: present !== null }],
    moves: [{ from, to, count: 1, what: "files", sizeBytes }],
  };
}

/** What was asked for moves as a whole. */
function topOf({ path }: LegacyFile): string {
  return path.split("/")[0] ?? path;
}

/** Both kinds of engine may have kept a state of one workflow. */
function twinStates(
  [first, second]: readonly LegacyStateFile[],
  force: ForceFrom | undefined,
): MigrationPart {
  if (first === undefined || second === undefined) return {};
  const isTwin = first.state.workflowId === second.state.workflowId;
  const isSame = first.file.sha256 === second.file.sha256;
  if (!isTwin || isSame || force === "old") return {};
  return { conflicts: [fileConflict(first.file, second.file.path)] };
}

/** The directory of the checkpoints moves as a whole: nothing else belongs into it. */
function checkpointTree(
  { checkpointTree: [directory], includedTrees }: LegacyFacts,
): MigrationPart {
  return {
    retired: [
      ...directory === undefined ? [] : [directory.path],
      ...includedTrees.map(topOf),
    ],
  };
}

/** Who saw the legacy session sees it afterwards too. */
function currentPart(
  { states, hasCurrent }: LegacyFacts,
  { sessions }: Required<MigrationPart>,
): MigrationPart {
  const [state] = states;
  if (hasCurrent || state === undefined) return {};
  const session = sessions.find(({ workflowId }) =>
    workflowId === state.state.workflowId
  );
  if (session === undefined) return {};
  return {
    steps: [{ type: "text", text: session.id, to: CURRENT }],
    units: [{ path: CURRENT, replaces: false }],
  };
}

const CURRENT = "current";

/** A unit inside of another one comes with it. */
function outermost(units: readonly MigrationUnit[]): readonly MigrationUnit[] {
  const unique = new Map(units.map((unit) => [unit.path, unit]));
  return [...unique.values()].filter(({ path }) => {
    const parts = path.split("/");
    return !parts.some((_, count) =>
      count > 0 && unique.has(parts.slice(0, count).join("/"))
    );
  });
}

function allFiles(facts: LegacyFacts): readonly LegacyFile[] {
  return [
    ...facts.states.map(({ file }) => file),
    ...facts.lines.map(({ file }) => file),
    ...facts.checkpointTree,
    ...facts.wholes.map(({ file }) => file),
    ...facts.includedTrees,
    ...facts.included.map(({ file }) => file),
  ];
}

function neededBytes(
  steps: readonly MigrationStep[],
  canLink: boolean,
): number {
  return steps.reduce((sum, step) => {
    if (step.type === "append") return sum;
    if (step.type === "text") return sum + step.text.length;
    if (step.type === "divide") return sum + step.from.file.sizeBytes;
    const isCopied = step.type === "copy" || !canLink;
    return isCopied ? sum + step.from.sizeBytes : sum;
  }, MIGRATION_RESERVE_BYTES);
}

/** What taking a migration back does. */
export interface RollbackPlan {
  /** Legacy files that come back, seen from the root. */
  readonly restored: readonly string[];
  /** Sessions that go. */
  readonly removed: readonly string[];
  /** What goes although it has changed since; it is kept aside. */
  readonly kept: readonly ChangedUnit[];
}

/**
 * Decides whether a migration may be taken back.
 *
 * @throws {OrcError} corrupt `backup_incomplete` or `backup_changed`, conflict
 *   `legacy_again` or `changed_since`
 */
export function planRollback(
  record: MigrationRecord,
  facts: RollbackFacts,
  { force }: { readonly force: boolean },
): RollbackPlan {
  if (facts.missing.length > 0) throw incomplete(facts.missing);
  if (facts.altered.length > 0 && !force) throw altered(facts.altered);
  if (facts.inTheWay.length > 0) throw inTheWay(facts.inTheWay);
  if (facts.changed.length > 0 && !force) throw changedSince(facts.changed);
  return {
    restored: record.retired,
    removed: record.sessions,
    kept: facts.changed,
  };
}

function incomplete(missing: readonly string[]): OrcError {
  return corrupt(
    "backup_incomplete",
    `Cannot take the migration back: the backup lacks ${
      listOf(missing, MAX_CANDIDATES)
    }`,
    {
      hint: "put the files back into the backup",
      details: { missing },
    },
  );
}

function altered(paths: readonly string[]): OrcError {
  return corrupt(
    "backup_changed",
    `Cannot take the migration back: in the backup, ${
      listOf(paths, MAX_CANDIDATES)
    } is not what was moved there`,
    {
      hint:
        "put it right, or take it as it is: orc migrate --rollback --force-rollback",
      details: { paths },
    },
  );
}

function inTheWay(paths: readonly string[]): OrcError {
  return conflict(
    "legacy_again",
    `Cannot take the migration back: ${
      listOf(paths, MAX_CANDIDATES)
    } is there again`,
    { hint: "move it away, then try again", details: { paths } },
  );
}

function changedSince(changed: readonly ChangedUnit[]): OrcError {
  const updates = changed.flatMap(({ updates }) => updates);
  const lost = updates.length > 0
    ? updates.map((update) => `"${update}"`)
    : changed.flatMap(({ files }) => files);
  return conflict(
    "changed_since",
    `Cannot take the migration back: what was done since would be lost: ${
      listOf(lost, MAX_CANDIDATES)
    }`,
    {
      hint: "keep it aside: orc migrate --rollback --force-rollback",
      details: { changed },
    },
  );
}
