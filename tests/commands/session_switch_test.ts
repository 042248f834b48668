import { startSession } from "../../src/work/start.ts";
import { fixedHost, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

async function addSession(root: string): Promise<void> {
  const options = { root, task: "Add logout", beside: true };
  await startSession(fixedHost({ number: 2 }), options);
}

testOutput({
  name: "orc session switch makes another session the current one",
  argv: ["session", "switch", "01kk00"],
  within: withSession,
  before: addSession,
});

testOutput({
  name: "orc session switch names the sessions that an id fits",
  argv: ["session", "switch", "01kk"],
  within: withSession,
  before: addSession,
  exitCode: 2,
});

testText({
  name: "orc session switch refuses a session that does not exist",
  argv: ["session", "switch", "34aa3244"],
  within: withSession,
  exitCode: 4,
});
