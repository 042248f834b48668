// A page that plays a session with the rules alone: bundled for browsers, and run in one.
import {
  decide,
  decodeSession,
  encodeSession,
  OrcError,
  parseWorkflow,
  summarize,
} from "@orc/cli/core";

const at = "2026-01-02T03:04:05Z";
const circumstances = { at, caller: { agent: null, approval: null } };

const TEXT = `{
  "workflow_id": "wf_0123abcd", "workflow_type": "Tiny",
  "workflow_version": "1.0", "task_description": "Add login",
  "current_phase_id": "PLAN"
}`;

async function play(): Promise<string> {
  const { workflow } = parseWorkflow({
    name: "Tiny",
    phases: [{ id: "DO", name: "Do", items: [{ id: "it", name: "It" }] }],
  });
  const { state } = decide(workflow, undefined, {
    type: "start",
    workflowId: "wf_0123abcd",
    task: "Add login",
    project: null,
    constraints: [],
    metadata: new Map(),
    definition: null,
  }, circumstances);
  let code = "";
  try {
    decide(
      workflow,
      state,
      { type: "start_item", itemId: "no" },
      circumstances,
    );
  } catch (error) {
    if (error instanceof OrcError) code = error.code;
  }
  const stored = await decodeSession(TEXT, "state.json");
  const signed = await encodeSession(stored, at);
  const { checksum } = await decodeSession(signed, "state.json");
  const { task, next } = summarize(workflow, state);
  return `${task}: ${next?.item?.id} is next, ${code}, ${checksum}`;
}

function show(text: string): void {
  const { document } = globalThis as unknown as {
    document: { body: { textContent: string } };
  };
  document.body.textContent = text;
}

play().then(show, (error) => show(String(error)));
