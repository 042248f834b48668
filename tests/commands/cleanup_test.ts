import { writeTree } from "../files/temporary.ts";
import { legacyState, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

/** A closed session, a damaged one and a finished legacy one, beside one that goes on. */
function addSessions(root: string): Promise<void> {
  writeTree(root, {
    ".orchestrator/sessions/0badbad0/state.json": "{",
    ".orchestrator/sessions/1a2b3c4d/state.json": legacyState({
      status: "abandoned",
    }),
    ".workflow_state.json": legacyState({
      workflow_id: "wf_5a6b7c8d",
      status: "completed",
    }),
  });
  return Promise.resolve();
}

/** Forty days after the older tool wrote its last. */
const LATER = { at: "2026-02-11T10:00:00Z", number: 9 };

testOutput({
  name: "orc cleanup shows what it would remove",
  argv: ["cleanup", "--dry-run"],
  within: withSession,
  before: addSessions,
  machine: LATER,
});

testOutput({
  name: "orc cleanup removes closed sessions and names what stays",
  argv: ["cleanup", "--max-age", "40", "-y"],
  within: withSession,
  before: addSessions,
  machine: LATER,
});

testOutput({
  name: "orc cleanup removes nothing without a yes",
  argv: ["cleanup"],
  within: withSession,
  before: addSessions,
  machine: LATER,
  exitCode: 3,
});

testText({
  name: "orc cleanup says that there is nothing to remove",
  argv: ["cleanup"],
  within: withSession,
});
