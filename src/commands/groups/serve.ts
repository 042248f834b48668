import { serveDashboard } from "../../serve/use.ts";
import { command, flag } from "../command.ts";

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
    const { place, url, port, warnings, lasts } = await serveDashboard(host, {
      root: values.text("root"),
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
