import { jsonObject, type JsonValue } from "../../src/base/json.ts";
import { checkToRun } from "../../src/engine/completion.ts";
import type { Decision, Item, ItemState } from "../../src/workflow/types.ts";
import { act, orcErrorOf, typesOf } from "./act.ts";
import {
  AGENT,
  COMMAND,
  commandResult,
  complete,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  sessionOf,
  withItemFields,
  workflowWith,
} from "./fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

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
  assertEquals(check.type, "approval");
});
