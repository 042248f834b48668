import { saveCheckpoint, type SavedCheckpoint } from "../checkpoints/use.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc checkpoint` */
export const checkpointCommand = command<
  Omit<SavedCheckpoint, "place" | "warnings">
>({
  name: "checkpoint",
  summary: "Keep a copy of the state to return to",
  description:
    "Keeps the state of the session with what somebody has to know who goes on without any memory of it: decisions, and files in progress. Up to 10 files that git sees as changed are added. The Python tool can read it.",
  args: [],
  flags: [
    {
      name: "message",
      short: "m",
      value: "TEXT",
      summary: "What it is for, at most 2000 characters",
    },
    {
      name: "decision",
      value: "TEXT",
      repeatable: true,
      summary: "What was decided",
    },
    {
      name: "file",
      short: "f",
      value: "FILE",
      values: "file",
      repeatable: true,
      summary: "File that is being worked on",
    },
  ],
  effect: "writes",
  permissions: ["run"],
  examples: [
    'orc checkpoint -m "Before the merge" --decision "Tokens live an hour"',
  ],
  async run(host, values) {
    const { place, warnings, ...result } = await saveCheckpoint(host, {
      ...sessionOptions(values, "checkpoint"),
      message: values.text("message"),
      decisions: values.list("decision"),
      files: values.list("file"),
    });
    return { place, warnings, result };
  },
  render: ({ id }) => `Checkpoint ${id}\nTo return to it: orc resume ${id}`,
});
