import { renameSession } from "../../src/sessions/rename_session.ts";
import { fixedHost, idOf, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

function rename(root: string): Promise<unknown> {
  const naming = { root, id: idOf(0, 0), name: "Second try" };
  return renameSession(fixedHost({ number: 2 }), naming);
}

testOutput({
  name: "orc session rename gives a session a name",
  argv: ["session", "rename", "01kk", "Second try"],
  within: withSession,
});

testOutput({
  name: "orc session rename refuses a blank name",
  argv: ["session", "rename", "01kk", " "],
  within: withSession,
  exitCode: 2,
});

for (const argv of [["session", "list"], ["session", "info"], ["status"]]) {
  testText({
    name: `orc ${argv.join(" ")} shows the name of a session`,
    argv,
    within: withSession,
    before: rename,
  });
}
