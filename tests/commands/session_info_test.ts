import { legacyState, withRoot, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

testOutput({
  name: "orc session info tells what a session is and why it is meant",
  argv: ["session", "info"],
  within: withSession,
});

testText({
  name: "orc session info tells of a session that is named",
  argv: ["session", "info", "01kk"],
  within: withSession,
});

testText({
  name: "orc session info tells of a legacy session",
  argv: ["session", "info"],
  within: (test) => withRoot({ ".workflow_state.json": legacyState() }, test),
});

testOutput({
  name: "orc session info refuses what is no id",
  argv: ["session", "info", "../x"],
  within: withSession,
  exitCode: 2,
});
