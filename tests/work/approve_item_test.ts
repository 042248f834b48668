import { approveItem } from "../../src/work/approve_item.ts";
import {
  eventsOf,
  fixedHost,
  refusalWithoutTrace,
  stateOf,
  withoutTrace,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("approveItem() passes a manual gate for a human who types its id", () =>
  withSession(async (root) => {
    const host = fixedHost({ answers: ["consent"], number: 1 });
    const options = { root, itemId: "consent", notes: "Looked at it" };
    const { changed } = await approveItem(host, options);
    assertEquals(changed, true);
    assertEquals(host.questions, [
      'To approve item "consent", type consent: ',
    ]);
    const item = stateOf(root).phases.PLAN.items.consent;
    assertEquals([item.status, item.notes], ["completed", "Looked at it"]);
    const [event] = eventsOf(root).slice(2);
    assertEquals([event?.actor, event?.details.get("origin")], [
      "human",
      "terminal",
    ]);
  }));

Deno.test("approveItem() does nothing and asks nobody for what is approved", () =>
  withSession(async (root) => {
    const options = { root, itemId: "consent" };
    await approveItem(fixedHost({ answers: ["consent"], number: 1 }), options);
    const host = fixedHost({ answers: [], number: 2 });
    const again = await withoutTrace(root, () => approveItem(host, options));
    assertEquals([again.changed, host.questions], [false, []]);
  }));

Deno.test("approveItem() refuses what is no manual gate, and asks nobody", () =>
  withSession(async (root) => {
    for (
      const [itemId, code] of [
        ["idea", "cannot_approve"],
        ["tests", "cannot_approve"],
        ["code", "item_in_other_phase"],
        ["nothing", "no_such_item"],
      ] as const
    ) {
      const host = fixedHost({ answers: [], number: 1 });
      const error = await refusalWithoutTrace(
        root,
        () => approveItem(host, { root, itemId }),
      );
      assertEquals([error.code, host.questions], [code, []]);
    }
  }));
