import { addNote, type NoteOptions } from "../../src/work/add_note.ts";
import type { Changed } from "../../src/work/change.ts";
import {
  eventsOf,
  fixedHost,
  NOW,
  refusalWithoutTrace,
  stateOf,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

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

Deno.test("addNote() refuses a note that is empty, too long, or about no item", () =>
  withSession(async (root) => {
    const tries: readonly (readonly [Partial<NoteOptions>, string])[] = [
      [{ text: " \n" }, "note_empty"],
      [{ text: "😀".repeat(2001) }, "notes_too_long"],
      [{ itemId: "nothing" }, "no_such_item"],
      [{ itemId: "" }, "no_such_item"],
    ];
    for (const [options, code] of tries) {
      const error = await refusalWithoutTrace(
        root,
        () => note(root, "Text", options),
      );
      assertEquals(error.code, code);
    }
    await note(root, "😀".repeat(2000));
  }));
