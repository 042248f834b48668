import { openSession } from "../../src/repository/open_session.ts";
import { workflowOf } from "../../src/repository/session_workflow.ts";
import { addNote } from "../../src/work/add_note.ts";
import { completeItem } from "../../src/work/complete_item.ts";
import {
  abandonSession,
  finishSession,
} from "../../src/work/finish_session.ts";
import { readStatus } from "../../src/work/status.ts";
import { writeTree } from "../files/temporary.ts";
import {
  APPROVING,
  EASY_WORKFLOW,
  fixedHost,
  legacyState,
  refusalOf,
  refusalWithoutTrace,
  withRoot,
} from "../work/fixtures.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

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
