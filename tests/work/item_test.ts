import { completeItem } from "../../src/work/complete_item.ts";
import { startItem } from "../../src/work/item.ts";
import {
  fixedHost,
  NOW,
  refusalWithoutTrace,
  withoutTrace,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("startItem() marks an item as being worked on, once", () =>
  withSession(async (root) => {
    const first = await startItem(fixedHost({ number: 1 }), {
      root,
      itemId: "plan",
    });
    assertEquals(first.changed, true);
    assertEquals(first.summary.next?.item?.id, "plan");
    assertEquals(first.summary.next?.item?.startedAt, NOW);
    const again = await withoutTrace(
      root,
      () => startItem(fixedHost({ number: 2 }), { root, itemId: "plan" }),
    );
    assertEquals(again.changed, false);
  }));

Deno.test("startItem() refuses an item that is done, of another phase, or of none", () =>
  withSession(async (root) => {
    await completeItem(fixedHost({ number: 1 }), { root, itemId: "idea" });
    for (
      const [itemId, code] of [
        ["idea", "cannot_start"],
        ["code", "item_in_other_phase"],
        ["nothing", "no_such_item"],
      ] as const
    ) {
      const error = await refusalWithoutTrace(
        root,
        () => startItem(fixedHost({ number: 2 }), { root, itemId }),
      );
      assertEquals(error.code, code);
    }
  }));
