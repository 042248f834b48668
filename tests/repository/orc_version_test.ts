import { VERSION } from "../../src/base/version.ts";
import {
  assertOrcFits,
  versionRefusal,
} from "../../src/repository/orc_version.ts";
import { startSession } from "../../src/work/start.ts";
import { validateWorkflow } from "../../src/work/validate_workflow.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  refusalOf,
  refusalWithoutTrace,
  stateOf,
  withRoot,
} from "../work/fixtures.ts";
import { assertEquals } from "@std/assert";

Deno.test("versionRefusal() refuses nothing to a workflow that asks for nothing", async () => {
  assertEquals(await versionRefusal({ orc: null }, null), undefined);
  assertEquals(await versionRefusal({ orc: VERSION }, null), undefined);
});

Deno.test("assertOrcFits() names the range and the version", async () => {
  const refuse = () => assertOrcFits({ orc: ">=99" }, "/shop/workflow.yaml");
  const error = await refusalOf(refuse);
  assertEquals(
    error.message,
    `The workflow asks for orc ">=99", and this is orc ${VERSION}`,
  );
  assertEquals([error.kind, error.path], ["config", "/shop/workflow.yaml"]);
  assertEquals(error.details, { range: ">=99", version: VERSION });
});

/** A workflow for other versions; what it says else may mean nothing to this one. */
const FOREIGN = {
  "a workflow": `orc: ">=99"\n${EASY_WORKFLOW}`,
  "what this orc takes for mistakes": `orc: ">=99"
name: New
phases: [{id: DO, name: Do, phase_type: dreamy}]
`,
};

for (const [name, text] of Object.entries(FOREIGN)) {
  Deno.test(`startSession() and validateWorkflow() leave ${name} to the version it asks for`, () =>
    withRoot({ "workflow.yaml": text }, async (root) => {
      const host = fixedHost({ workingDirectory: root });
      const uses = [
        () => startSession(host, { root, task: "Task" }),
        () => validateWorkflow(host, { root }),
      ];
      for (const use of uses) {
        const error = await refusalWithoutTrace(root, use);
        assertEquals(
          [error.kind, error.code, error.path],
          ["config", "orc_version", `${root}/workflow.yaml`],
        );
      }
    }));
}

Deno.test("validateWorkflow() shows where a range is none", () =>
  withRoot({
    "workflow.yaml": `orc: newest\n${EASY_WORKFLOW}`,
  }, async (root) => {
    const error = await refusalWithoutTrace(
      root,
      () => validateWorkflow(fixedHost(), { root }),
    );
    assertEquals(error.code, "invalid_workflow");
    assertEquals(
      error.message,
      `${root}/workflow.yaml:1:1: orc: Expected a range of versions such as ">=0.1", found "newest"`,
    );
  }));

Deno.test("startSession() pins the range with the workflow", () =>
  withRoot({
    "workflow.yaml": `orc: "0.x || ^1"\n${EASY_WORKFLOW}`,
  }, async (root) => {
    await startSession(fixedHost(), { root, task: "Task" });
    assertEquals(stateOf(root).workflow_definition.orc, "0.x || ^1");
  }));
