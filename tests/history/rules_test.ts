import { OrcError } from "../../src/base/error.ts";
import {
  assertInWorkflow,
  endsHistory,
  type HistoryQuery,
  matchesHistory,
  parseHistoryQuery,
} from "../../src/history/rules.ts";
import { parseWorkflow } from "../../src/workflow/parse.ts";
import { recorded } from "./log_events.ts";
import { assertEquals, assertThrows } from "@std/assert";

const NOW = "2026-03-10T12:00:00Z";

function since(text: string): string | undefined {
  const { sinceMs } = parseHistoryQuery({ since: text }, NOW);
  return sinceMs === undefined ? undefined : new Date(sinceMs).toISOString();
}

Deno.test("parseHistoryQuery() reads instants, dates and how long ago", () => {
  const moments: Readonly<Record<string, string>> = {
    "2026-03-01T10:00:00Z": "2026-03-01T10:00:00.000Z",
    "2026-03-01T10:00:00.123456Z": "2026-03-01T10:00:00.123Z",
    "2026-03-01T10:00+02:00": "2026-03-01T08:00:00.000Z",
    "2026-03-01T10:00:00": "2026-03-01T10:00:00.000Z",
    "2026-03-01": "2026-03-01T00:00:00.000Z",
    "90s": "2026-03-10T11:58:30.000Z",
    "30m": "2026-03-10T11:30:00.000Z",
    "2h": "2026-03-10T10:00:00.000Z",
    "3d": "2026-03-07T12:00:00.000Z",
    "1w": "2026-03-03T12:00:00.000Z",
  };
  for (const [text, instant] of Object.entries(moments)) {
    assertEquals(since(text), instant, text);
  }
});

Deno.test("parseHistoryQuery() refuses what is no time", () => {
  const texts = ["", "soon", "2026-02-31", "2026-13-01", "2", "-2h", "2 h"];
  for (const text of [...texts, "2026-02-31T10:00:00Z", "1e3d", "12:00"]) {
    const error = assertThrows(() => since(text), OrcError);
    assertEquals([error.kind, error.code], ["usage", "invalid_time"], text);
  }
});

Deno.test("parseHistoryQuery() refuses a type that no event has", () => {
  const error = assertThrows(
    () => parseHistoryQuery({ type: "item_complete" }, NOW),
    OrcError,
    'No event has the type "item_complete"; the nearest is "item_completed"',
  );
  assertEquals([error.kind, error.code], ["usage", "unknown_event_type"]);
  const bogus = assertThrows(
    () => parseHistoryQuery({ type: "bogus" }, NOW),
    OrcError,
  );
  assertEquals(bogus.message, 'No event has the type "bogus"');
  for (const type of ["error", "review_completed"]) {
    assertEquals(parseHistoryQuery({ type }, NOW).type, type);
  }
});

Deno.test("parseHistoryQuery() refuses an end before the beginning", () => {
  const range = (since: string, until: string) =>
    parseHistoryQuery({ since, until }, NOW);
  const error = assertThrows(() => range("1h", "2h"), OrcError);
  assertEquals([error.kind, error.code], ["usage", "empty_range"]);
  assertThrows(() => range("2026-03-02", "2026-03-01"), OrcError);
  // A date ends at midnight.
  range("2026-03-02T10:00:00Z", "2026-03-02");
  range("2h", "2h");
});

function matches(
  query: HistoryQuery,
  event: Parameters<typeof recorded>[1],
): boolean {
  const filter = parseHistoryQuery(query, NOW);
  return matchesHistory(filter, recorded("item_completed", event));
}

Deno.test("matchesHistory() compares item, phase and type", () => {
  const event = { itemId: "plan", phaseId: "PLAN" };
  assertEquals(matches({}, event), true);
  assertEquals(matches({ itemId: "plan", phaseId: "PLAN" }, event), true);
  assertEquals(matches({ itemId: "plans" }, event), false);
  assertEquals(matches({ phaseId: "BUILD" }, event), false);
  assertEquals(matches({ type: "item_completed" }, event), true);
  assertEquals(matches({ type: "item_skipped" }, event), false);
});

Deno.test("matchesHistory() takes a date for a whole day", () => {
  const day = { since: "2026-03-01", until: "2026-03-01" };
  const verdicts: Readonly<Record<string, boolean>> = {
    "2026-02-28T23:59:59.999000Z": false,
    "2026-03-01T00:00:00Z": true,
    "2026-03-01T23:59:59.999000Z": true,
    "2026-03-02T00:00:00Z": false,
    "2026-03-02T01:00:00+02:00": true,
    "": false,
    "yesterday": false,
  };
  for (const [at, verdict] of Object.entries(verdicts)) {
    assertEquals(matches(day, { at }), verdict, at);
  }
  assertEquals(matches({}, { at: "" }), true);
});

Deno.test("endsHistory() waits for an event well before the time asked for", () => {
  const filter = parseHistoryQuery({ since: "2h" }, NOW);
  const ends = (at: string) => endsHistory(filter, recorded("x", { at }));
  assertEquals(ends("2026-03-10T09:30:00Z"), false);
  assertEquals(ends("2026-03-10T08:30:00Z"), true);
  assertEquals(ends(""), false);
  const all = parseHistoryQuery({}, NOW);
  assertEquals(endsHistory(all, recorded("x")), false);
});

Deno.test("assertInWorkflow() names what was probably meant", () => {
  const { workflow } = parseWorkflow({
    name: "Tiny",
    phases: [{ id: "PLAN", name: "Plan", items: [{ id: "idea", name: "I" }] }],
  });
  assertInWorkflow(workflow, { itemId: "idea", phaseId: "PLAN" });
  const item = assertThrows(
    () => assertInWorkflow(workflow, { itemId: "idee" }),
    OrcError,
    'No item "idee" in this workflow; the nearest is "idea"',
  );
  assertEquals([item.kind, item.code], ["not_found", "no_such_item"]);
  const phase = assertThrows(
    () => assertInWorkflow(workflow, { phaseId: "BUILD" }),
    OrcError,
    'No phase "BUILD" in this workflow',
  );
  assertEquals(phase.details, { phases: ["PLAN"] });
});
