import { jsonObject } from "../../src/base/json.ts";
import { maskAction, maskResult } from "../../src/secrets/mask_action.ts";
import type { Action } from "../../src/workflow/types.ts";
import { commandResult, fileResult } from "../engine/fixtures.ts";
import { assertEquals } from "@std/assert";

const mask = (text: string): string => text.replaceAll("hidden", "#");

const METADATA = jsonObject({ path: "hidden" });

Deno.test("maskAction() masks what a caller says, and no ids", () => {
  const cases: readonly (readonly [Action, Action])[] = [
    [
      {
        type: "start",
        workflowId: "wf_hidden",
        task: "a hidden task",
        project: "hidden",
        constraints: ["no hidden"],
        metadata: METADATA,
        definition: "hidden",
      },
      {
        type: "start",
        workflowId: "wf_hidden",
        task: "a # task",
        project: "#",
        constraints: ["no #"],
        metadata: METADATA,
        definition: "hidden",
      },
    ],
    [
      { type: "skip", itemId: "hidden", reason: "hidden", force: false },
      { type: "skip", itemId: "hidden", reason: "#", force: false },
    ],
    [
      { type: "approve_item", itemId: "hidden", notes: "hidden" },
      { type: "approve_item", itemId: "hidden", notes: "#" },
    ],
    [
      { type: "finish", notes: null, force: false },
      { type: "finish", notes: null, force: false },
    ],
    [
      { type: "abandon", reason: "hidden", notes: "hidden" },
      { type: "abandon", reason: "#", notes: "#" },
    ],
    [
      { type: "note", text: "hidden", itemId: null },
      { type: "note", text: "#", itemId: null },
    ],
    [
      { type: "start_item", itemId: "hidden" },
      { type: "start_item", itemId: "hidden" },
    ],
  ];
  for (const [action, masked] of cases) {
    assertEquals(maskAction(action, mask), masked);
  }
});

Deno.test("maskAction() masks evidence however deep, and the result of a check", () => {
  const masked = maskAction({
    type: "complete",
    itemId: "a",
    notes: "hidden",
    evidence: jsonObject({
      hidden: [1, "hidden", jsonObject({ deep: "hidden" })],
      no: null,
    }),
    result: { ...commandResult(false), stdout: "hidden", words: ["hidden"] },
    skipVerify: false,
  }, mask);
  assertEquals(masked, {
    type: "complete",
    itemId: "a",
    notes: "#",
    evidence: jsonObject({
      "#": [1, "#", jsonObject({ deep: "#" })],
      no: null,
    }),
    result: { ...commandResult(false), stdout: "#", words: ["#"] },
    skipVerify: false,
  });
});

Deno.test("maskResult() keeps the place of a file", () => {
  const result = { ...fileResult(false), path: "/hidden", problem: "hidden!" };
  assertEquals(maskResult(result, mask), { ...result, problem: "#!" });
});
