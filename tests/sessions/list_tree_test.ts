import {
  listTree,
  type ListTreeOptions,
  type TreeList,
} from "../../src/sessions/list_tree.ts";
import { addNote } from "../../src/work/add_note.ts";
import { abandonSession } from "../../src/work/finish_session.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  idOf,
  LEGACY_ID,
  legacyState,
  type Machine,
  refusalOf,
  withoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

function list(
  workingDirectory: string,
  options: ListTreeOptions = {},
  machine: Machine = {},
): Promise<TreeList> {
  const host = fixedHost({ workingDirectory, ...machine });
  return withoutTrace(workingDirectory, () => listTree(host, options));
}

/** Two repositories with one session each, the second closed, and a legacy one. */
function withTree(test: (top: string) => Promise<void>): Promise<void> {
  return withRoot({
    "one/workflow.yaml": EASY_WORKFLOW,
    "group/two/workflow.yaml": EASY_WORKFLOW,
    "old/.workflow_state.json": legacyState(),
  }, async (top) => {
    for (const [number, name] of [[1, "one"], [2, "group/two"]] as const) {
      const host = fixedHost({ number });
      await startSession(host, { root: `${top}/${name}`, task: name });
    }
    const two = { root: `${top}/group/two`, reason: "Dropped" };
    await abandonSession(fixedHost({ number: 3 }), two);
    await test(top);
  });
}

Deno.test("listTree() lists the sessions of all repositories", () =>
  withTree(async (top) => {
    const { directory, sessions, warnings } = await list(top);
    assertEquals([directory, warnings], [top, []]);
    assertEquals(
      sessions.map(({ task, status, legacy }) => [task, status, legacy]),
      [
        ["group/two", "abandoned", false],
        ["Old task", "active", true],
        ["one", "active", false],
      ],
    );
    assertEquals(sessions[2], {
      path: `${top}/one/.orchestrator/sessions/${idOf(1, 0)}/state.json`,
      directory: `${top}/one`,
      session: idOf(1, 0),
      workflowId: "wf_00010000",
      task: "one",
      status: "active",
      phase: "DO",
      project: null,
      createdAt: "2026-03-01T10:00:00Z",
      updatedAt: "2026-03-01T10:00:00Z",
      legacy: false,
      problem: null,
    });
  }));

Deno.test("listTree() begins where it is told, and goes as deep", () =>
  withTree(async (top) => {
    const tasks = async (options: ListTreeOptions) =>
      (await list(top, options)).sessions.map(({ task }) => task);
    assertEquals(await tasks({ depth: "1" }), ["Old task", "one"]);
    assertEquals(await tasks({ directory: "group" }), ["group/two"]);
    assertEquals(await tasks({ root: `${top}/one` }), ["one"]);
    const both = { root: `${top}/one`, directory: `${top}/group` };
    assertEquals(await tasks(both), ["group/two"]);
    const environment = { ORCHESTRATOR_ROOT: `${top}/one` };
    const { sessions } = await list(top, {}, { environment });
    assertEquals(sessions.map(({ task }) => task), ["one"]);
  }));

Deno.test("listTree() leaves out closed sessions when asked, but nothing that is damaged", () =>
  withTree(async (top) => {
    const path = `one/.orchestrator/sessions/${idOf(1, 0)}/state.json`;
    writeTree(top, { [path]: "{" });
    const { sessions } = await list(top, { activeOnly: true });
    assertEquals(sessions.map(({ task }) => task), ["Old task", null]);
    assertStringIncludes(sessions[1]?.problem ?? "", path);
  }));

Deno.test("listTree() lists a damaged legacy file, and an adopted session once", () =>
  withTree(async (top) => {
    const note = { root: `${top}/old`, text: "Adopted" };
    await addNote(fixedHost({ number: 4 }), note);
    writeTree(top, { "bad/.workflow_state.json": "{" });
    const { sessions } = await list(top);
    assertEquals(
      sessions.filter(({ session }) => session === LEGACY_ID)
        .map(({ legacy }) => legacy),
      [false],
    );
    const bad = sessions.find(({ directory }) => directory === `${top}/bad`);
    assertEquals([bad?.session, bad?.task], [null, null]);
    assertStringIncludes(bad?.problem ?? "", "bad/.workflow_state.json");
  }));

Deno.test("listTree() names a repository that cannot be listed, and lists the others", () =>
  withTree(async (top) => {
    writeTree(top, {
      "broken/.orchestrator/sessions": "a file",
      "wrong/.orchestrator": "a file",
    });
    const { sessions, warnings } = await list(top);
    assertEquals(sessions.length, 3);
    assertEquals(
      warnings.map((text) => text.match(/wrong|broken|sessions/)?.[0]),
      [
        "wrong",
        "sessions",
      ],
    );
  }));

Deno.test("listTree() refuses a start that is none, and a depth that is none", () =>
  withTree(async (top) => {
    const code = async (options: ListTreeOptions) =>
      (await refusalOf(() => list(top, options))).code;
    assertEquals(await code({ directory: "gone" }), "no_such_directory");
    assertEquals(
      await code({ directory: "one/workflow.yaml" }),
      "not_a_directory",
    );
    assertEquals(await code({ depth: "deep" }), "invalid_number");
    assertEquals(await code({ depth: "65" }), "invalid_number");
  }));
