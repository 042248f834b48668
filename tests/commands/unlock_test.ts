import { writeTree } from "../files/temporary.ts";
import { foreignRecord, lockText } from "../session/fixtures.ts";
import { agent, idOf, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

/** A process holds the session, and something unreadable the repository. */
function layLocks(root: string): Promise<void> {
  writeTree(`${root}/.orchestrator`, {
    lock: "{",
    [`sessions/${idOf(0, 0)}/lock`]: lockText(foreignRecord()),
  });
  return Promise.resolve();
}

testOutput({
  name: "orc unlock shows who holds the locks",
  argv: ["unlock"],
  within: withSession,
  before: layLocks,
});

testText({
  name: "orc unlock says when no lock is held",
  argv: ["unlock", "--force"],
  within: withSession,
});

testText({
  name: "orc unlock --force removes the locks for a human",
  argv: ["unlock", "--force"],
  within: withSession,
  before: layLocks,
  machine: { answers: ["unlock"] },
});

testOutput({
  name: "orc unlock --force is refused to an agent",
  argv: ["unlock", "--force"],
  within: withSession,
  before: layLocks,
  machine: { environment: agent("1"), answers: ["unlock"] },
  exitCode: 77,
});
