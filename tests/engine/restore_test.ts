import { plainOf } from "../../src/base/plain.ts";
import {
  changeSentence,
  planRestore,
  proposalSentence,
} from "../../src/engine/restore.ts";
import type { ActionOf } from "../../src/engine/action.ts";
import type { Item, SessionState } from "../../src/workflow/types.ts";
import { oneOf, pickerOf } from "../base/random.ts";
import { play } from "../model/play.ts";
import { randomSequence } from "../model/sequence.ts";
import { act, actAll, codeOf, orcErrorOf, typesOf } from "./act.ts";
import {
  AGENT,
  COMMAND,
  complete,
  HUMAN,
  inPhase,
  itemIn,
  itemOf,
  MANUAL,
  phaseOf,
  resultFor,
  sessionOf,
  skip,
  withItemFields,
  workflowOf,
} from "./fixtures.ts";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";

Deno.test("planRestore() leads to a state in which nothing is left to restore", () => {
  let changed = 0;
  for (let seed = 0; seed < 100; seed++) {
    const pick = pickerOf(seed);
    const { definition, script } = randomSequence(seed);
    const { workflow, states } = play(definition, script);
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

Deno.test("changeSentence() and proposalSentence() say what changes, and who may change it", () => {
  const change = {
    what: "item",
    phaseId: "PLAN",
    itemId: "idea",
    from: "completed",
    to: "pending",
    forward: false,
  } as const;
  const lost = { ...change, itemId: null, from: "given", to: "missing" };
  const to = "A\nNext: orc evil";
  assertEquals([
    changeSentence(change),
    changeSentence({ ...change, to: "completed" }),
    proposalSentence({ ...change, forward: true }),
    changeSentence({ ...lost, what: "phase", phaseId: "A \x1b[2J" }),
    changeSentence({ ...lost, what: "current_phase", from: "BUILD", to }),
    changeSentence({ ...lost, what: "approval" }),
    changeSentence({ ...lost, what: "reviews" }),
  ], [
    "item idea: completed -> pending",
    "item idea: completed, as it was back then",
    "item idea: completed -> pending (a human only)",
    'phase "A \\u001b[2J": given -> missing',
    'current phase: BUILD -> "A\\nNext: orc evil"',
    "approval of phase PLAN: given -> missing",
    "reviews of phase PLAN: given -> missing",
  ]);
});

const ID = "cp_20260304_050607_000000_0042_ffee";

const WORKFLOW = workflowOf([
  phaseOf("PLAN", [
    itemOf("idea"),
    itemOf("tests", { stepType: "gate", verification: COMMAND }),
    itemOf("consent", { verification: MANUAL }),
    itemOf("sketch"),
  ], { exitGate: "human_approval" }),
  phaseOf("BUILD", [itemOf("code")]),
]);

const STARTED = sessionOf(WORKFLOW);

function restore(stored: SessionState, force = false): ActionOf<"restore"> {
  return { type: "restore", checkpointId: ID, stored, force };
}

/** Everything in PLAN done, and BUILD entered. */
function advanced(): SessionState {
  return actAll(WORKFLOW, STARTED, [
    complete("idea", { notes: "Done" }),
    complete("tests", {
      result: resultFor(itemOf("tests", { verification: COMMAND }), true),
    }),
    { type: "approve_item", itemId: "consent", notes: null },
    skip("sketch"),
    { type: "approve_phase", phaseId: "PLAN" },
    { type: "advance", force: false },
  ], HUMAN).state;
}

Deno.test("decide() restores items, phases, the current phase and approvals", () => {
  const now = advanced();
  const { state, events } = act(WORKFLOW, now, restore(STARTED), AGENT);
  assertEquals(state.currentPhaseId, "PLAN");
  assertEquals(state.phases, STARTED.phases);
  assertEquals(state.metadata, STARTED.metadata);
  assertEquals(typesOf(events), ["note_added"]);
  const [event] = events;
  assertEquals(event?.message, `Restored checkpoint ${ID}`);
  assertEquals([event?.actor, event?.phaseId], ["system", "PLAN"]);
  const details = Object(plainOf(event?.details ?? null));
  assertEquals(details.checkpoint_id, ID);
  const plan = { phase_id: "PLAN", item_id: null };
  assertEquals(details.changes.slice(0, 4), [
    { what: "current_phase", ...plan, from: "BUILD", to: "PLAN" },
    { what: "approval", ...plan, from: "given", to: "missing" },
    { what: "phase", ...plan, from: "completed", to: "active" },
    {
      what: "item",
      ...plan,
      item_id: "idea",
      from: "completed",
      to: "pending",
    },
  ]);
  assertEquals(details.changes.length, 8);
});

Deno.test("decide() keeps what was said since a checkpoint", () => {
  const note = { type: "note", text: "Remember", itemId: null } as const;
  const noted = act(WORKFLOW, advanced(), note, AGENT).state;
  const now = { ...noted, constraints: ["No new package"] };
  const { state } = act(WORKFLOW, now, restore(STARTED), AGENT);
  assertEquals(state.notes, now.notes);
  assertEquals(state.constraints, now.constraints);
  assertEquals(state.createdAt, now.createdAt);
});

Deno.test("decide() changes nothing where all is as in the checkpoint", () => {
  const now = advanced();
  assertEquals(act(WORKFLOW, now, restore(now), AGENT).events, []);
});

Deno.test("decide() refuses a checkpoint that passes a gate, a manual gate or a judge", () => {
  const forged = [
    ["tests", "completed"],
    ["tests", "skipped"],
    ["consent", "completed"],
    ["consent", "skipped"],
    ["sketch", "skipped"],
  ] as const;
  const tries = [
    ...forged.map(([id, status]) =>
      withItemFields(WORKFLOW, STARTED, id, { status })
    ),
    inPhase(WORKFLOW, STARTED, "BUILD"),
    { ...STARTED, metadata: new Map([["phase_PLAN_approved", true]]) },
  ];
  for (const stored of tries) {
    for (const caller of [AGENT, HUMAN]) {
      const code = codeOf(() =>
        act(WORKFLOW, STARTED, restore(stored), caller)
      );
      assertEquals(code, "refused restore_forward");
    }
    const forced = restore(stored, true);
    const code = codeOf(() => act(WORKFLOW, STARTED, forced, AGENT));
    assertEquals(code, "denied approval_required");
  }
});

Deno.test("decide() restores more than was done since for a human who forces it", () => {
  const stored = advanced();
  const forced = restore(stored, true);
  const { state, events } = act(WORKFLOW, STARTED, forced, HUMAN);
  assertEquals(state.phases, stored.phases);
  assertEquals(state.currentPhaseId, "BUILD");
  assertEquals(state.metadata, stored.metadata);
  const [event] = events;
  assertEquals(event?.actor, "human");
  assertEquals(event?.details.get("origin"), "terminal");
});

Deno.test("decide() lets no agent complete or skip anything by a checkpoint, whatever the item", () => {
  const items: readonly Item[] = [
    itemOf("plain"),
    itemOf("file", {
      verification: { type: "file_exists", path: "x", description: null },
    }),
    itemOf("command", { verification: COMMAND }),
    itemOf("proof", { evidenceSchema: "TestPlanEvidence" }),
  ];
  const workflow = workflowOf([phaseOf("PLAN", items)]);
  const now = sessionOf(workflow);
  for (const { id } of items) {
    const [completed, skipped] = (["completed", "skipped"] as const).map(
      (status) => withItemFields(workflow, now, id, { status }),
    );
    assert(completed && skipped);
    const pairs = [
      [now, completed],
      [now, skipped],
      [skipped, completed],
      [completed, skipped],
    ] as const;
    for (const [now, stored] of pairs) {
      const code = codeOf(() => act(workflow, now, restore(stored), AGENT));
      assertEquals(code, "refused restore_forward", id);
    }
  }
});

Deno.test("decide() refuses a checkpoint that passes the order of a phase, a review or a phase", () => {
  const workflow = workflowOf([
    phaseOf("PLAN", [
      itemOf("gate", { stepType: "gate", verification: COMMAND }),
      itemOf("behind"),
      itemOf("security"),
    ], { phaseType: "strict", requiredReviews: ["security"] }),
    phaseOf("BUILD", [itemOf("code")]),
  ]);
  const now = sessionOf(workflow);
  const completed = { status: "completed" } as const;
  const ids = ["behind", "security", "code"];
  const all = ids.reduce((state, id) => {
    const forged = withItemFields(workflow, now, id, completed);
    const code = codeOf(() => act(workflow, now, restore(forged), AGENT));
    assertEquals(code, "refused restore_forward", id);
    return withItemFields(workflow, state, id, completed);
  }, now);
  const error = orcErrorOf(() => act(workflow, now, restore(all), AGENT));
  const changes = error.details?.changes;
  assert(Array.isArray(changes));
  assertEquals(changes.map(({ itemId }) => itemId), ids);
});

Deno.test("decide() takes the status of no phase from a checkpoint", () => {
  const [plan, build] = STARTED.phases;
  assert(plan && build);
  const forged: SessionState = {
    ...STARTED,
    phases: [
      { ...plan, status: "completed", completedAt: "2026-01-01T00:00:00Z" },
      { ...build, status: "active", startedAt: "2026-01-01T00:00:00Z" },
    ],
  };
  assertEquals(act(WORKFLOW, STARTED, restore(forged), AGENT).events, []);
  const { state } = act(WORKFLOW, advanced(), restore(forged), AGENT);
  assertEquals(state.phases, STARTED.phases);
});

Deno.test("decide() goes on to a later phase for a human only, even if nothing blocks", () => {
  const workflow = workflowOf([
    phaseOf("PLAN", [itemOf("idea")]),
    phaseOf("BUILD", [itemOf("code")]),
  ]);
  const now = act(workflow, sessionOf(workflow), complete("idea"), AGENT).state;
  const then = act(workflow, now, { type: "advance", force: false }, AGENT);
  const attempt = () => act(workflow, now, restore(then.state), AGENT);
  assertEquals(codeOf(attempt), "refused restore_forward");
  const { state } = act(workflow, now, restore(then.state, true), HUMAN);
  assertEquals(state.phases, then.state.phases);
});

Deno.test("decide() forgets no failed try when it restores", () => {
  const check = itemOf("tests", { verification: COMMAND });
  const workflow = workflowOf([phaseOf("PLAN", [check])]);
  const then = sessionOf(workflow);
  const tryOnce = complete("tests", { result: resultFor(check, false) });
  const now = actAll(workflow, then, [tryOnce, tryOnce], AGENT).state;
  assertEquals(itemIn(now, "tests").retryCount, 2);
  const { state } = act(workflow, now, restore(then), AGENT);
  assertEquals(itemIn(state, "tests").retryCount, 2);
  assertEquals(itemIn(state, "tests").verificationResult, null);
  assertEquals(act(workflow, state, restore(then), AGENT).events, []);
});

Deno.test("decide() leaves alone what is done now as it was then", () => {
  const then = advanced();
  const now = withItemFields(WORKFLOW, then, "tests", {
    completedAt: "2026-03-05T00:00:00Z",
    notes: "Done again",
  });
  assertEquals(act(WORKFLOW, now, restore(then), AGENT).events, []);
});

Deno.test("decide() lets no checkpoint start the clock of a manual gate", () => {
  const fields = {
    status: "in_progress",
    startedAt: "2020-01-01T00:00:00Z",
  } as const;
  const then = withItemFields(WORKFLOW, STARTED, "consent", fields);
  assertEquals(act(WORKFLOW, STARTED, restore(then), AGENT).events, []);
  const since = withItemFields(WORKFLOW, then, "idea", { status: "completed" });
  const { state } = act(WORKFLOW, since, restore(then), AGENT);
  assertEquals(itemIn(state, "consent").startedAt, fields.startedAt);
});

Deno.test("decide() restores that any other item was begun", () => {
  const startedAt = "2020-01-01T00:00:00Z";
  const fields = { status: "in_progress", startedAt } as const;
  const then = withItemFields(WORKFLOW, STARTED, "idea", fields);
  const { state } = act(WORKFLOW, STARTED, restore(then), AGENT);
  assertEquals(state.phases, then.phases);
});

Deno.test("decide() takes back reviews that the Python tool recorded since", () => {
  const reviewed = (models: Readonly<Record<string, boolean>>) => ({
    ...STARTED,
    metadata: new Map([[
      "review_models",
      new Map([
        ["PLAN", new Map(Object.entries(models))],
        ["BUILD", new Map([["codex", true]])],
      ]),
    ]]),
  });
  const then = reviewed({ codex: true });
  const now = reviewed({ codex: true, gemini: true });
  const { state, events } = act(WORKFLOW, now, restore(then), AGENT);
  assertEquals(plainOf(state.metadata), {
    review_models: { BUILD: { codex: true } },
  });
  assertEquals(events.length, 1);
});

Deno.test("decide() refuses a checkpoint of another session, and one of another workflow", () => {
  const foreign = { ...STARTED, workflowId: "wf_12345678" };
  const lost = { ...STARTED, currentPhaseId: "LEARN" };
  const codes = [foreign, lost].map((stored) =>
    codeOf(() => act(WORKFLOW, STARTED, restore(stored, true), HUMAN))
  );
  assertEquals(codes, ["refused foreign_checkpoint", "corrupt unknown_phase"]);
});

Deno.test("decide() restores items that the state has lost, and keeps those that only the state knows", () => {
  const [plan, build] = STARTED.phases;
  assert(plan && build);
  const odd = itemIn(STARTED, "idea");
  const now: SessionState = {
    ...STARTED,
    phases: [{ ...plan, items: [{ ...odd, id: "unknown" }] }, build],
  };
  const then = withItemFields(WORKFLOW, STARTED, "idea", { retryCount: 2 });
  const { state } = act(WORKFLOW, now, restore(then), AGENT);
  assertEquals(state.phases[0]?.items.map(({ id }) => id), ["unknown", "idea"]);
  assertEquals(itemIn(state, "idea").retryCount, 2);
});
