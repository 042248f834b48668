import { OrcError } from "../../src/base/error.ts";
import { sessionFeedback } from "../../src/session/kept/feedback.ts";
import { atSync, codeOf, readTree, writeTree } from "../files/temporary.ts";
import { namesIn, SESSION_ID, test } from "./fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

const FEEDBACK = {
  tool: '{"errors_count": 1}',
  process: '{"task": "größer"}',
};
const TOOL = `${FEEDBACK.tool}\n`;
const PROCESS = `${FEEDBACK.process}\n`;

test("sessionFeedback() adds one line to each of two files", async ({ layout, context, paths }) => {
  await sessionFeedback(layout, context, SESSION_ID).add(FEEDBACK);
  const files = { "tool.jsonl": TOOL, "process.jsonl": PROCESS };
  assertEquals(readTree(paths.feedback), files);
  await sessionFeedback(layout, context, SESSION_ID).add(FEEDBACK);
  assertEquals(Deno.readTextFileSync(paths.toolFeedback), TOOL + TOOL);
  assertEquals(namesIn(paths.directory).includes("lock"), false);
});

test("sessionFeedback() loses no line behind one that a crash left torn", async ({ layout, context, paths }) => {
  const torn = '{"errors_count": 7';
  writeTree(paths.feedback, { "tool.jsonl": TOOL + torn });
  await sessionFeedback(layout, context, SESSION_ID).add(FEEDBACK);
  assertEquals(
    Deno.readTextFileSync(paths.toolFeedback),
    `${TOOL}${torn}\n${TOOL}`,
  );
});

test("sessionFeedback() writes nothing for who is displaced", async ({ layout, context, paths }) => {
  const lose = () => Deno.removeSync(`${paths.directory}/lock`);
  const append = () =>
    sessionFeedback(layout, context, SESSION_ID).add(FEEDBACK);
  assertEquals(
    await codeOf(() => atSync(1, lose, append)),
    "conflict lock_lost",
  );
  assertEquals(namesIn(paths.feedback), []);
});

test("sessionFeedback() refuses what is no session, and what is no file", async ({ layout, context, paths }) => {
  const refusal = (id: string) =>
    assertRejects(
      () => sessionFeedback(layout, context, id).add(FEEDBACK),
      OrcError,
    );
  assertEquals((await refusal("other")).code, "no_such_session");
  writeTree(paths.feedback, { "tool.jsonl/": "" });
  assertEquals((await refusal(SESSION_ID)).code, "not_a_regular_file");
});

test("sessionFeedback() gives all lines but the blank ones", async ({ layout, context, paths }) => {
  const { lines } = sessionFeedback(layout, context, SESSION_ID);
  const all = () => Array.fromAsync(lines("tool"));
  const path = paths.toolFeedback;
  assertEquals(await all(), []);
  Deno.mkdirSync(paths.feedback);
  const bytes = [0x61, 10, 10, 32, 10, 0xff, 10, 0x62];
  Deno.writeFileSync(path, new Uint8Array(bytes));
  const read = await all();
  assertEquals(read, ["a", undefined, "b"]);
});
