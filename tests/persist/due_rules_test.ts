import { isDue, type LastSending } from "../../src/persist/due_rules.ts";
import { assertEquals } from "@std/assert";

const PLAN = { phase: "PLAN", status: "active" };
const BUILD = { phase: "BUILD", status: "active" };
const DONE = { phase: "BUILD", status: "completed" };
const AT = "2026-01-02T03:04:00Z";
const SOON = "2026-01-02T03:04:30Z";
const LATER = "2026-01-02T03:06:00Z";

const sent = (sight: typeof PLAN): LastSending => (
  { sent: sight, tried: sight, triedAt: AT }
);
const failed = (sight: typeof PLAN): LastSending => (
  { sent: null, tried: sight, triedAt: AT }
);

type Case = readonly [
  after: "update" | "phase" | "finish" | "never",
  last: LastSending | undefined,
  current: typeof PLAN,
  now: string,
  due: boolean,
];

const CASES: readonly Case[] = [
  ["phase", undefined, PLAN, AT, true],
  ["phase", sent(PLAN), PLAN, LATER, false],
  ["phase", sent(PLAN), BUILD, SOON, true],
  ["phase", sent(BUILD), DONE, SOON, true],
  ["phase", failed(PLAN), PLAN, SOON, false],
  ["phase", failed(PLAN), PLAN, LATER, true],
  ["phase", failed(PLAN), BUILD, SOON, true],
  ["update", undefined, PLAN, AT, true],
  ["update", sent(PLAN), PLAN, SOON, false],
  ["update", sent(PLAN), PLAN, LATER, true],
  ["update", sent(PLAN), BUILD, SOON, true],
  ["finish", undefined, PLAN, AT, false],
  ["finish", undefined, DONE, AT, true],
  ["finish", sent(DONE), DONE, LATER, false],
  ["finish", failed(DONE), DONE, SOON, false],
  ["finish", failed(DONE), DONE, LATER, true],
  ["never", undefined, DONE, LATER, false],
];

Deno.test("isDue() sends after what the settings say, and no more often", () => {
  for (const [after, last, current, now, due] of CASES) {
    assertEquals(
      isDue({ after, intervalMs: 60_000 }, last, current, now),
      due,
      JSON.stringify([after, last, current, now]),
    );
  }
});
