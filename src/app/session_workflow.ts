import { decodeDefinition } from "../core/definition.ts";
import { repositoryLayout } from "../core/layout.ts";
import type { PhaseState, SessionState, Workflow } from "../core/types.ts";
import { fileKind } from "../store/read_file.ts";
import type { Session } from "../store/session_store.ts";
import type { Repository } from "./open_repository.ts";

/** The rules of a session, and whether they are known or only guessed from its state. */
export interface SessionWorkflow {
  readonly workflow: Workflow;
  readonly isPinned: boolean;
}

/**
 * Returns the workflow of a session: the one pinned at start, whatever workflow.yaml says now.
 * The oldest sessions carry none; they follow workflow.yaml as they always did, and can at
 * least be shown where that is gone.
 */
export async function workflowOf(
  { found }: Repository,
  { state }: Session,
): Promise<SessionWorkflow> {
  if (state.definition !== null) {
    return { workflow: decodeDefinition(state.definition), isPinned: true };
  }
  const path = repositoryLayout(found.workingTree).workflow;
  if (fileKind(path) === "file") {
    const { readWorkflow } = await import("./load_workflow.ts");
    const { workflow } = await readWorkflow(path);
    return { workflow, isPinned: true };
  }
  return { workflow: workflowFromState(state), isPinned: false };
}

function workflowFromState(state: SessionState): Workflow {
  return {
    name: state.workflowType,
    version: state.workflowVersion,
    description: null,
    phases: state.phases.map(phaseFromState),
    settings: new Map(),
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
