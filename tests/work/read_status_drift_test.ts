import { openSession } from "../../src/repository/open_session.ts";
import { startSession } from "../../src/work/start.ts";
import { workflowDrift } from "../../src/work/status.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  legacyState,
  withoutTrace,
  withRoot,
  withSession,
} from "./fixtures.ts";
import { assertEquals } from "@std/assert";

async function driftIn(root: string): Promise<readonly string[]> {
  const opened = await openSession(fixedHost(), { root });
  return await withoutTrace(root, () => workflowDrift(opened));
}

Deno.test("workflowDrift() says nothing while the file is as it was at start", () =>
  withSession(async (root) => {
    assertEquals(await driftIn(root), []);
  }));

Deno.test("workflowDrift() tells every change of the file", () =>
  withSession(async (root) => {
    writeTree(root, { "workflow.yaml": `${EASY_WORKFLOW}# a comment\n` });
    const warning =
      `"${root}/workflow.yaml" has changed since the session started; the session keeps its own copy`;
    assertEquals(await driftIn(root), [warning]);
    writeTree(root, { "workflow.yaml": EASY_WORKFLOW });
    assertEquals(await driftIn(root), []);
  }, EASY_WORKFLOW));

Deno.test("workflowDrift() says nothing of a file that is gone or cannot be read", () =>
  withSession(async (root) => {
    Deno.removeSync(`${root}/workflow.yaml`);
    assertEquals(await driftIn(root), []);
    writeTree(root, { "workflow.yaml/": "" });
    assertEquals(await driftIn(root), []);
  }));

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
