import { addNote } from "../../src/work/add_note.ts";
import { approvePhase } from "../../src/work/approve_phase.ts";
import { completeItem } from "../../src/work/complete_item.ts";
import { abandonSession } from "../../src/work/finish_session.ts";
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
import { assertEquals } from "@std/assert";

/** One event of each kind that people want to tell apart. */
async function workABit(root: string): Promise<void> {
  const host = (number: number) =>
    fixedHost({
      number,
      at: `2026-03-01T10:0${number}:00.123000Z`,
      environment: APPROVING,
      programs: { "make test": { exitCode: 2 } },
    });
  await completeItem(host(2), { root, itemId: "idea", notes: "Agreed" });
  const reason = "Nothing that could\nbe drawn";
  await skipItem(host(3), { root, itemId: "sketch", reason });
  await refusalOf(() => completeItem(host(4), { root, itemId: "tests" }));
  await addNote(host(5), { root, text: "The old API stays" });
  await approvePhase(host(6), { root });
}

testOutput({
  name: "orc history shows what happened",
  argv: ["history"],
  within: withSession,
  before: workABit,
});

testText({
  name: "orc history says that there are earlier events",
  argv: ["history", "--limit", "2"],
  within: withSession,
  before: workABit,
});

testText({
  name: "orc history colours what failed on a terminal",
  argv: ["history", "--type", "gate_failed"],
  within: withSession,
  before: workABit,
  machine: { columns: 80 },
});

testText({
  name: "orc history shows only what fits",
  argv: ["history", "--item", "sketch", "--since", "1d"],
  within: withSession,
  before: workABit,
});

testText({
  name: "orc history says so when nothing fits",
  argv: ["history", "--type", "workflow_completed"],
  within: withSession,
});

testText({
  name: "orc history --all shows damage and the rest",
  argv: ["history", "--all"],
  within: withSession,
  before: (root) =>
    Promise.resolve(appendToLog(root, [
      "torn\n",
      recorded("note_added", {
        workflowId: "wf_00000000",
        at: "yesterday, as somebody would have it",
        phaseId: null,
        message: "Odd \x1b[31m\ntext",
      }),
    ])),
});

testText({
  name: "orc history --output jsonl prints a line for each event",
  argv: ["history", "--output", "jsonl", "--limit", "3"],
  within: withSession,
  before: workABit,
});

testText({
  name: "orc history --follow ends with the session",
  argv: ["history", "--follow"],
  within: withSession,
  before: (root) =>
    abandonSession(fixedHost({ number: 2 }), { root, reason: "Dropped" }),
});

testOutput({
  name: "orc history refuses an item that does not exist",
  argv: ["history", "--item", "plann"],
  within: withSession,
  exitCode: 4,
});

testOutput({
  name: "orc history refuses a time that is none",
  argv: ["history", "--since", "yesterday"],
  within: withSession,
  exitCode: 2,
});

for (
  const [flags, code] of [
    [["--limit", "ten"], "invalid_limit"],
    [["--limit", "0"], "invalid_limit"],
    [["--limit", "5", "--all"], "conflicting_flags"],
    [["--follow"], "conflicting_flags"],
  ] as const
) {
  Deno.test(`orc history ${flags.join(" ")} --json is refused: ${code}`, () =>
    withSession(async (root) => {
      const { out, exitCode } = await orc(root, [
        "history",
        ...flags,
        "--json",
      ]);
      assertEquals([JSON.parse(out).error.code, exitCode], [code, 2]);
    }));
}

Deno.test("orc history --output jsonl tells an error as a document", () =>
  withSession(async (root) => {
    const argv = ["history", "--output", "jsonl", "--item", "plann"];
    const { out, err, exitCode } = await orc(root, argv);
    assertEquals(JSON.parse(out).error.code, "no_such_item");
    assertEquals([err, exitCode], ["", 4]);
  }));

Deno.test("orc history --all --json gives one document with all there is room for", () =>
  withSession(async (root) => {
    const event = recorded("note_added", { workflowId: "wf_00000000" });
    appendToLog(root, Array(10_050).fill(event));
    const { out } = await orc(root, ["history", "--all", "--json"]);
    const { events, hasEarlier } = JSON.parse(out).result;
    assertEquals([events.length, hasEarlier], [10_000, true]);
  }));

testOutput({
  name: "orc history refuses a type that no event has",
  argv: ["history", "--type", "item_complete"],
  within: withSession,
  exitCode: 2,
});

testText({
  name: "orc history refuses an end before the beginning",
  argv: ["history", "--since", "1h", "--until", "2h"],
  within: withSession,
  exitCode: 2,
});
