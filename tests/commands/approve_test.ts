import { agent, EASY_WORKFLOW, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

testOutput({
  name: "orc approve approves the current phase for a human",
  argv: ["approve"],
  within: withSession,
  machine: { answers: ["PLAN"] },
});

testText({
  name: "orc approve does nothing for a phase that awaits no approval",
  argv: ["approve"],
  within: (test) => withSession(test, EASY_WORKFLOW),
});

testText({
  name: "orc approve is refused to an agent",
  argv: ["approve"],
  within: withSession,
  machine: { environment: agent("1") },
  exitCode: 77,
});

testOutput({
  name: "orc approve refuses a phase that does not exist",
  argv: ["approve", "--phase", "NONE"],
  within: withSession,
  exitCode: 4,
});
