import { VERSION } from "../../src/base/version.ts";
import { styleFor } from "../../src/cli/parse.ts";
import { versionCommand } from "../../src/commands/begin.ts";
import { fakeHost, noValues } from "../cli/fake.ts";
import { readTree } from "../files/temporary.ts";
import { withRoot, WORKFLOW } from "../work/fixtures.ts";
import { orc, testOutput, testText } from "./orc.ts";
import { assertEquals } from "@std/assert";

testOutput({
  name: "orc init prepares a repository and writes a workflow.yaml",
  argv: ["init"],
});

testText({
  name: "orc init keeps the workflow.yaml that is there",
  argv: ["init", "--portable"],
  within: (test) => withRoot({ "workflow.yaml": "" }, test),
});

testText({
  name: "orc init --force replaces workflow.yaml for a human",
  argv: ["init", "--force"],
  within: (test) => withRoot({ "workflow.yaml": "" }, test),
  machine: { answers: ["replace"] },
});

testOutput({
  name: "orc init --force replaces nothing for a script",
  argv: ["init", "--force"],
  within: (test) => withRoot({ "workflow.yaml": "" }, test),
  exitCode: 77,
});

Deno.test("orc init --portable lets git track the directory", () =>
  withRoot({}, async (root) => {
    await orc(root, ["init", "--portable"]);
    assertEquals(".orchestrator/.gitignore" in readTree(root), false);
  }));

testText({
  name: "orc schema workflow prints a JSON Schema",
  argv: ["schema", "workflow"],
  within: (work) => withRoot({}, work),
});

testText({
  name: "orc schema lists all schemas",
  argv: ["schema"],
});

testText({
  name: "orc schema COMMAND prints the schema of its answer",
  argv: ["schema", "session", "switch"],
});

testOutput({
  name: "orc schema names the schemas there are",
  argv: ["schema", "state"],
  within: (work) => withRoot({}, work),
  exitCode: 2,
});

testText({
  name: "orc validate says what a good file holds",
  argv: ["validate"],
  within: (test) => withRoot({ "workflow.yaml": WORKFLOW }, test),
});

testText({
  name: "orc validate looks at the built-in workflow where there is no file",
  argv: ["validate"],
});

testOutput({
  name: "orc validate warns of what is doubtful",
  argv: ["validate", "-w", "other.yaml"],
  within: (test) =>
    withRoot({ "other.yaml": WORKFLOW.replace("notes:", "note:") }, test),
});

testOutput({
  name: "orc validate names all problems with their places",
  argv: ["validate"],
  within: (test) =>
    withRoot({
      "workflow.yaml": `name: 1
phases:
  - id: plan
    name: Plan
    items:
      - {id: a, name: A, verification: {type: file_exists}}
      - {id: a, name: B}
`,
    }, test),
  exitCode: 78,
});

testText({
  name: "orc validate says which file is missing",
  argv: ["validate", "--workflow", "none.yaml"],
  exitCode: 4,
});

Deno.test("versionCommand names the version of orc and of its runtime", async () => {
  const host = fakeHost();
  const { place, result } = await versionCommand.run(host, noValues);
  assertEquals(place, null);
  assertEquals(result, { version: VERSION, runtime: "deno 1.2.3" });
  assertEquals(
    versionCommand.render(result, styleFor(host, "never")),
    `orc ${VERSION} (deno 1.2.3)`,
  );
});
