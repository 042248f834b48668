import { abandonSession } from "../../src/work/finish_session.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import { fixedHost, idOf, legacyState, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

async function addSessions(root: string): Promise<void> {
  for (
    const [number, task] of ["Add logout\nand more", "a".repeat(70)].entries()
  ) {
    const at = `2026-03-01T1${number + 1}:00:00Z`;
    const host = fixedHost({ number: number + 2, at });
    await startSession(host, { root, task, beside: true });
  }
  await abandonSession(fixedHost({ number: 4 }), { root, reason: "Dropped" });
  const damaged = `.orchestrator/sessions/${idOf(2, 0)}/state.json`;
  writeTree(root, {
    [damaged]: "{",
    ".workflow_state.json": legacyState(),
  });
}

testOutput({
  name: "orc session list lists sessions, also damaged and legacy ones",
  argv: ["session", "list"],
  within: withSession,
  before: addSessions,
});

testText({
  name: "orc session list lists the sessions where current is damaged",
  argv: ["workflow", "list"],
  within: withSession,
  before: (root) => {
    writeTree(root, { ".orchestrator/current": "../x" });
    return Promise.resolve();
  },
});

testText({
  name: "orc session list says how to begin",
  argv: ["session", "list"],
});

testOutput({
  name: "orc session list refuses a bad time limit too",
  argv: ["session", "list", "--lock-timeout", "soon"],
  exitCode: 2,
});
