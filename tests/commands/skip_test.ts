import { skipItem } from "../../src/work/skip_item.ts";
import { GOOD_REASON } from "../engine/fixtures.ts";
import { EASY_WORKFLOW, fixedHost, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

const REASON = "Nothing that could be drawn";

testOutput({
  name: "orc skip leaves an item out",
  argv: ["skip", "sketch", "--reason", REASON],
  within: withSession,
});

testText({
  name: "orc skip does nothing for an item that is skipped",
  argv: ["skip", "sketch", "-r", REASON],
  within: withSession,
  before: (root) =>
    skipItem(fixedHost({ number: 2 }), {
      root,
      itemId: "sketch",
      reason: REASON,
    }),
});

testOutput({
  name: "orc skip needs a reason",
  argv: ["skip", "sketch"],
  within: withSession,
  exitCode: 3,
});

testText({
  name: "orc skip --force lets a human skip a gate",
  argv: ["skip", "tests", "-r", GOOD_REASON, "--force"],
  within: withSession,
  machine: { answers: ["tests"] },
});

testText({
  name: "orc skip refuses a gate",
  argv: ["skip", "tests", "-r", REASON],
  within: withSession,
  exitCode: 3,
});

testText({
  name: "orc skip names the conditions of an item when a reason is none",
  argv: ["skip", "it", "-r", "n/a"],
  within: (test) =>
    withSession(
      test,
      EASY_WORKFLOW.replace(
        "name: It",
        "name: It, skip_conditions: [it is a hotfix, nothing changed]",
      ),
    ),
  exitCode: 3,
});
