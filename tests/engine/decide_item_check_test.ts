import { plainOf } from "../../src/base/json.ts";
import { act, actAll, typesOf } from "./act.ts";
import {
  AGENT,
  COMMAND,
  commandResult,
  complete,
  FILE,
  fileResult,
  itemIn,
  itemOf,
  sessionOf,
  workflowWith,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

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
