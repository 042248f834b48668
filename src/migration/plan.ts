import { conflict, corrupt, external } from "../base/error.ts";
import { legacySessionId } from "../base/names.ts";
import { sessionPathsWithin } from "../base/layout.ts";
import { MAX_CANDIDATES, MIGRATION_RESERVE_BYTES } from "../base/limits.ts";
import { isWithin, joinPath } from "../base/path.ts";
import { listOf, sizeText } from "../base/text.ts";
import type { MigrationUnit, RollbackFacts } from "../transfer/record.ts";
import {
  fileConflict,
  type ForceFrom,
  type LegacyCheckpointFile,
  type LegacyFacts,
  type LegacyLinesFile,
  type LegacyStateFile,
  type LegacyWholeFile,
  LINES_PLACES,
  type MigrationPlan,
  type MigrationStep,
  moveOf,
  type PlanDraft,
  type PlanOptions,
  planWorkflow,
  type Workflow,
} from "./session_plan.ts";

/** Decides what a migration does. Pure: the same facts make the same plan. */
export function planMigration(
  facts: LegacyFacts,
  options: PlanOptions,
): MigrationPlan {
  const draft: PlanDraft = {
    ...{ sessions: [], moves: [], left: [], warnings: [], conflicts: [] },
    ...{ steps: [], units: [], retired: [], lockedSessions: [] },
  };
  const main = mainWorkflow(facts);
  for (const workflow of workflowsIn(facts, main)) {
    planWorkflow(draft, workflow, facts, options);
  }
  for (const file of facts.lines) divide(draft, file, main);
  for (const whole of facts.wholes) planWhole(draft, whole, options.force);
  twinStates(draft, facts.states, options.force);
  draft.retired.push(...facts.trees);
  draft.left.push(...facts.left);
  draft.warnings.push(...facts.warnings);
  chooseCurrent(draft, facts);
  return finished(draft, facts, options);
}

export function doesNothing(
  { units, retired }: Pick<MigrationPlan, "units" | "retired">,
): boolean {
  return units.length === 0 && retired.length === 0;
}

function finished(
  draft: PlanDraft,
  { files, canLink, freeBytes }: LegacyFacts,
  { isImport }: PlanOptions,
): MigrationPlan {
  const { steps } = draft;
  const retired = [...new Set(draft.retired)];
  return {
    ...draft,
    // Lines first, then what stood there before them.
    steps: [
      ...steps.filter(({ type }) => type !== "append"),
      ...steps.filter(({ type }) => type === "append"),
    ],
    units: outermost(draft.units),
    retired: isImport ? [] : retired,
    files: files.filter(({ path }) =>
      retired.some((name) => isWithin(name, path))
    ),
    lockedSessions: [...new Set(draft.lockedSessions)],
    neededBytes: neededBytes(steps, canLink),
    ...{ freeBytes, canLink },
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
  // There may be many thousands: they are gone through once.
  const checkpointsOf = new Map<string, LegacyCheckpointFile[]>();
  for (const checkpoint of checkpoints) {
    const group = checkpointsOf.get(checkpoint.workflowId) ?? [];
    group.push(checkpoint);
    checkpointsOf.set(checkpoint.workflowId, group);
  }
  return Array.from(ids, (workflowId) => ({
    workflowId,
    state: states.find(({ state }) => state.workflowId === workflowId),
    rebuilt: rebuilt.find((one) => one.workflowId === workflowId),
    lines: lines.filter(({ parts }) =>
      parts.some((part) =>
        part.workflowId === workflowId ||
        (workflowId === main && !ids.has(part.workflowId))
      )
    ),
    checkpoints: checkpointsOf.get(workflowId) ?? [],
    sessionId: legacySessionId(workflowId),
  }));
}

/** A file whose lines have no session at all stays where it is. */
function divide(
  { sessions, units, left, steps, retired, moves }: PlanDraft,
  from: LegacyLinesFile,
  main: string | null,
): void {
  const { path } = from.file;
  const sessionOf = (workflowId: string | null): string | undefined =>
    sessions.find((session) => session.workflowId === workflowId)?.id;
  const fallback = sessionOf(main);
  if (fallback === undefined) {
    left.push({ path, reason: "it names no session it could belong to" });
    return;
  }
  const placed = from.parts.map((part) => {
    const session = sessionOf(part.workflowId) ?? fallback;
    return {
      ...part,
      to: sessionPathsWithin(session)[LINES_PLACES[from.role]],
    };
  })
    // What has no place there stays in the backup.
    .filter(({ to }) => units.some((unit) => isWithin(unit.path, to)));
  const to = new Map(placed.map((part) => [part.workflowId, part.to]));
  steps.push({ type: "divide", from, to });
  retired.push(path);
  for (const target of new Set(to.values())) {
    const parts = placed.filter((part) => part.to === target);
    moves.push({
      from: path,
      to: target,
      count: parts.reduce((sum, { lines }) => sum + lines, 0),
      what: "lines",
      sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
    });
  }
}

function planWhole(
  draft: PlanDraft,
  { file, to, present, retired }: LegacyWholeFile,
  force: ForceFrom | undefined,
): void {
  const differs = present !== null && present !== file.sha256;
  if (differs && force === undefined) {
    draft.conflicts.push(fileConflict(file, to));
    return;
  }
  draft.retired.push(retired);
  if (present !== null && !(differs && force === "old")) return;
  draft.steps.push({ type: "copy", from: file, to });
  draft.units.push({ path: to, replaces: present !== null });
  draft.moves.push(moveOf(file, to));
}

/** Both kinds of engine may have kept a state of one workflow. */
function twinStates(
  { conflicts }: PlanDraft,
  [first, second]: readonly LegacyStateFile[],
  force: ForceFrom | undefined,
): void {
  if (first === undefined || second === undefined) return;
  const isTwin = first.state.workflowId === second.state.workflowId;
  const isSame = first.file.sha256 === second.file.sha256;
  if (!isTwin || isSame || force === "old") return;
  conflicts.push(fileConflict(first.file, second.file.path));
}

const CURRENT = "current";

/** Who saw the legacy session sees it afterwards too. */
function chooseCurrent(
  { sessions, steps, units }: PlanDraft,
  { states: [legacy], hasCurrent }: LegacyFacts,
): void {
  const session = sessions.find(({ workflowId }) =>
    workflowId === legacy?.state.workflowId
  );
  if (hasCurrent || session === undefined) return;
  steps.push({ type: "text", text: session.id, to: CURRENT });
  units.push({ path: CURRENT, replaces: false });
}

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

export function assertPossible(
  plan: MigrationPlan,
  root: string,
): void {
  const { conflicts, neededBytes, freeBytes } = plan;
  const [first, ...others] = conflicts;
  if (first !== undefined) {
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    throw conflict(
      "layouts_differ",
      `"${first.oldPath}" and "${first.newPath}" hold different things${more}: ${
        listOf(first.differences, MAX_CANDIDATES)
      }`,
      {
        path: joinPath(root, first.oldPath),
        hint:
          "see all of it with orc migrate --dry-run, then say which one is right: --force-from-old or --force-from-new",
        details: { conflicts },
      },
    );
  }
  const isRoomy = freeBytes === null || neededBytes <= freeBytes;
  if (isRoomy || doesNothing(plan)) return;
  throw external(
    "not_enough_space",
    `The migration needs ${sizeText(neededBytes)}, and ${
      sizeText(freeBytes)
    } are free`,
    {
      path: root,
      hint: "make room on the disk, then try again",
      details: { neededBytes, freeBytes },
    },
  );
}

/**
 * Refuses to take a migration back where that would lose something.
 *
 * @throws {OrcError} corrupt `backup_incomplete` or `backup_changed`, conflict
 *   `legacy_again` or `changed_since`
 */
export function assertReversible(
  { missing, altered, inTheWay, changed }: RollbackFacts,
  force: boolean,
): void {
  const some = (names: readonly string[]) => listOf(names, MAX_CANDIDATES);
  const updates = changed.flatMap(({ updates }) => updates);
  const lost = updates.length > 0
    ? updates.map((update) => `"${update}"`)
    : changed.flatMap(({ files }) => files);
  const refusals = [{
    is: missing.length > 0,
    error: [corrupt, "backup_incomplete"],
    why: `the backup lacks ${some(missing)}`,
    hint: "put the files back into the backup",
    details: { missing },
  }, {
    is: altered.length > 0 && !force,
    error: [corrupt, "backup_changed"],
    why: `in the backup, ${some(altered)} is not what was moved there`,
    hint:
      "put it right, or take it as it is: orc migrate --rollback --force-rollback",
    details: { paths: altered },
  }, {
    is: inTheWay.length > 0,
    error: [conflict, "legacy_again"],
    why: `${some(inTheWay)} is there again`,
    hint: "move it away, then try again",
    details: { paths: inTheWay },
  }, {
    is: changed.length > 0 && !force,
    error: [conflict, "changed_since"],
    why: `what was done since would be lost: ${some(lost)}`,
    hint: "keep it aside: orc migrate --rollback --force-rollback",
    details: { changed },
  }] as const;
  const refusal = refusals.find(({ is }) => is);
  if (refusal === undefined) return;
  const { error: [make, code], why, hint, details } = refusal;
  throw make(code, `Cannot take the migration back: ${why}`, { hint, details });
}
