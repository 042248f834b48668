import { completeItem } from "../../src/work/complete.ts";
import {
  agent,
  EASY_WORKFLOW,
  fixedHost,
  withSession,
} from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

testOutput({
  name: "orc advance refuses while something is open",
  argv: ["advance"],
  exitCode: 3,
  code: "blocked",
});

testOutput({
  name: "orc advance --force lets a human leave a phase",
  argv: ["advance", "--force"],
  machine: { answers: ["PLAN"] },
});

testText({
  name: "orc advance --force is refused to an agent",
  argv: ["advance", "-f", "--yes"],
  machine: { environment: agent("1"), answers: ["PLAN"] },
  exitCode: 77,
});

testText({
  name: "orc advance has nowhere to go from the last phase",
  argv: ["advance", "--no-critique"],
  within: (test) => withSession(test, EASY_WORKFLOW),
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), { root, itemId: "it" }),
});

testOutput({
  name: "orc approve approves the current phase for a human",
  argv: ["approve"],
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
  machine: { environment: agent("1") },
  exitCode: 77,
});

testOutput({
  name: "orc approve refuses a phase that does not exist",
  argv: ["approve", "--phase", "NONE"],
  exitCode: 4,
  code: "no_such_phase",
});

testOutput({
  name: "orc finish closes a session that is done",
  argv: ["finish", "--notes", "Released with 1.4", "--no-push"],
  within: (test) => withSession(test, EASY_WORKFLOW),
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), { root, itemId: "it" }),
});

testOutput({
  name: "orc finish refuses while something is open in any phase",
  argv: ["finish"],
  exitCode: 3,
  code: "blocked",
});

testText({
  name: "orc finish --abandon closes a session for a reason",
  argv: ["finish", "--abandon", "-r", "The feature was dropped"],
});

testText({
  name: "orc finish --abandon needs a reason",
  argv: ["finish", "--abandon"],
  exitCode: 2,
});

testOutput({
  name: "orc finish --abandon keeps notes",
  argv: ["finish", "--abandon", "-r", "Dropped", "--notes", "A sketch"],
  result: { changed: true, summary: { active: false, status: "abandoned" } },
});

testText({
  name: "orc finish --abandon takes no --force",
  argv: ["finish", "--abandon", "-r", "Dropped", "--force"],
  exitCode: 2,
});

testText({
  name: "orc finish takes no reason without --abandon",
  argv: ["finish", "--reason", "The feature was dropped"],
  exitCode: 2,
});

testText({
  name: "orc finish --force is refused to a script",
  argv: ["finish", "--force"],
  exitCode: 77,
});
