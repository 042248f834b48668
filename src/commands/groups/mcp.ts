import { command, flag } from "../command.ts";
import { argumentsOf, TOOLS } from "../tools.ts";

/** What a client is offered. */
interface Tools {
  readonly tools: readonly {
    readonly name: string;
    readonly summary: string;
    readonly arguments: readonly string[];
  }[];
}

export const mcpCommand = command<Tools>({
  description:
    "Serves the Model Context Protocol on standard input and output, for a client that starts it: docs/mcp.md says how. Its tools are next, start, complete, skip, note, status and finish. They answer with the text of those commands, run one after the other, and work in the session that is named, else in that of the caller. Whoever calls is taken for an agent: no tool approves anything. It ends with its input. With --list or --json it tells the tools, and serves nothing.",
  flags: [flag("--list", "List the tools, and serve nothing")],
  effect: "writes",
  permissions: ["run"],
  examples: ["orc mcp", "orc mcp --list"],
  serves: (values) => !values.on("list"),
  run: () =>
    Promise.resolve({
      place: null,
      result: {
        tools: TOOLS.map((tool) => ({
          name: tool.name,
          summary: tool.summary,
          arguments: Object.keys(argumentsOf(tool)),
        })),
      },
    }),
  render: ({ tools }) =>
    tools.map(({ name, summary, arguments: given }) =>
      `${name}(${given.join(", ")}): ${summary}`
    ).join("\n"),
});
