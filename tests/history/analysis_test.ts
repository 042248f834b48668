import type { RecordedEvent } from "../../src/engine/event.ts";
import {
  type Analysis,
  type Analyzer,
  newAnalyzer,
} from "../../src/history/analysis.ts";
import { recorded } from "./log_events.ts";
import { assert, assertEquals } from "@std/assert";

function analysisOf(
  events: readonly RecordedEvent[],
  add: (analyzer: Analyzer) => void = () => {},
): Analysis {
  const analyzer = newAnalyzer();
  add(analyzer);
  for (const event of events) analyzer.addEvent(event);
  return analyzer.analysis();
}

Deno.test("newAnalyzer() counts nothing before anything was added", () => {
  const { total, events, isCut, skippedItems } = newAnalyzer().analysis();
  assertEquals([total, events, isCut, skippedItems.size], [0, 0, false, 0]);
});

Deno.test("newAnalyzer() counts sessions by their states, not by their events", () => {
  const closing = recorded("workflow_completed", { workflowId: "wf_a" });
  const { total, completed, abandoned, active } = analysisOf(
    [recorded("workflow_started", { workflowId: "wf_a" }), closing, closing],
    (analyzer) => {
      analyzer.addSession("wf_a", "completed");
      analyzer.addSession("wf_b", "abandoned");
      analyzer.addSession("wf_c", "paused");
    },
  );
  assertEquals([total, completed, abandoned, active], [3, 1, 1, 1]);
});

Deno.test("newAnalyzer() counts workflows without a session by their events", () => {
  const { total, completed, abandoned, active } = analysisOf([
    recorded("workflow_started", { workflowId: "wf_a" }),
    recorded("workflow_started", { workflowId: "wf_b" }),
    recorded("workflow_completed", { workflowId: "wf_a" }),
    recorded("workflow_abandoned", { workflowId: "wf_of_a_cut_log" }),
    recorded("conflict_resolved", { workflowId: "" }),
  ]);
  assertEquals([total, completed, abandoned, active], [3, 1, 1, 1]);
});

Deno.test("newAnalyzer() lists skipped items with a few different reasons", () => {
  const skip = (itemId: string, reason: string | null) =>
    recorded("item_skipped", { itemId, details: { reason } });
  const { skippedItems } = analysisOf([
    skip("sketch", "No picture"),
    ...["a", "b", "c", "d", "e", "f", "a", "x".repeat(300)]
      .map((reason) => skip("tests", reason)),
    skip("tests", null),
  ]);
  assertEquals([...skippedItems], [
    ["tests", { count: 9, reasons: ["a", "b", "c", "d", "e"] }],
    ["sketch", { count: 1, reasons: ["No picture"] }],
  ]);
  const long = analysisOf([skip("it", ` ${"x".repeat(300)}`)]);
  assertEquals(long.skippedItems.get("it")?.reasons, ["x".repeat(200)]);
});

Deno.test("newAnalyzer() counts failed checks and gates, most first", () => {
  const { checkFailures, events } = analysisOf([
    recorded("verification_failed", { itemId: "plan" }),
    recorded("gate_failed", { itemId: "tests" }),
    recorded("gate_failed", { itemId: "tests" }),
    recorded("gate_passed", { itemId: "tests" }),
    recorded("review_failed", { itemId: "tests" }),
    recorded("verification_failed"),
  ]);
  assertEquals([...checkFailures], [["tests", 2], ["plan", 1]]);
  assertEquals(events, 6);
});

Deno.test("newAnalyzer() averages how long phases took, each workflow for itself", () => {
  const event = (type: string, workflowId: string, at: string) =>
    recorded(type, { workflowId, at: `2026-03-01T10:${at}:00Z` });
  const { phaseDurations } = analysisOf([
    event("phase_started", "wf_a", "00"),
    event("phase_started", "wf_b", "10"),
    event("phase_completed", "wf_a", "30"),
    event("phase_completed", "wf_b", "20"),
    event("phase_completed", "wf_b", "25"),
    event("phase_completed", "wf_c", "25"),
    recorded("phase_started", { phaseId: "BUILD", at: "" }),
    recorded("phase_completed", { phaseId: "BUILD" }),
  ]);
  assertEquals([...phaseDurations], [
    ["PLAN", { averageMinutes: 20, count: 2 }],
  ]);
});

Deno.test("newAnalyzer() says so when there is too much to keep apart", () => {
  const events = Array.from(
    { length: 10_001 },
    (_, number) => recorded("gate_failed", { itemId: `item${number}` }),
  );
  const { checkFailures, isCut } = analysisOf(events);
  assertEquals([checkFailures.size, isCut], [10_000, true]);
  assert(!analysisOf(events.slice(1)).isCut);
});
