import { JsonNumber } from "../../src/base/json.ts";
import {
  decodeLogLine,
  encodeLogLine,
  type RecordedEvent,
} from "../../src/engine/event.ts";
import { PYTHON_LOGS } from "../session/python_files.ts";
import { assert, assertEquals } from "@std/assert";

const EVENT: RecordedEvent = {
  id: "01jd3v0000000000000000000a",
  serial: 3,
  at: "2026-11-20T07:34:57.231723Z",
  type: "item_completed",
  workflowId: "wf_1",
  phaseId: "PLAN",
  itemId: "a",
  message: "Completed item: “a” 🚀",
  details: new Map<string, JsonNumber | null>([
    ["notes", null],
    ["duration_seconds", new JsonNumber("1.0")],
  ]),
  actor: "human",
};

Deno.test("encodeLogLine() writes the Python tool's line and our two keys", () => {
  assertEquals(
    encodeLogLine(EVENT),
    '{"timestamp": "2026-11-20T07:34:57.231723Z", "event_type": "item_completed", ' +
      '"workflow_id": "wf_1", "phase_id": "PLAN", "item_id": "a", ' +
      '"message": "Completed item: \\u201ca\\u201d \\ud83d\\ude80", ' +
      '"details": {"notes": null, "duration_seconds": 1.0}, "actor": "human", ' +
      '"id": "01jd3v0000000000000000000a", "serial": 3}\n',
  );
});

Deno.test("decodeLogLine() reads back what encodeLogLine() wrote", () => {
  assertEquals(decodeLogLine(encodeLogLine(EVENT)), EVENT);
  const bare = { ...EVENT, phaseId: null, itemId: null, details: new Map() };
  assertEquals(decodeLogLine(encodeLogLine(bare)), bare);
});

Deno.test("encodeLogLine() gives the Python tool's lines back byte by byte", () => {
  let count = 0;
  for (const log of PYTHON_LOGS) {
    for (const line of log.split("\n")) {
      const event = decodeLogLine(line);
      if (event === undefined || event.at === "") continue;
      assertEquals(encodeLogLine(event), `${line}\n`);
      assertEquals([event.id, event.serial], ["", 0]);
      count++;
    }
  }
  assert(count > 300, String(count));
});

Deno.test("decodeLogLine() keeps types it does not know", () => {
  const line = '{"event_type":"zzz","workflow_id":"w","message":"m"}';
  assertEquals(decodeLogLine(line), {
    id: "",
    serial: 0,
    at: "",
    type: "zzz",
    workflowId: "w",
    phaseId: null,
    itemId: null,
    message: "m",
    details: new Map(),
    actor: "system",
  });
});

Deno.test("decodeLogLine() returns undefined for what is no event", () => {
  const lines = [
    "",
    "garbage",
    "\0\0\0",
    encodeLogLine(EVENT).slice(0, -20),
    `${encodeLogLine(EVENT)}${encodeLogLine(EVENT)}`,
    "[]",
    "7",
    "{}",
    '{"event_type": 1, "workflow_id": "w", "message": "m"}',
    '{"event_type": "error", "workflow_id": null, "message": "m"}',
    '{"event_type": "error", "workflow_id": "w"}',
    '{"timestamp": "t", "task_id": "x", "tool_name": "write", "success": true}',
    `${'{"a":'.repeat(200)}1`,
  ];
  for (const line of lines) assertEquals(decodeLogLine(line), undefined, line);
});

Deno.test("decodeLogLine() reads around fields of a foreign kind", () => {
  const line = '{"event_type":"error","workflow_id":"w","message":"m",' +
    '"timestamp":1763622897,"phase_id":1,"details":[],"actor":"robot",' +
    '"id":5,"serial":-1}';
  const event = decodeLogLine(line);
  assertEquals(event?.at, "");
  assertEquals(event?.phaseId, null);
  assertEquals(event?.details, new Map());
  assertEquals(event?.actor, "system");
  assertEquals([event?.id, event?.serial], ["", 0]);
});
