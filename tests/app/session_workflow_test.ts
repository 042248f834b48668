import { assertEquals } from "@std/assert";
import { addNote } from "../../src/app/add_note.ts";
import { openSession } from "../../src/app/open_session.ts";
import { readStatus } from "../../src/app/read_status.ts";
import { workflowOf } from "../../src/app/session_workflow.ts";
import { writeTree } from "../store/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  legacyState,
  refusalOf,
  refusalWithoutTrace,
  withRoot,
} from "./fixtures.ts";

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
    const { workflow, isPinned } = await workflowOf(repository, session);
    assertEquals([workflow.name, isPinned], ["Easy", true]);
  }));

Deno.test("workflowOf() follows workflow.yaml where nothing was pinned", () =>
  withRoot({
    ...UNPINNED,
    "workflow.yaml": EASY_WORKFLOW.replace("name: It", "name: From the file"),
  }, async (root) => {
    const { workflow, isPinned } = await openSession(fixedHost(), { root });
    assertEquals(isPinned, true);
    assertEquals(workflow.phases[0]?.items[0]?.name, "From the file");
    await addNote(fixedHost(), { root, text: "Can be changed" });
    assertEquals((await readStatus(fixedHost(), { root })).serial, 1);
  }));

Deno.test("workflowOf() shows a session whose rules are lost, and lets nobody change it", () =>
  withRoot(UNPINNED, async (root) => {
    const { items, phase } = await readStatus(fixedHost(), { root });
    assertEquals([phase, items.map(({ id }) => id)], ["DO", ["it"]]);
    const error = await refusalWithoutTrace(
      root,
      () => addNote(fixedHost(), { root, text: "Refused" }),
    );
    assertEquals([error.kind, error.code], ["config", "no_workflow"]);
  }));

Deno.test("workflowOf() does not make up rules where workflow.yaml is there and broken", () =>
  withRoot({ ...UNPINNED, "workflow.yaml": "phases: 1\n" }, async (root) => {
    const error = await refusalOf(() => readStatus(fixedHost(), { root }));
    assertEquals([error.kind, error.code], ["config", "invalid_workflow"]);
  }));

Deno.test("workflowOf() refuses a pinned workflow it cannot trust", () =>
  withRoot({ "workflow.yaml": EASY_WORKFLOW }, async (root) => {
    const phases = [{ id: "DO", name: "Do", items: [{ id: "it" }] }];
    const state = legacyState({
      workflow_definition: { name: "Easy", phases },
    });
    writeTree(root, { ".workflow_state.json": state });
    const error = await refusalOf(() => readStatus(fixedHost(), { root }));
    assertEquals([error.kind, error.code], ["corrupt", "invalid_state"]);
  }));
