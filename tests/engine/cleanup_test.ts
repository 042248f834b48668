import { isRemovable, restingDays } from "../../src/engine/cleanup.ts";
import type { SessionState } from "../../src/workflow/types.ts";
import { itemOf, sessionOf, workflowWith } from "./fixtures.ts";
import { assertEquals } from "@std/assert";

const STARTED = {
  ...sessionOf(workflowWith(itemOf("a"))),
  createdAt: "2026-03-01T10:00:00Z",
};

const CLOCK = {
  now: "2026-03-31T12:00:00Z",
  localNow: "2026-03-31T05:00:00.000000",
};

function state(fields: Partial<SessionState>): SessionState {
  return { ...STARTED, status: "completed", ...fields };
}

Deno.test("restingDays() counts whole days since the last change", () => {
  const table: readonly [Partial<SessionState>, number | undefined][] = [
    [{ updatedAt: "2026-03-31T12:00:00Z" }, 0],
    [{ updatedAt: "2026-03-30T12:00:01Z" }, 0],
    [{ updatedAt: "2026-03-30T12:00:00Z" }, 1],
    [{ updatedAt: "2026-03-01T12:00:00+00:00" }, 30],
    // Local time, seven hours behind.
    [{ updatedAt: "2026-03-30T05:00:00.000000" }, 1],
    [{ updatedAt: "2026-03-30T05:00:01.000000" }, 0],
    [{
      updatedAt: "2026-03-01T12:00:00Z",
      completedAt: "2026-03-21T12:00:00Z",
    }, 10],
    [{ updatedAt: "", createdAt: "2026-03-29T12:00:00Z" }, 2],
    // Somebody's clock was wrong.
    [{ updatedAt: "2031-01-01T00:00:00Z" }, 0],
    [{ updatedAt: "", createdAt: "", completedAt: "some day" }, undefined],
  ];
  for (const [fields, days] of table) {
    assertEquals(
      restingDays(state(fields), CLOCK),
      days,
      JSON.stringify(fields),
    );
  }
});

Deno.test("isRemovable() lets no session go that can still change", () => {
  const rule = { olderThanDays: 0, status: "all" } as const;
  const updatedAt = "2020-01-01T00:00:00Z";
  const verdicts = (["active", "paused", "completed", "abandoned"] as const)
    .map((status) => isRemovable(state({ status, updatedAt }), rule, CLOCK));
  assertEquals(verdicts, [false, false, true, true]);
});

Deno.test("isRemovable() asks for the age and the status that were named", () => {
  const old = state({ updatedAt: "2026-03-01T12:00:00Z" });
  const may = (olderThanDays: number, status: "completed" | "abandoned") =>
    isRemovable(old, { olderThanDays, status }, CLOCK);
  assertEquals(may(30, "completed"), true);
  assertEquals(may(31, "completed"), false);
  assertEquals(may(30, "abandoned"), false);
});

Deno.test("isRemovable() keeps a session whose age nobody can tell", () => {
  const dateless = state({ updatedAt: "", createdAt: "" });
  const rule = { olderThanDays: 0, status: "all" } as const;
  assertEquals(isRemovable(dateless, rule, CLOCK), false);
});
