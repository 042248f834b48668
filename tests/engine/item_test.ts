import { jsonObject, type JsonValue, plainOf } from "../../src/base/json.ts";
import { checkToRun } from "../../src/engine/check.ts";
import { decide } from "../../src/engine/decide.ts";
import type { Decision, Item, ItemState } from "../../src/workflow/types.ts";
import { act, actAll, orcErrorOf, typesOf } from "./act.ts";
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
  sessionOf,
  SETTING,
  skip,
  withItemFields,
  workflowWith,
  ZERO_HUMAN,
} from "./fixtures.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";

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
  const item = itemOf("x", { stepType: "gate", verification: COMMAND });
  const workflow = workflowWith(item);
  const fail = complete("x", { result: commandResult(false), notes: "done!" });
  const { state, events } = actAll(
    workflow,
    sessionOf(workflow),
    [fail, fail],
    AGENT,
  );
  const after = itemIn(state, "x");
  assertEquals([after.status, after.retryCount], ["pending", 2]);
  assertEquals([after.completedAt, after.notes], [null, null]);
  assertEquals(plainOf(after.gateResult), GATE_RESULT);
  assertEquals(after.verificationResult, null);
  assertEquals(typesOf(events), ["gate_failed", "gate_failed"]);
  const [event] = events;
  assertEquals(event?.message, "Gate failed: x");
  assertEquals(plainOf(event?.details ?? null), {
    ...GATE_RESULT,
    agent: "claude-code:5f0c",
  });
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
  assertEquals(plainOf(completed.verificationResult), {
    type: "file_exists",
    timestamp: "2026-03-04T05:06:07+00:00",
    path: "/repo/docs/plan.md",
    exists: true,
  });
});

Deno.test("decide() verifies a gate as it is written, a file too", () => {
  const item = itemOf("x", { stepType: "gate", verification: FILE });
  const workflow = workflowWith(item);
  const fail = complete("x", { result: fileResult(false) });
  const failed = act(workflow, sessionOf(workflow), fail, AGENT);
  assertEquals(itemIn(failed.state, "x").status, "pending");
  assertEquals(typesOf(failed.events), ["gate_failed"]);
  const pass = complete("x", { result: fileResult(true) });
  const passed = act(workflow, failed.state, pass, AGENT);
  assertEquals(itemIn(passed.state, "x").status, "completed");
  assertEquals(typesOf(passed.events), ["gate_passed", "item_completed"]);
});

Deno.test("decide() stores no more of a check's output than the Python tool", () => {
  const workflow = workflowWith(
    itemOf("x", { stepType: "gate", verification: COMMAND }),
  );
  const stdout = `begin${"a".repeat(5000)}the end`;
  const result = { ...commandResult(false), stdout };
  const action = complete("x", { result });
  const { state } = act(workflow, sessionOf(workflow), action, AGENT);
  const { stdout: stored } = plainOf(itemIn(state, "x").gateResult) as {
    stdout: string;
  };
  assertEquals(
    [stored.length <= 1000, stored.slice(0, 6), stored.slice(-7)],
    [true, "begina", "the end"],
  );
});

const workflow = workflowWith(itemOf("x", { verification: MANUAL }));
const APPROVE = { type: "approve_item", itemId: "x", notes: "Fine" } as const;

Deno.test("decide() completes a manual gate that a human approves", () => {
  const { state, events } = act(workflow, sessionOf(workflow), APPROVE, HUMAN);
  const { status, completedAt, notes, verificationResult } = itemIn(state, "x");
  assertEquals([status, completedAt, notes], ["completed", AT, "Fine"]);
  assertEquals(plainOf(verificationResult), {
    approved: true,
    approved_at: "2026-03-04T05:06:07+00:00",
    type: "manual_gate",
  });
  assertEquals(events, [{
    type: "item_completed",
    phaseId: "PLAN",
    itemId: "x",
    message: "Approved manual gate: x",
    details: jsonObject({
      notes: "Fine",
      approved: true,
      origin: "terminal",
    }),
    actor: "human",
  }]);
});

Deno.test("decide() shows in the log that a setting approved for an agent", () => {
  const [event] = act(workflow, sessionOf(workflow), APPROVE, SETTING).events;
  assertEquals(event?.details.get("origin"), "setting");
  assertEquals(event?.details.get("agent"), "claude-code:5f0c");
});

Deno.test("decide() denies an approval to whoever is not known to be a human", () => {
  for (const caller of [AGENT, NOBODY]) {
    const error = orcErrorOf(() =>
      act(workflow, sessionOf(workflow), APPROVE, caller)
    );
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    assertEquals(
      error.message,
      'Cannot approve item "x": only a human may, at a terminal',
    );
  }
});

Deno.test("decide() refuses to approve what is no manual gate", () => {
  const other = workflowWith(itemOf("x", { stepType: "gate" }));
  const error = orcErrorOf(() => act(other, sessionOf(other), APPROVE, HUMAN));
  assertEquals([error.kind, error.code], ["refused", "cannot_approve"]);
  assertEquals(error.hint, "orc complete x");
});

Deno.test("decide() refuses to approve an item that was skipped", () => {
  const state = withItemFields(workflow, sessionOf(workflow), "x", {
    status: "skipped",
    skipReason: "There is no release",
  });
  const error = orcErrorOf(() => act(workflow, state, APPROVE, HUMAN));
  assertEquals(error.message, 'Cannot approve item "x": it was skipped');
});

function completionOf(fields: Partial<Item>, action = complete("x")) {
  const workflow = workflowWith(itemOf("x", fields));
  return act(workflow, sessionOf(workflow), action, AGENT);
}

Deno.test("decide() completes an item without a check at its word", () => {
  const { state, events } = completionOf(
    { stepType: "documented" },
    complete("x", { notes: "Wrote it down" }),
  );
  const { status, completedAt, notes, retryCount } = itemIn(state, "x");
  assertEquals([status, completedAt, notes, retryCount], [
    "completed",
    AT,
    "Wrote it down",
    0,
  ]);
  assertEquals(events, [{
    type: "item_completed",
    phaseId: "PLAN",
    itemId: "x",
    message: "Completed item: x",
    details: jsonObject({
      notes: "Wrote it down",
      step_type: "documented",
      has_evidence: false,
      agent: "claude-code:5f0c",
    }),
    actor: "system",
  }]);
});

Deno.test("decide() keeps earlier notes unless there are new ones", () => {
  const workflow = workflowWith(itemOf("x"));
  const noted = withItemFields(workflow, sessionOf(workflow), "x", {
    notes: "earlier",
  });
  for (const notes of [null, ""]) {
    const action = complete("x", { notes });
    const { state } = act(workflow, noted, action, AGENT);
    assertEquals(itemIn(state, "x").notes, "earlier");
  }
  const { state } = act(
    workflow,
    noted,
    complete("x", { notes: "new" }),
    AGENT,
  );
  assertEquals(itemIn(state, "x").notes, "new");
});

Deno.test("decide() says whether an item has evidence", () => {
  const workflow = workflowWith(itemOf("x"));
  const evident = withItemFields(workflow, sessionOf(workflow), "x", {
    evidence: new Map([["files_reviewed", ["a.ts"]]]),
  });
  const [event] = act(workflow, evident, complete("x"), AGENT).events;
  assertEquals(event?.details.get("has_evidence"), true);
});

Deno.test("decide() refuses to complete a manual gate for an agent", () => {
  for (const stepType of ["flexible", "gate"] as const) {
    for (const skipVerify of [false, true]) {
      const error = orcErrorOf(() =>
        completionOf(
          { stepType, verification: MANUAL },
          complete("x", { skipVerify }),
        )
      );
      assertEquals([error.kind, error.code], ["refused", "approval_required"]);
      assertEquals(
        error.message,
        'Cannot complete item "x": a human must approve it',
      );
      assertEquals(
        error.hint,
        "a human runs, in a terminal: orc approve-item x",
      );
    }
  }
});

Deno.test("decide() refuses to complete a gate without its check, even for a human", () => {
  const item = itemOf("x", { stepType: "gate", verification: COMMAND });
  const workflow = workflowWith(item);
  const action = complete("x", { skipVerify: true });
  for (const caller of [AGENT, HUMAN, SETTING]) {
    const error = orcErrorOf(() =>
      act(workflow, sessionOf(workflow), action, caller)
    );
    assertEquals(
      error.message,
      'Cannot complete item "x": nobody passes a gate without its verification',
    );
    assertEquals(error.kind, "refused");
  }
});

Deno.test("decide() trusts no result of another kind of check", () => {
  const [withFile, withCommand] = [FILE, COMMAND].map((verification) =>
    workflowWith(itemOf("x", { verification, stepType: "gate" }))
  );
  const wrong = [
    [withFile, undefined],
    [withFile, commandResult(true)],
    [withCommand, undefined],
    [withCommand, fileResult(true)],
  ] as const;
  for (const [workflow, result] of wrong) {
    if (!workflow) throw new Error("two workflows were made");
    const circumstances = { at: AT, caller: AGENT };
    const error = assertThrows(() =>
      decide(
        workflow,
        sessionOf(workflow),
        complete("x", { result }),
        circumstances,
      )
    );
    assertEquals(
      [(error as Error).name, (error as Error).message],
      ["Error", 'the check of item "x" was not run'],
    );
  }
});

Deno.test("decide() shows in the log who left out a check", () => {
  const workflow = workflowWith(itemOf("x", { verification: COMMAND }));
  const action = complete("x", { skipVerify: true });
  const { state, events } = act(workflow, sessionOf(workflow), action, SETTING);
  assertEquals(itemIn(state, "x").verificationResult, null);
  const [event] = events;
  assertEquals([event?.type, event?.actor], ["item_completed", "human"]);
  assertEquals(event?.details.get("verification_skipped"), true);
  assertEquals(event?.details.get("origin"), "setting");
  assertEquals(event?.details.get("agent"), "claude-code:5f0c");
  const error = orcErrorOf(() =>
    act(workflow, sessionOf(workflow), action, AGENT)
  );
  assertEquals([error.kind, error.code], ["denied", "approval_required"]);
});

Deno.test("decide() skips a manual gate without humans, and says so", () => {
  const item = itemOf("x", { stepType: "required", verification: MANUAL });
  const workflow = workflowWith(item, ZERO_HUMAN);
  const action = complete("x", { notes: "Looks right" });
  const { state, events } = act(workflow, sessionOf(workflow), action, AGENT);
  const { status, skippedAt, completedAt, skipReason, notes } = itemIn(
    state,
    "x",
  );
  assertEquals([status, skippedAt, completedAt], ["skipped", AT, null]);
  assertEquals(skipReason, "Auto-skipped (zero_human mode)");
  assertEquals(notes, "Looks right");
  assertEquals(events, [{
    type: "item_skipped",
    phaseId: "PLAN",
    itemId: "x",
    message: "Manual gate auto-skipped (zero_human mode): x",
    details: jsonObject({
      supervision_mode: "zero_human",
      gate_name: "Name of x",
      agent: "claude-code:5f0c",
    }),
    actor: "system",
  }]);
});

Deno.test("decide() refuses notes that are too long, in code points", () => {
  const fits = "🚀".repeat(2000);
  assertEquals(
    itemIn(completionOf({}, complete("x", { notes: fits })).state, "x").notes,
    fits,
  );
  const error = orcErrorOf(() =>
    completionOf({}, complete("x", { notes: `${fits}!` }))
  );
  assertEquals([error.kind, error.code], ["usage", "notes_too_long"]);
});

Deno.test("decide() does nothing when an item is completed once more", () => {
  const workflow = workflowWith(itemOf("x", { verification: COMMAND }));
  const once = complete("x", { result: commandResult(true), notes: "first" });
  const again = complete("x", { result: commandResult(false), notes: "again" });
  const first = act(workflow, sessionOf(workflow), once, AGENT);
  const both = actAll(workflow, sessionOf(workflow), [once, again], AGENT);
  assertEquals(both, first);
  assertEquals(typesOf(both.events), ["verification_passed", "item_completed"]);
});

Deno.test("decide() refuses to complete an item that was skipped", () => {
  const workflow = workflowWith(itemOf("x"));
  const skipped = withItemFields(workflow, sessionOf(workflow), "x", {
    status: "skipped",
    skipReason: "The API was removed",
  });
  const error = orcErrorOf(() => act(workflow, skipped, complete("x"), AGENT));
  assertEquals(error.message, 'Cannot complete item "x": it was skipped');
});

const SCHEMA = { evidenceSchema: "SpecReviewEvidence" } as const;
const VALID = jsonObject({ requirements_extracted: ["login"], more: 1 });
const INVALID = jsonObject({ requirements_extracted: [], assumptions_made: 1 });

function completing(
  item: Partial<Item>,
  fields: Parameters<typeof complete>[1],
  before: Partial<ItemState> = {},
): Decision {
  const workflow = workflowWith(itemOf("x", item));
  const state = withItemFields(workflow, sessionOf(workflow), "x", before);
  return act(workflow, state, complete("x", fields), AGENT);
}

Deno.test("decide() stores valid evidence as given, and tells of it before the completion", () => {
  for (
    const stepType of ["gate", "required", "documented", "flexible"] as const
  ) {
    const { state, events } = completing(
      { ...SCHEMA, stepType, verification: COMMAND },
      { evidence: VALID, result: commandResult(true) },
    );
    assertEquals(itemIn(state, "x").evidence, VALID);
    assertEquals(typesOf(events)[0], "evidence_validated");
    assertEquals(typesOf(events).at(-1), "item_completed");
    assertEquals(
      events[0]?.details.get("evidence_schema"),
      "SpecReviewEvidence",
    );
    assertEquals(events[0]?.message, "Evidence validated and stored");
    assertEquals(events.at(-1)?.details.get("has_evidence"), true);
  }
});

Deno.test("decide() refuses an item without the evidence it asks for, and names the fields", () => {
  for (const verification of [undefined, COMMAND]) {
    const item = { ...SCHEMA, ...(verification && { verification }) };
    const error = orcErrorOf(() =>
      completing(item, { result: commandResult(true) })
    );
    assertEquals([error.kind, error.code], ["refused", "evidence_missing"]);
    assertEquals(
      error.message,
      'Cannot complete item "x": it needs evidence (SpecReviewEvidence)',
    );
    assertStringIncludes(error.hint ?? "", "orc complete x --evidence FILE");
    assertStringIncludes(
      error.hint ?? "",
      "requirements_extracted (list, at least 1)",
    );
  }
});

Deno.test("decide() refuses evidence that is not valid, with all problems at once", () => {
  const error = orcErrorOf(() => completing(SCHEMA, { evidence: INVALID }));
  assertEquals([error.kind, error.code], ["refused", "evidence_invalid"]);
  assertEquals(
    error.message,
    `Cannot complete item "x": its evidence is not valid (SpecReviewEvidence)
  requirements_extracted: Has 0 of at least 1 entries
  assumptions_made: Expected a list, found a number`,
  );
  assertEquals(error.details?.problems, [
    {
      path: "requirements_extracted",
      message: "Has 0 of at least 1 entries",
    },
    {
      path: "assumptions_made",
      message: "Expected a list, found a number",
    },
  ]);
});

Deno.test("decide() bounds the problems it shows", () => {
  const evidence = jsonObject({ requirements_extracted: Array(50).fill(1) });
  const { message } = orcErrorOf(() => completing(SCHEMA, { evidence }));
  assertEquals(message.split("\n").length, 22);
  assertStringIncludes(message, "… and 30 more problems");
});

Deno.test("decide() keeps evidence when the check fails, so that the next try needs none", () => {
  const item = { ...SCHEMA, verification: COMMAND };
  const failed = completing(item, {
    evidence: VALID,
    result: commandResult(false),
  });
  assertEquals(typesOf(failed.events), [
    "evidence_validated",
    "verification_failed",
  ]);
  const { evidence, status } = itemIn(failed.state, "x");
  assertEquals([evidence, status], [VALID, "failed"]);
  const passed = completing(item, { result: commandResult(true) }, {
    evidence,
  });
  assertEquals(typesOf(passed.events), [
    "verification_passed",
    "item_completed",
  ]);
});

Deno.test("decide() trusts no evidence from before that is not valid", () => {
  for (const evidence of [INVALID, jsonObject({})]) {
    const error = orcErrorOf(() => completing(SCHEMA, {}, { evidence }));
    assertEquals(error.code, "evidence_invalid");
  }
  const { state } = completing(SCHEMA, { evidence: VALID }, {
    evidence: INVALID,
  });
  assertEquals(itemIn(state, "x").evidence, VALID);
});

Deno.test("decide() stores evidence of an item without a schema unread, and logs no validation", () => {
  for (const evidence of [INVALID, jsonObject({})]) {
    const { state, events } = completing({}, { evidence });
    assertEquals(itemIn(state, "x").evidence, evidence);
    assertEquals(typesOf(events), ["item_completed"]);
    assertEquals(events[0]?.details.get("has_evidence"), true);
  }
});

Deno.test("decide() wants some evidence for a schema it does not know", () => {
  const item = { evidenceSchema: "Own" };
  const { events } = completing(item, { evidence: VALID });
  assertEquals(typesOf(events), ["item_completed"]);
  const empty = { evidence: jsonObject({}) };
  assertEquals(
    orcErrorOf(() => completing(item, empty)).code,
    "evidence_invalid",
  );
  assertEquals(
    orcErrorOf(() => completing(item, {})).code,
    "evidence_missing",
  );
});

Deno.test("decide() lets no human do without evidence by doing without the check", () => {
  const workflow = workflowWith(
    itemOf("x", { ...SCHEMA, verification: COMMAND }),
  );
  const unverified = (evidence?: typeof VALID) =>
    act(
      workflow,
      sessionOf(workflow),
      complete("x", { skipVerify: true, evidence }),
      HUMAN,
    );
  assertEquals(orcErrorOf(() => unverified()).code, "evidence_missing");
  assertEquals(typesOf(unverified(VALID).events), [
    "evidence_validated",
    "item_completed",
  ]);
});

Deno.test("decide() leaves a manual gate to the human, whatever evidence there is", () => {
  for (const evidence of [undefined, VALID, INVALID]) {
    const item = { ...SCHEMA, verification: MANUAL };
    const error = orcErrorOf(() => completing(item, { evidence }));
    assertEquals(error.code, "approval_required");
  }
});

Deno.test("decide() refuses evidence that is too large", () => {
  const fits = jsonObject({ a: "x".repeat(65_536 - 8) });
  assertEquals(completing({}, { evidence: fits }).events.length, 1);
  const shared: JsonValue = ["x".repeat(1000)];
  for (
    const evidence of [
      jsonObject({ a: "x".repeat(65_536 - 7) }),
      jsonObject({ a: Array(70).fill(shared) }),
    ]
  ) {
    const error = orcErrorOf(() => completing({}, { evidence }));
    assertEquals([error.kind, error.code], ["usage", "evidence_too_large"]);
  }
});

Deno.test("checkToRun() runs no check in vain when the evidence is missing", () => {
  const workflow = workflowWith(
    itemOf("x", { ...SCHEMA, verification: COMMAND }),
  );
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
  const manual = workflowWith(
    itemOf("x", { ...SCHEMA, verification: MANUAL }),
  );
  const check = checkToRun(manual, sessionOf(manual), request);
  assertEquals(check.type, "none");
});

const HYBRID = { supervision_mode: "hybrid", approval_timeout_minutes: 30 };

function workflowFor(fields: Partial<Item> = {}, settings = HYBRID) {
  return workflowWith(
    itemOf("x", { verification: MANUAL, ...fields }),
    settings,
  );
}

/** A session whose clock has been running since a moment. */
function runningSince(startedAt: string, workflow = workflowFor()) {
  return withItemFields(workflow, sessionOf(workflow), "x", {
    status: "in_progress",
    startedAt,
  });
}

Deno.test("decide() skips a manual gate of low risk in hybrid mode, and says so", () => {
  const workflow = workflowFor({ risk: "low" });
  const action = complete("x", { notes: "Looks right" });
  const { state, events } = act(workflow, sessionOf(workflow), action, AGENT);
  const { status, skipReason, completedAt, notes } = itemIn(state, "x");
  assertEquals([status, completedAt, notes], ["skipped", null, "Looks right"]);
  assertEquals(skipReason, "Auto-skipped (hybrid mode, low risk)");
  assertEquals(events, [{
    type: "item_skipped",
    phaseId: "PLAN",
    itemId: "x",
    message: "Manual gate auto-skipped (hybrid mode, low risk): x",
    details: jsonObject({
      supervision_mode: "hybrid",
      risk: "low",
      gate_name: "Name of x",
      agent: "claude-code:5f0c",
    }),
    actor: "system",
  }]);
});

Deno.test("decide() starts the clock of a manual gate of medium risk, once", () => {
  const workflow = workflowFor();
  const action = complete("x", { notes: "Have a look" });
  const { state, events } = act(workflow, sessionOf(workflow), action, AGENT);
  const { status, startedAt, notes } = itemIn(state, "x");
  assertEquals([status, startedAt, notes], ["in_progress", AT, "Have a look"]);
  assertEquals(typesOf(events), ["item_started"]);
  const error = orcErrorOf(() => act(workflow, state, action, AGENT));
  assertEquals([error.kind, error.code], ["refused", "approval_pending"]);
  assertEquals(
    error.message,
    'Cannot complete item "x" yet: it passes by itself at 2026-03-04T05:36:07Z, unless a human approves it before',
  );
  assertEquals(
    error.hint,
    "a human runs, in a terminal: orc approve-item x; from then on anybody: orc complete x",
  );
  assertEquals(error.details, {
    item: "x",
    passesAt: "2026-03-04T05:36:07Z",
  });
});

Deno.test("decide() starts the clock with start-item too", () => {
  const workflow = workflowFor();
  const action = { type: "start_item", itemId: "x" } as const;
  const { state } = act(workflow, sessionOf(workflow), action, AGENT);
  const error = orcErrorOf(() => act(workflow, state, complete("x"), AGENT));
  assertEquals(error.code, "approval_pending");
});

Deno.test("decide() skips a manual gate that nobody answered in time, and not a moment before", () => {
  const workflow = workflowFor();
  const early = runningSince("2026-03-04T04:36:07.001000Z");
  const error = orcErrorOf(() => act(workflow, early, complete("x"), AGENT));
  assertEquals(error.code, "approval_pending");
  const due = runningSince("2026-03-04T04:36:07Z");
  const { state, events } = act(workflow, due, complete("x"), AGENT);
  const { status, skipReason, completedAt } = itemIn(state, "x");
  assertEquals([status, completedAt], ["skipped", null]);
  assertEquals(
    skipReason,
    "Auto-skipped (hybrid mode, not answered within 30 minutes)",
  );
  const [event] = events;
  assertEquals([event?.type, event?.actor], ["item_skipped", "system"]);
  assertEquals(event?.details.get("risk"), "medium");
  assertEquals(event?.details.get("approval_timeout_minutes"), 30);
});

Deno.test("decide() lets a human approve or skip while the clock runs", () => {
  const workflow = workflowFor({ skipConditions: ["hotfix"] });
  const running = runningSince(AT, workflow);
  const approve = { type: "approve_item", itemId: "x", notes: null } as const;
  const { state, events } = act(workflow, running, approve, HUMAN);
  assertEquals(itemIn(state, "x").status, "completed");
  assertEquals(events[0]?.actor, "human");
  const left = act(workflow, running, skip("x"), AGENT).state;
  assertEquals(itemIn(left, "x").status, "skipped");
});

Deno.test("decide() never lets a gate or a high risk pass by itself", () => {
  const long = "2020-01-01T00:00:00Z";
  const careful: readonly Partial<Item>[] = [
    { risk: "high" },
    { stepType: "gate", risk: "low" },
    { stepType: "gate", risk: "medium" },
  ];
  for (const fields of careful) {
    const workflow = workflowFor(fields);
    const running = runningSince(long, workflow);
    const error = orcErrorOf(() =>
      act(workflow, running, complete("x"), AGENT)
    );
    assertEquals(error.code, "approval_required");
  }
});

Deno.test("decide() starts a clock anew whose start cannot be read", () => {
  const workflow = workflowFor();
  const { state } = act(
    workflow,
    runningSince("yesterday"),
    complete("x"),
    AGENT,
  );
  assertEquals(itemIn(state, "x").startedAt, AT);
});

const workflowToStart = workflowWith(itemOf("x"));
const START_ITEM = { type: "start_item", itemId: "x" } as const;

Deno.test("decide() notes when an item was begun, and by which agent", () => {
  const { state, events } = act(
    workflowToStart,
    sessionOf(workflowToStart),
    START_ITEM,
    AGENT,
  );
  assertEquals(itemIn(state, "x").startedAt, AT);
  assertEquals(events, [{
    type: "item_started",
    phaseId: "PLAN",
    itemId: "x",
    message: "Started item: x",
    details: new Map([["agent", "claude-code:5f0c"]]),
    actor: "system",
  }]);
});

Deno.test("decide() names no agent where there is none", () => {
  const session = sessionOf(workflowToStart);
  const [event] = act(workflowToStart, session, START_ITEM, NOBODY).events;
  assertEquals(event?.details, new Map());
});

Deno.test("decide() keeps the first start of an item that is begun again", () => {
  const startedAt = "2026-01-01T00:00:00Z";
  const failed = withItemFields(
    workflowToStart,
    sessionOf(workflowToStart),
    "x",
    {
      status: "failed",
      startedAt,
      retryCount: 2,
    },
  );
  const { state } = act(workflowToStart, failed, START_ITEM, AGENT);
  const { status, retryCount } = itemIn(state, "x");
  assertEquals(itemIn(state, "x").startedAt, startedAt);
  assertEquals([status, retryCount], ["in_progress", 2]);
});

Deno.test("decide() refuses to start an item that is done", () => {
  const done = withItemFields(
    workflowToStart,
    sessionOf(workflowToStart),
    "x",
    {
      status: "skipped",
    },
  );
  const error = orcErrorOf(() => act(workflowToStart, done, START_ITEM, AGENT));
  assertEquals([error.kind, error.code], ["refused", "cannot_start"]);
  assertEquals(error.message, 'Cannot start item "x": it is skipped already');
  assertEquals(error.details, { item: "x" });
});
