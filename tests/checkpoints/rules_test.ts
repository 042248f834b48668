import { parseJson } from "../../src/base/json.ts";
import { printJson } from "../../src/base/json_print.ts";
import {
  contextSummary,
  decodeCheckpoint,
  encodeCheckpoint,
  newCheckpoint,
  stateIn,
} from "../../src/checkpoints/rules.ts";
import {
  decodeUnsigned,
  type UnsignedSession,
} from "../../src/session/codec.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import { orcErrorOf } from "../engine/act.ts";
import {
  AT,
  itemOf,
  phaseOf,
  sessionOf,
  withItemFields,
  workflowOf,
} from "../engine/fixtures.ts";
import { PYTHON_CHECKPOINTS } from "./python_checkpoints.ts";
import { assertEquals } from "@std/assert";

const WORKFLOW = workflowOf([
  phaseOf("PLAN", [itemOf("idea"), itemOf("plan")]),
  phaseOf("BUILD", [itemOf("code")]),
]);

const FACTS = {
  id: "cp_20260304_050607_000000_0042_ffee",
  at: AT,
  message: "Größe",
  decisions: ["Tokens live an hour"],
  files: ["src/login.ts"],
};

const KEYS = [
  "checkpoint_id",
  "workflow_id",
  "phase_id",
  "item_id",
  "timestamp",
  "message",
  "context_summary",
  "key_decisions",
  "file_manifest",
  "workflow_state_snapshot",
  "parent_checkpoint_id",
];

function storedWith(state: SessionState): UnsignedSession {
  const orc = { format: 1, serial: 7, sessionId: "s1", lastEvents: [] };
  return { ...orc, state };
}

function workedOn(): SessionState {
  const begun = withItemFields(WORKFLOW, sessionOf(WORKFLOW), "plan", {
    status: "in_progress",
  });
  return withItemFields(WORKFLOW, begun, "idea", { status: "completed" });
}

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

Deno.test("encodeCheckpoint() writes the keys of the Python tool and no other", () => {
  const checkpoint = newCheckpoint(storedWith(workedOn()), FACTS);
  const fields = JSON.parse(encodeCheckpoint(checkpoint));
  assertEquals(Object.keys(fields), KEYS);
  assertEquals(fields.item_id, "plan");
  assertEquals(fields.timestamp, "2026-03-04T05:06:07+00:00");
  const { workflow_state_snapshot: snapshot } = fields;
  assertEquals(Object.keys(snapshot).filter((key) => key[0] === "_"), []);
  assertEquals(snapshot.phases.PLAN.items.idea.status, "completed");
});

Deno.test("encodeCheckpoint() writes what decodeCheckpoint() reads", () => {
  const checkpoint = newCheckpoint(storedWith(workedOn()), FACTS);
  const again = decodeCheckpoint(encodeCheckpoint(checkpoint), "cp.json");
  assertEquals(again, checkpoint);
  const { source: _source, ...state } = stateIn(again);
  assertEquals(state.currentPhaseId, "PLAN");
  assertEquals(state.task, "Add login");
});

Deno.test("contextSummary() counts items over all phases, and constraints if there are some", () => {
  const state = workedOn();
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
  assertEquals(Object.keys(JSON.parse(encodeCheckpoint(checkpoint))), KEYS);
  const error = orcErrorOf(() => stateIn(checkpoint));
  assertEquals([error.kind, error.code], [
    "corrupt",
    "checkpoint_without_state",
  ]);
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

Deno.test("stateIn() refuses a state that is none", () => {
  const [text = ""] = PYTHON_CHECKPOINTS;
  const checkpoint = decodeCheckpoint(text, "cp.json");
  const snapshot = parseJson('{"phases":[]}', "x");
  if (!(snapshot instanceof Map)) throw new Error(printJson(snapshot));
  const error = orcErrorOf(() => stateIn({ ...checkpoint, snapshot }));
  assertEquals([error.kind, error.code], ["corrupt", "invalid_state"]);
});
