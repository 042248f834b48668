import { OrcError } from "../base/error.ts";
import { repositoryLayout } from "../base/layout.ts";
import { quoted } from "../base/text.ts";
import { fileKind } from "../files/read.ts";
import type { Session } from "../session/session_store.ts";
import { decodeDefinition, findDuplicateId } from "../workflow/definition.ts";
import type { PhaseState, SessionState, Workflow } from "../workflow/types.ts";
import type { Repository } from "./open.ts";

/** The rules of a session, and whether they allow it to change. */
export interface SessionWorkflow {
  readonly workflow: Workflow;
  /** Why nothing in the session may change, though it can be shown; null when it may. */
  readonly refusal: OrcError | null;
}

/**
 * Returns the workflow of a session: the one pinned at start, whatever workflow.yaml says now.
 * The oldest sessions carry none; they follow workflow.yaml as they always did, and can at
 * least be shown where that is gone.
 */
export async function workflowOf(
  { found }: Repository,
  { id, state }: Session,
): Promise<SessionWorkflow> {
  if (state.definition !== null) {
    const workflow = decodeDefinition(state.definition);
    const refusal = ambiguous(workflow, id) ??
      await versionRefusal(workflow, null);
    return { workflow, refusal: refusal ?? null };
  }
  const path = repositoryLayout(found.workingTree).workflow;
  if (fileKind(path) === "file") {
    const { readWorkflow } = await import("./load.ts");
    const { workflow } = await readWorkflow(path);
    return { workflow, refusal: await versionRefusal(workflow, path) ?? null };
  }
  return { workflow: workflowFromState(state), refusal: unknownRules(id) };
}

/** Loaded only for a workflow that asks for a version. */
async function versionRefusal(
  workflow: Workflow,
  path: string | null,
): Promise<OrcError | undefined> {
  if (workflow.orc === null) return undefined;
  const { versionRefusal } = await import("./orc_version.ts");
  return await versionRefusal(workflow, path);
}

/** The Python tool lets one id stand for two things, and counts the progress of one of them. */
function ambiguous(workflow: Workflow, session: string): OrcError | undefined {
  const duplicate = findDuplicateId(workflow);
  if (duplicate === undefined) return undefined;
  return new OrcError(
    "corrupt",
    "duplicate_id",
    `The workflow of session "${session}" has the ${duplicate.kind} id ${
      quoted(duplicate.id)
    } twice, so what it says about it is ambiguous`,
    {
      hint:
        'give each its own id in workflow.yaml, then start anew: orc start --beside "TASK"',
      details: { ...duplicate },
    },
  );
}

function unknownRules(session: string): OrcError {
  return new OrcError(
    "config",
    "no_workflow",
    `Session "${session}" carries no workflow, and there is no workflow.yaml to take its rules from`,
    { hint: "put the workflow.yaml it was started with back" },
  );
}

function workflowFromState(state: SessionState): Workflow {
  return {
    name: state.workflowType,
    version: state.workflowVersion,
    description: null,
    orc: null,
    phases: state.phases.map(phaseFromState),
    settings: new Map(),
    secrets: [],
  };
}

function phaseFromState({ id, items }: PhaseState): Workflow["phases"][number] {
  return {
    id,
    name: id,
    description: null,
    items: items.map((item) => ({
      id: item.id,
      name: item.id,
      description: null,
      required: true,
      skippable: false,
      skipConditions: [],
      verification: { type: "none", description: null },
      notes: [],
      stepType: "flexible",
      evidenceSchema: null,
      evidencePrompt: null,
      agent: null,
      timeoutSeconds: undefined,
      risk: "medium",
      workingDir: null,
      secrets: [],
    })),
    exitGate: null,
    notes: [],
    requiredReviews: [],
    phaseType: "guided",
    intendedTools: [],
    agent: null,
    executor: null,
  };
}
