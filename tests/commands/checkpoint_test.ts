import { abandonSession } from "../../src/work/finish_session.ts";
import { fixedHost, GIT_LS_FILES, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

const programs = { [GIT_LS_FILES]: { stdout: "src/login.ts\0" } };

testOutput({
  name: "orc checkpoint keeps a copy of the state",
  argv: [
    "checkpoint",
    "-m",
    "Before the merge",
    "--decision",
    "Tokens live an hour",
    "--decision",
    "No new package",
    "-f",
    "docs/plan.md",
  ],
  within: withSession,
  machine: { programs },
});

testText({
  name: "orc checkpoint works where git does not",
  argv: ["checkpoint"],
  within: withSession,
  machine: { programs: { [GIT_LS_FILES]: { exitCode: -1 } } },
});

testOutput({
  name: "orc checkpoint is refused in a closed session",
  argv: ["checkpoint"],
  within: withSession,
  before: (root) =>
    abandonSession(fixedHost({ number: 2 }), { root, reason: "Dropped" }),
  exitCode: 3,
});
