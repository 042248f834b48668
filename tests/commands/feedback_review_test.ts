import { captureFeedback } from "../../src/feedback/capture_feedback.ts";
import { startSession } from "../../src/work/start.ts";
import { writeTree } from "../files/temporary.ts";
import { fixedHost, idOf, withSession } from "../work/fixtures.ts";
import { testOutput, testText } from "./orc.ts";

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

const LATER = { at: "2026-03-02T10:00:00Z", number: 9 };

testOutput({
  name: "orc feedback review sums up the feedback of all sessions",
  argv: ["feedback", "review", "--suggest"],
  within: withSession,
  before: addFeedback,
  machine: LATER,
});

testText({
  name: "orc feedback review shows the part that is asked for",
  argv: ["feedback", "review", "--tool", "--all"],
  within: withSession,
  before: addFeedback,
  machine: LATER,
});

testText({
  name: "orc feedback review says that there is none",
  argv: ["feedback", "review", "--days", "0"],
  within: withSession,
});
