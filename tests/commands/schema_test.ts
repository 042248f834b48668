import { withRoot } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

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
