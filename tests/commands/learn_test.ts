import { main } from "../../src/cli/main.ts";
import { addNote } from "../../src/work/add_note.ts";
import { completeItem } from "../../src/work/complete_item.ts";
import { skipItem } from "../../src/work/skip_item.ts";
import { recorded } from "../history/log_events.ts";
import {
  APPROVING,
  fixedHost,
  refusalOf,
  withSession,
} from "../work/fixtures.ts";
import { appendToLog } from "../work/log_lines.ts";
import { orc, testOutput, testText } from "./orc.ts";
import { assert, assertEquals } from "@std/assert";

async function workABit(root: string): Promise<void> {
  const host = (number: number) =>
    fixedHost({
      number,
      environment: APPROVING,
      programs: { "make test": { exitCode: 2 } },
    });
  await refusalOf(() => completeItem(host(2), { root, itemId: "tests" }));
  const reason = "The machine that runs the tests is gone until Monday morning";
  await skipItem(host(3), { root, itemId: "tests", reason, force: true });
  await addNote(host(4), { root, text: "The <old> API_stays" });
}

testOutput({
  name: "orc learn sums the session up",
  argv: ["learn"],
  within: withSession,
  before: workABit,
});

testOutput({
  name: "orc learn --save says where it is kept",
  argv: ["learn", "--save"],
  within: withSession,
  before: workABit,
});

testText({
  name: "orc learn says that there is nothing to learn from",
  argv: ["learn", "--save"],
  within: withSession,
});

testText({
  name: "orc learn refuses to save and not to save",
  argv: ["learn", "--save", "--no-save"],
  within: withSession,
  exitCode: 2,
});

Deno.test("orc learn shows a bar while it reads a long log, unless it is to be quiet", () =>
  withSession(async (root) => {
    const event = recorded("note_added", { workflowId: "wf_00000000" });
    appendToLog(root, Array(10_000).fill(event));
    const shown = async (...flags: string[]) => {
      const host = fixedHost({ answers: [] });
      const streams = { stdout: () => {}, stderr: () => {} };
      await main(["--root", root, "learn", ...flags], host, { streams });
      return host.progress;
    };
    const lines = await shown();
    assert(/^Reading the log \[#+\.+\] \d+ %$/.test(lines[0] ?? ""), lines[0]);
    assertEquals(lines.at(-1), undefined);
    assertEquals(await shown("--quiet"), []);
    assertEquals((await orc(root, ["learn"])).err, "");
  }));
