import { jsonObject } from "../../src/base/json.ts";
import { decide } from "../../src/engine/decide.ts";
import type { Item } from "../../src/workflow/types.ts";
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
  sessionOf,
  SETTING,
  withItemFields,
  workflowWith,
  ZERO_HUMAN,
} from "./fixtures.ts";
import { assertEquals, assertThrows } from "@std/assert";

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
