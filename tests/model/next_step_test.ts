import { checkToRun } from "../../src/engine/check.ts";
import { decide } from "../../src/engine/decide.ts";
import { nextStep, type Step } from "../../src/engine/next.ts";
import type { Action } from "../../src/engine/action.ts";
import type {
  Decision,
  SessionState,
  Workflow,
} from "../../src/workflow/types.ts";
import { AGENT, GOOD_REASON, HUMAN, resultFor } from "../engine/fixtures.ts";
import { play } from "./play.ts";
import { findItem } from "./real_session.ts";
import { EVIDENCE } from "./samples.ts";
import { randomSequence } from "./sequence.ts";
import { instantAt } from "./view.ts";
import { assert, assertEquals } from "@std/assert";

const SEQUENCES = 300;
const YEAR_SECONDS = 365 * 24 * 3600;

/** Goes as long as anything could take: each item twice, each phase, the end. */
const MAX_STEPS = 40;

/** The action that a command line stands for, when it is well done. */
function actionOf(workflow: Workflow, step: Step): Action {
  const { command } = step;
  const [, verb] = command.split(" ");
  const force = command.includes("--force");
  const id = "itemId" in step ? step.itemId : "";
  switch (verb) {
    case "complete": {
      const item = findItem(workflow, id);
      const schema = item?.evidenceSchema;
      const sample = EVIDENCE.find(({ fits }) => fits.includes(schema ?? ""));
      const asked = command.includes("--evidence") ? sample?.value : undefined;
      return {
        type: verb,
        itemId: id,
        notes: "Done",
        ...(asked ? { evidence: asked } : {}),
        result: item && resultFor(item, true),
        skipVerify: false,
      };
    }
    case "skip":
      return { type: verb, itemId: id, reason: GOOD_REASON, force };
    case "approve-item":
      return { type: "approve_item", itemId: id, notes: null };
    case "approve": {
      const phaseId = /--phase '?([^']+)'?$/.exec(command)?.[1] ?? null;
      return { type: "approve_phase", phaseId };
    }
    case "advance":
      return { type: verb, force };
    case "finish":
      return { type: verb, notes: null, force };
    default:
      throw new Error(`unknown step "${command}"`);
  }
}

/** Does what the next step says, a year later; what is left to a human, a human does. */
function follow(
  workflow: Workflow,
  state: SessionState,
  seconds: number,
): Decision {
  const step = nextStep(workflow, state);
  const action = actionOf(workflow, step);
  assertSameAct(step, action, state);
  if (action.type === "complete") checkToRun(workflow, state, action);
  const caller = step.human ? HUMAN : AGENT;
  const decision = decide(workflow, state, action, {
    at: instantAt(seconds),
    caller,
  });
  assert(decision.events.length > 0, `${step.command} does nothing`);
  return decision;
}

/** What a program switches on is what the command line says. */
function assertSameAct(step: Step, action: Action, state: SessionState): void {
  assertEquals(step.action, action.type, step.command);
  if (step.action === "approve_phase" && action.type === step.action) {
    assertEquals(step.phaseId, action.phaseId ?? state.currentPhaseId);
  }
  const isForced = "force" in action && action.force;
  if (isForced) assert(step.human, step.command);
}

Deno.test("nextStep() leads from anywhere to the end, and its steps are never refused", () => {
  for (let seed = 0; seed < SEQUENCES; seed++) {
    const { definition, script } = randomSequence(seed);
    const { workflow, states } = play(definition, script);
    for (const [index, begin] of states.entries()) {
      if (begin.status !== "active" && begin.status !== "paused") continue;
      const where = `seed ${seed}, after move ${index + 1}`;
      try {
        assertEquals(followToEnd(workflow, begin).status, "completed");
      } catch (cause) {
        throw new Error(`${where}: ${cause}`, { cause });
      }
    }
  }
});

function followToEnd(workflow: Workflow, begin: SessionState): SessionState {
  let state = begin;
  for (let step = 1; step <= MAX_STEPS; step++) {
    state = follow(workflow, state, step * YEAR_SECONDS).state;
    if (state.status === "completed") return state;
  }
  throw new Error(`not at the end after ${MAX_STEPS} steps`);
}
