import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import { captureFeedback } from "../../src/feedback/use.ts";
import {
  importLegacy,
  type ImportOptions,
  migrate,
  type Migrated,
  type MigrateOptions,
  type MigrationProgress,
} from "../../src/migration/use.ts";
import { listSessions } from "../../src/sessions/list.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote } from "../../src/work/item.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { readTree, writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  agent,
  edit,
  type Files,
  fixedHost,
  GIT_LS_FILES,
  LEGACY_ID,
  legacyState,
  refusalOf,
  refusalWithoutTrace,
  sessionsIn,
  stateOf,
  withRoot,
} from "../work/fixtures.ts";
import {
  checkpointText,
  eventLine,
  EVERYTHING,
  fullTree,
  LOG,
  makeDistinct,
  OLDER_WORKFLOW,
  PERIODS,
  pythonShapes,
} from "./fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const OLDER_ID = "0000aaaa";

let machines = 0;

function run(root: string, options: MigrateOptions = {}): Promise<Migrated> {
  const host = fixedHost({ number: machines++ % 90, workingDirectory: root });
  return migrate(host, { root, lockTimeout: "0", ...options });
}

function back(root: string, options: MigrateOptions = {}): Promise<Migrated> {
  return run(root, { rollback: true, ...options });
}

/** Runs a test on legacy files with modes and times of their own. */
function withLegacy(
  files: Files,
  test: (root: string) => Promise<void>,
): Promise<void> {
  return withRoot(files, (root) => {
    makeDistinct(root, files);
    return test(root);
  });
}

/** Files as they are, without the directories that hold them: their times tell of their entries. */
function filesOf(root: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fullTree(root)).filter(([path]) => !path.endsWith("/")),
  );
}

Deno.test("migrate() gives each workflow a session with its own files", () =>
  withLegacy(EVERYTHING, async (root) => {
    const { action, sessions, warnings, left, backup } = await run(root);
    assertEquals([action, warnings, left], ["migrated", [], []]);
    assertEquals(
      sessions.map(({ id, status, from }) => [id, status, from]),
      [[LEGACY_ID, "active", "state"], [OLDER_ID, "completed", "log"]],
    );
    const tree = readTree(root);
    const scattered = Object.keys(tree).filter((path) =>
      !path.startsWith(".orchestrator/")
    );
    assertEquals(scattered.sort(), [".claude/", "README.md"]);
    const lines = LOG.split("\n");
    const cp = "checkpoints/cp_20260101_030405_00aaaa.json";
    const expected = {
      [`sessions/${LEGACY_ID}/state.json`]: EVERYTHING[".workflow_state.json"],
      [`sessions/${LEGACY_ID}/log.jsonl`]: lines.slice(3).join("\n"),
      [`sessions/${LEGACY_ID}/feedback/process.jsonl`]:
        '{"workflow_id":"wf_1a2b3c4d","mode":"auto"}\n{"workflow_id":"wf_1a2b3c4d","task":"t"}\n',
      [`sessions/${OLDER_ID}/log.jsonl`]: `${lines.slice(0, 3).join("\n")}\n`,
      [`sessions/${OLDER_ID}/feedback/process.jsonl`]:
        '{"workflow_id":"wf_0000aaaa"}\n',
      [`sessions/${OLDER_ID}/${cp}`]: EVERYTHING[`.workflow_${cp}`],
      "secrets/.secrets.enc": EVERYTHING[".secrets.enc"],
      "prd/state.json": EVERYTHING[".claude/prd_state.json"],
      "config.yaml": EVERYTHING[".orchestrator.yaml"],
    };
    const moved = Object.keys(expected).map((path) => [
      path,
      tree[`.orchestrator/${path}`],
    ]);
    assertEquals(Object.fromEntries(moved), expected);
    // A checkpoint has a second name and no second copy, which what grows must have.
    const idOf = (path: string) => Deno.lstatSync(path).ino;
    const session = `${root}/.orchestrator/sessions/${OLDER_ID}`;
    const original = `${backup}/originals/.workflow_${cp}`;
    assertEquals(idOf(`${session}/${cp}`), idOf(original));
    assertEquals(Deno.lstatSync(`${session}/log.jsonl`).nlink, 1);
  }));

Deno.test("migrate() leaves sessions that everything else can use", () =>
  withLegacy(EVERYTHING, async (root) => {
    await run(root);
    const host = fixedHost({ number: 95 });
    const { session, sessionSource, warnings } = await readStatus(host, {
      root,
    });
    assertEquals(
      [session, sessionSource, warnings],
      [LEGACY_ID, "current", []],
    );
    await addNote(host, { root, text: "goes on" });
    const { sessions } = await listSessions(host, { root });
    assertEquals(sessions.map(({ id }) => id).sort(), [OLDER_ID, LEGACY_ID]);
    const older = await readStatus(host, { root, session: OLDER_ID });
    assertEquals([older.task, older.status], ["The older task", "completed"]);
  }));

Deno.test("migrate() keeps overrides of settings in force", () =>
  withLegacy(EVERYTHING, async (root) => {
    await run(root);
    writeTree(root, {
      "workflow.yaml":
        "name: T\nphases: [{id: P, name: P, items: [{id: a, name: A}]}]\n",
    });
    const host = fixedHost({ number: 95 });
    const { place } = await startSession(host, {
      root,
      task: "x",
      beside: true,
    });
    const { workflow_definition } = stateOf(root, place.session ?? "");
    assertEquals(workflow_definition.settings.test_command, "make check");
  }));

const SHAPES: ReadonlyMap<string, Files> = new Map<string, Files>([
  ["everything at once", EVERYTHING],
  ["only a state", { ".workflow_state.json": legacyState() }],
  ["only a log", { ".workflow_log.jsonl": LOG }],
  ["only checkpoints", {
    ".workflow_checkpoints/cp_1.json": checkpointText("cp_1", "wf_1a2b3c4d"),
  }],
  ["a log without its last line end", {
    ".workflow_state.json": legacyState(),
    ".workflow_log.jsonl": LOG.slice(0, -1),
  }],
  ["an engine without sessions", {
    ".orchestrator/state.json": legacyState(),
    ".orchestrator/log.jsonl": LOG,
  }],
  ["an empty directory of checkpoints and an empty log", {
    ".workflow_state.json": legacyState(),
    ".workflow_log.jsonl": "",
    ".workflow_checkpoints/": "",
  }],
  ...Object.entries(PERIODS).map(([period, text]) =>
    [`a state of the time of ${period}`, {
      ".workflow_state.json": text,
    }] as const
  ),
  ...[...pythonShapes()].map(([name, files]) =>
    [`of the Python tool, ${name}`, files] as const
  ),
]);

for (const [name, files] of SHAPES) {
  Deno.test(`migrate() and back leaves every byte, mode and time: ${name}`, () => {
    const plain = Object.fromEntries(
      Object.entries(files).filter(([path]) => !path.endsWith("/")),
    );
    return withRoot(files, async (root) => {
      makeDistinct(root, plain);
      const before = fullTree(root);
      const { action, left } = await run(root);
      if (action === "nothing") {
        assert(left.length > 0);
        return assertEquals(fullTree(root), before);
      }
      assertEquals((await back(root)).action, "rolled_back");
      assertEquals(withoutParents(fullTree(root)), withoutParents(before));
    });
  });
}

/** A directory from which something moved out and back has another time; its files have not. */
function withoutParents(
  tree: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(tree).map(([path, about]) =>
      [".claude/", ".orchestrator/"].includes(path)
        ? [path, about.split(" ")[0] ?? ""]
        : [path, about]
    ),
  );
}

Deno.test("migrate() with dryRun changes nothing at all, and says what would be done once", () =>
  withLegacy(EVERYTHING, async (root) => {
    const before = fullTree(root);
    const changedAt = Deno.lstatSync(root).mtime?.getTime();
    const { action, sessions, moves } = await run(root, { dryRun: true });
    assertEquals(fullTree(root), before);
    assertEquals(Deno.lstatSync(root).mtime?.getTime(), changedAt);
    assertEquals([action, sessions.length], ["planned", 2]);
    assertEquals((await run(root)).moves, moves);
    const after = fullTree(root);
    assertEquals((await run(root)).action, "nothing");
    assertEquals(fullTree(root), after);
  }));

Deno.test("migrate() does nothing where nothing is, and makes no directory", () =>
  withRoot({ "README.md": "" }, async (root) => {
    assertEquals((await run(root)).action, "nothing");
    assertEquals(readTree(root), { "README.md": "" });
  }));

Deno.test("migrate() leaves custom files unless they are asked for", () =>
  withLegacy({
    ...EVERYTHING,
    ".workflow_approvals.db": "db",
    ".workflow_sessions/a/b.txt": "text",
  }, async (root) => {
    const { left } = await run(root, { dryRun: true });
    assertEquals(left.map(({ path }) => path), [
      ".workflow_approvals.db",
      ".workflow_sessions",
    ]);
    const before = filesOf(root);
    await run(root, { includes: [".workflow_sessions"] });
    const legacy = `${root}/.orchestrator/legacy/.workflow_sessions/a/b.txt`;
    assertEquals(Deno.readTextFileSync(legacy), "text");
    assertEquals(Deno.readTextFileSync(`${root}/.workflow_approvals.db`), "db");
    await back(root);
    assertEquals(filesOf(root), before);
  }));

Deno.test("migrate() leaves files of others under its names", () =>
  withLegacy({
    ...EVERYTHING,
    ".claude/prd_state.json": '{"mine":true}',
    ".orchestrator/state.json": '{"tasks":[],"completed":[]}',
    ".orchestrator.yaml": "supervision_mode: zero_human\n",
  }, async (root) => {
    const before = filesOf(root);
    const { left } = await run(root);
    assertEquals(left.map(({ path }) => path).sort(), [
      ".claude/prd_state.json",
      ".orchestrator.yaml",
      ".orchestrator/state.json",
    ]);
    for (const { path } of left) {
      assertEquals(filesOf(root)[path], before[path]);
    }
  }));

const BAD: Readonly<Record<string, Files>> = {
  "is empty": { ".workflow_state.json": "" },
  "is torn": { ".workflow_state.json": legacyState().slice(0, 90) },
  "is zero-filled": { ".workflow_state.json": "\0".repeat(90) },
};

for (const [what, files] of Object.entries(BAD)) {
  Deno.test(`migrate() moves nothing where the state ${what}`, () =>
    withRoot({ ".workflow_log.jsonl": LOG, ...files }, async (root) => {
      const error = await refusalWithoutTrace(root, () => run(root));
      assertEquals(error.kind, "corrupt");
    }));
}

Deno.test("migrate() keeps a damaged checkpoint in the backup, and says so", () =>
  withLegacy({
    ".workflow_state.json": legacyState(),
    ".workflow_checkpoints/cp_torn.json": '{"checkpoint_id": "cp_to',
    ".workflow_checkpoints/notes.txt": "mine",
  }, async (root) => {
    const { warnings, backup } = await run(root);
    assertEquals(warnings.length, 2);
    const kept = `${backup}/originals/.workflow_checkpoints/notes.txt`;
    assertEquals(Deno.readTextFileSync(kept), "mine");
  }));

Deno.test("migrate() completes a session that an update adopted", () =>
  withLegacy(EVERYTHING, async (root) => {
    const programs = { [GIT_LS_FILES]: {} };
    const host = fixedHost({ number: 95, programs });
    await addNote(host, { root, text: "adopts it" });
    await captureFeedback(host, { root, learnings: "newer" });
    await saveCheckpoint(host, { root, message: "newer" });
    const before = filesOf(root);
    const { sessions } = await run(root);
    assertEquals(
      sessions.map(({ id, from }) => [id, from]),
      [[LEGACY_ID, "present"], [OLDER_ID, "log"]],
    );
    const { serial, notes } = await readStatus(host, { root });
    assertEquals([serial, notes.length], [1, 1]);
    const session = `${root}/.orchestrator/sessions/${LEGACY_ID}`;
    const feedback = Deno.readTextFileSync(`${session}/feedback/process.jsonl`);
    assertEquals(feedback.split("\n").length, 4);
    assert(feedback.includes("newer"));
    assertEquals([...Deno.readDirSync(`${session}/checkpoints`)].length, 2);
    await back(root);
    assertEquals(filesOf(root), before);
  }));

/** A legacy session that went on in both places. */
async function diverge(root: string): Promise<void> {
  const host = fixedHost({ number: 95 });
  await addNote(host, { root, text: "in the new place" });
  await completeItem(host, { root, itemId: "it", notes: "new" });
  edit(
    `${root}/.workflow_state.json`,
    '"status": "active"',
    '"status": "paused"',
  );
}

Deno.test("migrate() with dryRun shows what differs between two places", () =>
  withLegacy(EVERYTHING, async (root) => {
    await diverge(root);
    const { conflicts } = await run(root, { dryRun: true });
    const [{ differences } = { differences: [] }] = conflicts;
    assertEquals(differences.slice(0, 2), [
      'status: old "paused", new "active"',
      'last update: old "2026-01-02T03:04:05Z", new "2026-03-01T10:00:00Z"',
    ]);
    assert(differences.some((text) => text.startsWith("item DO/it: old ")));
  }));

/** Migrates, and lets something happen afterwards. */
function migratedThen(
  act: (root: string, backup: string) => unknown,
): (root: string) => Promise<void> {
  return async (root) => {
    const { backup } = await run(root);
    await act(root, backup ?? "");
  };
}

const noteSince = migratedThen((root) =>
  addNote(fixedHost({ number: 95 }), { root, text: "since" })
);
const changeBackup = migratedThen((_, backup) =>
  writeTree(`${backup}/originals`, { ".workflow_log.jsonl": "changed" })
);

const ROLLBACK = { rollback: true } as const;

/** Requests that are refused and change nothing. */
const REFUSALS: readonly (readonly [
  what: string,
  prepare: (root: string) => void | Promise<void>,
  options: MigrateOptions,
  error: string,
])[] = [
  [
    "to include what is no custom legacy file",
    () => {},
    { includes: ["README.md"] },
    "not_found no_such_file",
  ],
  ["two places that differ", diverge, {}, "conflict layouts_differ"],
  [
    "a rollback that would lose what was done since",
    noteSince,
    ROLLBACK,
    "conflict changed_since",
  ],
  [
    "a rollback over legacy files that are there again",
    migratedThen((root) => writeTree(root, { ".workflow_state.json": "new" })),
    ROLLBACK,
    "conflict legacy_again",
  ],
  [
    "to bring a file back that somebody changed in the backup",
    changeBackup,
    ROLLBACK,
    "corrupt backup_changed",
  ],
  [
    "a rollback before it has done anything",
    () => {},
    ROLLBACK,
    "not_found no_migration",
  ],
  ...[
    { rollback: true, forceFrom: "old" } as const,
    { rollback: true, includes: ["a"] },
    { forceRollback: true },
  ].map((options) =>
    [
      `flags that contradict each other: ${Object.keys(options)}`,
      () => {},
      options,
      "usage contradicting_flags",
    ] as const
  ),
  ...[".claude", ".secrets.enc/c", "gone/report.json"].map((report) =>
    [
      `a report that cannot be written: ${report}`,
      () => {},
      { report },
      "usage invalid_report",
    ] as const
  ),
];

for (const [what, prepare, options, expected] of REFUSALS) {
  Deno.test(`migrate() refuses ${what}`, () =>
    withLegacy(EVERYTHING, async (root) => {
      await prepare(root);
      const error = await refusalWithoutTrace(root, () => run(root, options));
      assertEquals(`${error.kind} ${error.code}`, expected);
    }));
}

Deno.test("migrate() takes the side it is told to, and both come back", () =>
  withLegacy(EVERYTHING, async (root) => {
    await diverge(root);
    const before = filesOf(root);
    await run(root, { forceFrom: "old" });
    assertEquals(stateOf(root, LEGACY_ID).status, "paused");
    await back(root);
    assertEquals(filesOf(root), before);
    await run(root, { forceFrom: "new" });
    const state = stateOf(root, LEGACY_ID);
    assertEquals(
      [state.status, state.phases.DO.items.it.status],
      ["active", "completed"],
    );
    await back(root);
    assertEquals(filesOf(root), before);
  }));

Deno.test("migrate() knows the same session under another id", () =>
  withLegacy({
    ".workflow_state.json": legacyState(),
    ".workflow_log.jsonl": LOG,
    ".orchestrator/sessions/3f1eb0bb/state.json": legacyState(),
    ".orchestrator/sessions/3f1eb0bb/log.jsonl": "",
  }, async (root) => {
    const { sessions, warnings } = await run(root);
    assertEquals(sessions.map(({ id }) => id), ["3f1eb0bb", OLDER_ID]);
    assertEquals(warnings.length, 1);
    assertEquals(sessionsIn(root), [OLDER_ID, "3f1eb0bb"]);
  }));

Deno.test("migrate() keeps aside by force what a rollback would lose", () =>
  withLegacy(EVERYTHING, async (root) => {
    const before = filesOf(root);
    await noteSince(root);
    const { keptIn, kept } = await back(root, { forceRollback: true });
    assertEquals(kept.map(({ path }) => path), [`sessions/${LEGACY_ID}`]);
    const state = Deno.readTextFileSync(
      `${keptIn}/kept/sessions/${LEGACY_ID}/state.json`,
    );
    assert(state.includes("since"));
    const after = Object.entries(filesOf(root)).filter(([path]) =>
      !path.startsWith(".orchestrator/")
    );
    assertEquals(Object.fromEntries(after), before);
  }));

Deno.test("migrate() brings back by force what somebody changed in the backup", () =>
  withLegacy(EVERYTHING, async (root) => {
    await changeBackup(root);
    await back(root, { forceRollback: true });
    const log = Deno.readTextFileSync(`${root}/.workflow_log.jsonl`);
    assertEquals(log, "changed");
  }));

Deno.test("migrate() takes nobody out of another session when it is taken back", () =>
  withLegacy(EVERYTHING, async (root) => {
    await run(root);
    const host = fixedHost({ number: machines++ % 90, workingDirectory: root });
    const { place } = await startSession(host, {
      ...{ root, task: "Another", beside: true },
    });
    await back(root);
    const current = Deno.readTextFileSync(`${root}/.orchestrator/current`);
    assertEquals(current, place.session);
  }));

Deno.test("migrate() takes two migrations back one after the other", () =>
  withLegacy(EVERYTHING, async (root) => {
    const before = filesOf(root);
    await run(root);
    const between = filesOf(root);
    const id = "wf_0000bbbb";
    writeTree(root, {
      ".workflow_log.jsonl": eventLine(id, "workflow_started"),
    });
    const log = filesOf(root)[".workflow_log.jsonl"];
    await run(root);
    await back(root);
    assertEquals(withoutMarker(filesOf(root)), {
      ...withoutMarker(between),
      ".workflow_log.jsonl": log ?? "",
    });
    Deno.removeSync(`${root}/.workflow_log.jsonl`);
    await back(root);
    assertEquals(filesOf(root), before);
  }));

/** It is written anew, with the same text. */
function withoutMarker(
  tree: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const path = ".orchestrator/.migration_complete";
  return { ...tree, [path]: tree[path]?.split(" ").slice(3).join(" ") ?? "" };
}

Deno.test("migrate() waits for the repository's lock, and for that of a session it changes", () =>
  withLegacy(EVERYTHING, async (root) => {
    await diverge(root);
    const session = `.orchestrator/sessions/${LEGACY_ID}`;
    writeTree(root, { [`${session}/lock`]: lockText(foreignRecord()) });
    const error = await refusalOf(() => run(root, { forceFrom: "old" }));
    assertEquals(error.code, "lock_held");
    assertEquals(
      Deno.readTextFileSync(`${root}/.workflow_log.jsonl`),
      LOG,
    );
  }));

Deno.test("migrate() leaves to the next what it cannot finish, or takes it back where it is told to", () =>
  withLegacy(EVERYTHING, async (root) => {
    const before = filesOf(root);
    const block = `${root}/.orchestrator/migration_backup`;
    const codeOf = async (options: MigrateOptions) => {
      writeTree(root, { ".orchestrator/migration_backup": "" });
      const { code } = await refusalOf(() => run(root, options));
      Deno.removeSync(block);
      return code;
    };
    assertEquals(
      await codeOf({ autoRollback: true }),
      "migration_rolled_back",
    );
    Deno.removeSync(`${root}/.orchestrator`, { recursive: true });
    assertEquals(filesOf(root), before);
    assertEquals(await codeOf({}), "migration_unfinished");
    const { finished, action } = await run(root);
    assertEquals([finished, action], [true, "nothing"]);
    assertEquals(sessionsIn(root), [OLDER_ID, LEGACY_ID]);
  }));

Deno.test("migrate() plans anew what changes while it is copied", async () => {
  let lastMove = 0;
  await withLegacy(EVERYTHING, async (root) => {
    const onProgress = ({ step }: MigrationProgress) => {
      if (step === "move") lastMove++;
    };
    await run(root, { onProgress });
  });
  await withLegacy(EVERYTHING, async (root) => {
    const late = `${LOG}${eventLine("wf_1a2b3c4d", "note_added")}`;
    let moves = 0;
    await run(root, {
      onProgress: ({ step }) => {
        if (step !== "move" || ++moves !== lastMove) return;
        Deno.writeTextFileSync(`${root}/.workflow_log.jsonl`, late);
      },
    });
    assertEquals(moves > lastMove, true);
    assertEquals(".workflow_log.jsonl" in filesOf(root), false);
    const log = `${root}/.orchestrator/sessions/${LEGACY_ID}/log.jsonl`;
    assertStringIncludes(Deno.readTextFileSync(log), "note_added");
  });
});

Deno.test("migrate() lets two at once migrate once", () =>
  withLegacy(EVERYTHING, async (root) => {
    const options = { lockTimeout: "10" };
    const both = await Promise.all([run(root, options), run(root, options)]);
    assertEquals(both.map(({ action }) => action).sort(), [
      "migrated",
      "nothing",
    ]);
    assertEquals(sessionsIn(root), [OLDER_ID, LEGACY_ID]);
  }));

Deno.test("migrate() and updates at once lose nothing", () =>
  withLegacy(EVERYTHING, async (root) => {
    const notes = [1, 2, 3].map((number) =>
      addNote(fixedHost({ number: 95 + number }), {
        root,
        text: `Note ${number}`,
        lockTimeout: "10",
      })
    );
    const migrating = run(root, { lockTimeout: "10" });
    await Promise.all([...notes, migrating]);
    await run(root);
    const status = await readStatus(fixedHost(), { root });
    assertEquals(status.notes.length, 3);
    assertEquals(status.legacy, false);
  }));

Deno.test("migrate() asks a person, but no agent, and takes a no", () =>
  withLegacy(EVERYTHING, async (root) => {
    const asked = fixedHost({ answers: ["n"], workingDirectory: root });
    const error = await refusalWithoutTrace(
      root,
      () => migrate(asked, { root }),
    );
    assertEquals(error.code, "not_confirmed");
    assertEquals(asked.questions, [
      "Move 10 legacy files (4.0 kB) into 2 sessions? [y/N] ".replace(
        /\([^)]*\)/,
        asked.questions[0]?.match(/\([^)]*\)/)?.[0] ?? "",
      ),
    ]);
    const ai = fixedHost({ answers: [], environment: agent("1"), number: 3 });
    assertEquals((await migrate(ai, { root })).action, "migrated");
    assertEquals(ai.questions, []);
  }));

Deno.test("migrate() writes a report where it is asked for one", () =>
  withLegacy(EVERYTHING, async (root) => {
    const result = await run(root, { report: "report.json" });
    const report = JSON.parse(Deno.readTextFileSync(`${root}/report.json`));
    assertEquals(report, JSON.parse(JSON.stringify(result)));
  }));

Deno.test("no report is written over a file that is none", () =>
  withLegacy(EVERYTHING, async (root) => {
    const path = `${root}/notes.json`;
    for (const text of ['{"mine": 1}', "{", "\0"]) {
      Deno.writeTextFileSync(path, text);
      const report = "notes.json";
      const error = await refusalWithoutTrace(
        root,
        () => run(root, { report }),
      );
      assertEquals([error.kind, error.code], ["refused", "not_a_report"]);
    }
    Deno.writeTextFileSync(path, "");
    await run(root, { report: "notes.json", dryRun: true });
    await run(root, { report: "notes.json" });
    assertEquals(JSON.parse(Deno.readTextFileSync(path)).action, "migrated");
  }));

Deno.test("migrate() makes one workflow of a state and its log, whatever it is called", () =>
  withLegacy({
    ".workflow_state.json": legacyState({ workflow_id: "../../etc" }),
    ".workflow_log.jsonl": eventLine("../../etc", "workflow_started") +
      eventLine(OLDER_WORKFLOW, "workflow_started"),
  }, async (root) => {
    const { sessions } = await run(root);
    assertEquals(sessions.length, 2);
    assert(sessionsIn(root).every((id) => /^[a-z0-9-]+$/.test(id)));
  }));

function take(
  root: string,
  path: string,
  options: Partial<ImportOptions> = {},
): Promise<Migrated> {
  const host = fixedHost({ number: machines++, workingDirectory: root });
  return importLegacy(host, { root: `${root}/new`, path, ...options });
}

const OLD = Object.fromEntries(
  Object.entries(EVERYTHING).map(([path, text]) => [`old/${path}`, text]),
);

Deno.test("importLegacy() copies all of a directory, leaves it as it is, and can be taken back", () =>
  withRoot({ ...OLD, "new/": "" }, async (root) => {
    const everything = fullTree(root);
    const planned = await take(root, "old", { dryRun: true });
    assertEquals(planned.action, "planned");
    assertEquals(fullTree(root), everything);
    const before = fullTree(`${root}/old`);
    const { action, sessions } = await take(root, "old");
    assertEquals([action, sessions.length], ["migrated", 2]);
    assertEquals(fullTree(`${root}/old`), before);
    assertEquals(sessionsIn(`${root}/new`), [OLDER_ID, LEGACY_ID]);
    const { task } = await readStatus(fixedHost(), { root: `${root}/new` });
    assertEquals(task, "Old task");
    // No copy is a second name of an original.
    const name = "checkpoints/cp_20260102_030405_1a2b3c.json";
    const path = `${root}/new/.orchestrator/sessions/${LEGACY_ID}/${name}`;
    assertEquals(Deno.lstatSync(path).nlink, 1);
    assertEquals((await take(root, "old")).action, "nothing");
    await back(`${root}/new`);
    assertEquals(readTree(`${root}/new`), {});
  }));

Deno.test("importLegacy() takes a single state, or a single log", () =>
  withRoot({
    "old.json": legacyState(),
    "old.jsonl": LOG,
    "new/": "",
  }, async (root) => {
    assertEquals((await take(root, "old.json")).sessions.length, 1);
    const { sessions, warnings } = await take(root, "old.jsonl");
    assertEquals(sessions.map(({ id, from }) => [id, from]), [
      [OLDER_ID, "log"],
      [LEGACY_ID, "present"],
    ]);
    assertEquals(warnings, []);
  }));

Deno.test("importLegacy() refuses what is not there, and its own repository", () =>
  withRoot({ "new/.workflow_state.json": legacyState() }, async (root) => {
    const codeOf = (path: string) =>
      refusalWithoutTrace(root, () => take(root, path)).then(({ code }) =>
        code
      );
    assertEquals(await codeOf("gone"), "no_such_file");
    assertEquals(await codeOf("new"), "own_files");
  }));

/** Syncs as Windows does: only what was opened to be written. Directories are not synced there. */
async function withStrictSync(work: () => Promise<void>): Promise<void> {
  const { openSync } = Deno;
  Deno.openSync = (path, options) => {
    const file = openSync(path, options);
    const mayWrite = options?.write || options?.append;
    if (!mayWrite && file.statSync().isFile) {
      file.syncSync = () => {
        throw Object.assign(new Error("not permitted"), { code: "EPERM" });
      };
    }
    return file;
  };
  try {
    await work();
  } finally {
    Deno.openSync = openSync;
  }
}

Deno.test("migrate() and its way back sync nothing that was opened to be read, which Windows refuses", () =>
  withLegacy(EVERYTHING, async (root) => {
    const before = filesOf(root);
    await withStrictSync(async () => {
      assertEquals((await run(root)).action, "migrated");
      assertEquals((await back(root)).action, "rolled_back");
    });
    assertEquals(filesOf(root), before);
  }));
