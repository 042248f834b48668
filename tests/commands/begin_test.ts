import { readTree } from "../files/temporary.ts";
import { withRoot } from "../work/fixtures.ts";
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
