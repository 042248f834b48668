import { GIT_LS_FILES, idOf, legacyState, withRoot } from "../work/fixtures.ts";
import { expectExit, resultOf, shellIn } from "./shell.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const REVIEWED = `name: Reviewed
phases:
  - id: REVIEW
    name: Review
    required_reviews: [security]
    items:
      - {id: security_review, name: Security}
      - {id: lint, name: Lint, verification: {type: file_exists, path: lint.txt}}
`;
const NO_GIT = { programs: { [GIT_LS_FILES]: { exitCode: 128 } } };

Deno.test("no command is blind to a session in .orchestrator", () =>
  withRoot({ "workflow.yaml": REVIEWED }, async (root) => {
    const shell = shellIn(root);
    await expectExit(0, shell, ["start", "Add login", "--root", root]);
    await expectExit(3, shell, ["complete", "lint"]);
    await shell(["checkpoint", "-m", "Half way"], NO_GIT);
    const shown: readonly (readonly [string, readonly string[]])[] = [
      ["Add login", ["session", "list"]],
      ["Add login", ["session", "info"]],
      ["Add login", ["list", root]],
      ["Add login", ["resume", "--dry-run"]],
      ["Add login", ["context-reminder"]],
      ["Add login", ["generate-md", "--stdout"]],
      ["Add login", ["handoff"]],
      ["Half way", ["checkpoints"]],
      ["lint", ["analyze"]],
      ["lint", ["learn"]],
      ["lint", ["history"]],
    ];
    for (const [text, argv] of shown) {
      const { out } = await expectExit(0, shell, argv);
      assertStringIncludes(out, text, argv.join(" "));
    }
    const captured = await shell(["feedback", "capture", "--auto"], NO_GIT);
    assertEquals(captured.exitCode, 0, captured.err);
    const { out } = await expectExit(0, shell, ["feedback", "review", "--all"]);
    assert(!out.includes("unknown"), out);
  }));

Deno.test("list finds sessions as deep as it is told to look, new and legacy ones", () =>
  withRoot({
    "a/b/c/d/new/workflow.yaml": REVIEWED,
    "a/b/c/d/old/.workflow_state.json": legacyState(),
  }, async (root) => {
    const deep = `${root}/a/b/c/d/new`;
    await expectExit(0, shellIn(deep), ["start", "New task", "--root", deep]);
    const { out } = await expectExit(0, shellIn(root), [
      "list",
      root,
      "--depth",
      "9",
    ]);
    assertStringIncludes(out, "New task");
    assertStringIncludes(out, "Old task");
  }));

Deno.test("a review is not forgotten however many events come after it", () =>
  withRoot({ "workflow.yaml": REVIEWED, "lint.txt": "clean" }, async (root) => {
    const shell = shellIn(root);
    await expectExit(0, shell, ["start", "Add login", "--root", root]);
    await expectExit(0, shell, ["complete", "security_review"]);
    await expectExit(0, shell, ["complete", "lint"]);
    for (let count = 0; count < 105; count++) {
      await expectExit(0, shell, ["note", `Remember ${count}`]);
    }
    await expectExit(0, shell, ["finish"]);
  }));

Deno.test("nothing that failed ends with exit code 0", () =>
  withRoot({
    "workflow.yaml": REVIEWED,
    "doubtful.yaml": `name: Doubtful
phases:
  - id: PLAN
    name: Plan
    items: [{id: it, name: It, verification: {type: command, command: "true"}}]
`,
    "twice.yaml": `name: Twice
phases:
  - id: PLAN
    name: Plan
    items: [{id: it, name: It}, {id: it, name: It again}]
`,
  }, async (root) => {
    const shell = shellIn(root);
    await expectExit(0, shell, ["start", "Add login", "--root", root]);
    const failures: readonly (readonly [number, readonly string[]])[] = [
      [4, ["session", "switch", "zzzz"]],
      [4, ["session", "info", "zzzz"]],
      [4, ["workflow", "switch", "zzzz"]],
      [4, ["workflow", "info", "zzzz"]],
      [78, ["validate", "-w", "doubtful.yaml"]],
      [78, ["validate", "-w", "twice.yaml"]],
      [4, ["validate", "-w", "missing.yaml"]],
      [4, ["complete", "nothing"]],
      [3, ["finish"]],
      [4, ["resume"]],
      [2, ["no-such-command"]],
    ];
    for (const [exitCode, argv] of failures) {
      await expectExit(exitCode, shell, argv);
    }
    const { session } = await resultOf(shell, ["status"]);
    assertEquals(session, idOf(0, 0));
  }));
