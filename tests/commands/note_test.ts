import { stateOf, withSession } from "../work/fixtures.ts";
import { orc, testOutput, testText } from "./orc.ts";
import { assertEquals } from "@std/assert";

testOutput({
  name: "orc note keeps a note",
  argv: ["note", "The old API stays until March", "--item", "plan"],
  within: withSession,
});

testOutput({
  name: "orc note refuses an empty note",
  argv: ["note", " "],
  within: withSession,
  exitCode: 2,
});

testText({
  name: "orc note wants one text",
  argv: ["note", "two", "words"],
  within: withSession,
  exitCode: 2,
});

Deno.test("orc note --item says what the note is about", () =>
  withSession(async (root) => {
    await orc(root, ["note", "Short", "--item", "plan"]);
    assertEquals(stateOf(root).metadata.orc.notes[0].item_id, "plan");
  }));
