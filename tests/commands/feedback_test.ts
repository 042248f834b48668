import { captureFeedback } from "../../src/feedback/use.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import { fixedHost, idOf, withRoot, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

/** A directory with a name that is always the same, since feedback tells it. */
function withShop(test: (root: string) => Promise<void>): Promise<void> {
  return withSession(async (root) => {
    const config = '[remote "origin"]\n\turl = https://me:pw@host/shop.git\n';
    Deno.mkdirSync(`${root}/.git/objects`, { recursive: true });
    Deno.writeTextFileSync(`${root}/.git/HEAD`, "ref: refs/heads/main\n");
    Deno.writeTextFileSync(`${root}/.git/config`, config);
    await test(root);
  });
}

const LATER = { at: "2026-03-01T10:15:00Z", number: 9 };

testOutput({
  name: "orc feedback capture keeps feedback on the session",
  argv: ["feedback", "capture", "--learnings", "Ask first"],
  within: withShop,
  machine: LATER,
  text: "Feedback is kept with the session",
});

testOutput({
  name: "orc feedback capture keeps nothing for whoever does not want it",
  argv: ["feedback", "capture", "--auto"],
  machine: { environment: { ORCHESTRATOR_SKIP_FEEDBACK: "1" } },
  result: { feedback: null },
  text:
    "No feedback is kept: feedback is false, from ORCHESTRATOR_SKIP_FEEDBACK",
});

testText({
  name: "orc feedback capture needs a session",
  argv: ["feedback", "capture"],
  within: (test) => withRoot({}, test),
  exitCode: 4,
  text: `! No active session in "/shop"
! Try: orc start "TASK"`,
});

/** Feedback on two sessions, and what the older tool left. */
async function addFeedback(root: string): Promise<void> {
  const beside = { root, task: "Add logout", beside: true };
  await startSession(fixedHost({ number: 1 }), beside);
  for (const number of [0, 1]) {
    const at = `2026-03-01T1${number + 1}:00:00Z`;
    await captureFeedback(fixedHost({ number: number + 2, at }), {
      root,
      session: idOf(number, 0),
      learnings: `Lesson ${number}`,
      improvements: "More tea",
    });
  }
  writeTree(root, {
    ".workflow_feedback.jsonl": `${
      JSON.stringify({
        timestamp: "2026-03-01T00:00:00+00:00",
        workflow_id: "wf_1",
        task: "Old task",
        errors_count: 2,
        errors_summary: ["e1"],
        items_skipped_count: 1,
        items_skipped_reasons: ["a: b"],
        phases: { PLAN: 300 },
        duration_seconds: 600,
      })
    }\nnot json\n`,
  });
}

const AT_REVIEW = { at: "2026-03-02T10:00:00Z", number: 9 };

testOutput({
  name: "orc feedback review sums up the feedback of all sessions",
  argv: ["feedback", "review", "--suggest"],
  before: addFeedback,
  machine: AT_REVIEW,
  result: {
    days: 7,
    sessions: 3,
    damagedLines: 1,
    tool: {
      sessions: 3,
      averageSeconds: 3800,
      phases: [{ phaseId: "PLAN", averageSeconds: 3700, sessions: 3 }],
      errors: 2,
      itemsSkipped: 1,
      withReviews: 0,
      withSeveralAgents: 0,
    },
    process: {
      sessions: 3,
      errors: [{ text: "e1", sessions: 1 }],
      skippedItems: [{ itemId: "a", sessions: 1 }],
      learnings: [
        { text: "Lesson 1", task: "Add logout" },
        { text: "Lesson 0", task: "Add login" },
      ],
      challenges: [],
      wentWell: [],
      improvements: [
        { text: "More tea", task: "Add logout" },
        { text: "More tea", task: "Add login" },
      ],
    },
    suggestions: ["3 of 3 sessions had no review", "More tea"],
    shown: { tool: true, process: true, suggestions: true },
  },
});

testText({
  name: "orc feedback review shows the part that is asked for",
  argv: ["feedback", "review", "--tool", "--all"],
  before: addFeedback,
  machine: AT_REVIEW,
});

testText({
  name: "orc feedback review says that there is none",
  argv: ["feedback", "review", "--days", "0"],
  text: "Feedback on 0 sessions in the last 0 days",
});
