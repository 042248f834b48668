import { listSessions, type SessionLine } from "../app/list_sessions.ts";
import { shortSessionId } from "../core/session_id.ts";
import { titleOf } from "../core/session_title.ts";
import { command, sessionOptions, type Style } from "./command.ts";
import { shortTask } from "./progress_view.ts";

interface ListResult {
  readonly sessions: readonly SessionLine[];
}

/** `orc session list` */
export const sessionListCommand = command<ListResult>({
  name: "session list",
  summary: "List the sessions, newest first",
  description:
    "Lists the sessions of the repository. A damaged one is listed with its problem and hides no other.",
  args: [],
  flags: [],
  permissions: [],
  examples: ["orc session list", "orc session list --json"],
  async run(host, values) {
    const options = sessionOptions(values, "session list");
    const { place, sessions, warnings } = await listSessions(host, options);
    return { place, warnings, result: { sessions } };
  },
  render: ({ sessions }, style) =>
    sessions.length === 0
      ? 'No sessions here yet: orc start "TASK"'
      : sessions.map((line) => lineText(line, style)).join("\n"),
});

function lineText(line: SessionLine, style: Style): string {
  const mark = line.current ? "*" : " ";
  const id = style.bold(shortSessionId(line.id).padEnd(9));
  if (line.problem !== null) return `${mark} ${id}  ${style.bad(line.problem)}`;
  const { progress } = line;
  const count = progress
    ? `${progress.completed + progress.skipped}/${progress.total}`
    : "";
  const status = (line.status ?? "").padEnd(9);
  const phase = `${line.phase ?? ""} ${count}`.padEnd(15);
  const title = shortTask(titleOf(line.name, line.task ?? ""), 60);
  return `${mark} ${id}  ${status}  ${phase}  ${title}`.trimEnd();
}
