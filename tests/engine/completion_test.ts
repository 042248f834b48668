import { checkToRun } from "../../src/engine/completion.ts";
import type { ItemStatus, Verification } from "../../src/workflow/types.ts";
import { orcErrorOf } from "./act.ts";
import {
  COMMAND,
  FILE,
  inPhase,
  itemOf,
  MANUAL,
  NONE,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const KINDS: Readonly<Record<string, Verification>> = {
  none: NONE,
  manual: MANUAL,
  file: FILE,
  command: COMMAND,
};
const workflow = workflowOf([
  phaseOf(
    "PLAN",
    Object.entries(KINDS).map(([id, verification]) =>
      itemOf(id, { verification })
    ),
  ),
  phaseOf("LEARN", [itemOf("lessons", { verification: COMMAND })]),
]);
const started = sessionOf(workflow);

function typesFor(status: ItemStatus, skipVerify = false): readonly string[] {
  return Object.keys(KINDS).map((itemId) => {
    const state = withItemFields(workflow, started, itemId, { status });
    return checkToRun(workflow, state, { itemId, notes: null, skipVerify })
      .type;
  });
}

Deno.test("checkToRun() names the check of an open item", () => {
  for (const status of ["pending", "in_progress", "failed"] as const) {
    assertEquals(typesFor(status), [
      "none",
      "approval",
      "file_exists",
      "command",
    ]);
  }
});

Deno.test("checkToRun() runs nothing for an item that is done", () => {
  for (const status of ["completed", "skipped"] as const) {
    assertEquals(new Set(typesFor(status)), new Set(["none"]));
  }
});

Deno.test("checkToRun() runs nothing when the check is left out", () => {
  assertEquals(new Set(typesFor("pending", true)), new Set(["none"]));
});

Deno.test("checkToRun() refuses before a check runs in vain", () => {
  const command = { notes: null, itemId: "command", skipVerify: false };
  const closed = { ...started, status: "completed" } as const;
  const codes = [
    () => checkToRun(workflow, closed, command),
    () => checkToRun(workflow, inPhase(workflow, started, "LEARN"), command),
    () => checkToRun(workflow, started, { ...command, itemId: "comand" }),
  ].map((run) => orcErrorOf(run).code);
  assertEquals(codes, [
    "session_closed",
    "item_in_other_phase",
    "no_such_item",
  ]);
});
