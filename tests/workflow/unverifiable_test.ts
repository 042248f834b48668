import { checkToRun } from "../../src/engine/completion.ts";
import { hintOf, nextStep } from "../../src/engine/next_step.ts";
import { verifiesNothing } from "../../src/workflow/unverifiable.ts";
import { act, orcErrorOf } from "../engine/act.ts";
import {
  COMMAND,
  complete,
  FILE,
  HUMAN,
  itemIn,
  itemOf,
  MANUAL,
  sessionOf,
  skip,
  workflowWith,
} from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

const workflow = workflowWith(itemOf("x", { stepType: "gate" }));
const started = sessionOf(workflow);
const WAY_ON =
  'a human runs, in a terminal: orc skip x --force --reason "<why>"';

Deno.test("verifiesNothing() holds for gates without a check", () => {
  assertEquals(verifiesNothing(itemOf("x", { stepType: "gate" })), true);
  assertEquals(verifiesNothing(itemOf("x", { stepType: "required" })), false);
  for (const verification of [FILE, COMMAND, MANUAL]) {
    const gate = itemOf("x", { stepType: "gate", verification });
    assertEquals(verifiesNothing(gate), false);
  }
});

Deno.test("decide() completes no gate that names nothing to verify, and says how to go on", () => {
  const refused = [
    () => act(workflow, started, complete("x"), HUMAN),
    () => act(workflow, started, complete("x", { skipVerify: true }), HUMAN),
    () =>
      checkToRun(workflow, started, {
        itemId: "x",
        notes: null,
        skipVerify: false,
      }),
  ];
  for (const run of refused) {
    const error = orcErrorOf(run);
    assertEquals([error.kind, error.code], ["refused", "cannot_complete"]);
    assertEquals(
      error.message,
      'Cannot complete item "x": it is a gate, and its workflow names nothing that could be verified',
    );
    assertEquals(error.hint, WAY_ON);
  }
  const { state } = act(workflow, started, skip("x", true), HUMAN);
  assertEquals(itemIn(state, "x").status, "skipped");
});

Deno.test("nextStep() leads past a gate that names nothing to verify", () => {
  assertEquals(hintOf(nextStep(workflow, started)), WAY_ON);
});
