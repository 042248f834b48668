import { withRoot } from "../app/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

testText({
  name: "orc schema workflow prints a JSON Schema",
  argv: ["schema", "workflow"],
  within: (work) => withRoot({}, work),
});

testOutput({
  name: "orc schema names the schemas there are",
  argv: ["schema", "state"],
  within: (work) => withRoot({}, work),
  exitCode: 2,
});
