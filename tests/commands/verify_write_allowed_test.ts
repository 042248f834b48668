import { EASY_WORKFLOW, withSession } from "../work/fixtures.ts";
import { testOutput } from "./orc.ts";

testOutput({
  name: "orc verify-write-allowed allows it in the phase EXECUTE",
  argv: ["verify-write-allowed"],
  within: (test) =>
    withSession(test, EASY_WORKFLOW.replace("id: DO", "id: EXECUTE")),
});

testOutput({
  name: "orc verify-write-allowed refuses it in another phase",
  argv: ["verify-write-allowed"],
  within: withSession,
  exitCode: 3,
});

testOutput({
  name: "orc verify-write-allowed allows it without a session",
  argv: ["verify-write-allowed"],
});
