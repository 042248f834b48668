import { openSession } from "../../src/repository/select.ts";
import { addNote } from "../../src/work/item.ts";
import { startSession } from "../../src/work/start.ts";
import { workflowDrift } from "../../src/work/drift.ts";
import { readStatus, type Status } from "../../src/work/status.ts";
import { writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import {
  codeWithoutTrace,
  EASY_WORKFLOW,
  edit,
  fixedHost,
  idOf,
  LEGACY_ID,
  legacyState,
  NOW,
  refusalOf,
  withoutTrace,
  withRoot,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

function statusOf(root: string, at: string = NOW): Promise<Status> {
  return withoutTrace(root, () => readStatus(fixedHost({ at }), { root }));
}

Deno.test("readStatus() tells where a session stands and why it is this one", () =>
  withSession(async (root) => {
    const status = await statusOf(root, "2026-03-01T11:00:00Z");
    assertEquals(
      [status.session, status.sessionSource, status.serial, status.legacy],
      [idOf(0, 0), "current", 1, false],
    );
    assertEquals(status.place.session, idOf(0, 0));
    assertEquals(status.at, "2026-03-01T11:00:00Z");
    assertEquals([status.task, status.phaseId], ["Add login", "PLAN"]);
    assertEquals(status.warnings, []);
  }));

Deno.test("readStatus() takes no lock", () =>
  withSession(async (root) => {
    const lock = lockText(foreignRecord());
    writeTree(root, {
      ".orchestrator/lock": lock,
      [`.orchestrator/sessions/${idOf(0, 0)}/lock`]: lock,
    });
    assertEquals((await statusOf(root)).status, "active");
  }));

Deno.test("readStatus() shows a state that was changed outside orc, with a warning", () =>
  withSession(async (root) => {
    const state = `${root}/.orchestrator/sessions/${idOf(0, 0)}/state.json`;
    edit(state, '"Add login"', '"Add logout"');
    const { task, warnings } = await statusOf(root);
    assertEquals(task, "Add logout");
    assertEquals(warnings, [
      "state.json was changed outside orc; it is shown, and updates are refused",
    ]);
  }));

Deno.test("readStatus() shows a state that a newer orc wrote, and nobody updates it", () =>
  withSession(async (root) => {
    const state = `${root}/.orchestrator/sessions/${idOf(0, 0)}/state.json`;
    edit(state, '"format": 1', '"format": 2');
    edit(state, '"_checksum"', '"_old_checksum"');
    assertEquals((await statusOf(root)).task, "Add login");
    const update = () => addNote(fixedHost(), { root, text: "Refused" });
    const code = await codeWithoutTrace(root, update);
    assertEquals(code, "refused newer_format");
  }));

Deno.test("readStatus() shows a legacy session in place", () =>
  withRoot({ ".workflow_state.json": legacyState() }, async (root) => {
    const status = await statusOf(root);
    assertEquals(
      [status.session, status.legacy, status.serial, status.warnings],
      [LEGACY_ID, true, 0, []],
    );
  }));

Deno.test("readStatus() warns of a legacy state beside the session, once and naming both", () =>
  withSession(async (root) => {
    writeTree(root, { ".workflow_state.json": legacyState() });
    const { task, warnings } = await statusOf(root);
    assertEquals(task, "Add login");
    assertEquals(warnings, [
      `Both "${root}/.orchestrator" and "${root}/.workflow_state.json" hold a session; the first one is used`,
    ]);
  }));

Deno.test("readStatus() says how to begin where there is no session", () =>
  withRoot({}, async (root) => {
    const error = await refusalOf(() => readStatus(fixedHost(), { root }));
    assertEquals([error.kind, error.code], ["not_found", "no_session"]);
    assertEquals(error.details, { root, source: "flag" });
  }));

async function driftIn(root: string): Promise<readonly string[]> {
  const opened = await openSession(fixedHost(), { root });
  return await withoutTrace(root, () => workflowDrift(opened));
}

Deno.test("workflowDrift() tells every change of the file, and readStatus() passes it on", () =>
  withSession(async (root) => {
    assertEquals(await driftIn(root), []);
    writeTree(root, { "workflow.yaml": `${EASY_WORKFLOW}# a comment\n` });
    const warning =
      `"${root}/workflow.yaml" has changed since the session started; the session keeps its own copy`;
    assertEquals(await driftIn(root), [warning]);
    assertEquals((await statusOf(root)).warnings, [warning]);
    writeTree(root, { "workflow.yaml": EASY_WORKFLOW });
    assertEquals(await driftIn(root), []);
    // A file that is gone or cannot be read is no change.
    Deno.removeSync(`${root}/workflow.yaml`);
    assertEquals(await driftIn(root), []);
    writeTree(root, { "workflow.yaml/": "" });
    assertEquals(await driftIn(root), []);
  }, EASY_WORKFLOW));

Deno.test("workflowDrift() compares the file that was named at start", () =>
  withRoot({
    "other.yaml": EASY_WORKFLOW,
    "workflow.yaml": EASY_WORKFLOW,
  }, async (root) => {
    const file = `${root}/other.yaml`;
    await startSession(fixedHost(), { root, task: "Task", file });
    writeTree(root, { "workflow.yaml": "changed" });
    assertEquals(await driftIn(root), []);
    writeTree(root, { "other.yaml": "changed" });
    assertEquals((await driftIn(root)).length, 1);
  }));

Deno.test("workflowDrift() knows nothing to compare with for the bundled workflow and old sessions", async () => {
  await withRoot({}, async (root) => {
    await startSession(fixedHost(), { root, task: "Task" });
    writeTree(root, { "workflow.yaml": EASY_WORKFLOW });
    assertEquals(await driftIn(root), []);
  });
  const metadata = { workflow_yaml_path: 7, workflow_yaml_checksum: "x" };
  await withRoot(
    { ".workflow_state.json": legacyState({ metadata }) },
    async (root) => assertEquals(await driftIn(root), []),
  );
});
