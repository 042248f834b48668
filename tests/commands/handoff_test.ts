import { completeItem } from "../../src/work/complete_item.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  refusalOf,
  withSession,
} from "../work/fixtures.ts";
import { orc, testOutput, testText } from "./orc.ts";
import { assertEquals } from "@std/assert";

const inEasySession = (test: (root: string) => Promise<void>) =>
  withSession(test, EASY_WORKFLOW);

testText({
  name: "orc handoff prints a prompt for another agent",
  argv: ["handoff", "--files", "src/a.ts, src/b.ts", "--criteria", "Fast"],
  within: withSession,
  before: async (root) => {
    const programs = { "make test": { exitCode: 2, stderr: "1 failed\n" } };
    const host = fixedHost({ number: 2, programs });
    await refusalOf(() => completeItem(host, { root, itemId: "tests" }));
  },
});

testOutput({
  name:
    "orc handoff --execute shows what the program said and where the session stands",
  argv: ["handoff", "-x", "--agent-program", "mine -a", "-t", "60"],
  within: inEasySession,
  machine: { programs: { "mine -a": { stdout: "All done\n" } } },
});

testOutput({
  name: "orc handoff --execute names a program that fails",
  argv: ["handoff", "--execute"],
  within: inEasySession,
  machine: {
    programs: { "claude --print": { exitCode: 1, stderr: "Not logged in\n" } },
  },
  exitCode: 7,
});

testText({
  name: "orc handoff has nothing to hand off when nothing is open",
  argv: ["handoff", "-x"],
  within: inEasySession,
  before: (root) =>
    completeItem(fixedHost({ number: 2 }), { root, itemId: "it" }),
});

testText({
  name: "orc handoff refuses a provider that it does not know",
  argv: ["handoff", "-p", "openrouter"],
  within: inEasySession,
  exitCode: 2,
});

Deno.test("orc handoff prints a prompt that holds nothing a terminal would obey", () =>
  withSession(async (root) => {
    const { out } = await orc(root, ["handoff", "--criteria", "\x1b[2J\u202e"]);
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x1b\u202e]/.test(out), false);
  }));
