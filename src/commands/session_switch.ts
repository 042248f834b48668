import { shortSessionId } from "../base/ids.ts";
import { type Switched, switchSession } from "../sessions/manage.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc session switch` */
export const sessionSwitchCommand = command<
  Omit<Switched, "place" | "warnings">
>({
  name: "session switch",
  summary: "Make another session the current one",
  description:
    "Makes a session yours. An agent or a linked worktree moves only itself; anybody else moves the session that all without one of their own share.",
  args: [{
    name: "ID",
    summary: "Id of the session; a unique prefix will do",
    required: true,
    values: "session",
  }],
  flags: [],
  effect: "writes",
  permissions: [],
  examples: ["orc session switch 01k9"],
  async run(host, values) {
    const { place, warnings, ...result } = await switchSession(host, {
      ...sessionOptions(values, "session switch"),
      id: values.need("ID"),
    });
    return { place, warnings, result };
  },
  render: ({ session, task }) =>
    `Now in session ${shortSessionId(session)}: ${task}`,
});
