import { withRoot, WORKFLOW } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

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
