import type { OrcError } from "../../src/base/error.ts";
import { openRepository } from "../../src/repository/open.ts";
import {
  assertChangeable,
  openSession,
  ownersOf,
  workflowOf,
} from "../../src/repository/select.ts";
import { switchSession } from "../../src/sessions/manage.ts";
import { completeItem } from "../../src/work/complete.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession, finishSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { readStatus } from "../../src/work/status.ts";
import { writeTree } from "../files/temporary.ts";
import {
  agent,
  APPROVING,
  codeOf,
  codeWithoutTrace,
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  LEGACY_ID,
  legacyState,
  type Machine,
  refusalOf,
  refusalWithoutTrace,
  withoutTrace,
  withRoot,
  withSession,
  WORKTREES,
} from "../work/fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** Which session a caller means, and why; nothing is written on the way. */
async function selected(
  root: string,
  machine: Machine,
  session?: string,
): Promise<string> {
  const chosen = await withoutTrace(
    root,
    () => readStatus(fixedHost(machine), { root, session }),
  );
  return `${chosen.sessionSource}: ${chosen.task}`;
}

/** Starts sessions one beside the other, each on a machine of its own, numbered from 1. */
async function startAll(
  root: string,
  machines: readonly Machine[],
): Promise<void> {
  for (const [index, machine] of machines.entries()) {
    const number = index + 1;
    const host = fixedHost({ ...machine, number });
    await startSession(host, { root, task: `Task ${number}`, beside: true });
  }
}

/** Runs a test on a repository with sessions: one for each machine. */
function withSessions(
  machines: readonly Machine[],
  test: (root: string) => Promise<void>,
): Promise<void> {
  return withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    await startAll(root, machines);
    await test(root);
  });
}

const ANYBODY: Machine = {};
const ONE: Machine = { environment: agent("1") };
const TWO: Machine = { environment: agent("2") };

function removeCurrent(root: string): void {
  Deno.removeSync(`${root}/.orchestrator/current`);
}

Deno.test("selectSession() takes the flag, then the environment, then the caller's own session, then current", () =>
  withSessions([ONE, TWO, ANYBODY], async (root) => {
    const naming = (session: string): Machine => ({
      environment: { ...agent("1"), ORCHESTRATOR_SESSION: session },
    });
    const flag = idOf(2, 0);
    const third = naming(idOf(3, 0));
    assertEquals(await selected(root, third, flag), "flag: Task 2");
    const choices: [Machine, string][] = [
      [third, "environment: Task 3"],
      [naming(""), "agent: Task 1"],
      [ONE, "agent: Task 1"],
      [TWO, "agent: Task 2"],
      [ANYBODY, "current: Task 3"],
      // Agents without a session, or without an id.
      [{ environment: agent("3") }, "current: Task 3"],
      [{ environment: { CLAUDECODE: "1" } }, "current: Task 3"],
    ];
    for (const [machine, choice] of choices) {
      assertEquals(await selected(root, machine), choice);
    }
  }));

Deno.test("selectSession() keeps an agent in its session when others start, switch and end theirs", () =>
  withSessions([ONE, TWO], async (root) => {
    await switchSession(fixedHost({ number: 3 }), { root, id: idOf(2, 0) });
    await abandonSession(fixedHost({ ...TWO, number: 4 }), {
      root,
      reason: "No longer wanted",
    });
    assertEquals(await selected(root, ONE), "agent: Task 1");
    await addNote(fixedHost({ ...ONE, number: 5 }), { root, text: "Mine" });
    const { notes } = await readStatus(fixedHost(ONE), { root });
    assertEquals(notes, ["Mine"]);
  }));

Deno.test("selectSession() takes the session of the linked worktree, after the agent's own", () =>
  withRoot(WORKTREES, async (root) => {
    const linked = { workingDirectory: `${root}/wt` };
    const main = { workingDirectory: `${root}/main` };
    const start = (number: number, machine: Machine) =>
      startSession(fixedHost({ ...machine, number }), {
        task: `Task ${number}`,
        beside: true,
      });
    await start(1, linked);
    await start(2, main);
    await start(3, { ...main, ...ONE });
    const source = async (machine: Machine) => {
      const { sessionSource, task } = await readStatus(fixedHost(machine));
      return `${sessionSource}: ${task}`;
    };
    assertEquals(await source(linked), "worktree: Task 1");
    assertEquals(await source(main), "current: Task 3");
    assertEquals(await source({ ...linked, ...ONE }), "agent: Task 3");
    assertEquals(await source({ ...linked, ...TWO }), "worktree: Task 1");
  }));

Deno.test("selectSession() takes the only active session where none is current", () =>
  withSessions([ANYBODY, ANYBODY], async (root) => {
    await abandonSession(fixedHost({ number: 3 }), {
      root,
      reason: "No longer wanted",
    });
    removeCurrent(root);
    assertEquals(await selected(root, ANYBODY), "only: Task 1");
  }));

/** Asserts that nobody may read or write while it is not known which session is meant. */
async function assertNoneMeant(
  root: string,
  expected: Pick<OrcError, "kind" | "code" | "message" | "details">,
): Promise<void> {
  for (
    const use of [
      () => readStatus(fixedHost(), { root }),
      () => addNote(fixedHost(), { root, text: "For whom?" }),
    ]
  ) {
    const error = await refusalWithoutTrace(root, use);
    const { kind, code, message, details } = error;
    assertEquals({ kind, code, message, details }, expected);
  }
}

Deno.test("selectSession() refuses to guess between several, for reads and writes, and names them", () =>
  withSessions([ANYBODY, ANYBODY], async (root) => {
    removeCurrent(root);
    const candidates = [idOf(1, 0), idOf(2, 0)];
    const named = candidates.join(", ");
    await assertNoneMeant(root, {
      kind: "refused",
      code: "session_ambiguous",
      message: `Several sessions are active and none is chosen: ${named}`,
      details: { candidates },
    });
  }));

Deno.test("selectSession() names five candidates of many", () =>
  withSessions(Array<Machine>(7).fill(ANYBODY), async (root) => {
    removeCurrent(root);
    const error = await refusalOf(() => readStatus(fixedHost(), { root }));
    assertEquals(Object(error.details).candidates.length, 5);
    assertEquals(error.message.endsWith("and 2 more"), true);
  }));

Deno.test("selectSession() refuses a current session that is gone, and names those that are there", () =>
  withSessions([ANYBODY], async (root) => {
    writeTree(root, { ".orchestrator/current": "01kk0000000000000000000009" });
    const id = idOf(1, 0);
    await assertNoneMeant(root, {
      kind: "not_found",
      code: "no_such_session",
      message:
        `Current session "01kk0000000000000000000009" does not exist; choose one of: ${id}`,
      details: { candidates: [id] },
    });
  }));

Deno.test("selectSession() says how to begin where there is nothing to choose from", () =>
  withRoot(
    { ".orchestrator/current": "01kk0000000000000000000009" },
    async (root) => {
      const gone = await refusalOf(() => readStatus(fixedHost(), { root }));
      assertEquals(
        [gone.message, gone.hint],
        [
          'Current session "01kk0000000000000000000009" does not exist; there is none here',
          'orc start "TASK"',
        ],
      );
      removeCurrent(root);
      const none = await refusalOf(() => readStatus(fixedHost(), { root }));
      assertEquals([none.kind, none.code], ["not_found", "no_session"]);
      assertEquals(none.hint, 'orc start "TASK"');
    },
  ));

Deno.test("selectSession() does not take a closed session for the only one", () =>
  withSessions([ANYBODY], async (root) => {
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Why not" });
    assertEquals(await selected(root, ANYBODY), "current: Task 1");
    removeCurrent(root);
    const error = await refusalOf(() => readStatus(fixedHost(), { root }));
    assertEquals(error.code, "no_session");
  }));

Deno.test("selectSession() takes the only active session beside a current that is not orc's", () =>
  withSessions([ANYBODY], async (root) => {
    for (
      const text of ["../../etc", "/etc", "A", "a b", "x".repeat(65), "main"]
    ) {
      writeTree(root, { ".orchestrator/current": text });
      assertEquals(await selected(root, ANYBODY), "only: Task 1");
    }
    writeTree(root, { ".orchestrator/current": `\ufeff${idOf(1, 0)}\r\n` });
    assertEquals(await selected(root, ANYBODY), "current: Task 1");
  }));

Deno.test("selectSession() takes a unique beginning or end of an id, from the flag and the environment", () =>
  withSessions([ONE, TWO], async (root) => {
    assertEquals(await selected(root, ANYBODY, "01kk01"), "flag: Task 1");
    const environment = { ORCHESTRATOR_SESSION: "01kk02" };
    assertEquals(await selected(root, { environment }), "environment: Task 2");
    assertEquals(
      await codeOf(() => readStatus(fixedHost(), { root, session: "01kk" })),
      "usage ambiguous_session_id",
    );
    assertEquals(
      await codeOf(() => readStatus(fixedHost(), { root, session: "01kk09" })),
      "not_found no_such_session",
    );
    for (const session of ["", "../x", "A", "-rf"]) {
      const invalid = await refusalOf(() =>
        readStatus(fixedHost(), { root, session })
      );
      assertEquals(invalid.kind === "usage", session !== "-rf", session);
    }
  }));

Deno.test("selectSession() refuses a binding that names no session", () =>
  withSessions([ONE], async (root) => {
    const [binding] = [...Deno.readDirSync(`${root}/.orchestrator/bindings`)];
    const path = `.orchestrator/bindings/${binding?.name}`;
    writeTree(root, { [path]: '{"session": "../x"}' });
    assertEquals(
      await codeWithoutTrace(root, () => readStatus(fixedHost(ONE), { root })),
      "corrupt invalid_binding",
    );
  }));

Deno.test("selectSession() reads a legacy session in place where there is no other", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    assertEquals(await selected(root, ANYBODY), "legacy: Old task");
    assertEquals(await selected(root, ONE), "legacy: Old task");
    assertEquals(await selected(root, ANYBODY, LEGACY_ID), "flag: Old task");
    assertEquals(await selected(root, ANYBODY, "1a2b"), "flag: Old task");
    writeTree(root, { ".orchestrator/current": LEGACY_ID });
    assertEquals(await selected(root, ANYBODY), "legacy: Old task");
  }));

Deno.test("selectSession() finds a legacy session by its id beside new ones, which win", () =>
  withSessions([ANYBODY], async (root) => {
    writeTree(root, { ".workflow_state.json": legacyState() });
    assertEquals(await selected(root, ANYBODY), "current: Task 1");
    assertEquals(await selected(root, ANYBODY, LEGACY_ID), "flag: Old task");
    removeCurrent(root);
    assertEquals(await selected(root, ANYBODY), "only: Task 1");
  }));

Deno.test("selectSession() names a session beside a damaged legacy one", () =>
  withSessions([ANYBODY], async (root) => {
    writeTree(root, { ".workflow_state.json": "{" });
    assertEquals(await selected(root, ANYBODY, "01kk01"), "flag: Task 1");
  }));

Deno.test("selectSession() does not go back to the legacy file of an adopted session that has ended", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    await addNote(fixedHost({ number: 1 }), { root, text: "Adopted" });
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Why not" });
    removeCurrent(root);
    const error = await refusalOf(() => readStatus(fixedHost(), { root }));
    assertEquals(error.code, "no_session");
    assertEquals(await selected(root, ANYBODY, LEGACY_ID), "flag: Old task");
    const named = await readStatus(fixedHost(), { root, session: LEGACY_ID });
    assertEquals([named.status, named.legacy], ["abandoned", false]);
  }));

Deno.test("ownersOf() names the agent if it tells its id, then the linked worktree", () =>
  withRoot(WORKTREES, (root) => {
    const owners = (machine: Machine) => {
      const host = fixedHost(machine);
      return ownersOf(host, openRepository(host, {}));
    };
    const workingDirectory = `${root}/wt`;
    const worktree = { kind: "worktree", name: workingDirectory } as const;
    assertEquals(owners({ workingDirectory: `${root}/main` }), []);
    assertEquals(owners({ workingDirectory }), [worktree]);
    assertEquals(owners({ workingDirectory, ...ONE }), [
      { kind: "agent", name: "claude-code:1" },
      worktree,
    ]);
    assertEquals(
      owners({ workingDirectory, environment: { CLAUDECODE: "1" } }),
      [worktree],
    );
    return Promise.resolve();
  }));

Deno.test("openSession() returns the session with its workflow and place, and writes nothing", () =>
  withSession(async (root) => {
    const opened = await withoutTrace(
      root,
      () => openSession(fixedHost(), { root }),
    );
    assertEquals(opened.session.id, idOf(0, 0));
    assertEquals(opened.source, "current");
    assertEquals(opened.workflow.name, "Tiny");
    assertEquals(opened.place, {
      root,
      rootSource: "flag",
      session: idOf(0, 0),
    });
    assertEquals(opened.refusal, null);
    assertEquals(assertChangeable(opened), undefined);
  }));

/** A session that carries no workflow, as the oldest do. */
const UNPINNED = {
  ".workflow_state.json": legacyState({ workflow_definition: null }),
};

Deno.test("workflowOf() takes the pinned workflow, whatever workflow.yaml says", () =>
  withRoot({
    ".workflow_state.json": legacyState(),
    "workflow.yaml": "broken",
  }, async (root) => {
    const { repository, session } = await openSession(fixedHost(), { root });
    const { workflow, refusal } = await workflowOf(repository, session);
    assertEquals([workflow.name, refusal], ["Easy", null]);
  }));

Deno.test("workflowOf() follows workflow.yaml where nothing was pinned", () =>
  withRoot({
    ...UNPINNED,
    "workflow.yaml": EASY_WORKFLOW.replace("name: It", "name: From the file"),
  }, async (root) => {
    const { workflow, refusal } = await openSession(fixedHost(), { root });
    assertEquals(refusal, null);
    assertEquals(workflow.phases[0]?.items[0]?.name, "From the file");
    await addNote(fixedHost(), { root, text: "Can be changed" });
    assertEquals((await readStatus(fixedHost(), { root })).serial, 1);
  }));

Deno.test("workflowOf() shows a session whose rules are lost, and lets nobody change it", () =>
  withRoot(UNPINNED, async (root) => {
    const { items, phaseId } = await readStatus(fixedHost(), { root });
    assertEquals([phaseId, items.map(({ id }) => id)], ["DO", ["it"]]);
    const note = { root, text: "Refused" };
    const { kind, code, hint } = await refusalWithoutTrace(
      root,
      () => addNote(fixedHost(), note),
    );
    assertEquals([kind, code], ["config", "no_workflow"]);
    assertEquals(hint, "put the workflow.yaml it was started with back");
  }));

Deno.test("workflowOf() does not make up rules where workflow.yaml is there and broken", () =>
  withRoot({ ...UNPINNED, "workflow.yaml": "phases: 1\n" }, async (root) => {
    assertEquals(
      await codeOf(() => readStatus(fixedHost(), { root })),
      "config invalid_workflow",
    );
  }));

Deno.test("workflowOf() refuses a pinned workflow it cannot trust", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const phases = [{ id: "DO", name: "Do", items: [{ id: "it" }] }];
    const state = legacyState({
      workflow_definition: { name: "Easy", phases },
    });
    writeTree(root, { ".workflow_state.json": state });
    assertEquals(
      await codeOf(() => readStatus(fixedHost(), { root })),
      "corrupt invalid_state",
    );
  }));

const ITEM = { id: "it", name: "It" };
const PHASE = { id: "DO", name: "Do", items: [ITEM] };

/** What pinned workflows say that nobody can go on with, and how updates are refused. */
const UNUSABLE: Readonly<Record<string, [object, string, string]>> = {
  "two phases of one id": [
    { name: "Easy", phases: [PHASE, PHASE] },
    "corrupt",
    "duplicate_id",
  ],
  "two items of one id": [
    { name: "Easy", phases: [{ ...PHASE, items: [ITEM, ITEM] }] },
    "corrupt",
    "duplicate_id",
  ],
  "another version of orc": [
    { name: "Easy", orc: ">=99", phases: [PHASE] },
    "config",
    "orc_version",
  ],
  "a version that is none": [
    { name: "Easy", orc: "latest", phases: [PHASE] },
    "config",
    "orc_version",
  ],
};

for (const [name, [definition, kind, code]] of Object.entries(UNUSABLE)) {
  Deno.test(`workflowOf() shows a session pinned with ${name}, and lets nobody change it`, () =>
    withRoot({
      ".workflow_state.json": legacyState({ workflow_definition: definition }),
    }, async (root) => {
      const host = fixedHost({ environment: APPROVING });
      const { items, warnings } = await readStatus(host, { root });
      assertEquals(items[0]?.id, "it");
      assertEquals(warnings.length, 1);
      const changes = [
        () => addNote(host, { root, text: "Refused" }),
        () => completeItem(host, { root, itemId: "it" }),
        () => finishSession(host, { root, force: true }),
        () => abandonSession(host, { root, reason: "Cannot go on" }),
      ];
      for (const change of changes) {
        const error = await refusalWithoutTrace(root, change);
        assertEquals([error.kind, error.code], [kind, code]);
        assertStringIncludes(warnings[0] ?? "", error.message);
      }
    }));
}

Deno.test("workflowOf() goes on with a session whose range this orc fits", () =>
  withRoot({
    ".workflow_state.json": legacyState({
      workflow_definition: { name: "Easy", orc: ">=0.1", phases: [PHASE] },
    }),
  }, async (root) => {
    await addNote(fixedHost(), { root, text: "Can be changed" });
    assertEquals((await readStatus(fixedHost(), { root })).warnings, []);
  }));

Deno.test("workflowOf() refuses to follow a workflow.yaml for other versions of orc", () =>
  withRoot({
    ...UNPINNED,
    "workflow.yaml": `orc: ">=99"\n${EASY_WORKFLOW}`,
  }, async (root) => {
    const error = await refusalWithoutTrace(
      root,
      () => addNote(fixedHost(), { root, text: "Refused" }),
    );
    assertEquals(
      [error.code, error.path],
      ["orc_version", `${root}/workflow.yaml`],
    );
  }));
