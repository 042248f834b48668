import {
  type Outcome,
  report,
  violations,
} from "../../../scripts/torture/verdict.ts";
import type { RecordedEvent } from "../../../src/engine/event.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

function counted(serial: number, process: number, count: number) {
  return {
    id: `event_${serial}`,
    serial,
    at: "2026-03-01T10:00:00Z",
    type: "note_added",
    workflowId: "wf_1",
    phaseId: "COUNT",
    itemId: `process_${process}`,
    message: "Counted",
    details: new Map([["note", String(count)]]),
    actor: "system",
  } satisfies RecordedEvent;
}

const STARTED = { ...counted(1, 0, 0), itemId: null };
const EVENTS = [
  STARTED,
  counted(2, 0, 1),
  counted(3, 1, 1),
  counted(4, 1, 2),
  counted(5, 0, 2),
];

/** Two processes; the second stored an update that it was killed before it heard of. */
const FINE: Outcome = {
  acknowledged: [1, 1],
  stored: [2, 2],
  kills: [0, 1],
  stops: 3,
  dead: new Set(["dead 1 2026"]),
  complaints: [],
  serial: 5,
  events: EVENTS,
  files: ["log.jsonl", "meta.json", "state.json"],
  durationMs: 1_200,
};

Deno.test("violations() finds none when the store kept its promises", () => {
  assertEquals(violations(FINE), []);
});

Deno.test("violations() finds an update that was acknowledged and is not there", () => {
  const outcome = {
    ...FINE,
    acknowledged: [1, 2],
    stored: [2, 1],
    serial: 4,
    events: EVENTS.slice(0, 4).toSpliced(3, 1, counted(4, 0, 2)),
  };
  assertEquals(violations(outcome), ["process 1 lost 1 updates"]);
});

Deno.test("violations() finds an update that nobody made", () => {
  assertEquals(violations({ ...FINE, kills: [0, 0] }), [
    "process 1 made 2 updates out of 1",
  ]);
});

Deno.test("violations() finds what is missing in the log, and what is in it again", () => {
  assertEquals(violations({ ...FINE, events: EVENTS.slice(0, -1) }), [
    "1 updates are not in the log",
  ]);
  assertEquals(violations({ ...FINE, events: [...EVENTS, counted(5, 0, 2)] }), [
    "the log counts for process 0: 1,2,2",
    "1 events are in the log again",
  ]);
  assertEquals(violations({ ...FINE, events: [...EVENTS, undefined] }), [
    "1 lines of the log are torn",
  ]);
});

Deno.test("violations() finds a wrong number of updates, files and complaints", () => {
  assertEquals(violations({ ...FINE, serial: 4 }), [
    "the state counts 4 updates, of 5",
  ]);
  assertEquals(violations({ ...FINE, files: ["lock"] }), [
    "there are files: lock",
  ]);
  assertEquals(violations({ ...FINE, complaints: ["process 1 failed"] }), [
    "process 1 failed",
  ]);
});

Deno.test("report() counts what is there without the update that healed the session", () => {
  const lines = report(FINE).split("\n").map((line) => line.split(/ +/));
  assertStringIncludes(report(FINE), "log gaps      0");
  assertEquals(lines.slice(0, 4), [
    ["processes", "2"],
    ["acknowledged", "2"],
    ["stored", "3"],
    ["lost", "0"],
  ]);
});
