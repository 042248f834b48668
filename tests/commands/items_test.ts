import { ENDED_WELL } from "../../src/host/test_host.ts";
import { main } from "../../src/cli/main.ts";
import { checkProgress } from "../../src/commands/groups/work.ts";
import { completeItem } from "../../src/work/complete.ts";
import { approveItem, skipItem, startItem } from "../../src/work/item.ts";
import { captureStreams } from "../cli/fake.ts";
import { GOOD_REASON } from "../engine/fixtures.ts";
import {
  agent,
  APPROVING,
  EASY_WORKFLOW,
  fixedHost,
  HYBRID_WORKFLOW,
  idOf,
  type Machine,
  stateOf,
  withSession,
  WORKFLOW,
} from "../work/fixtures.ts";
import { orc, testOutput, testText } from "./orc.ts";
import { assertEquals } from "@std/assert";

testOutput({
  name: "orc start-item marks an item as being worked on",
  argv: ["start-item", "plan"],
  result: {
    changed: true,
    events: [{ type: "item_started" }],
    serial: 2,
    itemId: "plan",
    passesAt: null,
  },
  text: `Started item "plan"
PLAN 0/5 · BUILD
Next: orc complete plan --notes "<what you did>"`,
});

testText({
  name: "orc start-item does nothing for an item that is started",
  argv: ["start-item", "plan"],
  before: (root) =>
    startItem(fixedHost({ number: 2 }), { root, itemId: "plan" }),
  text: `Item "plan" is started already
PLAN 0/5 · BUILD
Next: orc complete plan --notes "<what you did>"`,
});

testOutput({
  name: "orc start-item says when a manual gate will pass by itself",
  argv: ["start-item", "look"],
  within: (test) => withSession(test, HYBRID_WORKFLOW),
  result: { itemId: "look", passesAt: "2026-03-01T10:30:00Z" },
  text:
    `Started item "look": it passes by itself at 2026-03-01T10:30:00Z, unless a human approves it before
DO 0/3
Next: orc complete glance --notes "<what you did>"`,
});

testText({
  name: "orc start-item says it again when the clock runs",
  argv: ["start-item", "look"],
  within: (test) => withSession(test, HYBRID_WORKFLOW),
  before: (root) =>
    startItem(fixedHost({ number: 2 }), { root, itemId: "look" }),
  text:
    `Item "look" is started already: it passes by itself at 2026-03-01T10:30:00Z, unless a human approves it before
DO 0/3
Next: orc complete glance --notes "<what you did>"`,
});

testOutput({
  name: "orc start-item names the item that was probably meant",
  argv: ["start-item", "plna"],
  exitCode: 4,
  code: "no_such_item",
  details: { itemIds: ["idea", "plan", "sketch", "tests", "consent"] },
  text: `! No item "plna" in this workflow; the nearest is "plan"
! Try: orc status`,
});

testOutput({
  name: "orc approve-item passes a manual gate for a human",
  argv: ["approve-item", "consent", "-n", "Looked at it", "--early"],
  machine: { answers: ["consent"] },
  result: {
    changed: true,
    events: [{ type: "item_completed" }],
    serial: 2,
    itemId: "consent",
  },
  text: `Approved item "consent"
PLAN 1/5 · BUILD
Next: orc complete idea --notes "<what you did>"`,
});

testText({
  name: "orc approve-item does nothing for what is approved",
  argv: ["approve-item", "consent", "--early"],
  before: (root) =>
    approveItem(fixedHost({ environment: APPROVING, number: 2 }), {
      root,
      itemId: "consent",
      early: true,
    }),
  text: `Item "consent" is approved already
PLAN 1/5 · BUILD
Next: orc complete idea --notes "<what you did>"`,
});

testOutput({
  name: "orc approve-item is refused to an agent",
  argv: ["approve-item", "consent", "--early"],
  machine: { environment: agent("1") },
  exitCode: 77,
  code: "approval_required",
  text: `! Cannot approve item "consent": only a human may, at a terminal
! Try: ask a human to run the same command with --session 01kk0000000000000000000000 in a terminal`,
});

testText({
  name: "orc approve-item takes no other word for a yes",
  argv: ["approve-item", "consent", "--early"],
  machine: { answers: ["y"] },
  exitCode: 77,
  text: '! Cannot approve item "consent": "consent" was not typed',
});

testText({
  name: "orc approve-item refuses what is no manual gate",
  argv: ["approve-item", "idea"],
  exitCode: 3,
  text: `! Cannot approve item "idea": it is not a manual gate
! Try: orc complete idea`,
});

testText({
  name: "orc complete completes an item that needs no check",
  argv: ["complete", "idea", "--notes", "- agreed with Ada"],
  text: `Completed item "idea"
plan · Plan written (PLAN 1/5, flexible)
orc checks: docs/plan.md
then: orc complete plan --notes "<what you did>"`,
});

testOutput({
  name: "orc complete runs the check",
  argv: ["complete", "tests"],
  machine: { programs: { "make test": { stdout: "3 of 3 passed\n" } } },
  result: {
    changed: true,
    events: [
      { type: "gate_passed", id: idOf(1, 0) },
      { type: "item_completed", id: idOf(1, 1) },
    ],
    serial: 2,
    itemId: "tests",
    check: {
      type: "command",
      originalCommand: "{{test_command}}",
      problem: null,
      expectExitCode: 0,
      command: "make test",
      words: ["make", "test"],
      shell: false,
      exitCode: 0,
      stdout: "3 of 3 passed\n",
      stderr: "",
      notUtf8: [],
      durationSeconds: 0.25,
      passed: true,
    },
  },
  text: `Completed item "tests", checked by: make test
idea · The idea (PLAN 1/5, flexible)
What it is about
Be brief
then: orc complete idea --notes "<what you did>"`,
});

testOutput({
  name: "orc complete shows what a failed program said at the end",
  argv: ["complete", "tests"],
  machine: {
    programs: {
      "make test": {
        exitCode: 2,
        stdout: "sum failed\n",
        stderr: "1 of 3 failed\n",
      },
    },
  },
  exitCode: 3,
  code: "check_failed",
  details: {
    itemId: "tests",
    tries: 1,
    result: {
      type: "command",
      originalCommand: "{{test_command}}",
      expectExitCode: 0,
      command: "make test",
      words: ["make", "test"],
      shell: false,
      exitCode: 2,
      stdout: "sum failed\n",
      stderr: "1 of 3 failed\n",
      notUtf8: [],
      durationSeconds: 0.25,
      problem: null,
      passed: false,
    },
  },
  text:
    `! Cannot complete item "tests": command failed (exit code 2, expected 0)
!   sum failed
!   1 of 3 failed
! Try: make \`make test\` succeed, then run: orc complete tests`,
});

testText({
  name: "orc complete says which file is missing",
  argv: ["complete", "plan"],
  exitCode: 3,
  text: `! Cannot complete item "plan": docs/plan.md does not exist
! Try: write docs/plan.md, then run: orc complete plan`,
});

testText({
  name: "orc complete does nothing for an item that is completed",
  argv: ["complete", "idea"],
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), { root, itemId: "idea" }),
  text: `Item "idea" is completed already
plan · Plan written (PLAN 1/5, flexible)
orc checks: docs/plan.md
then: orc complete plan --notes "<what you did>"`,
});

testOutput({
  name: "orc complete says what it does not keep of an item that is completed",
  argv: ["complete", "idea", "-n", "More", "--evidence", "a=b"],
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), {
      root,
      itemId: "idea",
      notes: "Enough",
    }),
  result: { changed: false, itemId: "idea" },
  text: `Item "idea" is completed already
plan · Plan written (PLAN 1/5, flexible)
orc checks: docs/plan.md
then: orc complete plan --notes "<what you did>"
! Warning: Item "idea" was done already, and the new notes and evidence are not kept; orc note "<text>" --item idea keeps a text`,
});

testText({
  name: "orc complete takes the same notes twice without a word",
  argv: ["complete", "idea", "-n", "Enough"],
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), {
      root,
      itemId: "idea",
      notes: "Enough",
    }),
  text: `Item "idea" is completed already
plan · Plan written (PLAN 1/5, flexible)
orc checks: docs/plan.md
then: orc complete plan --notes "<what you did>"`,
});

testText({
  name: "orc complete leaves a manual gate to a human",
  argv: ["complete", "consent"],
  exitCode: 3,
  text: `! Cannot complete item "consent": a human must approve it
! Try: a human runs, in a terminal: orc approve-item consent --session 01kk0000000000000000000000`,
});

testText({
  name:
    "orc complete skips a manual gate where the workflow does without humans",
  argv: ["complete", "consent"],
  within: (test) =>
    withSession(
      test,
      WORKFLOW.replace(
        "settings:",
        "settings:\n  supervision_mode: zero_human",
      ),
    ),
  text:
    `Skipped manual gate "consent": nobody approved it, and the workflow lets it pass
idea · The idea (PLAN 1/5, flexible)
What it is about
Be brief
then: orc complete idea --notes "<what you did>"`,
});

testText({
  name: "orc complete --skip-verify is refused to an agent",
  argv: ["complete", "plan", "--skip-verify"],
  machine: { environment: agent("1"), answers: ["plan"] },
  exitCode: 77,
  text:
    `! Cannot complete item "plan" unverified: only a human may, at a terminal
! Try: ask a human to run the same command with --session 01kk0000000000000000000000 in a terminal`,
});

/** Each kind of field, in a workflow that asks for them. */
const EVIDENCE_WORKFLOW = `name: Evident
phases:
  - id: PLAN
    name: Plan
    items:
      - {id: cases, name: Edge cases, evidence_schema: EdgeCaseEvidence, evidence_prompt: What can go wrong}
      - {id: free, name: Free, required: false, verification: {type: command, command: make test}}
`;

const withEvidence = (test: (root: string) => Promise<void>) =>
  withSession(test, EVIDENCE_WORKFLOW);

testOutput({
  name: "orc complete asks for the evidence that is missing",
  argv: ["complete", "cases"],
  within: withEvidence,
  exitCode: 3,
  code: "evidence_missing",
  details: { itemId: "cases", schema: "EdgeCaseEvidence" },
  text: `! Cannot complete item "cases": it needs evidence (EdgeCaseEvidence)
! Try: orc complete cases --evidence FILE, where FILE is JSON or YAML with cases_considered (list, at least 1), how_handled (mapping of texts to texts); optional: cases_deferred (list, may be empty)`,
});

testOutput({
  name: "orc complete says all that is wrong with evidence",
  argv: ["complete", "cases", "--evidence", "-"],
  within: withEvidence,
  machine: { input: "cases_considerd: [a]\nhow_handled: {a: 1}" },
  exitCode: 3,
  code: "evidence_invalid",
  details: {
    itemId: "cases",
    schema: "EdgeCaseEvidence",
    problems: [{
      path: "cases_considered",
      message: 'Missing: rename "cases_considerd"',
    }, { path: "how_handled.a", message: "Expected a text, found a number" }],
  },
  text:
    `! Cannot complete item "cases": its evidence is not valid (EdgeCaseEvidence)
!   cases_considered: Missing: rename "cases_considerd"
!   how_handled.a: Expected a text, found a number
! Try: orc complete cases --evidence FILE, where FILE is JSON or YAML with cases_considered (list, at least 1), how_handled (mapping of texts to texts); optional: cases_deferred (list, may be empty)`,
});

testText({
  name: "orc complete says where a file of evidence is broken",
  argv: ["complete", "cases", "--evidence", "-"],
  within: withEvidence,
  machine: { input: '{"cases_considered": [a]}' },
  exitCode: 78,
  text:
    `! standard input:1:23 is not valid JSON: found "a" where a value was expected
! Try: correct the evidence, then run the command again`,
});

testOutput({
  name: "orc complete takes evidence as fields",
  argv: [
    "complete",
    "cases",
    "--evidence=cases_considered=no user",
    "--evidence=cases_considered=two users",
    "--evidence=how_handled.no user=refused",
  ],
  within: withEvidence,
  result: { itemId: "cases", changed: true, check: null },
  text: `Completed item "cases"
Every phase is done, 1 of 2 items completed, 0 skipped
Next: orc finish`,
});

testText({
  name: "orc complete refuses an item within its own check",
  argv: ["complete", "free"],
  within: withEvidence,
  machine: {
    environment: { ORCHESTRATOR_CHECK: `${idOf(0, 0)}/free` },
  },
  exitCode: 3,
  text: `! Cannot complete item "free": its own check asks for it
! Try: a check only tests; take orc complete out of it, and run that outside`,
});

testOutput({
  name:
    "orc complete starts the clock of a manual gate and refuses until it is over",
  argv: ["complete", "look"],
  within: (test) => withSession(test, HYBRID_WORKFLOW),
  exitCode: 3,
  code: "approval_pending",
  details: { itemId: "look", passesAt: "2026-03-01T10:30:00Z" },
  text:
    `! Cannot complete item "look" yet: it passes by itself at 2026-03-01T10:30:00Z, unless a human approves it before
! Try: a human runs, in a terminal: orc approve-item look --session 01kk0000000000000000000000; from then on anybody: orc complete look`,
});

Deno.test("orc complete shows progress where error output is a terminal, and not with --quiet", () =>
  withSession(async (root) => {
    const progressOf = async (machine: Machine, ...flags: string[]) => {
      const host = fixedHost({ workingDirectory: root, number: 1, ...machine });
      host.runProgram = (request) => {
        for (const elapsedMs of [250, 2000]) {
          request.onProgress?.({ elapsedMs, lastLine: "2 of 3" });
        }
        return Promise.resolve({ ...ENDED_WELL, exitCode: 1 });
      };
      const argv = ["--root", root, "complete", "tests", ...flags];
      await main(argv, host, { streams: captureStreams() });
      return host.progress;
    };
    const onTerminal = { answers: [] };
    const shown = [undefined, "Checking tests, 2 s: 2 of 3", undefined];
    assertEquals(await progressOf(onTerminal), shown);
    assertEquals(await progressOf(onTerminal, "--full"), shown);
    assertEquals(await progressOf(onTerminal, "--quiet"), []);
    assertEquals(await progressOf({}), []);
  }));

testOutput({
  name: "orc note keeps a note",
  argv: ["note", "The old API stays until March", "--item", "plan"],
  result: { changed: true, events: [{ type: "note_added" }], serial: 2 },
  text: "Noted",
});

testOutput({
  name: "orc note refuses an empty note",
  argv: ["note", " "],
  exitCode: 2,
  code: "note_empty",
  text: `! The note is empty
! Try: orc note "<what is worth remembering>"`,
});

testText({
  name: "orc note wants one text",
  argv: ["note", "two", "words"],
  exitCode: 2,
  text: `! Unexpected argument "words"
! Try: put text of several words in quotes`,
});

Deno.test("orc note --item says what the note is about", () =>
  withSession(async (root) => {
    await orc(root, ["note", "Short", "--item", "plan"]);
    assertEquals(stateOf(root).metadata.orc.notes[0].item_id, "plan");
  }));

const REASON = "Nothing that could be drawn";

testOutput({
  name: "orc skip leaves an item out",
  argv: ["skip", "sketch", "--reason", REASON],
  result: {
    changed: true,
    events: [{ type: "item_skipped" }],
    serial: 2,
    itemId: "sketch",
  },
  text: `Skipped item "sketch"
idea · The idea (PLAN 1/5, flexible)
What it is about
Be brief
then: orc complete idea --notes "<what you did>"`,
});

testText({
  name: "orc skip does nothing for an item that is skipped",
  argv: ["skip", "sketch", "-r", REASON],
  before: (root) =>
    skipItem(fixedHost({ number: 2 }), {
      root,
      itemId: "sketch",
      reason: REASON,
    }),
  text: `Item "sketch" is skipped already
idea · The idea (PLAN 1/5, flexible)
What it is about
Be brief
then: orc complete idea --notes "<what you did>"`,
});

testOutput({
  name: "orc skip needs a reason",
  argv: ["skip", "sketch"],
  exitCode: 3,
  code: "skip_reason",
  details: { itemId: "sketch", skipConditions: [] },
  text: `! Cannot skip item "sketch": the reason is empty
! Try: say what makes it unnecessary here: orc skip sketch --reason "<why>"`,
});

testText({
  name: "orc skip --force lets a human skip a gate",
  argv: ["skip", "tests", "-r", GOOD_REASON, "--force"],
  machine: { answers: ["tests"] },
  text: `Skipped item "tests"
idea · The idea (PLAN 1/5, flexible)
What it is about
Be brief
then: orc complete idea --notes "<what you did>"`,
});

testText({
  name: "orc skip refuses a gate",
  argv: ["skip", "tests", "-r", REASON],
  exitCode: 3,
  text: `! Cannot skip item "tests": it is a gate
! Try: orc complete tests --notes "<what you did>"`,
});

testText({
  name: "orc skip names the conditions of an item when a reason is none",
  argv: ["skip", "it", "-r", "n/a"],
  within: (test) =>
    withSession(
      test,
      EASY_WORKFLOW.replace(
        "name: It",
        "name: It, skip_conditions: [it is a hotfix, nothing changed]",
      ),
    ),
  exitCode: 3,
  text: `! Cannot skip item "it": "n/a" is not a reason
! Try: say which of these holds, and why (it is a hotfix; nothing changed): orc skip it --reason "<why>"`,
});

function shown(elapsedMs: number, lastLine?: string, columns = 80) {
  return checkProgress("tests", { elapsedMs, lastLine }, columns);
}

Deno.test("checkProgress() says nothing of a check that has only begun", () => {
  assertEquals([0, 250, 999].map((ms) => shown(ms, "line")), [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("checkProgress() shows the time and the last line", () => {
  assertEquals(shown(1000), "Checking tests, 1 s");
  assertEquals(shown(59_999, " 3 of\t9 "), "Checking tests, 59 s: 3 of 9");
  assertEquals(shown(60_000, "  "), "Checking tests, 1 min 0 s");
  assertEquals(shown(3_725_000), "Checking tests, 62 min 5 s");
});

Deno.test("checkProgress() lets no output drive the terminal", () => {
  assertEquals(
    shown(2000, "\x1b[1;32mok\x1b[0m\x1b[2J\x07\u202e"),
    "Checking tests, 2 s: ok\\x1b[2J\\x07\\u202e",
  );
});

Deno.test("checkProgress() leaves the last column free", () => {
  const head = "Checking tests, 2 s: ";
  const room = 40 - head.length - 1;
  assertEquals(shown(2000, "x".repeat(room), 40), head + "x".repeat(room));
  assertEquals(
    shown(2000, "x".repeat(room + 1), 40),
    `${head}${"x".repeat(room - 1)}…`,
  );
  assertEquals(shown(2000, "日".repeat(99), 40), `${head}${"日".repeat(8)}…`);
  assertEquals(shown(2000, "x", 10), "Checking…");
});
