import { OrcError } from "../../src/base/error.ts";
import { planRestore } from "../../src/engine/restore.ts";
import {
  changeSentence,
  proposalSentence,
} from "../../src/engine/restore_change.ts";
import { isDone } from "../../src/engine/state.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import { oneOf, type Pick, pickerOf } from "../base/random.ts";
import { randomAction, randomWorkflow } from "../session/random_session.ts";
import { act } from "./act.ts";
import { AGENT, HUMAN, itemIn, sessionOf } from "./fixtures.ts";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";

/** All states of a session that agents and humans worked on. */
function statesOf(
  pick: Pick,
  first: SessionState,
  workflow: ReturnType<typeof randomWorkflow>,
): readonly SessionState[] {
  const states = [first];
  let state = first;
  const callers = [AGENT, HUMAN];
  for (let turn = 0; turn < 25 && state.status === "active"; turn++) {
    const game = { workflow, state, callers };
    const { action, caller } = randomAction(pick, game);
    try {
      state = act(workflow, state, action, caller).state;
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
    }
    if (state.status === "active") states.push(state);
  }
  return states;
}

Deno.test("planRestore() leads to a state in which nothing is left to restore", () => {
  let changed = 0;
  for (let seed = 0; seed < 100; seed++) {
    const pick = pickerOf(seed);
    const workflow = randomWorkflow(pick);
    const states = statesOf(pick, sessionOf(workflow), workflow);
    const [now, then] = [oneOf(pick, states), oneOf(pick, states)];
    const { next, changes } = planRestore(workflow, now, then);
    changed += changes.length;
    const again = planRestore(workflow, next, then);
    assertEquals(again.changes, [], `seed ${seed}`);
    assertStrictEquals(again.next, next);
    assertEquals(next.currentPhaseId, then.currentPhaseId);
  }
  assert(changed > 100, `only ${changed}`);
});

Deno.test("decide() lets no agent get anything done by restoring, in random sessions too", () => {
  let restored = 0;
  let refused = 0;
  for (let seed = 0; seed < 200; seed++) {
    const pick = pickerOf(seed);
    const workflow = randomWorkflow(pick);
    const states = statesOf(pick, sessionOf(workflow), workflow);
    const [now, stored] = [oneOf(pick, states), oneOf(pick, states)];
    const force = pick(2) === 0;
    const action = { type: "restore", checkpointId: "cp_x", stored, force };
    try {
      const next = act(workflow, now, { ...action, type: "restore" }, AGENT);
      restored += next.events.length;
      for (const item of workflow.phases.flatMap(({ items }) => items)) {
        const isNew = isDone(itemIn(next.state, item.id)) &&
          !isDone(itemIn(now, item.id));
        assert(!isNew, `seed ${seed}: ${item.id}`);
      }
    } catch (error) {
      if (!(error instanceof OrcError)) throw error;
      refused++;
    }
  }
  assert(restored > 20 && refused > 20, `${restored}, ${refused}`);
});

Deno.test("changeSentence() and proposalSentence() say what changes, and who may change it", () => {
  const change = {
    what: "item",
    phaseId: "PLAN",
    itemId: "idea",
    from: "completed",
    to: "pending",
    forward: false,
  } as const;
  const session = { ...change, itemId: null };
  assertEquals([
    changeSentence(change),
    changeSentence({ ...change, to: "completed" }),
    proposalSentence({ ...change, forward: true }),
    changeSentence({ ...session, what: "phase", phaseId: "A \x1b[2J" }),
    changeSentence({
      ...session,
      what: "current_phase",
      from: "BUILD",
      to: "A\nNext: orc evil",
    }),
    changeSentence({
      ...session,
      what: "approval",
      from: "given",
      to: "missing",
    }),
    changeSentence({
      ...session,
      what: "reviews",
      from: "given",
      to: "missing",
    }),
  ], [
    "item idea: completed -> pending",
    "item idea: completed, as it was back then",
    "item idea: completed -> pending (a human only)",
    'phase "A \\u001b[2J": completed -> pending',
    'current phase: BUILD -> "A\\nNext: orc evil"',
    "approval of phase PLAN: given -> missing",
    "reviews of phase PLAN: given -> missing",
  ]);
});
