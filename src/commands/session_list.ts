import { shortSessionId } from "../base/ids.ts";
import { titleOf } from "../base/text.ts";
import { listSessions, type SessionLine } from "../sessions/list.ts";
import { command, sessionOptions, type Style } from "./command.ts";
import { shortTask } from "./view.ts";

interface ListResult {
  readonly sessions: readonly SessionLine[];
  readonly more: number;
}

/** `orc session list` */
export const sessionListCommand = command<ListResult>({
  name: "session list",
  summary: "List the sessions, newest first",
  description:
    "Lists the sessions of the repository, at most the 100 that were changed last. A damaged one is listed with its problem and hides no other.",
  args: [],
  flags: [{ name: "all", summary: "List all of them, however many" }],
  effect: "reads",
  permissions: [],
  examples: ["orc session list", "orc session list --all --json"],
  async run(host, values) {
    const options = sessionOptions(values, "session list");
    const { place, warnings, ...result } = await listSessions(host, {
      ...options,
      all: values.on("all"),
    });
    return { place, warnings, result };
  },
  render: listText,
});

function listText({ sessions, more }: ListResult, style: Style): string {
  if (sessions.length === 0) return 'No sessions here yet: orc start "TASK"';
  const lines = sessions.map((line) => lineText(line, style));
  if (more > 0) lines.push(`  and ${more} more: orc session list --all`);
  return lines.join("\n");
}

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
