import { saveCheckpoint } from "../../src/checkpoints/use.ts";
import {
  findRepositories,
  listCandidates,
  listSessions,
  listTree,
  type ListTreeOptions,
  type SessionList,
  type TreeList,
} from "../../src/sessions/list.ts";
import { addNote } from "../../src/work/item.ts";
import { abandonSession } from "../../src/work/phase.ts";
import { startSession } from "../../src/work/start.ts";
import { withTemporaryDirectory, writeTree } from "../files/temporary.ts";
import {
  agent,
  EASY_WORKFLOW,
  edit,
  fixedHost,
  GIT_LS_FILES,
  idOf,
  LEGACY_ID,
  legacyState,
  type Machine,
  sessionsIn,
  withoutTrace,
  withRoot,
  withSession,
} from "../work/fixtures.ts";
import { assertRefused } from "../work/refused.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

function list(root: string): Promise<SessionList> {
  return withoutTrace(root, () => listSessions(fixedHost(), { root }));
}

/** A test on three sessions, started at one o'clock, two and three; the last is current. */
function test(name: string, run: (root: string) => Promise<void>): void {
  const make = async (root: string) => {
    for (const number of [1, 2, 3]) {
      const host = fixedHost({ number, at: `2026-03-01T0${number}:00:00Z` });
      const task = `Task ${number}`;
      await startSession(host, { root, task, beside: true });
    }
    await run(root);
  };
  Deno.test(name, () => withRoot({ "workflow.yaml": EASY_WORKFLOW }, make));
}

function stateFile(number: number): string {
  return `.orchestrator/sessions/${idOf(number, 0)}/state.json`;
}

Deno.test("listSessions() lists nothing where there is nothing", () =>
  withRoot({}, async (root) => {
    assertEquals(await list(root), {
      place: { root, rootSource: "flag", session: null },
      sessions: [],
      more: 0,
      isProject: true,
      warnings: [],
    });
  }));

test("listSessions() lists the sessions newest first, closed ones too, and marks the current one", async (root) => {
  const host = fixedHost({ number: 4 });
  await abandonSession(host, { root, reason: "Why not" });
  const { sessions } = await list(root);
  assertEquals(
    sessions.map(({ task, current, status }) => [task, current, status]),
    [
      ["Task 3", true, "abandoned"],
      ["Task 2", false, "active"],
      ["Task 1", false, "active"],
    ],
  );
});

test("listSessions() lists a damaged session with its problem, and hides no other", async (root) => {
  writeTree(root, { [stateFile(2)]: "{" });
  const { sessions } = await list(root);
  const ids = [3, 1, 2].map((number) => idOf(number, 0));
  assertEquals(sessions.map(({ id }) => id), ids);
  assertStringIncludes(sessions[2]?.problem ?? "", stateFile(2));
});

test("listSessions() lists a session whose pinned workflow is damaged with what can be read", async (root) => {
  const path = `${root}/${stateFile(1)}`;
  edit(path, '"step_type": "flexible"', '"step_type": 7');
  const { sessions } = await list(root);
  const { task, progress, problem } = sessions[2] ?? {};
  assertEquals([task, progress], ["Task 1", null]);
  assertStringIncludes(problem ?? "", "step_type");
  assertEquals(sessions.filter((each) => each.problem).length, 1);
});

test("listSessions() lists the sessions beside a current that is not orc's, and beside a damaged legacy state with a warning", async (root) => {
  writeTree(root, {
    ".orchestrator/current": "../x",
    ".workflow_state.json": "{",
  });
  const { sessions, warnings, place } = await list(root);
  assertEquals(sessions.map(({ current }) => current), [false, false, false]);
  const [legacy = "", ...others] = warnings;
  assertEquals([place.session, others], [null, []]);
  assertStringIncludes(legacy, ".workflow_state.json");
});

test("listSessions() lists a legacy session until it is adopted", async (root) => {
  writeTree(root, { ".workflow_state.json": legacyState() });
  const { sessions } = await list(root);
  const { id, legacy, task, progress } = sessions[3] ?? {};
  assertEquals([id, legacy, task], [LEGACY_ID, true, "Old task"]);
  assertEquals(progress, { completed: 0, skipped: 0, total: 1 });
  const note = { root, session: LEGACY_ID, text: "Adopted" };
  await addNote(fixedHost({ number: 4 }), note);
  const adopted = (await list(root)).sessions;
  assertEquals(adopted.filter((each) => each.id === LEGACY_ID).length, 1);
  assertEquals(adopted.some((each) => each.legacy), false);
});

Deno.test("listSessions() shows no progress of the oldest sessions, which carry no workflow", () =>
  withRoot({
    ".workflow_state.json": legacyState({ workflow_definition: null }),
  }, async (root) => {
    const [line] = (await list(root)).sessions;
    assertEquals([line?.progress, line?.problem], [null, null]);
    assertEquals(line?.task, "Old task");
  }));

test("listSessions() marks what everybody shares as current, also for an agent", async (root) => {
  const host = fixedHost({ environment: agent("1") });
  const { sessions } = await listSessions(host, { root });
  assertEquals(sessions.map(({ current }) => current), [true, false, false]);
});

Deno.test("listSessions() lists those that were changed last, and all when asked to", () =>
  withRoot({}, async (root) => {
    const host = fixedHost();
    await startSession(host, { root, task: "First" });
    const sessions = `${root}/.orchestrator/sessions`;
    const [first = ""] = sessionsIn(root);
    for (let number = 0; number < 100; number++) {
      const path = `${sessions}/copy_${number}`;
      Deno.mkdirSync(path);
      const state = `${sessions}/${first}/state.json`;
      Deno.copyFileSync(state, `${path}/state.json`);
    }
    const later = new Date(Date.now() + 60_000);
    Deno.utimeSync(`${sessions}/${first}`, later, later);
    const listed = await listSessions(host, { root });
    assertEquals([listed.sessions.length, listed.more], [100, 1]);
    assert(listed.sessions.some(({ id }) => id === first));
    const all = await listSessions(host, { root, limit: Infinity });
    assertEquals([all.sessions.length, all.more], [101, 0]);
  }));

/** Finds repositories, named by their place below the start. */
function find(
  root: string,
  { depth = 3, home = "" } = {},
): { directories: readonly string[]; problems: readonly string[] } {
  const { directories, problems } = findRepositories(root, { depth, home });
  const place = (path: string) => path.slice(root.length);
  return { directories: directories.map(place), problems };
}

Deno.test("findRepositories() finds new and legacy state, the start included", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, {
      ".orchestrator/sessions/": "",
      "b/.workflow_state.json": "{}",
      "a/deep/.orchestrator/current": "x",
      "c/README.md": "nothing",
      "d/.orchestrator/config.yaml": "not a marker",
    });
    const directories = ["", "/a/deep", "/b"];
    assertEquals(find(root), { directories, problems: [] });
  }));

Deno.test("findRepositories() looks as deep as it is told", () =>
  withTemporaryDirectory((root) => {
    const all = ["/1", "/1/2", "/1/2/3"];
    for (const path of all) {
      writeTree(`${root}${path}`, { ".orchestrator/sessions/": "" });
    }
    for (const depth of [0, 1, 3]) {
      const { directories } = find(root, { depth });
      assertEquals(directories, all.slice(0, depth));
    }
  }));

Deno.test("findRepositories() looks into nothing that programs fill", () =>
  withTemporaryDirectory((root) => {
    for (const name of [".git", "node_modules", ".orchestrator"]) {
      writeTree(root, { [`${name}/x/.orchestrator/sessions/`]: "" });
    }
    assertEquals(find(root).directories, []);
  }));

Deno.test("findRepositories() takes the user's own directory for no repository", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, { "home/.orchestrator/sessions/": "" });
    assertEquals(find(root, { home: `${root}/home` }).directories, []);
    assertEquals(find(root, { home: `${root}/other` }).directories, ["/home"]);
  }));

Deno.test("findRepositories() names what is in the place of state, and goes on", () =>
  withTemporaryDirectory((root) => {
    writeTree(root, {
      "a/.orchestrator": "a file",
      "b/.orchestrator/sessions/": "",
    });
    const { directories, problems } = find(root);
    const place = `${root}/a/.orchestrator`;
    const problem = `Cannot use "${place}": it is a file and not a directory`;
    assertEquals([directories, problems], [["/b"], [problem]]);
  }));

Deno.test({
  name: "findRepositories() names what it may not look at",
  permissions: { read: ["."] },
  fn: () => {
    const { directories, problems } = findRepositories("/proc", { depth: 3 });
    assertEquals(directories, []);
    assert(problems.length > 0);
    assert(problems.every((problem) => problem.includes("permission")));
  },
});

function listBelow(
  workingDirectory: string,
  options: ListTreeOptions = {},
  machine: Machine = {},
): Promise<TreeList> {
  const host = fixedHost({ workingDirectory, ...machine });
  return withoutTrace(workingDirectory, () => listTree(host, options));
}

/** A test on two repositories with one session each, the second closed, and a legacy one. */
function testTree(name: string, run: (top: string) => Promise<void>): void {
  const files = {
    "one/workflow.yaml": EASY_WORKFLOW,
    "group/two/workflow.yaml": EASY_WORKFLOW,
    "old/.workflow_state.json": legacyState(),
  };
  const make = async (top: string) => {
    for (const [number, name] of [[1, "one"], [2, "group/two"]] as const) {
      const host = fixedHost({ number });
      await startSession(host, { root: `${top}/${name}`, task: name });
    }
    const two = { root: `${top}/group/two`, reason: "Dropped" };
    await abandonSession(fixedHost({ number: 3 }), two);
    await run(top);
  };
  Deno.test(name, () => withRoot(files, make));
}

testTree("listTree() lists the sessions of all repositories", async (top) => {
  const { directory, sessions, warnings } = await listBelow(top);
  assertEquals([directory, warnings], [top, []]);
  assertEquals(
    sessions.map(({ task, status, legacy }) => [task, status, legacy]),
    [
      ["group/two", "abandoned", false],
      ["Old task", "active", true],
      ["one", "active", false],
    ],
  );
});

testTree(
  "listTree() begins where it is told, and goes as deep",
  async (top) => {
    const tasks = async (options: ListTreeOptions) =>
      (await listBelow(top, options)).sessions.map(({ task }) => task);
    assertEquals(await tasks({ depth: "1" }), ["Old task", "one"]);
    assertEquals(await tasks({ directory: "group" }), ["group/two"]);
    assertEquals(await tasks({ root: `${top}/one` }), ["one"]);
    const both = { root: `${top}/one`, directory: `${top}/group` };
    assertEquals(await tasks(both), ["group/two"]);
    const environment = { ORCHESTRATOR_ROOT: `${top}/one` };
    const { sessions } = await listBelow(top, {}, { environment });
    assertEquals(sessions.map(({ task }) => task), ["one"]);
  },
);

testTree(
  "listTree() leaves out closed sessions when asked, but nothing that is damaged",
  async (top) => {
    const path = `one/.orchestrator/sessions/${idOf(1, 0)}/state.json`;
    writeTree(top, { [path]: "{" });
    const { sessions } = await listBelow(top, { activeOnly: true });
    assertEquals(sessions.map(({ task }) => task), ["Old task", null]);
    assertStringIncludes(sessions[1]?.problem ?? "", path);
  },
);

testTree(
  "listTree() lists a damaged legacy file, and an adopted session once",
  async (top) => {
    const note = { root: `${top}/old`, text: "Adopted" };
    await addNote(fixedHost({ number: 4 }), note);
    writeTree(top, { "bad/.workflow_state.json": "{" });
    const { sessions } = await listBelow(top);
    const adopted = sessions.filter(({ session }) => session === LEGACY_ID);
    assertEquals(adopted.map(({ legacy }) => legacy), [false]);
    const bad = sessions.find(({ directory }) => directory === `${top}/bad`);
    assertEquals([bad?.session, bad?.task], [null, null]);
    assertStringIncludes(bad?.problem ?? "", "bad/.workflow_state.json");
  },
);

testTree(
  "listTree() names a repository that cannot be listed, and lists the others",
  async (top) => {
    writeTree(top, {
      "broken/.orchestrator/sessions": "a file",
      "wrong/.orchestrator": "a file",
    });
    const { sessions, warnings } = await listBelow(top);
    assertEquals(sessions.length, 3);
    const named = warnings.map((text) => text.match(/wrong|sessions/)?.[0]);
    assertEquals(named, ["wrong", "sessions"]);
  },
);

testTree(
  "listTree() refuses a start that is none, and a depth that is none",
  async (top) => {
    const cases: readonly [string, ListTreeOptions][] = [
      ["not_found no_such_directory", { directory: "gone" }],
      ["usage not_a_directory", { directory: "one/workflow.yaml" }],
      ["usage invalid_number", { depth: "deep" }],
      ["usage invalid_number", { depth: "65" }],
    ];
    for (const [expected, options] of cases) {
      await assertRefused(expected, () => listBelow(top, options));
    }
  },
);

Deno.test("listCandidates() lists nothing where nothing can be read", () =>
  withSession(async (root) => {
    edit(`${root}/${stateFile(0)}`, '"version"', '"version');
    for (const kind of ["item", "open-item", "phase", "checkpoint"] as const) {
      assertEquals(await listCandidates(fixedHost(), kind, { root }), []);
    }
    const [session] = await listCandidates(fixedHost(), "session", { root });
    assertEquals(session, { word: idOf(0, 0), summary: "damaged:" });
  }));

Deno.test("listCandidates() names a checkpoint by its id, and its phase where it has no message", () =>
  withSession(async (root) => {
    const programs = { [GIT_LS_FILES]: { exitCode: 128 } };
    const { id } = await saveCheckpoint(fixedHost({ programs }), { root });
    const listed = await listCandidates(fixedHost(), "checkpoint", { root });
    assertEquals(listed, [{ word: id, summary: "PLAN" }]);
  }));

Deno.test("listCandidates() lists words only that a shell takes as they are", () =>
  withSession(async (root) => {
    const path = `${root}/.orchestrator/sessions`;
    const ids = await listCandidates(fixedHost(), "session", { root });
    Deno.mkdirSync(`${path}/$(touch x)`);
    Deno.mkdirSync(`${path}/a b`);
    const again = await listCandidates(fixedHost(), "session", { root });
    assertEquals(again, ids);
  }));

Deno.test("listCandidates() sums up in one short line", () =>
  withSession(async (root) => {
    const name = `One\\ntwo ${"three ".repeat(20)}`;
    edit(`${root}/${stateFile(0)}`, "The idea", name);
    const [item] = await listCandidates(fixedHost(), "item", { root });
    assertEquals(item?.summary, `One two ${"three ".repeat(9).slice(0, 51)}…`);
  }));
