import { handOff } from "../handoff/use.ts";
import { command, sessionOptions } from "./command.ts";
import { type HandoffResult, handoffText } from "./handoff_view.ts";

/** `orc handoff` */
export const handoffCommand = command<HandoffResult>({
  name: "handoff",
  summary: "Write a prompt for another agent, or run one on it",
  description:
    "Writes what another agent needs to go on: task, constraints, open items and what good looks like, what failed last, and the exact commands. With --execute an agent's program gets it on standard input: the one named, else that of the setting agent_program. No lock is held meanwhile.",
  args: [],
  flags: [
    {
      name: "execute",
      short: "x",
      summary: "Run the program and wait for it",
      effect: "writes",
    },
    {
      name: "provider",
      short: "p",
      value: "WHO",
      values: ["manual", "agent"],
      summary: "manual: only print the prompt; agent: for the program",
    },
    {
      name: "agent-program",
      value: "COMMAND",
      summary: "Program that gets the prompt on standard input",
    },
    {
      name: "files",
      short: "f",
      value: "A,B",
      summary: "What to look at first",
    },
    { name: "criteria", value: "A,B", summary: "What the result must fulfil" },
    {
      name: "timeout",
      short: "t",
      value: "SECONDS",
      summary: "How long the program may run, 3600 without it",
    },
  ],
  effect: "reads",
  permissions: ["run"],
  examples: [
    "orc handoff",
    'orc handoff -x --agent-program "claude --print" --files src/login.ts',
  ],
  async run(host, values) {
    const { place, warnings, ...result } = await handOff(host, {
      ...sessionOptions(values, "handoff"),
      criteria: listed(values.text("criteria")),
      files: listed(values.text("files")),
      execute: values.on("execute"),
      provider: values.text("provider"),
      agentProgram: values.text("agent-program"),
      timeout: values.text("timeout"),
    });
    return { place, warnings, result };
  },
  render: handoffText,
});

function listed(text: string | undefined): readonly string[] {
  return (text ?? "").split(",").map((each) => each.trim()).filter(Boolean);
}
