import { jsonObject, withFields } from "../../src/base/json.ts";
import {
  contextSummary,
  decodeCheckpoint,
  encodeCheckpoint,
  newCheckpoint,
  stateIn,
} from "../../src/checkpoints/rules.ts";
import { decodeUnsigned } from "../../src/session/codec.ts";
import { orcErrorOf } from "../engine/act.ts";
import {
  itemOf,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
} from "../engine/fixtures.ts";
// Imported as text: tests of pure files have no permission to read.
import idle from "../testdata/python-projects/cp/.orchestrator/sessions/3f1eb0bb/checkpoints/cp_20261120_080124_555383_8918_d897.json" with {
  type: "text",
};
import working from "../testdata/python-projects/evd/.orchestrator/sessions/d7547c31/checkpoints/cp_20261120_075210_755608_6808_6414.json" with {
  type: "text",
};
import { assertEquals } from "@std/assert";

/** Without an item that is being worked on, and with one. */
const PYTHON_CHECKPOINTS: readonly string[] = [idle, working];

const WORKFLOW = workflowOf([
  phaseOf("PLAN", [itemOf("idea"), itemOf("plan")]),
  phaseOf("BUILD", [itemOf("code")]),
]);

Deno.test("decodeCheckpoint() and encodeCheckpoint() keep every file of the Python tool to the letter", () => {
  for (const text of PYTHON_CHECKPOINTS) {
    const checkpoint = decodeCheckpoint(text, "cp.json");
    assertEquals(encodeCheckpoint(checkpoint), text);
  }
});

Deno.test("newCheckpoint() says of a state of the Python tool what that tool said", () => {
  for (const text of PYTHON_CHECKPOINTS) {
    const theirs = decodeCheckpoint(text, "cp.json");
    const { id, message, decisions, files } = theirs;
    const at = theirs.at.replace("+00:00", "Z");
    const session = decodeUnsigned(theirs.snapshot, "cp.json");
    const facts = { id, at, message, decisions, files };
    assertEquals(encodeCheckpoint(newCheckpoint(session, facts)), text);
  }
});

Deno.test("contextSummary() counts items over all phases, and constraints if there are some", () => {
  const state = withItemFields(WORKFLOW, sessionOf(WORKFLOW), "idea", {
    status: "completed",
  });
  const text =
    "Task: Add login; Current Phase: PLAN; Progress: 1/3 items completed";
  assertEquals(contextSummary(state), text);
  const constraints = ["No new package", "Keep the API"];
  const summary = contextSummary({ ...state, constraints });
  assertEquals(summary, `${text}; Constraints: 2 active`);
});

Deno.test("decodeCheckpoint() reads old files that lack nearly all", () => {
  const text = `{"checkpoint_id":"cp_w","workflow_id":"wf_q","phase_id":"PLAN",
    "key_decisions":null,"orc":1}`;
  const checkpoint = decodeCheckpoint(text, "cp_w.json");
  assertEquals(checkpoint, {
    id: "cp_w",
    workflowId: "wf_q",
    phaseId: "PLAN",
    itemId: null,
    at: "",
    message: null,
    summary: null,
    decisions: [],
    files: [],
    snapshot: null,
    parentId: null,
  });
  const keys = Object.keys(JSON.parse(encodeCheckpoint(checkpoint)));
  assertEquals(keys.length, 11);
  const { kind, code } = orcErrorOf(() => stateIn(checkpoint));
  assertEquals([kind, code], ["corrupt", "checkpoint_without_state"]);
});

Deno.test("decodeCheckpoint() refuses what is no checkpoint", () => {
  const deep = `{"a":${"[".repeat(150)}${"]".repeat(150)}}`;
  const wrong = `{"checkpoint_id":1,"workflow_id":"w","phase_id":"P",
    "key_decisions":"no list"}`;
  for (const text of ["", "broken", "[]", "{}", deep, wrong]) {
    const error = orcErrorOf(() => decodeCheckpoint(text, "cp_z.json"));
    assertEquals(error.kind, "corrupt", text);
  }
});

Deno.test("stateIn() returns to no state of a version nobody knows", () => {
  const checkpoint = decodeCheckpoint(idle, "cp.json");
  const known = checkpoint.snapshot ?? new Map();
  const newer = jsonObject({ orc: jsonObject({ format: 2 }) });
  for (
    const snapshot of [
      withFields(known, { metadata: newer }),
      withFields(known, { _version: "9.0" }),
    ]
  ) {
    const error = orcErrorOf(() => stateIn({ ...checkpoint, snapshot }));
    assertEquals([error.kind, error.code], ["refused", "newer_format"]);
  }
});

Deno.test("stateIn() refuses a state that is none", () => {
  const checkpoint = decodeCheckpoint(idle, "cp.json");
  const snapshot = jsonObject({ phases: [] });
  const { kind, code } = orcErrorOf(() => stateIn({ ...checkpoint, snapshot }));
  assertEquals([kind, code], ["corrupt", "invalid_state"]);
});
