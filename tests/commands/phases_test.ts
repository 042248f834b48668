import { completeItem } from "../../src/work/complete_item.ts";
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
  within: withSession,
  exitCode: 3,
});

testOutput({
  name: "orc advance --force lets a human leave a phase",
  argv: ["advance", "--force"],
  within: withSession,
  machine: { answers: ["PLAN"] },
});

testText({
  name: "orc advance --force is refused to an agent",
  argv: ["advance", "-f", "--yes"],
  within: withSession,
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
