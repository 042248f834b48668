/** The rules of a session that carries none, as the older tool made them at first. */
import { misconfigured } from "../base/error.ts";
import { jsonObject } from "../base/json.ts";
import { repositoryLayout } from "../base/layout.ts";
import { fileKind } from "../files/read.ts";
import { decodeDefinition } from "../workflow/definition.ts";
import { fillTexts } from "../workflow/template.ts";
import type { SessionState, Workflow } from "../workflow/types.ts";
import { readWorkflow } from "./load.ts";
import { foreignIn } from "./passed_over.ts";
import { type OpenedSession, wrongVersion } from "./select.ts";

/** Follows workflow.yaml; without one the session can be shown, and nothing in it may change. */
export async function unpinnedWorkflow(
  workingTree: string,
  session: string,
  state: SessionState,
): Promise<Pick<OpenedSession, "workflow" | "refusal">> {
  const path = repositoryLayout(workingTree).workflow;
  if (fileKind(path) === "file") {
    try {
      const parsed = (await readWorkflow(path)).workflow;
      const workflow = { ...fillTexts(parsed), session };
      const refusal = await wrongVersion(workflow, path) ?? null;
      return { workflow, refusal };
    } catch (error) {
      // A file of another program is as good as none.
      if (foreignIn(error) === undefined) throw error;
    }
  }
  const refusal = misconfigured(
    "no_workflow",
    `Session "${session}" carries no workflow, and there is no workflow.yaml to take its rules from`,
    "put the workflow.yaml it was started with back",
  );
  return { workflow: { ...workflowFromState(state), session }, refusal };
}

/** What the state names, with the usual rules; nothing may be skipped. */
export function workflowFromState(state: SessionState): Workflow {
  const phases = state.phases.map(({ id, items }) =>
    jsonObject({
      id,
      name: id,
      items: items.map((item) =>
        jsonObject({ id: item.id, name: item.id, skippable: false })
      ),
    })
  );
  const { workflowType: name, workflowVersion: version } = state;
  return decodeDefinition(jsonObject({ name, version, phases }));
}
