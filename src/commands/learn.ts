import { OrcError } from "../base/error.ts";
import { oneLine } from "../base/fence.ts";
import { learningsSection } from "../history/learnings.ts";
import { type Learned, writeLearnings } from "../history/write_learnings.ts";
import { command, sessionOptions, type Values } from "./command.ts";
import { withLogProgress } from "./log_progress.ts";

type LearnResult = Omit<Learned, "place" | "warnings"> & {
  readonly session: string;
};

/** `orc learn` */
export const learnCommand = command<LearnResult>({
  name: "learn",
  summary: "Sum up what the session has to teach",
  description:
    "Shows what was skipped and why, which checks failed and how often, where a human set the rules aside, the notes, and how long the phases took. --save appends it to LEARNINGS.md at the root, unless there is nothing to learn or it stands there already.",
  args: [],
  flags: [
    { name: "save", summary: "Append it to LEARNINGS.md", effect: "writes" },
    { name: "no-save", summary: "Only show it, as without any flag" },
  ],
  effect: "reads",
  permissions: [],
  examples: ["orc learn", "orc learn --save"],
  async run(host, values) {
    refuseTogether(values);
    const options = sessionOptions(values, "learn");
    const save = values.on("save");
    const { place, warnings, ...learned } = await withLogProgress(
      host,
      values,
      (onProgress) => writeLearnings(host, { ...options, save, onProgress }),
    );
    const result = { ...learned, session: place.session ?? "" };
    return { place, warnings, result };
  },
  render: (result) => [report(result), ...outcome(result)].join("\n\n"),
});

function refuseTogether(values: Values): void {
  if (!values.on("save") || !values.on("no-save")) return;
  throw new OrcError(
    "usage",
    "conflicting_flags",
    'Flags "--save" and "--no-save" contradict each other',
    { hint: "leave one of them out" },
  );
}

function report({ learnings, session }: LearnResult): string {
  return learningsSection(learnings, { sessionId: session, textOf: oneLine });
}

function outcome(
  { hasLearnings, path, saved }: LearnResult,
): readonly string[] {
  if (!hasLearnings) return ["Nothing to learn from yet"];
  if (path === null) return [];
  return [saved ? `Appended to ${path}` : `${path} holds it already`];
}
