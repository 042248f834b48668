import { asObject, jsonObject, type JsonValue } from "../../src/base/json.ts";
import { plainOf } from "../../src/base/plain.ts";
import { OrcError } from "../../src/base/error.ts";
import { decide } from "../../src/engine/decide.ts";
import { checkToRun } from "../../src/engine/check.ts";
import type { Action } from "../../src/engine/action.ts";
import type {
  Caller,
  Event,
  EventType,
  Item,
  SessionState,
} from "../../src/workflow/types.ts";
import {
  act,
  actAll,
  actOn,
  assertRefused,
  orcErrorOf,
  typesOf,
} from "./act.ts";
import {
  AGENT,
  AT,
  COMMAND,
  commandResult,
  complete,
  FILE,
  fileResult,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  NOBODY,
  phaseOf,
  sessionOf,
  SETTING,
  skip,
  withItemFields,
  workflowOf,
  workflowWith,
  ZERO_HUMAN,
} from "./fixtures.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";

const GATE = { stepType: "gate", verification: COMMAND } as const;
const APPROVE = { type: "approve_item", itemId: "x", notes: "Fine" } as const;
const START = { type: "start_item", itemId: "x" } as const;
const BY_AGENT = { agent: "claude-code:5f0c" };

/** An event of the item, as the log tells it. */
function eventOf(
  type: EventType,
  message: string,
  details: Parameters<typeof jsonObject>[0],
  actor: Event["actor"] = "system",
): Event {
  const about = { type, phaseId: "PLAN", itemId: "x", message };
  return { ...about, details: jsonObject(details), actor };
}

const GATE_RESULT = {
  success: false,
  exit_code: 2,
  stdout: "out",
  stderr: "err",
  command: "make test",
  duration_seconds: 0.25,
  error: null,
};
const FILE_RESULT = {
  type: "file_exists",
  timestamp: "2026-03-04T05:06:07+00:00",
  path: "/repo/docs/plan.md",
  exists: false,
  error: "docs/plan.md does not exist",
};

Deno.test("decide() keeps a failed gate as it was and counts the try", () => {
  const workflow = workflowWith(itemOf("x", GATE));
  const fail = complete("x", { result: commandResult(false), notes: "done!" });
  const session = sessionOf(workflow);
  const { state, events } = actAll(workflow, session, [fail, fail], AGENT);
  const after = itemIn(state, "x");
  assertEquals([after.status, after.retryCount], ["pending", 2]);
  assertEquals([after.completedAt, after.notes], [null, null]);
  assertEquals(plainOf(after.gateResult), GATE_RESULT);
  assertEquals(after.verificationResult, null);
  const failed = eventOf("gate_failed", "Gate failed: x", {
    ...GATE_RESULT,
    ...BY_AGENT,
  });
  assertEquals(events, [failed, failed]);
});

Deno.test("decide() marks any other item as failed until its check passes", () => {
  const workflow = workflowWith(itemOf("x", { verification: FILE }));
  const fail = complete("x", { result: fileResult(false) });
  const pass = complete("x", { result: fileResult(true) });
  const failed = act(workflow, sessionOf(workflow), fail, AGENT);
  const after = itemIn(failed.state, "x");
  assertEquals([after.status, after.retryCount], ["failed", 1]);
  assertEquals(plainOf(after.verificationResult), FILE_RESULT);
  assertEquals(
    failed.events[0]?.message,
    "Verification failed: docs/plan.md does not exist",
  );
  const passed = act(workflow, failed.state, pass, AGENT);
  assertEquals(typesOf(passed.events), [
    "verification_passed",
    "item_completed",
  ]);
  const completed = itemIn(passed.state, "x");
  assertEquals([completed.status, completed.retryCount], ["completed", 1]);
  const { error: _error, ...result } = FILE_RESULT;
  assertEquals(plainOf(completed.verificationResult), {
    ...result,
    exists: true,
  });
});

Deno.test("decide() renews what its check passed again, and opens what it did not", () => {
  for (const stepType of ["gate", "required"] as const) {
    const workflow = workflowWith(
      itemOf("x", { stepType, verification: COMMAND }),
    );
    const first = act(workflow, sessionOf(workflow), {
      ...complete("x", { result: commandResult(true) }),
      notes: "Done",
    }, NOBODY);
    const again = (passed: boolean) =>
      act(workflow, first.state, {
        ...complete("x", { result: commandResult(passed) }),
        renews: true,
        notes: passed ? "Again" : null,
      }, NOBODY);
    const [good, bad] = [again(true), again(false)];
    const kind = stepType === "gate" ? "gate" : "verification";
    assertEquals(typesOf(good.events), [`${kind}_passed`]);
    assertEquals(typesOf(bad.events), [`${kind}_failed`]);
    for (const { events: [event] } of [good, bad]) {
      assertEquals(event?.details.get("renewed"), true);
    }
    const { status, completedAt, notes } = itemIn(good.state, "x");
    assertEquals([status, completedAt, notes], ["completed", AT, "Again"]);
    const open = itemIn(bad.state, "x");
    assertEquals(
      [open.status, open.completedAt, open.retryCount],
      [stepType === "gate" ? "pending" : "failed", null, 1],
    );
  }
});

Deno.test("decide() renews nothing that a human gave, and nothing that was not asked for", () => {
  const workflow = workflowWith(
    itemOf("x", { stepType: "gate", verification: MANUAL }),
  );
  const approved = act(workflow, sessionOf(workflow), APPROVE, HUMAN).state;
  const renewal = { ...complete("x"), renews: true };
  assertEquals(typesOf(act(workflow, approved, renewal, NOBODY).events), []);
  const checked = workflowWith(itemOf("x", { verification: COMMAND }));
  const done = act(
    checked,
    sessionOf(checked),
    complete("x", { result: commandResult(true) }),
    NOBODY,
  ).state;
  const twice = complete("x", { result: commandResult(false) });
  assertEquals(typesOf(act(checked, done, twice, NOBODY).events), []);
});

Deno.test("decide() verifies a gate as it is written, a file too", () => {
  const outcomes = [false, true].map((passed) => {
    const action = complete("x", { result: fileResult(passed) });
    const item = { stepType: "gate", verification: FILE } as const;
    const { state, events } = actOn(item, action);
    return [itemIn(state, "x").status, ...typesOf(events)];
  });
  assertEquals(outcomes, [
    ["pending", "gate_failed"],
    ["completed", "gate_passed", "item_completed"],
  ]);
});

Deno.test("decide() completes a manual gate that a human approves", () => {
  const manual = { verification: MANUAL };
  const { state, events } = actOn(manual, APPROVE, { caller: HUMAN });
  const { status, completedAt, notes, verificationResult } = itemIn(state, "x");
  assertEquals([status, completedAt, notes], ["completed", AT, "Fine"]);
  assertEquals(plainOf(verificationResult), {
    approved: true,
    approved_at: "2026-03-04T05:06:07+00:00",
    type: "manual_gate",
  });
  const details = { notes: "Fine", approved: true, origin: "terminal" };
  assertEquals(events, [
    eventOf("item_completed", "Approved manual gate: x", details, "human"),
  ]);
});

Deno.test("decide() takes a human's word, and no agent's, for a gate that names nothing to verify", () => {
  const gate = { stepType: "gate" } as const;
  assertThrows(() => actOn(gate, APPROVE), OrcError, "only a human may");
  const { state, events } = actOn(gate, APPROVE, { caller: HUMAN });
  const { status, notes, verificationResult } = itemIn(state, "x");
  assertEquals([status, notes], ["completed", "Fine"]);
  assertEquals(asObject(verificationResult)?.get("approved"), true);
  const details = { notes: "Fine", approved: true, origin: "terminal" };
  const message = "Approved gate without verification: x";
  assertEquals(events, [
    eventOf("item_completed", message, details, "human"),
  ]);
});

/** Who tries what in vain on which item, why it is refused, and what to do instead. */
const REFUSALS: readonly {
  readonly item: Partial<Item>;
  readonly status?: "completed" | "skipped";
  readonly action: Action;
  readonly caller?: Caller;
  readonly because: string;
  readonly hint?: string;
}[] = [
  {
    item: { verification: MANUAL },
    action: APPROVE,
    because: 'Cannot approve item "x": only a human may, at a terminal',
    hint: "ask a human to run the same command in a terminal",
  },
  {
    item: { stepType: "gate", verification: FILE },
    action: APPROVE,
    because: 'Cannot approve item "x": it is not a manual gate',
    hint: "orc complete x",
  },
  {
    item: { verification: MANUAL },
    status: "skipped",
    action: APPROVE,
    because: 'Cannot approve item "x": it was skipped',
  },
  {
    item: { verification: MANUAL },
    action: complete("x"),
    because: 'Cannot complete item "x": a human must approve it',
    hint: "a human runs, in a terminal: orc approve-item x",
  },
  {
    item: GATE,
    action: complete("x", { skipVerify: true }),
    caller: SETTING,
    because:
      'Cannot complete item "x": nobody passes a gate without its verification',
  },
  {
    item: {},
    status: "skipped",
    action: complete("x"),
    because: 'Cannot complete item "x": it was skipped',
  },
  {
    item: {},
    status: "completed",
    action: START,
    because: 'Cannot start item "x": it is completed already',
  },
];

Deno.test("decide() says why it refuses an item, and what to do instead", () => {
  for (const { item, status, action, caller, because, hint } of REFUSALS) {
    const before = status && { status };
    const error = orcErrorOf(() => actOn(item, action, { caller, before }));
    assertEquals(error.message, because);
    assertEquals(error.hint, hint ?? "orc status");
  }
  const { details } = orcErrorOf(() => actOn(GATE, APPROVE));
  assertEquals(details, { itemId: "x" });
});

Deno.test("decide() completes an item without a check at its word", () => {
  const action = complete("x", { notes: "Wrote it down" });
  const { state, events } = actOn({ stepType: "documented" }, action);
  const { status, completedAt, notes, retryCount } = itemIn(state, "x");
  assertEquals([status, completedAt], ["completed", AT]);
  assertEquals([notes, retryCount], ["Wrote it down", 0]);
  assertEquals(events, [eventOf("item_completed", "Completed item: x", {
    notes: "Wrote it down",
    step_type: "documented",
    has_evidence: false,
    ...BY_AGENT,
  })]);
});

Deno.test("decide() keeps earlier notes unless there are new ones", () => {
  const before = { notes: "earlier" };
  const kept = [null, "", "new"].flatMap((notes) =>
    [
      actOn({}, complete("x", { notes }), { before }),
      actOn({ verification: MANUAL }, { ...APPROVE, notes }, {
        before,
        caller: HUMAN,
      }),
    ].map(({ state }) => itemIn(state, "x").notes)
  );
  const [earlier] = kept;
  assertEquals(kept, [earlier, earlier, earlier, earlier, "new", "new"]);
  assertEquals(earlier, "earlier");
});

Deno.test("decide() refuses notes that are too long", () => {
  const notes = "x".repeat(2001);
  for (const action of [complete("x", { notes }), { ...APPROVE, notes }]) {
    const attempt = () => actOn({ verification: MANUAL }, action);
    assertRefused(attempt, "usage notes_too_long");
  }
});

Deno.test("decide() trusts no result of another kind of check", () => {
  const wrong = [
    [FILE, undefined],
    [FILE, commandResult(true)],
    [COMMAND, undefined],
    [COMMAND, fileResult(true)],
  ] as const;
  for (const [verification, result] of wrong) {
    const item = { verification, stepType: "gate" } as const;
    const error = assertThrows(
      () => actOn(item, complete("x", { result })),
      Error,
      'the check of item "x" was not run',
    );
    assertEquals(error.name, "Error");
  }
});

Deno.test("decide() shows in the log who left out a check", () => {
  const action = complete("x", { skipVerify: true });
  const item = { verification: COMMAND };
  const { state, events } = actOn(item, action, { caller: SETTING });
  assertEquals(itemIn(state, "x").verificationResult, null);
  const details = {
    notes: null,
    step_type: "flexible",
    has_evidence: false,
    verification_skipped: true,
    origin: "setting",
    ...BY_AGENT,
  };
  assertEquals(events, [
    eventOf("item_completed", "Completed item: x", details),
  ]);
});

/** Both ways in which a manual gate is skipped at once. */
const PASSED_BY_NOBODY = [
  [ZERO_HUMAN, {}, "zero_human mode", {}],
  [
    { supervision_mode: "hybrid" },
    { risk: "low" },
    "hybrid mode, low risk",
    { risk: "low" },
  ],
] as const;

Deno.test("decide() skips a manual gate without humans, says so, and keeps all that was given", () => {
  for (const [settings, fields, because, details] of PASSED_BY_NOBODY) {
    const { state, events } = actOn(
      { stepType: "required", verification: MANUAL, ...fields },
      complete("x", { notes: "Looks right", evidence: VALID }),
      { settings },
    );
    const item = itemIn(state, "x");
    assertEquals(
      [item.status, item.skippedAt, item.completedAt, item.notes],
      ["skipped", AT, null, "Looks right"],
    );
    assertEquals(item.evidence, VALID);
    assertEquals(item.skipReason, `Auto-skipped (${because})`);
    const message = `Manual gate auto-skipped (${because}): x`;
    assertEquals(events, [eventOf("item_skipped", message, {
      ...settings,
      ...details,
      gate_name: "Name of x",
      ...BY_AGENT,
      notes: "Looks right",
      evidence: VALID,
    })]);
  }
});

const SCHEMA = { evidenceSchema: "SpecReviewEvidence" } as const;
const CHECKED = { ...SCHEMA, verification: COMMAND } as const;
const VALID = jsonObject({ requirements_extracted: ["login"], more: 1 });
const INVALID = jsonObject({ requirements_extracted: [], assumptions_made: 1 });
const PASSED = { result: commandResult(true) };

function completing(
  item: Partial<Item>,
  fields: Parameters<typeof complete>[1],
  options: Parameters<typeof actOn>[2] = {},
) {
  return actOn(item, complete("x", fields), options);
}

Deno.test("decide() stores valid evidence as given, and tells of it before the completion", () => {
  for (
    const stepType of ["gate", "required", "documented", "flexible"] as const
  ) {
    const item = { ...CHECKED, stepType };
    const { state, events } = completing(item, { evidence: VALID, ...PASSED });
    assertEquals(itemIn(state, "x").evidence, VALID);
    const text = "Evidence validated and stored";
    const details = {
      evidence_schema: "SpecReviewEvidence",
      evidence: VALID,
      ...BY_AGENT,
    };
    assertEquals(events[0], eventOf("evidence_validated", text, details));
    assertEquals(events.at(-1)?.type, "item_completed");
    assertEquals(events.at(-1)?.details.get("has_evidence"), true);
  }
});

Deno.test("decide() refuses an item without the evidence it asks for, and names the fields", () => {
  for (const item of [SCHEMA, CHECKED]) {
    const attempt = () => completing(item, PASSED);
    assertRefused(attempt, "refused evidence_missing", {
      message:
        'Cannot complete item "x": it needs evidence (SpecReviewEvidence)',
    });
    const { hint = "" } = orcErrorOf(attempt);
    assertStringIncludes(hint, "orc complete x --evidence FILE");
    assertStringIncludes(hint, "requirements_extracted (list, at least 1)");
  }
});

Deno.test("decide() refuses evidence that is not valid, with all problems at once", () => {
  const problems = [
    { path: "requirements_extracted", message: "Has 0 of at least 1 entries" },
    { path: "assumptions_made", message: "Expected a list, found a number" },
  ];
  const lines = problems.map(({ path, message }) => `\n  ${path}: ${message}`);
  const attempt = () => completing(SCHEMA, { evidence: INVALID });
  assertRefused(attempt, "refused evidence_invalid", {
    message:
      'Cannot complete item "x": its evidence is not valid (SpecReviewEvidence)' +
      lines.join(""),
    details: { itemId: "x", schema: "SpecReviewEvidence", problems },
  });
});

Deno.test("decide() bounds the problems it shows", () => {
  const evidence = jsonObject({ requirements_extracted: Array(50).fill(1) });
  const { message } = orcErrorOf(() => completing(SCHEMA, { evidence }));
  assertEquals(message.split("\n").length, 22);
  assertStringIncludes(message, "… and 30 more problems");
});

Deno.test("decide() keeps evidence when the check fails, so that the next try needs none", () => {
  const result = commandResult(false);
  const failed = completing(CHECKED, { evidence: VALID, result });
  const { evidence, status } = itemIn(failed.state, "x");
  assertEquals([evidence, status], [VALID, "failed"]);
  const passed = completing(CHECKED, PASSED, { before: { evidence } });
  assertEquals([failed, passed].map(({ events }) => typesOf(events)), [
    ["evidence_validated", "verification_failed"],
    ["verification_passed", "item_completed"],
  ]);
  assertEquals(passed.events[1]?.details.get("has_evidence"), true);
});

Deno.test("decide() trusts no evidence from before that is not valid", () => {
  for (const evidence of [INVALID, jsonObject({})]) {
    const attempt = () => completing(SCHEMA, {}, { before: { evidence } });
    assertRefused(attempt, "refused evidence_invalid");
  }
  const before = { evidence: INVALID };
  const { state } = completing(SCHEMA, { evidence: VALID }, { before });
  assertEquals(itemIn(state, "x").evidence, VALID);
});

Deno.test("decide() stores evidence of an item without a schema unread, and logs no validation", () => {
  for (const evidence of [INVALID, jsonObject({})]) {
    const { state, events } = completing({}, { evidence });
    assertEquals(itemIn(state, "x").evidence, evidence);
    assertEquals(typesOf(events), ["item_completed"]);
  }
});

Deno.test("decide() wants some evidence for a schema it does not know", () => {
  const item = { evidenceSchema: "Own" };
  const { events } = completing(item, { evidence: VALID });
  assertEquals(typesOf(events), ["item_completed"]);
  const empty = { evidence: jsonObject({}) };
  assertRefused(() => completing(item, empty), "refused evidence_invalid");
  assertRefused(() => completing(item, {}), "refused evidence_missing");
});

Deno.test("decide() lets no human do without evidence by doing without the check", () => {
  const unverified = (evidence?: typeof VALID) =>
    completing(CHECKED, { skipVerify: true, evidence }, { caller: HUMAN });
  assertRefused(() => unverified(), "refused evidence_missing");
  assertEquals(typesOf(unverified(VALID).events), [
    "evidence_validated",
    "item_completed",
  ]);
});

Deno.test("decide() leaves a manual gate to the human, whatever evidence there is", () => {
  const item = { ...SCHEMA, verification: MANUAL };
  for (const evidence of [undefined, VALID, INVALID]) {
    const attempt = () => completing(item, { evidence });
    assertRefused(attempt, "refused approval_required");
  }
});

Deno.test("decide() refuses evidence that is too large", () => {
  const fits = jsonObject({ a: "x".repeat(65_536 - 8) });
  assertEquals(completing({}, { evidence: fits }).events.length, 1);
  const shared: JsonValue = ["x".repeat(1000)];
  const large = [
    jsonObject({ a: "x".repeat(65_536 - 7) }),
    jsonObject({ a: Array(70).fill(shared) }),
  ];
  for (const evidence of large) {
    const attempt = () => completing({}, { evidence });
    assertRefused(attempt, "usage evidence_too_large");
  }
});

Deno.test("checkToRun() runs no check in vain when the evidence is missing", () => {
  const workflow = workflowWith(itemOf("x", CHECKED));
  const state = sessionOf(workflow);
  const request = { itemId: "x", notes: null, skipVerify: false };
  const codes = [undefined, INVALID].map((evidence) =>
    orcErrorOf(() => checkToRun(workflow, state, { ...request, evidence })).code
  );
  assertEquals(codes, ["evidence_missing", "evidence_invalid"]);
  const given = { ...request, evidence: VALID };
  assertEquals(checkToRun(workflow, state, given).type, "command");
  const done = withItemFields(workflow, state, "x", { status: "completed" });
  assertEquals(checkToRun(workflow, done, request).type, "none");
  const item = itemOf("x", { ...SCHEMA, verification: MANUAL });
  const manual = workflowWith(item);
  assertEquals(checkToRun(manual, sessionOf(manual), request).type, "none");
});

const HYBRID = { supervision_mode: "hybrid", approval_timeout_minutes: 30 };

/** Takes an action on a manual gate whose clock has been running since a moment, or does not run. */
function watched(
  action: Action,
  startedAt: string | null,
  fields: Partial<Item> = {},
  caller: Caller = AGENT,
) {
  const status = startedAt === null ? "pending" : "in_progress";
  const before = { status, startedAt } as const;
  const options = { before, caller, settings: HYBRID };
  return actOn({ verification: MANUAL, ...fields }, action, options);
}

Deno.test("decide() starts the clock of a manual gate of medium risk, once", () => {
  const action = complete("x", { notes: "Have a look" });
  const { state, events } = watched(action, null);
  const { status, startedAt, notes } = itemIn(state, "x");
  assertEquals([status, startedAt, notes], ["in_progress", AT, "Have a look"]);
  const details = { ...BY_AGENT, notes: "Have a look" };
  assertEquals(events, [eventOf("item_started", "Started item: x", details)]);
  assertRefused(() => watched(action, startedAt), "refused approval_pending", {
    message:
      'Cannot complete item "x" yet: it passes by itself at 2026-03-04T05:36:07Z, unless a human approves it before',
    hint:
      "a human runs, in a terminal: orc approve-item x; from then on anybody: orc complete x",
    details: { itemId: "x", passesAt: "2026-03-04T05:36:07Z" },
  });
});

Deno.test("decide() skips a manual gate that nobody answered in time, and not a moment before", () => {
  const early = "2026-03-04T04:36:07.001000Z";
  assertRefused(
    () => watched(complete("x"), early),
    "refused approval_pending",
  );
  const { state, events } = watched(complete("x"), "2026-03-04T04:36:07Z");
  const { status, skipReason, completedAt } = itemIn(state, "x");
  assertEquals([status, completedAt], ["skipped", null]);
  const because = "hybrid mode, not answered within 30 minutes";
  assertEquals(skipReason, `Auto-skipped (${because})`);
  const message = `Manual gate auto-skipped (${because}): x`;
  assertEquals(events, [eventOf("item_skipped", message, {
    supervision_mode: "hybrid",
    risk: "medium",
    approval_timeout_minutes: 30,
    gate_name: "Name of x",
    ...BY_AGENT,
  })]);
});

Deno.test("decide() lets a human approve or skip while the clock runs", () => {
  const fields = { skipConditions: ["hotfix"] };
  const approved = watched(APPROVE, AT, fields, HUMAN);
  assertEquals(itemIn(approved.state, "x").status, "completed");
  const left = watched(skip("x"), AT, fields);
  assertEquals(itemIn(left.state, "x").status, "skipped");
});

Deno.test("decide() never lets a gate or a high risk pass by itself", () => {
  const careful: readonly Partial<Item>[] = [
    { risk: "high" },
    { stepType: "gate", risk: "low" },
    { stepType: "gate", risk: "medium" },
  ];
  for (const fields of careful) {
    const long = "2020-01-01T00:00:00Z";
    const attempt = () => watched(complete("x"), long, fields);
    assertRefused(attempt, "refused approval_required");
  }
});

Deno.test("decide() starts the clock with start-item too, and anew where its start cannot be read", () => {
  const started = [watched(START, null), watched(complete("x"), "yesterday")];
  for (const { state } of started) {
    assertEquals(itemIn(state, "x").startedAt, AT);
  }
});

Deno.test("decide() notes when an item was begun, and by which agent", () => {
  const { state, events } = actOn({}, START);
  assertEquals(itemIn(state, "x").startedAt, AT);
  assertEquals(events, [eventOf("item_started", "Started item: x", BY_AGENT)]);
});

Deno.test("decide() keeps the first start of an item that is begun again", () => {
  const startedAt = "2026-01-01T00:00:00Z";
  const before = { status: "failed", startedAt, retryCount: 2 } as const;
  const item = itemIn(actOn({}, START, { before }).state, "x");
  assertEquals(item.startedAt, startedAt);
  assertEquals([item.status, item.retryCount], ["in_progress", 2]);
});

Deno.test("decide() refuses an approval while a required item before it in its phase is open", () => {
  const items = [
    itemOf("a", { required: false }),
    itemOf("b"),
    itemOf("x", { verification: MANUAL }),
    itemOf("c"),
  ];
  const workflow = { ...workflowOf([phaseOf("PLAN", items)]), session: "s1" };
  const state = sessionOf(workflow);
  assertRefused(
    () => act(workflow, state, APPROVE, HUMAN),
    "refused too_early",
    {
      message: 'Cannot approve item "x" yet: item "b" before it is open',
      hint:
        'orc complete b --notes "<what you did>"; a human may all the same: orc approve-item x --session s1 --early',
      details: { itemId: "x", firstItemId: "b" },
    },
  );
  for (const status of ["completed", "skipped"] as const) {
    const done = withItemFields(workflow, state, "b", { status });
    const { events } = act(workflow, done, APPROVE, HUMAN);
    assertEquals(events[0]?.details.has("early"), false);
    const again = { ...APPROVE, early: true };
    assertEquals(act(workflow, done, again, HUMAN).events, events);
  }
});

Deno.test("decide() lets a human approve early, and the event says so", () => {
  const items = [itemOf("b"), itemOf("x", { verification: MANUAL })];
  const workflow = workflowOf([phaseOf("PLAN", items)]);
  const early = { ...APPROVE, early: true };
  const state = sessionOf(workflow);
  const decision = act(workflow, state, early, HUMAN);
  assertEquals(itemIn(decision.state, "x").status, "completed");
  assertEquals(decision.events[0]?.details.get("early"), true);
  assertRefused(
    () => act(workflow, state, early, NOBODY),
    "denied approval_required",
  );
});

Deno.test("approve_item keeps what was shown, and approves anew only where it differs", () => {
  const gate = itemOf("x", { verification: MANUAL, shows: ["plan.md"] });
  const workflow = workflowOf([
    phaseOf("PLAN", [gate, itemOf("y", { required: false })]),
    phaseOf("DO", [itemOf("z")]),
  ]);
  const seeing = (sha256: string): Caller => ({
    ...HUMAN,
    sight: jsonObject({
      shown: [jsonObject({ path: "plan.md", bytes: 1, sha256 })],
      tree: null,
      tree_reason: "There is no file",
    }),
  });
  const approve = (state: SessionState, caller: Caller) =>
    decide(workflow, state, APPROVE, { at: AT, caller });
  const first = approve(sessionOf(workflow), seeing("a"));
  const [event] = first.events;
  assertEquals(event?.details.get("tree"), null);
  assertEquals(event?.details.get("tree_reason"), "There is no file");
  assertEquals(approve(first.state, seeing("a")).events, []);
  assertEquals(approve(first.state, HUMAN).events, []);
  const left = { type: "advance", force: false } as const;
  const later =
    decide(workflow, first.state, left, { at: AT, caller: NOBODY }).state;
  const again = approve(later, seeing("b"));
  assertEquals(
    again.events.map(({ type, phaseId, details }) => [
      type,
      phaseId,
      details.get("renewed"),
    ]),
    [["item_completed", "PLAN", true]],
  );
  assertEquals(approve(again.state, seeing("b")).state, again.state);
  // Nobody but a human sees anything.
  const agent = { ...seeing("b"), ...BY_AGENT, approval: null };
  assertThrows(() => approve(later, agent), OrcError, "only a human may");
});
