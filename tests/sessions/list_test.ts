import { listSessions, type SessionList } from "../../src/sessions/list.ts";
import { addNote } from "../../src/work/add_note.ts";
import { abandonSession } from "../../src/work/finish_session.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  agent,
  EASY_WORKFLOW,
  edit,
  fixedHost,
  idOf,
  LEGACY_ID,
  legacyState,
  withoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

function list(root: string): Promise<SessionList> {
  return withoutTrace(root, () => listSessions(fixedHost(), { root }));
}

async function idsIn(root: string): Promise<readonly string[]> {
  return (await list(root)).sessions.map(({ id }) => id);
}

/** Three sessions, started at one o'clock, two and three; the last is current. */
function withThree(test: (root: string) => Promise<void>): Promise<void> {
  return withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    for (const number of [1, 2, 3]) {
      const at = `2026-03-01T0${number}:00:00Z`;
      await startSession(fixedHost({ number, at }), {
        root,
        task: `Task ${number}`,
        beside: true,
      });
    }
    await test(root);
  });
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
      warnings: [],
    });
  }));

Deno.test("listSessions() lists the sessions newest first and marks the current one", () =>
  withThree(async (root) => {
    const { sessions } = await list(root);
    assertEquals(
      sessions.map(({ task, current }) => [task, current]),
      [["Task 3", true], ["Task 2", false], ["Task 1", false]],
    );
    assertEquals(sessions[2], {
      id: idOf(1, 0),
      current: false,
      name: null,
      task: "Task 1",
      status: "active",
      phase: "DO",
      progress: { completed: 0, skipped: 0, total: 1 },
      createdAt: "2026-03-01T01:00:00Z",
      updatedAt: "2026-03-01T01:00:00Z",
      legacy: false,
      problem: null,
    });
  }));

Deno.test("listSessions() lists closed sessions too", () =>
  withThree(async (root) => {
    const host = fixedHost({ number: 4 });
    await abandonSession(host, { root, reason: "Why not" });
    const { sessions } = await list(root);
    assertEquals(sessions.map(({ status }) => status), [
      "abandoned",
      "active",
      "active",
    ]);
  }));

Deno.test("listSessions() lists a damaged session with its problem, and hides no other", () =>
  withThree(async (root) => {
    writeTree(root, { [stateFile(2)]: "{" });
    const { sessions } = await list(root);
    assertEquals(sessions.map(({ id }) => id), [
      idOf(3, 0),
      idOf(1, 0),
      idOf(2, 0),
    ]);
    const { problem, ...rest } = sessions[2] ?? {};
    assertStringIncludes(problem ?? "", stateFile(2));
    assertEquals(rest, {
      id: idOf(2, 0),
      current: false,
      legacy: false,
      name: null,
      task: null,
      status: null,
      phase: null,
      progress: null,
      createdAt: null,
      updatedAt: null,
    });
  }));

Deno.test("listSessions() lists a session whose pinned workflow is damaged with what can be read", () =>
  withThree(async (root) => {
    const path = `${root}/${stateFile(1)}`;
    edit(path, '"step_type": "flexible"', '"step_type": 7');
    const { sessions } = await list(root);
    const { task, progress, problem } = sessions[2] ?? {};
    assertEquals([task, progress], ["Task 1", null]);
    assertStringIncludes(problem ?? "", "step_type");
    assertEquals(sessions.map((each) => each.problem === null), [
      true,
      true,
      false,
    ]);
  }));

Deno.test("listSessions() lists the sessions where current is damaged, with a warning", () =>
  withThree(async (root) => {
    writeTree(root, { ".orchestrator/current": "../x" });
    const { sessions, warnings, place } = await list(root);
    assertEquals(sessions.map(({ current }) => current), [false, false, false]);
    assertEquals(place.session, null);
    assertEquals(warnings, [
      `"${root}/.orchestrator/current" does not hold a session id`,
    ]);
  }));

Deno.test("listSessions() lists a legacy session until it is adopted", () =>
  withThree(async (root) => {
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
  }));

Deno.test("listSessions() lists the sessions where the legacy state is damaged, with a warning", () =>
  withThree(async (root) => {
    writeTree(root, { ".workflow_state.json": "{" });
    const { sessions, warnings } = await list(root);
    assertEquals(sessions.length, 3);
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0] ?? "", ".workflow_state.json");
  }));

Deno.test("listSessions() shows no progress of the oldest sessions, which carry no workflow", () =>
  withRoot({
    ".workflow_state.json": legacyState({ workflow_definition: null }),
  }, async (root) => {
    const [line] = (await list(root)).sessions;
    assertEquals([line?.progress, line?.problem], [null, null]);
    assertEquals(line?.task, "Old task");
  }));

Deno.test("listSessions() passes over what is no session", () =>
  withThree(async (root) => {
    writeTree(root, {
      ".orchestrator/sessions/README.md": "a file",
      ".orchestrator/sessions/Upper/state.json": "{}",
      ".orchestrator/sessions/.new-1/state.json": "{}",
    });
    assertEquals((await idsIn(root)).length, 3);
  }));

Deno.test("listSessions() marks what everybody shares as current, also for an agent", () =>
  withThree(async (root) => {
    const environment = agent("1");
    const { sessions } = await listSessions(fixedHost({ environment }), {
      root,
    });
    assertEquals(sessions.map(({ current }) => current), [true, false, false]);
  }));

Deno.test("listSessions() lists those that were changed last, and all when asked to", () =>
  withRoot({}, async (root) => {
    const host = fixedHost();
    await startSession(host, { root, task: "First" });
    const sessions = `${root}/.orchestrator/sessions`;
    const [first = ""] = [...Deno.readDirSync(sessions)].map(({ name }) =>
      name
    );
    for (let number = 0; number < 100; number++) {
      const path = `${sessions}/copy_${number}`;
      Deno.mkdirSync(path);
      Deno.copyFileSync(
        `${sessions}/${first}/state.json`,
        `${path}/state.json`,
      );
    }
    const later = new Date(Date.now() + 60_000);
    Deno.utimeSync(`${sessions}/${first}`, later, later);
    const listed = await listSessions(host, { root });
    assertEquals([listed.sessions.length, listed.more], [100, 1]);
    assert(listed.sessions.some(({ id }) => id === first));
    const all = await listSessions(host, { root, all: true });
    assertEquals([all.sessions.length, all.more], [101, 0]);
  }));
