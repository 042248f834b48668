import type { Changed } from "../../src/work/change.ts";
import {
  addNote,
  approveItem,
  type NoteOptions,
  skipItem,
  type SkipOptions,
  startItem,
} from "../../src/work/item.ts";
import { GOOD_REASON } from "../engine/fixtures.ts";
import {
  codeWithoutTrace,
  eventsOf,
  type FixedHost,
  fixedHost,
  idOf,
  type Machine,
  NOW,
  stateOf,
  withoutTrace,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("startItem() marks an item as being worked on, once", () =>
  withSession(async (root) => {
    const what = { root, itemId: "plan" };
    const first = await startItem(fixedHost({ number: 1 }), what);
    assertEquals(first.changed, true);
    assertEquals(first.summary.next?.item?.id, "plan");
    assertEquals(first.summary.next?.item?.startedAt, NOW);
    const host = fixedHost({ number: 2 });
    const again = await withoutTrace(root, () => startItem(host, what));
    assertEquals(again.changed, false);
  }));

function note(
  root: string,
  text: string,
  options: Partial<NoteOptions> = {},
): Promise<Changed> {
  return addNote(fixedHost({ number: 1 }), { root, text, ...options });
}

Deno.test("addNote() keeps a note in the state and in the log", () =>
  withSession(async (root) => {
    const { summary } = await note(root, " Größer ist es in März \n");
    assertEquals(summary.notes, ["Größer ist es in März"]);
    assertEquals(stateOf(root).metadata.orc.notes, [
      { at: NOW, text: "Größer ist es in März", item_id: null },
    ]);
    const [event] = eventsOf(root).slice(2);
    assertEquals([event?.type, event?.itemId], ["note_added", null]);
  }));

Deno.test("addNote() keeps the item it is about, and every note in its order", () =>
  withSession(async (root) => {
    await note(root, "One", { itemId: "plan" });
    const { summary, serial } = await note(root, "One");
    assertEquals([summary.notes, serial], [["One", "One"], 3]);
    assertEquals(stateOf(root).metadata.orc.notes[0].item_id, "plan");
  }));

Deno.test("approveItem() passes a manual gate for a human who types its id", () =>
  withSession(async (root) => {
    const host = fixedHost({ answers: ["consent"], number: 1 });
    const options = {
      root,
      itemId: "consent",
      notes: "Looked at it",
      early: true,
    };
    const { changed } = await approveItem(host, options);
    assertEquals(changed, true);
    assertEquals(host.questions, [
      `Session ${idOf(0, 0)}: Add login\n` +
      "Phase PLAN, item consent: Somebody agrees\n" +
      "Still open before it: idea, plan, tests\n" +
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

/** What is refused at once, whoever asks: nothing is written, and nobody is asked. */
const REFUSED: Readonly<
  Record<string, (host: FixedHost, root: string) => Promise<unknown>>
> = {
  "not_found no_such_item": (host, root) =>
    startItem(host, { root, itemId: "nothing" }),
  "refused item_in_other_phase": (host, root) =>
    approveItem(host, { root, itemId: "code" }),
  "refused cannot_approve": (host, root) =>
    approveItem(host, { root, itemId: "tests" }),
  "usage note_empty": (host, root) => addNote(host, { root, text: " \n" }),
  "refused cannot_skip": (host, root) =>
    skipItem(host, { root, itemId: "consent", reason: GOOD_REASON }),
  "refused skip_reason": (host, root) =>
    skipItem(host, { root, itemId: "tests", reason: "", force: true }),
};

for (const [expected, attempt] of Object.entries(REFUSED)) {
  Deno.test(`a use case changes nothing and asks nobody where the rules say ${expected}`, () =>
    withSession(async (root) => {
      const host = fixedHost({ answers: [], number: 1 });
      const code = await codeWithoutTrace(root, () => attempt(host, root));
      assertEquals([code, host.questions], [expected, []]);
    }));
}

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

Deno.test("skipItem() lets a human skip a gate by force, who types its id", () =>
  withSession(async (root) => {
    const options = { force: true, answers: ["tests"] };
    await skip(root, "tests", options);
    const [event] = eventsOf(root).slice(2);
    assertEquals([event?.type, event?.actor], ["item_skipped", "human"]);
    assertEquals(event?.details.get("force_skipped"), true);
  }));
