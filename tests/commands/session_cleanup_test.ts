import { writeTree } from "../files/temporary.ts";
import { legacyState, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

/** A closed session beside one that goes on. */
function addSession(root: string): Promise<void> {
  const state = legacyState({ status: "abandoned" });
  writeTree(root, { ".orchestrator/sessions/1a2b3c4d/state.json": state });
  return Promise.resolve();
}

/** Forty days after the older tool wrote its last. */
const LATER = { at: "2026-02-11T10:00:00Z", number: 9 };

testOutput({
  name: "orc session cleanup removes closed sessions",
  argv: ["session", "cleanup", "--yes"],
  within: withSession,
  before: addSession,
  machine: LATER,
});

testText({
  name: "orc session cleanup asks at a terminal",
  argv: ["workflow", "cleanup", "--status", "abandoned"],
  within: withSession,
  before: addSession,
  machine: { ...LATER, answers: ["y"] },
});

testText({
  name: "orc session cleanup removes nothing that is younger",
  argv: ["session", "cleanup", "--older-than", "41", "--yes"],
  within: withSession,
  before: addSession,
  machine: LATER,
});

testOutput({
  name: "orc session cleanup refuses to remove active sessions",
  argv: ["session", "cleanup", "--status", "active", "--yes"],
  within: withSession,
  exitCode: 2,
});
