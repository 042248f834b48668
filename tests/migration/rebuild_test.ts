import type { RecordedEvent } from "../../src/engine/event.ts";
import {
  rebuildFromCheckpoint,
  rebuildFromLog,
} from "../../src/migration/rebuild.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import { state } from "./facts.ts";
import { assertEquals } from "@std/assert";

function event(
  second: number,
  type: string,
  fields: Partial<RecordedEvent> = {},
): RecordedEvent {
  return {
    id: "",
    serial: 0,
    at: `2026-01-02T03:04:0${second}Z`,
    type,
    workflowId: "wf_1",
    phaseId: null,
    itemId: null,
    message: type,
    details: new Map(),
    actor: "system",
    ...fields,
  };
}

function rebuilt(events: readonly RecordedEvent[]): SessionState {
  const rebuilding = rebuildFromLog("wf_1");
  events.forEach((one) => rebuilding.add(one));
  return rebuilding.state();
}

const item = (itemId: string, details: Record<string, string> = {}) => ({
  phaseId: "DO",
  itemId,
  details: new Map(Object.entries(details)),
});

const STARTED = event(1, "workflow_started", {
  message: "Started workflow: Add login",
  details: new Map([["workflow_type", "Easy"], ["project", "shop"]]),
});

Deno.test("rebuildFromLog() tells what became of each item", () => {
  const { task, workflowType, project, status, phases, ...times } = rebuilt([
    STARTED,
    event(2, "phase_started", { phaseId: "DO" }),
    event(3, "item_completed", item("a", { notes: "done" })),
    event(4, "item_skipped", item("b", { reason: "not needed" })),
    event(5, "verification_failed", item("c")),
    event(6, "item_started", item("d")),
    event(7, "gate_failed", item("e")),
    event(8, "phase_completed", { phaseId: "DO" }),
    event(9, "workflow_completed"),
  ]);
  assertEquals([task, workflowType, project, status], [
    "Add login",
    "Easy",
    "shop",
    "completed",
  ]);
  assertEquals(
    phases.map(({ id, status, items }) => [
      id,
      status,
      ...items.map((one) =>
        [one.id, one.status, one.notes ?? one.skipReason, one.retryCount]
          .join()
      ),
    ]),
    [[
      "DO",
      "completed",
      "a,completed,done,0",
      "b,skipped,not needed,0",
      "c,failed,,1",
      "d,in_progress,,0",
      "e,pending,,1",
    ]],
  );
  assertEquals(
    [times.createdAt, times.updatedAt, times.completedAt],
    ["2026-01-02T03:04:01Z", "2026-01-02T03:04:09Z", "2026-01-02T03:04:09Z"],
  );
  assertEquals(times.metadata.get("rebuilt_from"), "log");
});

Deno.test("rebuildFromLog() closes what nobody can go on with, and says why", () => {
  const left = rebuilt([STARTED]);
  const abandoned = rebuilt([
    STARTED,
    event(2, "workflow_abandoned", { message: "Workflow abandoned: too late" }),
  ]);
  assertEquals(
    [left, abandoned].map(({ status, metadata }) => [
      status,
      metadata.get("abandon_reason"),
    ]),
    [
      ["abandoned", "a later workflow took the place of its state"],
      ["abandoned", "too late"],
    ],
  );
});

Deno.test("rebuildFromCheckpoint() keeps a closed state and closes an open one", () => {
  const completed = state("wf_1", { status: "completed" });
  assertEquals(rebuildFromCheckpoint(completed), completed);
  const open = rebuildFromCheckpoint(state("wf_1"));
  assertEquals(
    [open.status, open.metadata.get("rebuilt_from")],
    ["abandoned", "checkpoint"],
  );
});
