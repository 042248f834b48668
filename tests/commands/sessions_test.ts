import { abandonSession } from "../../src/work/finish_session.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import {
  EASY_WORKFLOW,
  fixedHost,
  legacyState,
  withRoot,
} from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

/** Three repositories: one with an open and a closed session, a legacy one, a damaged one. */
function withTree(test: (top: string) => Promise<void>): Promise<void> {
  return withRoot({
    "one/workflow.yaml": EASY_WORKFLOW,
    "old/.workflow_state.json": legacyState({ project: "shop" }),
    "bad/.orchestrator/sessions/1a2b3c4d/state.json": "{",
    "worse/.orchestrator": "a file",
  }, async (top) => {
    const root = `${top}/one`;
    await startSession(fixedHost({ number: 1 }), { root, task: "Add login" });
    await abandonSession(fixedHost({ number: 2 }), { root, reason: "Dropped" });
    const at = "2026-03-01T11:00:00Z";
    const host = fixedHost({ number: 3, at });
    await startSession(host, { root, task: "Add logout" });
    await test(top);
  });
}

testOutput({
  name:
    "orc list lists the sessions of a directory tree, also damaged and legacy ones",
  argv: ["list"],
  within: withTree,
});

testText({
  name: "orc list leaves out closed sessions when asked",
  argv: ["list", "--search", "one", "--active-only"],
  within: withTree,
});

testText({
  name: "orc list says where there is none",
  argv: ["list", ".", "--depth", "0"],
  within: withTree,
});

testOutput({
  name: "orc list refuses two directories",
  argv: ["list", "one", "--search", "old"],
  within: (test) =>
    withRoot({}, async (root) => {
      writeTree(root, { "one/": "", "old/": "" });
      await test(root);
    }),
  exitCode: 2,
});
