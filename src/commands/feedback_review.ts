import { type Reviewed, reviewFeedback } from "../feedback/review_feedback.ts";
import { command, sessionOptions, type Values } from "./command.ts";
import { type FeedbackParts, feedbackText } from "./feedback_view.ts";

type ReviewResult = Omit<Reviewed, "place" | "warnings"> & {
  readonly shown: FeedbackParts;
};

/** `orc feedback review` */
export const feedbackReviewCommand = command<ReviewResult>({
  name: "feedback review",
  summary: "Sum up the feedback of the sessions",
  description:
    "Sums up the feedback of all sessions, and what the older tool left in the repository; each session counts once. Writes nothing and moves no file.",
  args: [],
  flags: [
    {
      name: "days",
      value: "DAYS",
      summary: "How far to look back, 7 without it",
    },
    { name: "all", summary: "Look back to the beginning" },
    { name: "tool", summary: "Show only what is about the tool" },
    { name: "process", summary: "Show only what is about the work" },
    { name: "suggest", summary: "Show what could be changed" },
  ],
  effect: "reads",
  permissions: [],
  examples: ["orc feedback review", "orc feedback review --all --suggest"],
  async run(host, values) {
    const { place, warnings, ...reviewed } = await reviewFeedback(host, {
      ...sessionOptions(values, "feedback review"),
      days: values.text("days"),
      all: values.on("all"),
    });
    return { place, warnings, result: { ...reviewed, shown: partsOf(values) } };
  },
  render: (reviewed, style) => feedbackText(reviewed, reviewed.shown, style),
});

function partsOf(values: Values): FeedbackParts {
  const isOne = values.on("tool") || values.on("process");
  return {
    tool: values.on("tool") || !isOne,
    process: values.on("process") || !isOne,
    suggestions: values.on("suggest"),
  };
}
