import { shortSessionId } from "../../base/ids.ts";
import { lengthOf, titleOf } from "../../base/text.ts";
import { readStatus, type Status } from "../../work/status.ts";
import { command, flag, type ResultOf, type Style } from "../command.ts";
import {
  adviceText,
  blocksText,
  goalLines,
  itemLines,
  nextLine,
  nextParagraph,
  phaseLine,
  rejectionLines,
  section,
  shortTask,
} from "../view.ts";

/** Wider headlines separate the task from its session too far. */
const MAX_COLUMNS = 72;

type StatusResult = ResultOf<Status> & {
  readonly brief: boolean;
};

export const statusCommand = command<StatusResult>({
  description:
    "Shows where the session stands: phases, the items of the current one with their state, what blocks, and the next command; with --at as it was, by a replay of the log. Takes no lock and writes nothing.",
  flags: [
    flag("--brief", "Show only the next item, as orc next"),
    flag("--check", "Name the files that changed since a check saw them"),
    flag("--at SERIAL", "As it was after this update"),
  ],
  effect: "reads",
  brief: async (values) =>
    (await import("../brief.ts")).statusFields(values.on("brief")),
  examples: ["orc status", "orc status --json"],
  use: async (host, options, values) => ({
    ...await readStatus(host, {
      ...options,
      check: values.on("check"),
      at: values.text("at"),
    }),
    brief: values.on("brief"),
  }),
  render: (status, style) =>
    blocksText([
      status.past ? [status.past.message] : [],
      status.brief
        ? [
          ...rejectionLines(status, style),
          ...goalLines(status),
          nextParagraph({ ...status, rejections: [] }, style),
        ]
        : [statusText(status, style)],
    ]),
});

function statusText(status: StatusResult, style: Style): string {
  return blocksText([
    [
      headline(status, style),
      phaseLine(status, style),
      ...status.size === null ? [] : [`Size ${status.size}`],
    ],
    rejectionLines(status, style),
    itemLines(status, style, status.at),
    section("Constraints", status.constraints),
    section(
      "Phase notes",
      status.phaseNotes.map((note) => adviceText(note, style)),
    ),
    section("Notes", status.notes),
    [closing(status, style)],
  ]);
}

function headline(status: StatusResult, style: Style): string {
  const id = shortSessionId(status.session);
  const room = Math.min(style.columns, MAX_COLUMNS) - lengthOf(id) - 2;
  const task = shortTask(titleOf(status.name, status.task), room);
  const gap = " ".repeat(Math.max(2, room + 2 - lengthOf(task)));
  return `${style.bold(task)}${gap}${style.dim(id)}`;
}

function closing(status: StatusResult, style: Style): string {
  if (!status.active) return `The session is ${status.status}`;
  return nextLine(status.next, style);
}
