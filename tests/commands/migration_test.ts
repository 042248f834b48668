import { progressLine } from "../../src/commands/groups/migration.ts";
import { migrate } from "../../src/migration/use.ts";
import { addNote } from "../../src/work/item.ts";
import { EVERYTHING, makeDistinct } from "../migration/fixtures.ts";
import { edit, fixedHost, withRoot } from "../work/fixtures.ts";
import {
  documentOf,
  inEmptyDirectory,
  orc,
  testOutput,
  testText,
} from "./orc.ts";
import { assertEquals } from "@std/assert";

function withLegacy(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot(EVERYTHING, (root) => {
    makeDistinct(root, EVERYTHING);
    return test(root);
  });
}

/** The session went on in both places. */
async function diverge(root: string): Promise<void> {
  await addNote(fixedHost({ number: 2 }), { root, text: "new" });
  edit(`${root}/.workflow_state.json`, "Old task", "Older task");
}

testText({
  name: "orc migrate moves everything in",
  argv: ["migrate", "--yes"],
  within: withLegacy,
});

testText({
  name: "orc migrate says when there is nothing",
  argv: ["migrate"],
  within: inEmptyDirectory,
  text: "Nothing to migrate",
});

testOutput({
  name: "orc migrate refuses what contradicts itself, and names the ways on",
  argv: ["migrate"],
  within: withLegacy,
  before: diverge,
  exitCode: 5,
  code: "layouts_differ",
  path: "/shop/.workflow_state.json",
  details: {
    conflicts: [{
      oldPath: ".workflow_state.json",
      newPath: "sessions/1a2b3c4d",
      differences: [
        'task: old "Older task", new "Old task"',
        'last update: old "2026-01-02T03:04:05Z", new "2026-03-01T10:00:00Z"',
      ],
    }],
  },
  text:
    `! ".workflow_state.json" and "sessions/1a2b3c4d" hold different things: task: old "Older task", new "Old task", last update: old "2026-01-02T03:04:05Z", new "2026-03-01T10:00:00Z"
! Try: see all of it with orc migrate --dry-run, then say which one is right: --force-from-old or --force-from-new`,
});

testOutput({
  name: "orc migrate --rollback brings everything back",
  argv: ["migrate", "--rollback"],
  within: withLegacy,
  before: (root) => migrate(fixedHost({ number: 2 }), { root }),
  result: {
    action: "rolled_back",
    sessions: [],
    moves: [],
    left: [],
    conflicts: [],
    neededBytes: 0,
    restored: [
      ".workflow_state.json",
      ".workflow_log.jsonl",
      ".workflow_feedback.jsonl",
      ".workflow_tool_feedback.jsonl",
      ".workflow_process_feedback.jsonl",
      ".secrets.enc",
      ".claude/prd_state.json",
      ".orchestrator.yaml",
      ".workflow_checkpoints",
    ],
    kept: [],
    keptIn: null,
    backup: null,
    importedFrom: null,
    freeBytes: null,
    dryRun: false,
    finished: false,
  },
});

testOutput({
  name: "orc migrate --rollback refuses to lose what was done since",
  argv: ["migrate", "--rollback"],
  within: withLegacy,
  before: async (root) => {
    await migrate(fixedHost({ number: 2 }), { root });
    await addNote(fixedHost({ number: 3 }), { root, text: "since" });
  },
  exitCode: 5,
  code: "changed_since",
  details: {
    changed: [{
      path: "sessions/1a2b3c4d",
      files: ["sessions/1a2b3c4d/log.jsonl", "sessions/1a2b3c4d/state.json"],
      updates: ["Note: since"],
    }],
  },
  text:
    `! Cannot take the migration back: what was done since would be lost: "Note: since"
! Try: keep it aside: orc migrate --rollback --force-rollback`,
});

testOutput({
  name: "orc migrate refuses flags that contradict each other",
  argv: ["migrate", "--force-from-old", "--force-from-new"],
  within: inEmptyDirectory,
  exitCode: 2,
  code: "contradicting_flags",
  text: `! --force-from-old and --force-from-new contradict each other
! Try: see what differs: orc migrate --dry-run`,
});

testText({
  name: "orc import-legacy copies a directory",
  argv: ["import-legacy", "old"],
  within: (test) =>
    withRoot(
      Object.fromEntries(
        Object.entries(EVERYTHING).map(([path, text]) => [`old/${path}`, text]),
      ),
      test,
    ),
});

testOutput({
  name: "orc import-legacy refuses what is not there",
  argv: ["import-legacy", "gone"],
  within: inEmptyDirectory,
  exitCode: 4,
  code: "no_such_file",
  path: "/shop/gone",
  text: `! Cannot import "/shop/gone": it is no file or directory
! Try: name a legacy state, a log, or the directory they are in`,
});

Deno.test("orc migrate --dry-run shows what would move, what differs and what is free", () =>
  withLegacy(async (root) => {
    await diverge(root);
    const argv = ["migrate", "--dry-run"];
    const { out, exitCode } = await orc(root, argv);
    assertEquals(exitCode, 0);
    assertEquals(
      out.split("\n").filter((line) =>
        /Differs|old\)|task:|Refused/.test(line)
      ),
      [
        "Differs:",
        "  .workflow_state.json (old) and sessions/1a2b3c4d (new)",
        '    task: old "Older task", new "Old task"',
        "Refused until you say which is right: orc migrate --force-from-old, or --force-from-new",
      ],
    );
    const ran = await orc(root, [...argv, "--full"]);
    // deno-lint-ignore no-explicit-any
    const { result } = documentOf(ran) as any;
    assertEquals([result.action, result.conflicts.length], ["planned", 1]);
  }));

Deno.test("progressLine() shows bytes and the time that is left", () => {
  const progress = { step: "read" as const, totalBytes: 1_000_000_000 };
  assertEquals(
    [0, 250_000_000, 1_000_000_000].map((doneBytes) =>
      progressLine({ ...progress, doneBytes }, 2000)
    ),
    [
      "Reading [....................] 0 B of 1.0 GB",
      "Reading [#####...............] 250 MB of 1.0 GB, 6 s left",
      "Reading [####################] 1.0 GB of 1.0 GB, 0 s left",
    ],
  );
});
