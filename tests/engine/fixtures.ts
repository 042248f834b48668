import { jsonObject, type JsonValue } from "../../src/base/json.ts";
import { decide } from "../../src/engine/decide.ts";
import type { ActionOf } from "../../src/engine/action.ts";
import { withItem, withPhase } from "../../src/engine/situation.ts";
import { itemStateOf, phaseStateOf } from "../../src/engine/state.ts";
import type {
  Caller,
  CheckResult,
  Item,
  ItemState,
  Phase,
  SessionState,
  Verification,
  Workflow,
} from "../../src/workflow/types.ts";

/** When everything happens. */
export const AT = "2026-03-04T05:06:07Z";

export const AGENT: Caller = { agent: "claude-code:5f0c", approval: null };
/** Neither an agent nor known to be a human, such as a script. */
export const NOBODY: Caller = { agent: null, approval: null };
export const HUMAN: Caller = { agent: null, approval: "terminal" };
/** An agent where the settings let anybody approve. */
export const SETTING: Caller = {
  agent: "claude-code:5f0c",
  approval: "setting",
};

export const NONE = {
  type: "none",
  description: null,
} as const satisfies Verification;
export const MANUAL = {
  type: "manual_gate",
  description: null,
} as const satisfies Verification;
export const FILE = {
  type: "file_exists",
  path: "docs/plan.md",
  description: null,
} as const satisfies Verification;
export const COMMAND = {
  type: "command",
  command: "make test",
  expectExitCode: 0,
  description: null,
} as const satisfies Verification;

/** Good for every step type. */
export const GOOD_REASON =
  "The release only changes comments, so no stored data can be affected by it";

/** An item as a parsed workflow has it: the step type decides what may be skipped. */
export function itemOf(id: string, fields: Partial<Item> = {}): Item {
  const item: Item = {
    id,
    name: `Name of ${id}`,
    description: null,
    required: true,
    skippable: true,
    skipConditions: [],
    verification: NONE,
    notes: [],
    stepType: "flexible",
    evidenceSchema: null,
    evidencePrompt: null,
    agent: null,
    timeoutSeconds: undefined,
    risk: "medium",
    workingDir: null,
    secrets: [],
    env: [],
    inputs: undefined,
    shows: [],
    changes: [],
    ...fields,
  };
  const isStrict = item.stepType === "gate" || item.stepType === "required";
  const isBareManualGate = item.verification.type === "manual_gate" &&
    item.skipConditions.length === 0;
  return {
    ...item,
    required: item.required || isStrict,
    skippable: item.skippable && !isStrict && !isBareManualGate,
  };
}

export function phaseOf(
  id: string,
  items: readonly Item[],
  fields: Partial<Phase> = {},
): Phase {
  return {
    id,
    name: `Name of ${id}`,
    description: null,
    items,
    exitGate: null,
    notes: [],
    requiredReviews: [],
    phaseType: "guided",
    intendedTools: [],
    agent: null,
    executor: null,
    ...fields,
  };
}

export function workflowOf(
  phases: readonly Phase[],
  settings: Readonly<Record<string, JsonValue>> = {},
): Workflow {
  return {
    name: "Tiny",
    version: "1.0",
    description: null,
    orc: null,
    phases,
    settings: jsonObject(settings),
    secrets: [],
  };
}

export const ZERO_HUMAN = { supervision_mode: "zero_human" } as const;

/** A workflow of one phase with one item. */
export function workflowWith(
  item: Item,
  settings: Readonly<Record<string, JsonValue>> = {},
): Workflow {
  return workflowOf([phaseOf("PLAN", [item])], settings);
}

export const START: ActionOf<"start"> = {
  type: "start",
  workflowId: "wf_00c0ffee",
  task: "Add login",
  project: null,
  constraints: [],
  metadata: jsonObject({}),
  definition: null,
};

/** A session that has just been started. */
export function sessionOf(workflow: Workflow): SessionState {
  return decide(workflow, undefined, START, { at: AT, caller: AGENT }).state;
}

/** The session with an item changed by hand, wherever it is. */
export function withItemFields(
  workflow: Workflow,
  state: SessionState,
  itemId: string,
  fields: Partial<ItemState>,
): SessionState {
  const phase = workflow.phases.find(({ items }) =>
    items.some(({ id }) => id === itemId)
  );
  if (!phase) throw new Error(`no item "${itemId}"`);
  const itemState = itemStateOf(phaseStateOf(state, phase), itemId);
  return withItem(state, phase, { ...itemState, ...fields });
}

/** The session in another phase, the phases before it completed but not their items. */
export function inPhase(
  workflow: Workflow,
  state: SessionState,
  phaseId: string,
): SessionState {
  const index = workflow.phases.findIndex(({ id }) => id === phaseId);
  return workflow.phases.slice(0, index + 1).reduce(
    (moved, phase) =>
      withPhase(moved, {
        ...phaseStateOf(moved, phase),
        status: phase.id === phaseId ? "active" : "completed",
      }),
    { ...state, currentPhaseId: phaseId },
  );
}

/** Progress of an item, wherever it is. */
export function itemIn(state: SessionState, itemId: string): ItemState {
  const item = state.phases.flatMap(({ items }) => items)
    .find(({ id }) => id === itemId);
  if (!item) throw new Error(`no state of item "${itemId}"`);
  return item;
}

export function fileResult(passed: boolean): CheckResult {
  const path = "/repo/docs/plan.md";
  const problem = passed ? null : "docs/plan.md does not exist";
  return { type: "file_exists", passed, name: path, path, problem };
}

export function commandResult(
  passed: boolean,
): CheckResult & { readonly type: "command" } {
  return {
    type: "command",
    passed,
    command: "make test",
    originalCommand: "{{test_command}}",
    words: ["make", "test"],
    shell: false,
    exitCode: passed ? 0 : 2,
    expectExitCode: 0,
    stdout: "out",
    stderr: "err",
    notUtf8: [],
    durationSeconds: 0.25,
    problem: null,
  };
}

/** What orc would find when it runs the check of an item. */
export function resultFor(
  { verification }: Item,
  passed: boolean,
): CheckResult | undefined {
  if (verification.type === "file_exists") return fileResult(passed);
  if (verification.type !== "command") return undefined;
  const { expectExitCode } = verification;
  const exitCode = passed ? expectExitCode : expectExitCode + 1;
  return { ...commandResult(passed), exitCode, expectExitCode };
}

export function complete(
  itemId: string,
  fields: Partial<ActionOf<"complete">> = {},
): ActionOf<"complete"> {
  const base = { notes: null, result: undefined, skipVerify: false };
  return { type: "complete", itemId, ...base, ...fields };
}

export function skip(itemId: string, force = false): ActionOf<"skip"> {
  return { type: "skip", itemId, reason: GOOD_REASON, force };
}
