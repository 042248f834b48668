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

/** Where the dashboard is. */
interface Dashboard {
  readonly url: string;
  readonly port: number;
}

export const serveCommand = command<Dashboard>({
  description:
    "Serves a page for this browser that shows the sessions of the repository as they are: phases and items, what checks printed and whether it still holds, the log while it grows, what waits for a human with the exact command, and what verify finds. It listens on 127.0.0.1 alone and lets in whoever has the address that it prints; it changes nothing. It ends with Ctrl-C, with its terminal, and, where its input is a pipe, with that.",
  flags: [
    flag("--port N", "Port to listen at; without it one that is free"),
    flag("--open", "Open the page in a browser, too"),
  ],
  effect: "reads",
  permissions: ["run", "listen"],
  examples: ["orc serve --open", "orc serve --port 8080"],
  async run(host, values) {
    const { serveDashboard } = await import("../../serve/use.ts");
    const { place, url, port, warnings, lasts } = await serveDashboard(host, {
      root: values.text("root"),
      lockTimeout: values.text("lock-timeout"),
      purpose: "orc serve",
      port: values.text("port"),
      open: values.on("open"),
    });
    return { place, warnings, lasts, result: { url, port } };
  },
  render: ({ url }, style) =>
    `${
      style.bold("Dashboard")
    }  ${url}\nWhoever has this address is let in. Ctrl-C ends it.`,
});
