import { OrcError } from "../../src/base/error.ts";
import { jsonObject } from "../../src/base/json.ts";
import { appendFeedback, readFeedbackLines } from "../../src/feedback/use.ts";
import { atSync, codeOf, readTree, writeTree } from "../files/temporary.ts";
import { namesIn, SESSION_ID, test } from "../session/fixtures.ts";
import { assertEquals, assertRejects } from "@std/assert";

const FEEDBACK = {
  tool: jsonObject({ errors_count: 1 }),
  process: jsonObject({ task: "größer" }),
};
const TOOL = '{"errors_count": 1}\n';
const PROCESS = '{"task": "gr\\u00f6\\u00dfer"}\n';

test("appendFeedback() adds one line to each of two files", async ({ layout, context, paths }) => {
  await appendFeedback(layout, context, SESSION_ID, FEEDBACK);
  const files = { "tool.jsonl": TOOL, "process.jsonl": PROCESS };
  assertEquals(readTree(paths.feedback), files);
  await appendFeedback(layout, context, SESSION_ID, FEEDBACK);
  assertEquals(Deno.readTextFileSync(paths.toolFeedback), TOOL + TOOL);
  assertEquals(namesIn(paths.directory).includes("lock"), false);
});

test("appendFeedback() loses no line behind one that a crash left torn", async ({ layout, context, paths }) => {
  const torn = '{"errors_count": 7';
  writeTree(paths.feedback, { "tool.jsonl": TOOL + torn });
  await appendFeedback(layout, context, SESSION_ID, FEEDBACK);
  assertEquals(
    Deno.readTextFileSync(paths.toolFeedback),
    `${TOOL}${torn}\n${TOOL}`,
  );
});

test("appendFeedback() writes nothing for who is displaced", async ({ layout, context, paths }) => {
  const lose = () => Deno.removeSync(`${paths.directory}/lock`);
  const append = () => appendFeedback(layout, context, SESSION_ID, FEEDBACK);
  assertEquals(
    await codeOf(() => atSync(1, lose, append)),
    "conflict lock_lost",
  );
  assertEquals(namesIn(paths.feedback), []);
});

test("appendFeedback() refuses what is no session, and what is no file", async ({ layout, context, paths }) => {
  const refusal = (id: string) =>
    assertRejects(
      () => appendFeedback(layout, context, id, FEEDBACK),
      OrcError,
    );
  assertEquals((await refusal("other")).code, "no_such_session");
  writeTree(paths.feedback, { "tool.jsonl/": "" });
  assertEquals((await refusal(SESSION_ID)).code, "not_a_regular_file");
});

test("readFeedbackLines() gives all lines but the blank ones", ({ layout, paths }) => {
  const path = paths.toolFeedback;
  assertEquals([...readFeedbackLines(layout.root, path)], []);
  Deno.mkdirSync(paths.feedback);
  const bytes = [0x61, 10, 10, 32, 10, 0xff, 10, 0x62];
  Deno.writeFileSync(path, new Uint8Array(bytes));
  const lines = [...readFeedbackLines(layout.root, path)];
  assertEquals(lines, ["a", undefined, "b"]);
});
