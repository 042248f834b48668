import { renameSession } from "../../src/sessions/manage.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  agent,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  legacyState,
  withRoot,
} from "../work/fixtures.ts";
import { inEmptyDirectory, testOutput, testText } from "./orc.ts";

/** Three repositories: one with an open and a closed session, a legacy one, a damaged one. */
function withTree(test: (top: string) => Promise<void>): Promise<void> {
  return withRoot({
    "one/workflow.yaml": EASY_WORKFLOW,
    "old/.workflow_state.json": legacyState({ project: "shop" }),
    "bad/.orchestrator/sessions/1a2b3c4d/state.json": "{",
    "worse/.orchestrator": "a file",
  }, async (top) => {
    const root = `${top}/one`;
    await startSession(fixedHost({ number: 1 }), { root, task: "Add login" });
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Dropped" });
    const at = "2026-03-01T11:00:00Z";
    const host = fixedHost({ number: 3, at });
    await startSession(host, { root, task: "Add logout" });
    await test(top);
  });
}

testOutput({
  name:
    "orc list lists the sessions of a directory tree, also damaged and legacy ones",
  argv: ["list"],
  within: withTree,
  result: {
    directory: "/shop",
    sessions: [
      {
        session: "1a2b3c4d",
        directory: "/shop/bad",
        workflow_id: null,
        task: null,
        status: null,
        current_phase: null,
        created_at: null,
        updated_at: null,
        problem:
          "/shop/bad/.orchestrator/sessions/1a2b3c4d/state.json:1:2 is not valid JSON: it ends after 1 bytes where a key in double quotes was expected",
      },
      {
        path: "/shop/old/.workflow_state.json",
        directory: "/shop/old",
        workflow_id: "wf_1a2b3c4d",
        task: "Old task",
        status: "active",
        current_phase: "DO",
        project: "shop",
        created_at: "2026-01-02T03:04:05Z",
        updated_at: "2026-01-02T03:04:05Z",
        session: "1a2b3c4d",
        legacy: true,
        problem: null,
      },
      {
        path: `/shop/one/.orchestrator/sessions/${idOf(3, 0)}/state.json`,
        session: idOf(3, 0),
        project: null,
        legacy: false,
      },
      { session: idOf(1, 0), status: "abandoned", task: "Add login" },
    ],
  },
});

testText({
  name: "orc list leaves out closed sessions when asked",
  argv: ["list", "--search", "one", "--active-only"],
  within: withTree,
  text: `/shop/one
  01kk…0000  active     DO        Add logout`,
});

testText({
  name: "orc list says where there is none",
  argv: ["list", ".", "--depth", "0"],
  within: withTree,
  text: "No sessions below /shop; how deep to look says --depth",
});

testOutput({
  name: "orc list refuses two directories",
  argv: ["list", "one", "--search", "old"],
  within: (test) =>
    withRoot({}, async (root) => {
      writeTree(root, { "one/": "", "old/": "" });
      await test(root);
    }),
  exitCode: 2,
  code: "conflicting_flags",
  text: `! --search and DIR do not go together
! Try: orc help list`,
});

/** A closed session, a damaged one and a finished legacy one, beside one that goes on. */
function addSessions(root: string): void {
  writeTree(root, {
    ".orchestrator/sessions/0badbad0/state.json": "{",
    ".orchestrator/sessions/1a2b3c4d/state.json": legacyState({
      status: "abandoned",
    }),
    ".workflow_state.json": legacyState({
      workflow_id: "wf_5a6b7c8d",
      status: "completed",
    }),
  });
}

/** Forty days after the older tool wrote its last. */
const LATER = { at: "2026-02-11T10:00:00Z", number: 9 };

testOutput({
  name: "orc cleanup shows what it would remove",
  argv: ["cleanup", "--dry-run"],
  before: addSessions,
  machine: LATER,
  result: { dryRun: true },
  text: `Would remove 1 session (726 B)
  1a2b3c4d   abandoned    40 d    726 B  /shop  Old task
Kept: /shop/.orchestrator/sessions/0badbad0/state.json:1:2 is not valid JSON: it ends after 1 bytes where a key in double quotes was expected
Kept: "/shop/.workflow_state.json" is completed, but only a migration removes files of the older tool`,
});

testOutput({
  name: "orc cleanup removes closed sessions and names what stays",
  argv: ["cleanup", "--max-age", "40", "-y"],
  before: addSessions,
  machine: LATER,
  text: `Removed 1 session (726 B)
  1a2b3c4d   abandoned    40 d    726 B  /shop  Old task
Kept: /shop/.orchestrator/sessions/0badbad0/state.json:1:2 is not valid JSON: it ends after 1 bytes where a key in double quotes was expected
Kept: "/shop/.workflow_state.json" is completed, but only a migration removes files of the older tool`,
  result: {
    directory: "/shop",
    dryRun: false,
    sessions: [{
      session: "1a2b3c4d",
      directory: "/shop",
      path: "/shop/.orchestrator/sessions/1a2b3c4d",
      task: "Old task",
      unchangedDays: 40,
      status: "abandoned",
      sizeBytes: 1000,
    }],
    leftovers: [],
    sizeBytes: 1000,
    kept: [
      { path: "/shop/.orchestrator/sessions/0badbad0/state.json" },
      {
        path: "/shop/.workflow_state.json",
        problem:
          '"/shop/.workflow_state.json" is completed, but only a migration removes files of the older tool',
      },
    ],
  },
});

testOutput({
  name: "orc cleanup removes nothing without a yes",
  argv: ["cleanup"],
  before: addSessions,
  machine: LATER,
  exitCode: 3,
  code: "not_confirmed",
  details: { sessions: ["1a2b3c4d"] },
  text: `! Nothing was removed: 1 session (726 B) would be, but nobody said yes
! Try: look at them with --dry-run first; --yes is the yes where nobody can be asked`,
});

testText({
  name: "orc cleanup says that there is nothing to remove",
  argv: ["cleanup"],
  text: "Nothing to remove",
});

/** A closed session beside one that goes on. */
function addSession(root: string): void {
  const state = legacyState({ status: "abandoned" });
  writeTree(root, { ".orchestrator/sessions/1a2b3c4d/state.json": state });
}

testOutput({
  name: "orc session cleanup removes closed sessions",
  argv: ["session", "cleanup", "--yes"],
  before: addSession,
  machine: LATER,
  result: {
    dryRun: false,
    sessions: [{
      session: "1a2b3c4d",
      directory: "/shop",
      path: "/shop/.orchestrator/sessions/1a2b3c4d",
      task: "Old task",
      status: "abandoned",
      unchangedDays: 40,
      sizeBytes: 1000,
    }],
    leftovers: [],
    sizeBytes: 1000,
    kept: [],
  },
  text: `Removed 1 session (726 B)
  1a2b3c4d   abandoned    40 d    726 B  /shop  Old task`,
});

testText({
  name: "orc session cleanup asks at a terminal",
  argv: ["workflow", "cleanup", "--status", "abandoned"],
  before: addSession,
  machine: { ...LATER, answers: ["y"] },
  text: `Removed 1 session (726 B)
  1a2b3c4d   abandoned    40 d    726 B  /shop  Old task`,
});

testText({
  name: "orc session cleanup removes nothing that is younger",
  argv: ["session", "cleanup", "--older-than", "41", "--yes"],
  before: addSession,
  machine: LATER,
  text: "Nothing to remove",
});

testOutput({
  name: "orc session cleanup refuses to remove active sessions",
  argv: ["session", "cleanup", "--status", "active", "--yes"],
  exitCode: 2,
  code: "invalid_status",
  text: `! --status is "active", not completed, abandoned or all
! Try: orc help session cleanup`,
});

testOutput({
  name: "orc session info tells what a session is and why it is meant",
  argv: ["session", "info"],
  result: {
    active: true,
    status: "active",
    task: "Add login",
    workflowId: "wf_00000000",
    workflow: "Tiny",
    phaseId: "PLAN",
    session: "01kk0000000000000000000000",
    sessionSource: "current",
    serial: 1,
    legacy: false,
    at: "2026-03-01T10:00:00Z",
    root: "/shop",
    name: null,
  },
});

testText({
  name: "orc session info tells of a session that is named",
  argv: ["session", "info", "01kk"],
});

testText({
  name: "orc session info tells of a legacy session",
  argv: ["session", "info"],
  within: (test) => withRoot({ ".workflow_state.json": legacyState() }, test),
});

testOutput({
  name: "orc session info refuses what is no id",
  argv: ["session", "info", "../x"],
  exitCode: 2,
  code: "invalid_session_id",
  text: `! Cannot use "../x" as a session id
! Try: a session id has 1 to 64 characters of a-z, 0-9, - and _; orc session list shows them`,
});

async function addListed(root: string): Promise<void> {
  for (
    const [number, task] of ["Add logout\nand more", "a".repeat(70)].entries()
  ) {
    const at = `2026-03-01T1${number + 1}:00:00Z`;
    const host = fixedHost({ number: number + 2, at });
    await startSession(host, { root, task, beside: true });
  }
  await abandonSession(fixedHost({ number: 4 }), { root, reason: "Dropped" });
  const damaged = `.orchestrator/sessions/${idOf(2, 0)}/state.json`;
  writeTree(root, {
    [damaged]: "{",
    ".workflow_state.json": legacyState(),
  });
}

testOutput({
  name: "orc session list lists sessions, also damaged and legacy ones",
  argv: ["session", "list"],
  before: addListed,
  text:
    `* 01kk…0000  abandoned  PLAN 0/6         aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
  01kk…0000  active     PLAN 0/6         Add login
  1a2b3c4d   active     DO 0/1           Old task
  01kk…0000  /shop/.orchestrator/sessions/01kk0200000000000000000000/state.json:1:2 is not valid JSON: it ends after 1 bytes where a key in double quotes was expected
! Warning: Legacy files of the older tool lie in the root; orc migrate moves them in`,
  result: {
    more: 0,
    sessions: [
      {
        id: idOf(3, 0),
        status: "abandoned",
        task: "a".repeat(70),
        phaseId: "PLAN",
        progress: { completed: 0, skipped: 0, total: 6 },
        createdAt: "2026-03-01T12:00:00Z",
        updatedAt: "2026-03-01T10:00:00Z",
        current: true,
        legacy: false,
        problem: null,
      },
      { id: idOf(0, 0), name: null, status: "active", current: false },
      { id: "1a2b3c4d", legacy: true },
      {
        id: idOf(2, 0),
        status: null,
        task: null,
        phaseId: null,
        progress: null,
        createdAt: null,
        updatedAt: null,
        problem:
          "/shop/.orchestrator/sessions/01kk0200000000000000000000/state.json:1:2 is not valid JSON: it ends after 1 bytes where a key in double quotes was expected",
      },
    ],
  },
});

testText({
  name: "orc session list lists the sessions where current is not orc's",
  argv: ["workflow", "list"],
  before: (root) => writeTree(root, { ".orchestrator/current": "../x" }),
  text: `  01kk…0000  active     PLAN 0/6         Add login`,
});

testText({
  name: "orc session list says how to begin",
  argv: ["session", "list"],
  within: inEmptyDirectory,
  text: 'No sessions here yet: orc start "TASK"',
});

testText({
  name: "orc session list does not send to start where none can start",
  argv: ["session", "list"],
  within: (test) => inEmptyDirectory((root) => test(root, { home: root })),
  text:
    "No sessions here, and none can start: change to the directory of a project",
});

testOutput({
  name: "orc session list refuses a bad time limit too",
  argv: ["session", "list", "--lock-timeout", "soon"],
  within: inEmptyDirectory,
  exitCode: 2,
  code: "invalid_lock_timeout",
  text: `! --lock-timeout is "soon", not a number of seconds from 0 to 86400
! Try: name seconds, such as --lock-timeout 30`,
});

function rename(root: string): Promise<unknown> {
  const naming = { root, id: idOf(0, 0), name: "Second try" };
  return renameSession(fixedHost({ number: 2 }), naming);
}

testOutput({
  name: "orc session rename gives a session a name",
  argv: ["session", "rename", "01kk", "Second try"],
  result: { session: "01kk0000000000000000000000", name: "Second try" },
  text: "Session 01kk…0000 is now called Second try",
});

testOutput({
  name: "orc session rename refuses a blank name",
  argv: ["session", "rename", "01kk", " "],
  exitCode: 2,
  code: "invalid_name",
  text: `! Cannot name a session " "
! Try: a name has 1 to 80 characters on one line`,
});

for (const argv of [["session", "list"], ["session", "info"], ["status"]]) {
  testText({
    name: `orc ${argv.join(" ")} shows the name of a session`,
    argv,
    before: rename,
  });
}

async function addOther(root: string): Promise<void> {
  const options = { root, task: "Add logout", beside: true };
  await startSession(fixedHost({ number: 2 }), options);
}

testOutput({
  name: "orc session switch makes another session the current one",
  argv: ["session", "switch", "01kk00"],
  before: addOther,
  result: {
    session: "01kk0000000000000000000000",
    task: "Add login",
    bound: "current",
  },
  text: "Now in session 01kk…0000: Add login",
});

testOutput({
  name: "orc session switch names the sessions that an id fits",
  argv: ["session", "switch", "01kk"],
  before: addOther,
  exitCode: 2,
  code: "ambiguous_session_id",
  details: {
    candidates: ["01kk0000000000000000000000", "01kk0200000000000000000000"],
  },
  text:
    `! Cannot tell which of 2 sessions "01kk" means: 01kk0000000000000000000000, 01kk0200000000000000000000
! Try: give more of the id; orc session list shows all`,
});

testText({
  name: "orc session switch refuses a session that does not exist",
  argv: ["session", "switch", "34aa3244"],
  exitCode: 4,
  text: `! Cannot find session "34aa3244"
! Try: orc session list`,
});

/** A process holds the session, and something unreadable the repository. */
function layLocks(root: string): void {
  writeTree(`${root}/.orchestrator`, {
    lock: "{",
    [`sessions/${idOf(0, 0)}/lock`]: lockText(foreignRecord()),
  });
}

testOutput({
  name: "orc unlock shows who holds the locks",
  argv: ["unlock"],
  before: layLocks,
  result: {
    locks: [{
      scope: "repository",
      path: "/shop/.orchestrator/lock",
      pid: null,
      host: null,
      purpose: null,
      lockedAt: null,
      ageMs: null,
      liveness: "unknown",
    }, {
      scope: "session",
      path: "/shop/.orchestrator/sessions/01kk0000000000000000000000/lock",
      pid: 815,
      host: "here",
      purpose: "complete",
      lockedAt: "2026-03-01T09:59:48Z",
      ageMs: 12000,
      liveness: "alive",
    }],
    removed: false,
  },
  text: `repository: "/shop/.orchestrator/lock" is unreadable
session: process 815 on "here" for 12 s (complete); it still runs`,
});

testText({
  name: "orc unlock says when no lock is held",
  argv: ["unlock", "--force"],
  text: "No lock is held",
});

testText({
  name: "orc unlock --force removes the locks for a human",
  argv: ["unlock", "--force"],
  before: layLocks,
  machine: { answers: ["unlock"] },
  text: `Removed:
repository: "/shop/.orchestrator/lock" is unreadable
session: process 815 on "here" for 12 s (complete); it still runs`,
});

testOutput({
  name: "orc unlock --force is refused to an agent",
  argv: ["unlock", "--force"],
  before: layLocks,
  machine: { environment: agent("1"), answers: ["unlock"] },
  exitCode: 77,
  code: "approval_required",
  text: `! Cannot remove the locks: only a human may, at a terminal
! Try: ask a human to run orc unlock --force --session 01kk0000000000000000000000 in a terminal`,
});
