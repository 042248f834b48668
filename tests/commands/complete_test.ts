import { completeItem } from "../../src/app/complete_item.ts";
import { agent, fixedHost, withSession, WORKFLOW } from "../app/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

testText({
  name: "orc complete completes an item that needs no check",
  argv: ["complete", "idea", "--notes", "- agreed with Ada"],
  within: withSession,
});

testOutput({
  name: "orc complete runs the check",
  argv: ["complete", "tests"],
  within: withSession,
  machine: { programs: { "make test": { stdout: "3 of 3 passed\n" } } },
});

testOutput({
  name: "orc complete shows what a failed program said at the end",
  argv: ["complete", "tests"],
  within: withSession,
  machine: {
    programs: {
      "make test": { exitCode: 2, stdout: "...\n", stderr: "1 of 3 failed\n" },
    },
  },
  exitCode: 3,
});

testText({
  name: "orc complete says which file is missing",
  argv: ["complete", "plan"],
  within: withSession,
  exitCode: 3,
});

testText({
  name: "orc complete does nothing for an item that is completed",
  argv: ["complete", "idea"],
  within: withSession,
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), { root, itemId: "idea" }),
});

testText({
  name: "orc complete leaves a manual gate to a human",
  argv: ["complete", "consent"],
  within: withSession,
  exitCode: 3,
});

testText({
  name:
    "orc complete skips a manual gate where the workflow does without humans",
  argv: ["complete", "consent"],
  within: (test) =>
    withSession(
      test,
      WORKFLOW.replace(
        "settings:",
        "settings:\n  supervision_mode: zero_human",
      ),
    ),
});

testText({
  name: "orc complete --skip-verify is refused to an agent",
  argv: ["complete", "plan", "--skip-verify"],
  within: withSession,
  machine: { environment: agent("1"), answers: ["plan"] },
  exitCode: 77,
});
