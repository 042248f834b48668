import { remindContext, type Reminder } from "../work/agent.ts";
import { command, sessionOptions } from "./command.ts";

/** `orc context-reminder` */
export const contextReminderCommand = command<Reminder>({
  name: "context-reminder",
  summary: "Print one line of JSON to remind an agent",
  description:
    "Prints task, phase, progress and constraints as one line of JSON, for a hook that keeps them in an agent's context. Without a session, or in a closed one, it says that none is active. With --json the line is the result in the usual document.",
  args: [],
  flags: [],
  effect: "reads",
  permissions: [],
  examples: ["orc context-reminder"],
  async run(host, values) {
    const options = sessionOptions(values, "context-reminder");
    const { place, reminder } = await remindContext(host, options);
    return { place, result: reminder };
  },
  render: (reminder) => JSON.stringify(reminder),
});
