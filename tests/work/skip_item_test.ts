import type { Changed } from "../../src/work/change.ts";
import { skipItem, type SkipOptions } from "../../src/work/skip_item.ts";
import { GOOD_REASON } from "../engine/fixtures.ts";
import {
  agent,
  eventsOf,
  fixedHost,
  loggedTypes,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withoutTrace,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

function skip(
  root: string,
  itemId: string,
  options: Partial<SkipOptions & Machine> = {},
): Promise<Changed> {
  const { environment, answers, ...rest } = options;
  const host = fixedHost({ environment, answers, number: 1 });
  return skipItem(host, { root, itemId, reason: GOOD_REASON, ...rest });
}

Deno.test("skipItem() leaves an item out and keeps the reason", () =>
  withSession(async (root) => {
    const { changed, summary } = await skip(root, "sketch");
    assertEquals([changed, summary.progress.skipped], [true, 1]);
    const item = stateOf(root).phases.PLAN.items.sketch;
    assertEquals([item.status, item.skip_reason], ["skipped", GOOD_REASON]);
  }));

Deno.test("skipItem() does nothing for an item that is skipped", () =>
  withSession(async (root) => {
    await skip(root, "sketch");
    const again = await withoutTrace(root, () => skip(root, "sketch"));
    assertEquals([again.changed, again.events], [false, []]);
  }));

Deno.test("skipItem() refuses a reason that says nothing", () =>
  withSession(async (root) => {
    for (const reason of ["", "not needed", "aaaaaaaaaaaaaaa"]) {
      const error = await refusalWithoutTrace(
        root,
        () => skip(root, "sketch", { reason }),
      );
      assertEquals([error.kind, error.code], ["refused", "skip_reason"]);
    }
  }));

Deno.test("skipItem() refuses a gate without force, and a manual gate", () =>
  withSession(async (root) => {
    for (const itemId of ["tests", "consent"]) {
      const error = await refusalWithoutTrace(root, () => skip(root, itemId));
      assertEquals([error.kind, error.code], ["refused", "cannot_skip"]);
    }
  }));

Deno.test("skipItem() lets a human skip a gate by force, who types its id", () =>
  withSession(async (root) => {
    const options = { force: true, answers: ["tests"] };
    await skip(root, "tests", options);
    const [event] = eventsOf(root).slice(2);
    assertEquals([event?.type, event?.actor], ["item_skipped", "human"]);
    assertEquals(event?.details.get("force_skipped"), true);
  }));

Deno.test("skipItem() lets no agent skip by force, and logs the try", () =>
  withSession(async (root) => {
    const options = { force: true, environment: agent("1") };
    const error = await refusalOf(() => skip(root, "tests", options));
    assertEquals([error.kind, error.code], ["denied", "approval_required"]);
    assertEquals(loggedTypes(root).slice(2), ["error"]);
    assertEquals(stateOf(root).phases.PLAN.items.tests.status, "pending");
  }));

Deno.test("skipItem() asks nobody for what force cannot do either", () =>
  withSession(async (root) => {
    const tries: Partial<SkipOptions>[] = [{ reason: "" }, { itemId: "none" }];
    for (const options of tries) {
      const error = await refusalWithoutTrace(
        root,
        () => skip(root, "tests", { force: true, answers: [], ...options }),
      );
      assertEquals(error.kind === "denied", false, error.code);
    }
  }));
