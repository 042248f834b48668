import {
  type Captured,
  captureFeedback,
} from "../feedback/capture_feedback.ts";
import { command, type FlagSpec, sessionOptions } from "./command.ts";

const TEXT_FLAGS: readonly FlagSpec[] = [
  { name: "learnings", value: "TEXT", summary: "What you learned" },
  { name: "challenges", value: "TEXT", summary: "What was hard" },
  { name: "went-well", value: "TEXT", summary: "What went well" },
  {
    name: "improvements",
    value: "TEXT",
    summary: "What should be better next time",
  },
];

type CaptureResult = Pick<Captured, "feedback" | "reason">;

/** `orc feedback capture` */
export const feedbackCaptureCommand = command<CaptureResult>({
  name: "feedback capture",
  summary: "Keep feedback on the session",
  description:
    "Keeps how the session went in two files beside it: how long it took and what failed, without names, and what was learned. A person at a terminal is asked. Nothing leaves the machine. The setting feedback turns it off.",
  args: [],
  flags: [
    { name: "auto", summary: "Ask nobody; take all from the session" },
    ...TEXT_FLAGS,
  ],
  effect: "writes",
  permissions: [],
  examples: [
    "orc feedback capture --auto",
    'orc feedback capture --learnings "The old API has no paging"',
  ],
  async run(host, values) {
    const { place, warnings, feedback, reason } = await captureFeedback(host, {
      ...sessionOptions(values, "feedback capture"),
      auto: values.on("auto"),
      learnings: values.text("learnings"),
      challenges: values.text("challenges"),
      wentWell: values.text("went-well"),
      improvements: values.text("improvements"),
    });
    return { place, warnings, result: { feedback, reason } };
  },
  render: ({ feedback, reason }) =>
    feedback === null
      ? `No feedback is kept: ${reason}`
      : "Feedback is kept with the session",
});
