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
});

testText({
  name: "orc list leaves out closed sessions when asked",
  argv: ["list", "--search", "one", "--active-only"],
  within: withTree,
});

testText({
  name: "orc list says where there is none",
  argv: ["list", ".", "--depth", "0"],
  within: withTree,
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
});

/** A closed session, a damaged one and a finished legacy one, beside one that goes on. */
function addSessions(root: string): Promise<void> {
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
  return Promise.resolve();
}

/** Forty days after the older tool wrote its last. */
const LATER = { at: "2026-02-11T10:00:00Z", number: 9 };

testOutput({
  name: "orc cleanup shows what it would remove",
  argv: ["cleanup", "--dry-run"],
  before: addSessions,
  machine: LATER,
  result: { dryRun: true },
});

testOutput({
  name: "orc cleanup removes closed sessions and names what stays",
  argv: ["cleanup", "--max-age", "40", "-y"],
  before: addSessions,
  machine: LATER,
});

testOutput({
  name: "orc cleanup removes nothing without a yes",
  argv: ["cleanup"],
  before: addSessions,
  machine: LATER,
  exitCode: 3,
  code: "not_confirmed",
});

testText({
  name: "orc cleanup says that there is nothing to remove",
  argv: ["cleanup"],
});

/** A closed session beside one that goes on. */
function addSession(root: string): Promise<void> {
  const state = legacyState({ status: "abandoned" });
  writeTree(root, { ".orchestrator/sessions/1a2b3c4d/state.json": state });
  return Promise.resolve();
}

testOutput({
  name: "orc session cleanup removes closed sessions",
  argv: ["session", "cleanup", "--yes"],
  before: addSession,
  machine: LATER,
});

testText({
  name: "orc session cleanup asks at a terminal",
  argv: ["workflow", "cleanup", "--status", "abandoned"],
  before: addSession,
  machine: { ...LATER, answers: ["y"] },
});

testText({
  name: "orc session cleanup removes nothing that is younger",
  argv: ["session", "cleanup", "--older-than", "41", "--yes"],
  before: addSession,
  machine: LATER,
});

testOutput({
  name: "orc session cleanup refuses to remove active sessions",
  argv: ["session", "cleanup", "--status", "active", "--yes"],
  exitCode: 2,
  code: "invalid_status",
});

testOutput({
  name: "orc session info tells what a session is and why it is meant",
  argv: ["session", "info"],
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
});

testText({
  name: "orc session list lists the sessions where current is damaged",
  argv: ["workflow", "list"],
  before: (root) => {
    writeTree(root, { ".orchestrator/current": "../x" });
    return Promise.resolve();
  },
});

testText({
  name: "orc session list says how to begin",
  argv: ["session", "list"],
  within: inEmptyDirectory,
});

testOutput({
  name: "orc session list refuses a bad time limit too",
  argv: ["session", "list", "--lock-timeout", "soon"],
  within: inEmptyDirectory,
  exitCode: 2,
  code: "invalid_lock_timeout",
});

function rename(root: string): Promise<unknown> {
  const naming = { root, id: idOf(0, 0), name: "Second try" };
  return renameSession(fixedHost({ number: 2 }), naming);
}

testOutput({
  name: "orc session rename gives a session a name",
  argv: ["session", "rename", "01kk", "Second try"],
});

testOutput({
  name: "orc session rename refuses a blank name",
  argv: ["session", "rename", "01kk", " "],
  exitCode: 2,
  code: "invalid_name",
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
});

testOutput({
  name: "orc session switch names the sessions that an id fits",
  argv: ["session", "switch", "01kk"],
  before: addOther,
  exitCode: 2,
  code: "ambiguous_session_id",
});

testText({
  name: "orc session switch refuses a session that does not exist",
  argv: ["session", "switch", "34aa3244"],
  exitCode: 4,
});

/** A process holds the session, and something unreadable the repository. */
function layLocks(root: string): Promise<void> {
  writeTree(`${root}/.orchestrator`, {
    lock: "{",
    [`sessions/${idOf(0, 0)}/lock`]: lockText(foreignRecord()),
  });
  return Promise.resolve();
}

testOutput({
  name: "orc unlock shows who holds the locks",
  argv: ["unlock"],
  before: layLocks,
});

testText({
  name: "orc unlock says when no lock is held",
  argv: ["unlock", "--force"],
});

testText({
  name: "orc unlock --force removes the locks for a human",
  argv: ["unlock", "--force"],
  before: layLocks,
  machine: { answers: ["unlock"] },
});

testOutput({
  name: "orc unlock --force is refused to an agent",
  argv: ["unlock", "--force"],
  before: layLocks,
  machine: { environment: agent("1"), answers: ["unlock"] },
  exitCode: 77,
  code: "approval_required",
});
