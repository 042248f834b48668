import { approveItem } from "../../src/work/approve_item.ts";
import { completeItem } from "../../src/work/complete_item.ts";
import { readStatus } from "../../src/work/status.ts";
import {
  APPROVING,
  fixedHost,
  HYBRID_WORKFLOW,
  loggedTypes,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

function complete(root: string, itemId: string, at: string) {
  return completeItem(fixedHost({ number: 2, at }), { root, itemId });
}

Deno.test("completeItem() starts the clock of a manual gate, stores that, and refuses until it is over", () =>
  withSession(async (root) => {
    const start = () => complete(root, "look", "2026-03-01T10:05:00Z");
    const error = await refusalOf(start);
    assertEquals([error.kind, error.code], ["refused", "approval_pending"]);
    assertEquals(error.details?.passesAt, "2026-03-01T10:35:00Z");
    const { status, started_at } = stateOf(root).phases.DO.items.look;
    assertEquals([status, started_at], ["in_progress", "2026-03-01T10:05:00Z"]);
    assertEquals(loggedTypes(root).slice(2), ["item_started"]);
    const { items } = await readStatus(fixedHost(), { root });
    const [, look] = items;
    assertEquals([look?.approval, look?.passesAt], [
      "clock",
      "2026-03-01T10:35:00Z",
    ]);

    const early = await refusalWithoutTrace(
      root,
      () => complete(root, "look", "2026-03-01T10:34:59Z"),
    );
    assertEquals(early.message, error.message);

    await complete(root, "look", "2026-03-01T10:35:00Z");
    assertEquals(
      stateOf(root).phases.DO.items.look.skip_reason,
      "Auto-skipped (hybrid mode, not answered within 30 minutes)",
    );
  }, HYBRID_WORKFLOW));

Deno.test("completeItem() skips what is of low risk, and leaves a high risk to a human", () =>
  withSession(async (root) => {
    await complete(root, "glance", "2026-03-01T10:05:00Z");
    assertEquals(stateOf(root).phases.DO.items.glance.status, "skipped");
    const error = await refusalWithoutTrace(
      root,
      () => complete(root, "study", "2036-03-01T10:05:00Z"),
    );
    assertEquals(error.code, "approval_required");
  }, HYBRID_WORKFLOW));

Deno.test("approveItem() answers while the clock runs", () =>
  withSession(async (root) => {
    await refusalOf(() => complete(root, "look", "2026-03-01T10:05:00Z"));
    const human = fixedHost({ environment: APPROVING, number: 3 });
    await approveItem(human, { root, itemId: "look" });
    assertEquals(stateOf(root).phases.DO.items.look.status, "completed");
  }, HYBRID_WORKFLOW));
