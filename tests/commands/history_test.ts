import { main } from "../../src/cli/main.ts";
import { readingLine } from "../../src/commands/groups/feedback.ts";
import { encodeLogLine } from "../../src/engine/event.ts";
import { generateMarkdown } from "../../src/history/pages.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote, skipItem } from "../../src/work/item.ts";
import { abandonSession, approvePhase } from "../../src/work/phase.ts";
import { writeTree } from "../files/temporary.ts";
import { recorded } from "../history/log_events.ts";
import {
  APPROVING,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  refusalOf,
  withSession,
} from "../work/fixtures.ts";
import { appendToLog } from "../work/log_lines.ts";
import {
  documentOf,
  inEmptyDirectory,
  orc,
  testOutput,
  testText,
} from "./orc.ts";
import { assert, assertEquals } from "@std/assert";

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
  before: workABit,
  result: {
    events: [
      {
        type: "workflow_started",
        phaseId: null,
        itemId: null,
        details: { project: null, workflow_type: "Tiny" },
      },
      { type: "phase_started" },
      { type: "item_completed" },
      {
        id: idOf(3, 0),
        serial: 3,
        at: "2026-03-01T10:03:00.123000Z",
        type: "item_skipped",
        workflowId: "wf_00000000",
        phaseId: "PLAN",
        itemId: "sketch",
        message: "Skipped item: sketch",
        details: {
          reason: "Nothing that could\nbe drawn",
          context_considered: null,
          force_skipped: false,
        },
        actor: "system",
      },
      { type: "gate_failed" },
      { type: "note_added" },
      { type: "human_override", actor: "system" },
    ],
    hasEarlier: false,
  },
});

testText({
  name: "orc history says that there are earlier events",
  argv: ["history", "--limit", "2"],
  before: workABit,
  text: `Earlier ones: orc history --limit all
2026-03-01 10:05:00Z PLAN     Note: The old API stays
2026-03-01 10:06:00Z PLAN     Approved phase: PLAN (by the setting approvals: any)`,
});

testText({
  name: "orc history colours what failed on a terminal",
  argv: ["history", "--type", "gate_failed"],
  before: workABit,
  machine: { columns: 80 },
});

testText({
  name: "orc history shows only what fits",
  argv: ["history", "--item", "sketch", "--since", "1d"],
  before: workABit,
  text:
    "2026-03-01 10:03:00Z PLAN     Skipped item: sketch - Nothing that could be drawn",
});

testText({
  name: "orc history says so when nothing fits",
  argv: ["history", "--type", "workflow_completed"],
  text: "No events",
});

testText({
  name: "orc history --all shows damage and the rest",
  argv: ["history", "--all"],
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
  text: `2026-03-01 10:00:00Z          Started workflow: Add login
2026-03-01 10:00:00Z PLAN     Started phase: Plan
yesterday, as somebody wo          Odd \\x1b[31m text
! Warning: "/shop/.orchestrator/sessions/01kk0000000000000000000000/log.jsonl" holds 1 line that is no event; the rest was read`,
});

testText({
  name: "orc history --output jsonl prints a line for each event",
  argv: ["history", "--output", "jsonl", "--limit", "3"],
  before: workABit,
  text:
    `{"id":"01kk0400000000000000000000","serial":4,"at":"2026-03-01T10:04:00.123000Z","type":"gate_failed","workflowId":"wf_00000000","phaseId":"PLAN","itemId":"tests","message":"Gate failed: tests","details":{"success":false,"exit_code":2,"stdout":"","stderr":"","command":"make test","duration_seconds":0.25,"receipt":{"command":"make test","exit_code":2,"duration_ms":250,"orc_version":"0.1.0","environment":"filtered","tree_reason":"Git cannot list the files: git: not found"}},"actor":"system"}
{"id":"01kk0500000000000000000000","serial":5,"at":"2026-03-01T10:05:00.123000Z","type":"note_added","workflowId":"wf_00000000","phaseId":"PLAN","message":"Note: The old API stays","details":{"note":"The old API stays"},"actor":"system"}
{"id":"01kk0600000000000000000000","serial":6,"at":"2026-03-01T10:06:00.123000Z","type":"human_override","workflowId":"wf_00000000","phaseId":"PLAN","message":"Approved phase: PLAN","details":{"origin":"setting","tree_reason":"Git cannot list the files: git: not found"},"actor":"system"}`,
});

testText({
  name:
    "orc history --output jsonl --full prints all that is known of each event",
  argv: ["history", "--output", "jsonl", "--full", "--limit", "3"],
  before: workABit,
  text:
    `{"id":"01kk0400000000000000000000","serial":4,"at":"2026-03-01T10:04:00.123000Z","type":"gate_failed","workflowId":"wf_00000000","phaseId":"PLAN","itemId":"tests","message":"Gate failed: tests","details":{"success":false,"exit_code":2,"stdout":"","stderr":"","command":"make test","duration_seconds":0.25,"error":null,"receipt":{"command":"make test","exit_code":2,"duration_ms":250,"orc_version":"0.1.0","environment":"filtered","tree_reason":"Git cannot list the files: git: not found","tree":null}},"actor":"system"}
{"id":"01kk0500000000000000000000","serial":5,"at":"2026-03-01T10:05:00.123000Z","type":"note_added","workflowId":"wf_00000000","phaseId":"PLAN","itemId":null,"message":"Note: The old API stays","details":{"note":"The old API stays"},"actor":"system"}
{"id":"01kk0600000000000000000000","serial":6,"at":"2026-03-01T10:06:00.123000Z","type":"human_override","workflowId":"wf_00000000","phaseId":"PLAN","itemId":null,"message":"Approved phase: PLAN","details":{"origin":"setting","tree":null,"tree_reason":"Git cannot list the files: git: not found"},"actor":"system"}`,
});

testText({
  name: "orc history --follow ends with the session",
  argv: ["history", "--follow"],
  before: (root) =>
    abandonSession(fixedHost({ number: 2 }), { root, reason: "Dropped" }),
  text: `2026-03-01 10:00:00Z          Started workflow: Add login
2026-03-01 10:00:00Z PLAN     Started phase: Plan
2026-03-01 10:00:00Z PLAN     Workflow abandoned: Dropped`,
});

testOutput({
  name: "orc history refuses an item that does not exist",
  argv: ["history", "--item", "plann"],
  exitCode: 4,
  code: "no_such_item",
  details: { itemIds: ["idea", "plan", "sketch", "tests", "consent", "code"] },
  text: `! No item "plann" in this workflow; the nearest is "plan"
! Try: orc status`,
});

testOutput({
  name: "orc history refuses a time that is none",
  argv: ["history", "--since", "yesterday"],
  exitCode: 2,
  code: "invalid_time",
  text: `! Cannot use "yesterday" as a time for --since
! Try: use an instant, a date or how long ago, such as --since 2026-03-01T10:00:00Z, 2026-03-01, 30m, 2h, 3d or 1w`,
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
        "--full",
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
    const { out } = await orc(root, ["history", "--all", "--full"]);
    const { events, hasEarlier } = JSON.parse(out).result;
    assertEquals([events.length, hasEarlier], [10_000, true]);
  }));

testOutput({
  name: "orc history refuses a type that no event has",
  argv: ["history", "--type", "item_complete"],
  exitCode: 2,
  code: "unknown_event_type",
  details: {
    types: [
      "workflow_started",
      "phase_started",
      "phase_completed",
      "item_started",
      "item_completed",
      "item_skipped",
      "verification_passed",
      "verification_failed",
      "gate_passed",
      "gate_failed",
      "evidence_validated",
      "skip_validated",
      "skip_rejected",
      "human_override",
      "workflow_completed",
      "workflow_abandoned",
      "note_added",
      "error",
      "gate_executed",
      "evidence_rejected",
      "review_started",
      "review_completed",
      "review_failed",
      "conflict_resolved",
      "conflict_escalated",
    ],
  },
  text:
    `! No event has the type "item_complete"; the nearest is "item_completed"
! Try: use one of these: workflow_started, phase_started, phase_completed, item_started, item_completed, item_skipped, verification_passed, verification_failed, gate_passed, gate_failed, evidence_validated, skip_validated, skip_rejected, human_override, workflow_completed, workflow_abandoned, note_added, error, gate_executed, evidence_rejected, review_started, review_completed, review_failed, conflict_resolved, conflict_escalated`,
});

testText({
  name: "orc history refuses an end before the beginning",
  argv: ["history", "--since", "1h", "--until", "2h"],
  exitCode: 2,
  text: `! Cannot look from "1h" until "2h": the end lies before the beginning
! Try: exchange the values of --since and --until`,
});

const DRAWINGS = [
  "Nothing that could be drawn",
  "Still nothing that could be drawn, and it will stay so for long",
];

/** What some months of work leave behind. */
function writeLog(root: string): void {
  const skip = (itemId: string, reason: string) =>
    recorded("item_skipped", { itemId, details: { reason } });
  const events = [
    recorded("workflow_started", { workflowId: "wf_0000aaaa" }),
    recorded("phase_started", { at: "2026-03-01T10:00:00Z" }),
    ...DRAWINGS.map((reason) => skip("sketch", reason)),
    skip("a_longer_id", ""),
    ...Array.from(
      { length: 12 },
      (_, number) => recorded("gate_failed", { itemId: `gate_${number}` }),
    ),
    recorded("verification_failed", { itemId: "gate_7" }),
    recorded("phase_completed", { at: "2026-03-01T10:12:30Z" }),
    recorded("workflow_completed", { workflowId: "wf_0000aaaa" }),
  ];
  writeTree(root, {
    ".workflow_log.jsonl": events.map(encodeLogLine).join(""),
  });
}

testOutput({
  name: "orc analyze counts over sessions and the legacy log",
  argv: ["analyze"],
  before: writeLog,
  result: {
    total_workflows: 2,
    completed: 1,
    abandoned: 0,
    active: 1,
    completion_rate: "50.0%",
    skipped_items: {
      sketch: { count: 2, reasons: DRAWINGS },
      a_longer_id: { count: 1, reasons: [] },
    },
    verification_failures: { gate_7: 2, gate_11: 1 },
    phase_durations: { PLAN: { avg_minutes: "12.5", count: 1 } },
    total_events: 22,
    all: false,
  },
});

testText({
  name: "orc analyze draws bars at a terminal",
  argv: ["analyze"],
  machine: { columns: 80 },
  before: writeLog,
});

testText({
  name: "orc analyze --all shows every row",
  argv: ["analyze", "--all"],
  before: writeLog,
});

testOutput({
  name: "orc analyze says that there is no data",
  argv: ["analyze"],
  within: inEmptyDirectory,
  result: { status: "no_data", message: "No sessions here yet" },
  text: "No sessions here yet",
});

const inEasySession = (test: (root: string) => Promise<void>) =>
  withSession(test, EASY_WORKFLOW);

testOutput({
  name: "orc generate-md says what it wrote",
  argv: ["generate-md"],
  within: inEasySession,
  text: "Wrote /shop/WORKFLOW.md",
  result: { changed: true, path: "/shop/WORKFLOW.md" },
});

testText({
  name: "orc generate-md says when there was nothing to do",
  argv: ["generate-md"],
  within: inEasySession,
  before: (root) => generateMarkdown(fixedHost({ number: 2 }), { root }),
  text: "/shop/WORKFLOW.md is up to date",
});

testText({
  name: "orc generate-md --stdout prints the page",
  argv: ["generate-md", "--stdout"],
});

testOutput({
  name: "orc generate-md refuses to replace a file it did not make",
  argv: ["generate-md"],
  within: inEasySession,
  before: (root) => writeTree(root, { "WORKFLOW.md": "# Mine\n" }),
  exitCode: 3,
  code: "not_generated",
  path: "/shop/WORKFLOW.md",
  text: `! Cannot replace "/shop/WORKFLOW.md": orc did not make it
! Try: write another file: orc generate-md --to FILE`,
});

Deno.test("orc generate-md --to writes another file, and gives its text to programs", () =>
  inEasySession(async (root) => {
    const ran = await orc(root, ["generate-md", "--to", "now.md", "--full"]);
    const { path, text } = Object(documentOf(ran)).result;
    assertEquals(path, "/shop/now.md");
    const page = Deno.readTextFileSync(`${root}/now.md`);
    assertEquals(text, page.replaceAll(root, "/shop"));
  }));

async function workAndLearn(root: string): Promise<void> {
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
  before: workAndLearn,
  result: {
    session: idOf(0, 0),
    hasLearnings: true,
    saved: false,
    path: null,
    learnings: {
      task: "Add login",
      workflow: "Tiny",
      status: "active",
      updatedAt: "2026-03-01T10:00:00Z",
      skipped: [{
        itemId: "tests",
        reason: "The machine that runs the tests is gone until Monday morning",
      }],
      failures: [{ itemId: "tests", count: 1, last: "Gate failed: tests" }],
      overrides: [{
        at: "2026-03-01T10:00:00Z",
        message: "Force-skipped item: tests",
      }],
      notes: ["The <old> API_stays"],
      phases: [{ phaseId: "PLAN", durationMinutes: 0 }],
    },
  },
});

Deno.test("orc learn --save says where it is kept", () =>
  withSession(async (root) => {
    await workAndLearn(root);
    const { out: shown } = await orc(root, ["learn"]);
    const { out: saved } = await orc(root, ["learn", "--save"]);
    assertEquals(saved, `${shown}\nAppended to /shop/LEARNINGS.md\n`);
    const again = await orc(root, ["learn", "--save", "--full"]);
    const { path, saved: isSaved } = Object(documentOf(again)).result;
    assertEquals([path, isSaved], ["/shop/LEARNINGS.md", false]);
  }));

testText({
  name: "orc learn says that there is nothing to learn from",
  argv: ["learn", "--save"],
});

testText({
  name: "orc learn refuses to save and not to save",
  argv: ["learn", "--save", "--no-save"],
  exitCode: 2,
  text: `! --no-save and --save do not go together
! Try: orc help learn`,
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

Deno.test("readingLine() is as long for every part, and knows no more than the whole", () => {
  assertEquals(readingLine(0), "Reading the log [....................] 0 %");
  assertEquals(
    readingLine(0.456),
    "Reading the log [#########...........] 45 %",
  );
  assertEquals(readingLine(1), "Reading the log [####################] 100 %");
  assertEquals(readingLine(7), readingLine(1));
  assertEquals(readingLine(-1), readingLine(0));
});
