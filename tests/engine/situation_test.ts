import { jsonObject } from "../../src/base/json.ts";
import {
  assertNotesFit,
  assertOpen,
  humanEvent,
  requireHuman,
  systemEvent,
  unchanged,
} from "../../src/engine/situation.ts";
import type { SessionStatus } from "../../src/workflow/types.ts";
import { orcErrorOf } from "./act.ts";
import {
  AGENT,
  HUMAN,
  itemOf,
  NOBODY,
  sessionOf,
  SETTING,
  workflowWith,
} from "./fixtures.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";

const SUBJECT = { phaseId: "PLAN", itemId: "a" };
const TEXT = { message: "Something", details: { key: 1 } };
const state = sessionOf(workflowWith(itemOf("a")));

Deno.test("systemEvent() names the agent that asked, and nobody else", () => {
  const detailsFor = (caller?: typeof AGENT) =>
    systemEvent("item_started", SUBJECT, TEXT, caller).details;
  assertEquals(
    detailsFor(AGENT),
    jsonObject({ key: 1, agent: "claude-code:5f0c" }),
  );
  for (const caller of [NOBODY, HUMAN, undefined]) {
    assertEquals(detailsFor(caller), jsonObject({ key: 1 }));
  }
});

Deno.test("systemEvent() may be about a phase or the session alone", () => {
  const { phaseId, itemId } = systemEvent(
    "phase_started",
    { phaseId: null },
    { message: "Started" },
  );
  assertEquals([phaseId, itemId], [null, null]);
});

Deno.test("humanEvent() tells how the human's presence was established", () => {
  const events = [HUMAN, SETTING].map((caller) =>
    humanEvent("human_override", SUBJECT, TEXT, caller)
  );
  assertEquals(events.map(({ actor }) => actor), ["human", "human"]);
  assertEquals(events.map(({ details }) => details), [
    jsonObject({ key: 1, origin: "terminal" }),
    jsonObject({ key: 1, origin: "setting", agent: "claude-code:5f0c" }),
  ]);
});

Deno.test("requireHuman() lets only those pass whose presence was established", () => {
  for (const caller of [HUMAN, SETTING]) requireHuman(caller, "do this");
  for (const caller of [AGENT, NOBODY]) {
    const error = orcErrorOf(() => requireHuman(caller, "do this"));
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    assertEquals(
      error.message,
      "Cannot do this: only a human may, at a terminal",
    );
  }
});

Deno.test("assertNotesFit() counts code points", () => {
  for (const notes of [null, "", "x".repeat(2000), "🚀".repeat(2000)]) {
    assertNotesFit(notes);
  }
  const error = orcErrorOf(() => assertNotesFit("🚀".repeat(2001)));
  assertEquals([error.kind, error.code], ["usage", "notes_too_long"]);
  assertEquals(
    error.message,
    "The notes have 2001 characters; at most 2000 are kept",
  );
});

Deno.test("assertOpen() refuses a session that has ended", () => {
  for (const status of ["active", "paused"] as const) {
    assertOpen({ ...state, status });
  }
  const ended: readonly SessionStatus[] = ["completed", "abandoned"];
  for (const status of ended) {
    const error = orcErrorOf(() => assertOpen({ ...state, status }));
    assertEquals([error.kind, error.code], ["refused", "session_closed"]);
    assertEquals(
      error.message,
      `The session is ${status}; nothing in it can change any more`,
    );
  }
});

Deno.test("unchanged() hands back the state itself", () => {
  assertStrictEquals(unchanged(state).state, state);
  assertEquals(unchanged(state).events, []);
});
